//! The visitor's cookies, read leniently.
//!
//! In: the `Cookie` header. Out: names and values as sent. An invalid part is skipped by itself and never spoils
//! its neighbours. The header is never rewritten: XM gets it byte-identical.

use crate::request::Headers;

/// How many parts of the header are looked at. Browsers keep some 180 cookies per site; this holds a header of
/// 64 KiB with 16 bytes a part, so that our own cookie is found even at its end.
const MAX_PARTS: usize = 4096;

/// A `Cookie` header.
#[derive(Clone, Default)]
pub struct Cookies(String);

impl Cookies {
    /// The cookies in `header`.
    #[must_use]
    pub fn new(header: impl Into<String>) -> Self {
        Self(header.into())
    }

    /// The cookies among `headers`; none when the header is absent.
    #[must_use]
    pub fn from_headers(headers: &impl Headers) -> Self {
        Self(headers.get("cookie").unwrap_or_default())
    }

    /// The header as it came; empty when it is absent.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.0
    }

    /// Names and values as sent, in order, duplicates included. Values keep quotes and percent-encoding.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        // Not with the crate `cookie`: it looks for attributes that only `Set-Cookie` has, dates among them, and copies
        // each part.
        self.0
            .split(';')
            .filter(|part| !part.trim().is_empty())
            .take(MAX_PARTS)
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, _)| !name.is_empty())
    }

    /// All values of the cookie `name`; browsers send the one with the longest path first (RFC 6265 §5.4).
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs()
            .filter_map(move |(found, value)| (found == name).then_some(value))
    }

    /// Whether the visitor sent `name`, whatever its value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(header: &str) -> Vec<(String, String)> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Cookies::new(header).pairs().map(owned).collect()
    }

    #[test]
    fn invalid_parts_are_skipped_singly() {
        #[rustfmt::skip]
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            (";;; ;", &[]),
            ("a=1; b=2", &[("a", "1"), ("b", "2")]),
            ("a=1;b=2", &[("a", "1"), ("b", "2")]),
            ("nameless; a=1; =x; b=2; =", &[("a", "1"), ("b", "2")]),
            ("shell#lang=en; a=1", &[("shell#lang", "en"), ("a", "1")]),
            ("a=\"1\"; b=x=y; c=", &[("a", "\"1\""), ("b", "x=y"), ("c", "")]),
            ("a=1; a=2", &[("a", "1"), ("a", "2")]),
            ("ä=ö; a=%20", &[("ä", "ö"), ("a", "%20")]),
            ("a=\u{1}\u{7f}; b=1", &[("a", "\u{1}\u{7f}"), ("b", "1")]),
            ("Path=/; a=1; Secure", &[("Path", "/"), ("a", "1")]),
        ];
        for (header, expected) in cases {
            let pairs = pairs(header);
            let pairs: Vec<_> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
            assert_eq!(pairs, *expected, "{header:?}");
        }
    }

    #[test]
    fn a_cookie_at_the_end_of_64_kib_is_found() {
        let mut header = "filler0123=abc; ".repeat(4000);
        header.push_str("ours=1");
        assert!(header.len() > 64_000);
        let cookies = Cookies::new(header);
        assert!(cookies.has("ours"));
        assert!(!cookies.has("Ours"));
        assert_eq!(cookies.values("filler0123").count(), 4000);
    }

    proptest! {
        #[test]
        fn no_header_panics(header in "\\PC*") {
            Cookies::new(header).pairs().for_each(drop);
        }

        #[test]
        fn a_valid_cookie_survives_any_neighbours(before in "[^;]{0,30}", after in "[^;]{0,30}") {
            let cookies = Cookies::new(format!("{before};ours=1;{after}"));
            prop_assert!(cookies.values("ours").any(|value| value == "1"));
        }
    }
}
