//! The id of a browser, as the CDP gives it out.
//!
//! In: text. Out: a valid id. It never shows itself in a log: `Debug` hides it.

use std::fmt;

use uuid::Uuid;

/// A browser id: a hyphenated UUID, kept as it was written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BrowserId(String);

impl BrowserId {
    /// Takes `text` when it is a UUID of the form 8-4-4-4-12, in either case; no braces, no `urn:`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
        (hyphenated && Uuid::try_parse(text).is_ok()).then(|| Self(text.to_owned()))
    }

    /// The id as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for BrowserId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }
}

/// A browser id never stands in a log.
impl fmt::Debug for BrowserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserId(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_hyphenated_uuids_are_ids_and_they_stay_as_written() {
        #[rustfmt::skip]
        let cases = [
            ("a38b230c-11eb-4cf9-8d5d-274e9f344925", true),
            ("A38B230C-11EB-4CF9-8D5D-274E9F344925", true),
            ("00000000-0000-0000-0000-000000000000", true),
            ("a38b230c11eb4cf98d5d274e9f344925", false),
            ("{a38b230c-11eb-4cf9-8d5d-274e9f344925}", false),
            ("urn:uuid:a38b230c-11eb-4cf9-8d5d-274e9f344925", false),
            ("a38b230c-11eb-4cf9-8d5d-274e9f34492", false),
            ("a38b230c-11eb-4cf9-8d5d-274e9f34492g", false),
            ("a38b230c-11eb-4cf9-8d5d-274e9f34492\n", false),
            ("a38b230c-11eb-4cf9-8d5d-274e9f3449é", false),
            ("a38b230-c11eb-4cf9-8d5d-274e9f344925", false),
            (" a38b230c-11eb-4cf9-8d5d-274e9f34492", false),
            ("", false),
        ];
        for (text, valid) in cases {
            let id = BrowserId::parse(text);
            assert_eq!(
                id.as_ref().map(BrowserId::as_str),
                valid.then_some(text),
                "{text}"
            );
        }
    }

    #[test]
    fn an_id_does_not_show_in_a_log() {
        let id = BrowserId::parse("a38b230c-11eb-4cf9-8d5d-274e9f344925").unwrap();
        assert_eq!(format!("{id:?}"), "BrowserId(…)");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = BrowserId::parse(&text);
        }
    }
}
