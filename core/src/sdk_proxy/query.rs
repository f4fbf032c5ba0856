//! The query of an SDK's call: whose key it carries, and what is missing in it.
//!
//! In: the query as sent. Out: the same bytes with only some parameters changed. Unknown parameters and raw characters
//! (`{}`) stay byte-identical.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use super::{json::JsonRules, refusal::Refusal};

/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Longest name of a JSONP function; those of Boxever JS have some 20 characters.
const MAX_CALLBACK: usize = 64;

/// What to do about one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Must be the plain name of a function. The answer is a script on the site's own origin: whoever chose an
    /// expression would run it there.
    Callback,
    /// Is left out: the upstream does not know it.
    Drop,
    /// Takes this value when it is empty.
    Fill(String),
    /// Is a JSON object, with rules of its own.
    Json(JsonRules),
    /// Must be this key or empty; when empty, takes it if `fill`.
    Own {
        /// The key, decoded.
        key: String,
        /// Whether an empty one is filled in.
        fill: bool,
    },
}

/// The query to send; `None` when nothing is left of it. Parameters are looked at under their decoded names, each of
/// several equal ones.
pub(super) fn apply(
    query: Option<&str>,
    rules: &[(&'static str, Parameter)],
) -> Result<Option<String>, Refusal> {
    let Some(query) = query else {
        return Ok(None);
    };
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    for pair in query.split('&') {
        let Some((name, value)) = decoded(pair) else {
            kept.push(Cow::Borrowed(pair));
            continue;
        };
        let rule = rules.iter().find(|(known, _)| *known == name);
        let filled = match rule {
            None => None,
            Some((_, Parameter::Drop)) => continue,
            Some((_, parameter)) => parameter.apply(&value)?,
        };
        kept.push(filled.map_or(Cow::Borrowed(pair), |filled| {
            let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
            Cow::Owned(format!("{name}={}", utf8_percent_encode(&filled, RESERVED)))
        }));
    }
    Ok((!kept.is_empty()).then(|| kept.join("&")))
}

/// Whether the query names `parameter`.
pub(super) fn has(query: Option<&str>, parameter: &str) -> bool {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(name, _)| name == parameter)
}

/// Name and value of one pair, decoded as forms are; `None` for an empty one.
fn decoded(pair: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(pair.as_bytes()).next()
}

impl Parameter {
    /// A new value, or `None` when the pair stays as it is.
    fn apply(&self, value: &str) -> Result<Option<String>, Refusal> {
        match self {
            Self::Callback if !is_function_name(value) => Err(Refusal::Callback),
            Self::Callback | Self::Drop => Ok(None),
            Self::Fill(filling) => Ok(value.is_empty().then(|| filling.clone())),
            Self::Json(rules) => Ok(match rules.apply_text(value)? {
                Cow::Borrowed(_) => None,
                Cow::Owned(changed) => Some(changed),
            }),
            Self::Own { key, fill } if value.is_empty() => Ok(fill.then(|| key.clone())),
            Self::Own { key, .. } if value == key => Ok(None),
            Self::Own { .. } => Err(Refusal::ForeignKey),
        }
    }
}

/// An identifier of ASCII letters, digits, `_` and `$`: no dots, which would reach into objects of the page.
fn is_function_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    (1..=MAX_CALLBACK).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::json::Member, *};

    fn rules() -> Vec<(&'static str, Parameter)> {
        let own = |key: &str, fill| Parameter::Own {
            key: key.to_owned(),
            fill,
        };
        let members = JsonRules::new(vec![("pos", Member::Fill("shop/ie".to_owned()))]);
        vec![
            ("client_key", own("CK", true)),
            ("edge_key", own("CK", false)),
            ("context", own("c&x", true)),
            ("api_token", Parameter::Fill("CK".to_owned())),
            ("siteId", Parameter::Drop),
            ("message", Parameter::Json(members)),
            ("callback", Parameter::Callback),
        ]
    }

    #[test]
    fn only_named_parameters_change() {
        #[rustfmt::skip]
        let cases = [
            (None, None),
            (Some(""), Some("")),
            (Some("client_key=CK&x={}"), Some("client_key=CK&x={}")),
            (Some("client_key=&api_token="), Some("client_key=CK&api_token=CK")),
            (Some("client_key"), Some("client_key=CK")),
            (Some("client%5Fkey="), Some("client%5Fkey=CK")),
            (Some("edge_key=&context="), Some("edge_key=&context=c%26x")),
            (Some("context=c%26x"), Some("context=c%26x")),
            (Some("api_token=secret"), Some("api_token=secret")),
            (Some("siteId=a"), None),
            (Some("a=1&siteId=a&b=%zz"), Some("a=1&b=%zz")),
            (Some("&&a=1&=x&b"), Some("&&a=1&=x&b")),
            (Some("message={}&x=%7b%7D+\""), Some("message={}&x=%7b%7D+\"")),
            (Some("message=%7B%22pos%22%3A%22other%22%7D"), Some("message=%7B%22pos%22%3A%22other%22%7D")),
            (Some("message={\"pos\":\"\",\"a\":\"1+1\"}"), Some("message=%7B%22pos%22%3A%22shop%2Fie%22%2C%22a%22%3A%221%201%22%7D")),
            (Some("callback=jsonp1732239304123"), Some("callback=jsonp1732239304123")),
            (Some("callback=_$a"), Some("callback=_$a")),
        ];
        for (query, expected) in cases {
            assert_eq!(
                apply(query, &rules()).unwrap().as_deref(),
                expected,
                "{query:?}"
            );
        }
    }

    #[test]
    fn foreign_keys_and_expressions_as_callback_are_refused() {
        let long = format!("callback={}", "a".repeat(65));
        #[rustfmt::skip]
        let cases = [
            ("client_key=OTHER", Refusal::ForeignKey),
            ("client_key=CK&client_key=OTHER", Refusal::ForeignKey),
            ("client_key=&client%5fkey=OTHER", Refusal::ForeignKey),
            ("client_key=CK%20", Refusal::ForeignKey),
            ("edge_key=ck", Refusal::ForeignKey),
            ("context=x", Refusal::ForeignKey),
            ("message=", Refusal::InvalidJson),
            ("message=[]", Refusal::InvalidJson),
            ("message={", Refusal::InvalidJson),
            ("callback=", Refusal::Callback),
            ("callback=a.b", Refusal::Callback),
            ("callback=alert(1)//", Refusal::Callback),
            ("callback=%3Cscript%3E", Refusal::Callback),
            ("callback=ok&callback=a%0A", Refusal::Callback),
            ("callback=1a", Refusal::Callback),
            (long.as_str(), Refusal::Callback),
        ];
        for (query, expected) in cases {
            assert_eq!(apply(Some(query), &rules()), Err(expected), "{query}");
        }
    }

    #[test]
    fn parameters_are_found_under_their_decoded_names() {
        assert!(has(Some("a&call%62ack=x"), "callback"));
        assert!(!has(Some("a=callback"), "callback"));
        assert!(!has(None, "callback"));
    }

    proptest! {
        #[test]
        fn no_query_panics(query in "\\PC*") {
            let _ = apply(Some(&query), &rules());
        }

        #[test]
        fn unknown_parameters_survive(query in "[xyz=&{}%+\"'0-9]{0,40}") {
            let sent = apply(Some(&query), &rules()).unwrap();
            prop_assert_eq!(sent.as_deref(), Some(query.as_str()));
        }
    }
}
