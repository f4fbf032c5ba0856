//! `CDP-Guest`: the response header with which XM vouches for the visitor, on that very response.
//!
//! In: the value of the header; a guest record. Out: whether XM vouches, and whether the record is that of the person whom
//! XM names. The header itself never reaches the browser.
//!
//! ```text
//! CDP-Guest: authenticated
//! CDP-Guest: authenticated; email="jane@example.com"
//! CDP-Guest: authenticated; provider="crm"; id="C-1024"
//! ```
//!
//! A browser id is a cookie, which whoever holds the browser can change: that somebody is logged in does not say that the
//! guest behind the cookie is they. Where XM names the person, only their own record is shown.

use std::fmt;

use serde_json::{Map, Value};

/// The header, in lower case.
pub const NAME: &str = "cdp-guest";
/// What XM says first.
const AUTHENTICATED: &str = "authenticated";

/// XM's word.
#[derive(Clone, PartialEq, Eq)]
pub struct Vouched {
    email: Option<String>,
    identifier: Option<(String, String)>,
}

/// Whom XM names never stands in a log.
impl fmt::Debug for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vouched")
    }
}

impl Vouched {
    /// Reads the header; `None`: XM vouches for nobody. What is not understood is no word.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(AUTHENTICATED) {
            return None;
        }
        let (mut email, mut provider, mut id) = (None, None, None);
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let value = unquoted(value.trim())?.to_owned();
            let slot = match name.trim().to_ascii_lowercase().as_str() {
                "email" => &mut email,
                "provider" => &mut provider,
                "id" => &mut id,
                _ => return None,
            };
            if slot.replace(value).is_some() {
                return None;
            }
        }
        let identifier = match (provider, id) {
            (Some(provider), Some(id)) => Some((provider, id)),
            (None, None) => None,
            _ => return None,
        };
        Some(Self { email, identifier })
    }

    /// Whether `record` is of the person whom XM names; of anybody where it names none.
    #[must_use]
    pub fn is_for(&self, record: &Map<String, Value>) -> bool {
        let text = |value: &Value, expected: &str| {
            value
                .as_str()
                .is_some_and(|own| own.to_lowercase() == expected.to_lowercase())
        };
        let list = |name: &str| {
            record
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let has_email = |email: &str| {
            record.get("email").is_some_and(|own| text(own, email))
                || list("emails").any(|own| text(own, email))
        };
        let has_identifier = |provider: &str, id: &str| {
            list("identifiers").any(|own| {
                own.get("provider").and_then(Value::as_str) == Some(provider)
                    && own.get("id").and_then(Value::as_str) == Some(id)
            })
        };
        self.email.as_deref().is_none_or(has_email)
            && self
                .identifier
                .as_ref()
                .is_none_or(|(provider, id)| has_identifier(provider, id))
    }
}

/// A value with or without quotes; nothing empty.
fn unquoted(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    (!inner.is_empty() && !inner.contains('"')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_xms_clear_word_counts() {
        for word in [
            "authenticated",
            " Authenticated ",
            "authenticated;",
            "authenticated; email=j@d.ie",
            "authenticated;provider=crm;id=\"C 1\"",
        ] {
            assert!(Vouched::read(word).is_some(), "{word}");
        }
        for word in [
            "",
            "anonymous",
            "true",
            "authenticated, authenticated",
            "not; authenticated",
            "authenticated; email",
            "authenticated; email=",
            "authenticated; email=\"j@d.ie",
            "authenticated; email=a; email=b",
            "authenticated; provider=crm",
            "authenticated; id=1",
            "authenticated; name=x",
        ] {
            assert_eq!(Vouched::read(word), None, "{word}");
        }
    }

    #[test]
    fn a_record_is_of_the_person_whom_xm_names() {
        let record = json!({"email": "J@d.ie", "emails": ["jane@d.ie"], "identifiers": [{"provider": "crm", "id": "C1"}]});
        let record = record.as_object().unwrap();
        for (word, expected) in [
            ("authenticated", true),
            ("authenticated; email=j@D.ie", true),
            ("authenticated; email=jane@d.ie", true),
            ("authenticated; email=eve@d.ie", false),
            ("authenticated; provider=crm; id=C1", true),
            ("authenticated; provider=crm; id=c1", false),
            ("authenticated; provider=web; id=C1", false),
            ("authenticated; email=j@d.ie; provider=crm; id=C2", false),
        ] {
            assert_eq!(
                Vouched::read(word).unwrap().is_for(record),
                expected,
                "{word}"
            );
        }
        assert!(
            !Vouched::read("authenticated; email=j@d.ie")
                .unwrap()
                .is_for(&Map::new())
        );
    }
}
