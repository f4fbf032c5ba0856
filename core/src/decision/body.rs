//! The body of an answered flow (wire contract §3.4): whatever JSON object the flow's template rendered. And the visitor's
//! guest record (§4.3), from which marks read in the same way.
//!
//! In: a status and bytes. Out: a [`Decision`] or the reason why it is none. It gives no meaning to any field
//! but those that marks point at.

use std::{fmt, rc::Rc};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Source;
use crate::{reason::Failure, template::Pointer};

/// Largest body of a decision, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Deepest nesting of objects and arrays in a decision.
const MAX_DEPTH: usize = 128;
/// Longest variant id that is looked up, in bytes.
const MAX_VARIANT_ID: usize = 256;
/// How the CDP ends the id of an explicit control variant.
const CONTROL_SUFFIX: &str = "_default";

/// A decision: a JSON object.
#[derive(Clone, PartialEq)]
pub struct Decision {
    value: Value,
    /// What alone of it may be seen; `None`: everything.
    only: Option<Rc<[Pointer]>>,
    /// The variant that a preview sets, or its control, whatever the value says.
    set: Option<Option<String>>,
    source: Source,
}

impl Decision {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`Failure::CdpError`] for a status other than 2xx; [`Failure::InvalidDecision`] for a body that is no
    /// JSON object, over [`MAX_BODY_BYTES`], or nested deeper than [`MAX_DEPTH`].
    pub fn read(status: u16, body: &[u8]) -> Result<Self, Failure> {
        if !(200..300).contains(&status) {
            return Err(Failure::CdpError);
        }
        if body.len() > MAX_BODY_BYTES || depth(body) > MAX_DEPTH {
            return Err(Failure::InvalidDecision);
        }
        // serde_json's own limit is one level short of the contract's.
        let mut json = serde_json::Deserializer::from_slice(body);
        json.disable_recursion_limit();
        match Value::deserialize(&mut json).and_then(|value| json.end().map(|()| value)) {
            Ok(value @ Value::Object(_)) => Ok(Self {
                value,
                only: None,
                set: None,
                source: Source::Flow,
            }),
            _ => Err(Failure::InvalidDecision),
        }
    }

    /// A guest record, of which pages may show `fields` and what is inside of them.
    #[must_use]
    pub fn guest(record: Value, fields: Rc<[Pointer]>) -> Self {
        Self {
            value: record,
            only: Some(fields),
            set: None,
            source: Source::Flow,
        }
    }

    /// What a preview sets: this variant, or (`None`) the default content. It has no values, so that everything but the
    /// choice is as authored.
    #[must_use]
    pub fn set(variant: Option<String>) -> Self {
        Self {
            value: Value::Object(Map::new()),
            only: None,
            set: Some(variant),
            source: Source::Flow,
        }
    }

    /// Whether a preview set it.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.set.is_some()
    }

    /// Its first `limit` characters as JSON, for whom it was made; `None` for a preview's own, and for guests' records.
    #[must_use]
    pub fn excerpt(&self, limit: usize) -> Option<String> {
        if self.only.is_some() || self.is_set() {
            return None;
        }
        let json = self.value.to_string();
        let mut excerpt: String = json.chars().take(limit).collect();
        if excerpt.len() < json.len() {
            excerpt.push('\u{2026}');
        }
        Some(excerpt)
    }

    /// The same decision, from elsewhere.
    #[must_use]
    pub fn from(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// Where it comes from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The value that `pointer` finds.
    #[must_use]
    pub fn find(&self, pointer: &Pointer) -> Option<&Value> {
        let visible = self
            .only
            .as_ref()
            .is_none_or(|only| only.iter().any(|field| pointer.is_within(field)));
        if visible {
            pointer.find(&self.value)
        } else {
            None
        }
    }

    /// The variant id at `pointer`; `None` when the decision is for the control: no id, an empty one, one
    /// that ends in `_default`, or something that is no id.
    #[must_use]
    pub fn variant_id(&self, pointer: &Pointer) -> Option<String> {
        if let Some(variant) = &self.set {
            return variant.clone();
        }
        let id = match self.find(pointer)? {
            Value::String(id) => id.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let chosen = !id.is_empty() && id.len() <= MAX_VARIANT_ID && !id.ends_with(CONTROL_SUFFIX);
        chosen.then_some(id)
    }
}

/// What the CDP knows of a visitor never stands in a log.
impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decision")
    }
}

/// How deep objects and arrays nest in `json`, which may be none.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_json_object_with_a_2xx_status_is_a_decision() {
        assert!(Decision::read(200, b"{}").is_ok());
        assert!(Decision::read(201, br#"{"a":1}"#).is_ok());
        for (status, body) in [
            (199, "{}"),
            (300, "{}"),
            (404, "{}"),
            (500, r#"{"variantId":"b"}"#),
        ] {
            assert_eq!(
                Decision::read(status, body.as_bytes()),
                Err(Failure::CdpError)
            );
        }
        for body in [
            "",
            " ",
            "null",
            "[]",
            "\"a\"",
            "1",
            "{",
            "{\"a\":",
            "{}{}",
            "\u{feff}{}",
            "<html>",
            "{\"a\":1e999}",
            "{\"a\":\"\0\"}",
            "{'a':1}",
        ] {
            let read = Decision::read(200, body.as_bytes());
            assert_eq!(read, Err(Failure::InvalidDecision), "{body:?}");
        }
    }

    #[test]
    fn every_truncation_of_an_answer_is_invalid() {
        let whole = format!(
            r#"{{"variantId":"b","list":[1,2,{{"t":"{}"}}]}}"#,
            "x".repeat(1000)
        );
        for cut in 0..whole.len() {
            assert!(
                Decision::read(200, &whole.as_bytes()[..cut]).is_err(),
                "cut at {cut}"
            );
        }
        assert!(Decision::read(200, whole.as_bytes()).is_ok());
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let filled = |len: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(len - 8)).into_bytes();
        assert!(Decision::read(200, &filled(MAX_BODY_BYTES)).is_ok());
        assert!(Decision::read(200, &filled(MAX_BODY_BYTES + 1)).is_err());
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(Decision::read(200, nested(128).as_bytes()).is_ok());
        assert!(Decision::read(200, nested(129).as_bytes()).is_err());
        let brackets_in_text = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(200));
        assert!(Decision::read(200, brackets_in_text.as_bytes()).is_ok());
        assert!(Decision::read(200, "{\"a\":".repeat(50_000).as_bytes()).is_err());
    }

    #[test]
    fn of_a_guest_only_the_listed_fields_can_be_seen() {
        let record = serde_json::json!({"firstName": "Jane", "email": "j@d.ie", "ext": {"tier": "gold"}, "variantId": "b"});
        let fields = ["/firstName", "/ext"].map(|field| Pointer::parse(field).unwrap());
        let guest = Decision::guest(record, Rc::from(fields));
        let find = |text: &str| guest.find(&Pointer::parse(text).unwrap());
        assert_eq!(find("/firstName"), Some(&"Jane".into()));
        assert_eq!(find("/ext/tier"), Some(&"gold".into()));
        for hidden in ["/email", "/lastName", "", "/variantId", "/ext2"] {
            assert_eq!(find(hidden), None, "{hidden}");
        }
        assert_eq!(
            guest.variant_id(&Pointer::parse("/variantId").unwrap()),
            None
        );
        assert_eq!(format!("{guest:?}"), "Decision");
    }

    #[test]
    fn what_a_preview_sets_is_chosen_wherever_the_id_stands_and_has_no_values() {
        let set = Decision::set(Some("b".to_owned()));
        for at in ["/variantId", "/test/variant"] {
            let pointer = Pointer::parse(at).unwrap();
            assert_eq!(set.variant_id(&pointer).as_deref(), Some("b"));
            assert_eq!(set.find(&pointer), None);
            assert_eq!(Decision::set(None).variant_id(&pointer), None);
        }
        assert_eq!((set.is_set(), set.excerpt(9)), (true, None));
    }

    #[test]
    fn an_excerpt_is_cut_and_never_of_a_guest() {
        let decision = Decision::read(200, r#"{"a":"ééé"}"#.as_bytes()).unwrap();
        assert_eq!(decision.excerpt(7).as_deref(), Some("{\"a\":\"é…"));
        assert_eq!(decision.excerpt(99).as_deref(), Some("{\"a\":\"ééé\"}"));
        let guest = Decision::guest(serde_json::json!({"email": "j@d.ie"}), Rc::from([]));
        assert_eq!((guest.is_set(), guest.excerpt(99)), (false, None));
    }

    #[test]
    fn control_has_no_variant_id() {
        let id = |body: &str| {
            let decision = Decision::read(200, body.as_bytes()).unwrap();
            decision.variant_id(&Pointer::parse("/variantId").unwrap())
        };
        assert_eq!(id(r#"{"variantId":"b"}"#).as_deref(), Some("b"));
        assert_eq!(id(r#"{"variantId":2}"#).as_deref(), Some("2"));
        for control in [
            "{}",
            r#"{"variantId":""}"#,
            r#"{"variantId":"x_default"}"#,
            r#"{"variantId":null}"#,
            r#"{"variantId":["b"]}"#,
            r#"{"message":"No flow executed"}"#,
        ] {
            assert_eq!(id(control), None, "{control}");
        }
    }
}
