//! The JSON of an SDK: whose key it carries, and what is missing in it.
//!
//! In: the bytes of one object, and what to do about some of its members. Out: the same bytes with only those members'
//! values changed. Order, white space, numbers and every other member stay byte-identical.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::refusal::Refusal;

/// What to do about one top-level member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// Is left out: the upstream does not know it.
    Drop,
    /// Takes this value when it is the empty text.
    Fill(String),
    /// Must be this key or empty; when empty, takes it if `fill`.
    Own {
        /// The key.
        key: String,
        /// Whether an empty one is filled in.
        fill: bool,
    },
}

/// What to do about the top-level members of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonRules(Vec<(&'static str, Member)>);

impl JsonRules {
    pub(super) fn new(rules: Vec<(&'static str, Member)>) -> Self {
        Self(rules)
    }

    /// The body to send. Members are looked at under their decoded names, and each of several equal names, so that no
    /// key hides in a spelling that another parser reads otherwise.
    ///
    /// # Errors
    /// [`Refusal::InvalidJson`] when `body` is not one JSON object, [`Refusal::ForeignKey`] when it carries the key of
    /// another tenant.
    pub fn apply<'b>(&self, body: &'b [u8]) -> Result<Cow<'b, [u8]>, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::InvalidJson)?;
        Ok(match self.apply_text(text)? {
            Cow::Borrowed(_) => Cow::Borrowed(body),
            Cow::Owned(changed) => Cow::Owned(changed.into_bytes()),
        })
    }

    /// As [`apply`](Self::apply), for text.
    pub(super) fn apply_text<'b>(&self, text: &'b str) -> Result<Cow<'b, str>, Refusal> {
        let Members(members) = serde_json::from_str(text).map_err(|_| Refusal::InvalidJson)?;
        let mut actions = Vec::with_capacity(members.len());
        for (name, value) in &members {
            actions.push(self.action(name, value.get())?);
        }
        if actions.iter().all(|action| *action == Action::Keep) {
            return Ok(Cow::Borrowed(text));
        }
        let values: Vec<&str> = members.iter().map(|(_, value)| value.get()).collect();
        splice(text, &values, &actions)
            .map(Cow::Owned)
            .ok_or(Refusal::InvalidJson)
    }

    fn action(&self, name: &str, value: &str) -> Result<Action, Refusal> {
        let Some((_, member)) = self.0.iter().find(|(known, _)| *known == name) else {
            return Ok(Action::Keep);
        };
        // Not a text, for instance `null`: nothing is named, and nothing is empty.
        let text: Option<String> = serde_json::from_str(value).ok();
        Ok(match (member, text.as_deref()) {
            (Member::Drop, _) => Action::Drop,
            (Member::Fill(filling), Some("")) => Action::Replace(quoted(filling)),
            (Member::Own { key, fill: true }, Some("")) => Action::Replace(quoted(key)),
            (Member::Own { key, .. }, Some(found)) if !found.is_empty() && found != key => {
                return Err(Refusal::ForeignKey);
            }
            _ => Action::Keep,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Action {
    Drop,
    Keep,
    Replace(String),
}

/// The members of an object in order, equal names included; values as the bytes they are.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// Puts the object together again. `values` are parts of `text`, in order, an action for each.
fn splice(text: &str, values: &[&str], actions: &[Action]) -> Option<String> {
    let open = text.find('{')? + 1;
    let mut out = text.get(..open)?.to_owned();
    // A member reaches from its comma, or the brace, to the next; between a value and that comma is white space only.
    let mut at = open;
    let mut kept = 0_usize;
    for (index, (value, action)) in values.iter().zip(actions).enumerate() {
        let start = value.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        let end = start.checked_add(value.len())?;
        let is_last = index + 1 == values.len();
        let comma = if is_last {
            end
        } else {
            end + text.get(end..)?.find(',')?
        };
        let replaced = match action {
            Action::Drop => None,
            Action::Keep => Some(*value),
            Action::Replace(filling) => Some(filling.as_str()),
        };
        if let Some(replaced) = replaced {
            if kept > 0 {
                out.push(',');
            }
            kept += 1;
            out.push_str(text.get(at..start)?);
            out.push_str(replaced);
            out.push_str(text.get(end..comma)?);
        }
        at = if is_last { comma } else { comma + 1 };
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn rules() -> JsonRules {
        let own = |fill| Member::Own {
            key: "CK".to_owned(),
            fill,
        };
        JsonRules::new(vec![
            ("client_key", own(true)),
            ("edge_key", own(false)),
            ("pos", Member::Fill("shop/\"ie\"".to_owned())),
            ("guestRef", Member::Drop),
        ])
    }

    #[test]
    fn only_empty_values_of_named_members_change() {
        #[rustfmt::skip]
        let cases = [
            (r#"{}"#, r#"{}"#),
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"{"client_key":"","pos":""}"#, r#"{"client_key":"CK","pos":"shop/\"ie\""}"#),
            (r#"{"client_key":"CK","pos":"other"}"#, r#"{"client_key":"CK","pos":"other"}"#),
            (" {\n \"z\" : 1e2 , \"client_key\" : \"\" ,\"a\":[ \"}\",{\"pos\":\"\"}]\t} ",
             " {\n \"z\" : 1e2 , \"client_key\" : \"CK\" ,\"a\":[ \"}\",{\"pos\":\"\"}]\t} "),
            (r#"{"z":1.0,"pos":"","a":10000000000000000000000001}"#, r#"{"z":1.0,"pos":"shop/\"ie\"","a":10000000000000000000000001}"#),
            (r#"{"edge_key":"","pos":null,"client_key":null}"#, r#"{"edge_key":"","pos":null,"client_key":null}"#),
            (r#"{"ext":{"client_key":"X","pos":""}}"#, r#"{"ext":{"client_key":"X","pos":""}}"#),
            (r#"{"client_key":"","client_key":""}"#, r#"{"client_key":"CK","client_key":"CK"}"#),
            (r#"{"client\u005fkey":"","é":"\ud83d\ude00,"}"#, r#"{"client\u005fkey":"CK","é":"\ud83d\ude00,"}"#),
            (r#"{"a":"{","b":",","pos":""}"#, r#"{"a":"{","b":",","pos":"shop/\"ie\""}"#),
            (r#"{"guestRef":"g"}"#, r#"{}"#),
            (r#"{ "guestRef" : "g" }"#, r#"{ }"#),
            (r#"{"guestRef":"g","a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1, "guestRef":["g",{}] , "b":2}"#, r#"{"a":1, "b":2}"#),
            (r#"{"a":1,"guestRef":"g"}"#, r#"{"a":1}"#),
            (r#"{"guestRef":1,"guestRef":2,"client_key":"","guestRef":3}"#, r#"{"client_key":"CK"}"#),
        ];
        for (body, expected) in cases {
            let sent = rules().apply(body.as_bytes()).unwrap();
            assert_eq!(std::str::from_utf8(&sent).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn another_tenants_key_is_refused_wherever_it_hides() {
        #[rustfmt::skip]
        let foreign = [
            r#"{"client_key":"OTHER"}"#, r#"{"client_key":"CK ","a":1}"#, r#"{"client_key":"CK","client_key":"OTHER"}"#,
            r#"{"client_key":"OTHER","client_key":"CK"}"#, r#"{"client\u005fkey":"OTHER"}"#, r#"{"client_key":"\u004fTHER"}"#,
            r#"{"edge_key":"ck"}"#,
        ];
        for body in foreign {
            assert_eq!(
                rules().apply(body.as_bytes()),
                Err(Refusal::ForeignKey),
                "{body}"
            );
        }
    }

    #[test]
    fn whatever_is_not_one_object_is_refused() {
        #[rustfmt::skip]
        let invalid: [&[u8]; 12] = [b"", b" ", b"null", b"[]", b"1", b"\"{}\"", b"{", b"{}{}", b"{'client_key':'OTHER'}",
            b"{\"a\":NaN}", b"\xef\xbb\xbf{}", b"{\"a\":\"\xff\"}"];
        for body in invalid {
            assert_eq!(
                rules().apply(body),
                Err(Refusal::InvalidJson),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn depth_alone_does_not_exhaust_the_stack() {
        let deep = format!(
            r#"{{"a":{}{},"pos":""}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let sent = rules().apply(deep.as_bytes()).unwrap();
        assert_eq!(sent.len(), deep.len() + r#"shop/\"ie\""#.len());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[a-z{},:\"\\\\ é]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z{},:\"]{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = rules().apply(&body);
        }

        #[test]
        fn the_result_means_what_the_rules_say(
            others in prop::collection::btree_map("[a-zé,{\"]{0,5}", json(), 0..5),
            named in prop::collection::btree_map(prop::sample::select(vec!["client_key", "pos", "guestRef"]), "(|CK)", 0..3),
            pretty in any::<bool>(),
        ) {
            let mut object: Map<String, Value> = others.into_iter().collect();
            object.extend(named.iter().map(|(k, v)| ((*k).to_owned(), Value::from(v.as_str()))));
            let body = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();
            let sent: Value = serde_json::from_slice(&rules().apply(body.as_bytes()).unwrap()).unwrap();
            object.remove("guestRef");
            for (name, filling) in [("client_key", "CK"), ("pos", "shop/\"ie\"")] {
                if object.get(name) == Some(&Value::from("")) {
                    object.insert(name.to_owned(), Value::from(filling));
                }
            }
            prop_assert_eq!(sent, Value::Object(object));
        }
    }
}
