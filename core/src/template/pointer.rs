//! JSON Pointers (RFC 6901) of marks.
//!
//! In: the text of a mark. Out: a checked pointer that finds values in decisions. It never allocates on use.

use serde_json::Value;

/// A checked JSON Pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// Checks `text` against RFC 6901 §3: empty, or `/`-led tokens in which `~` stands before `0` or `1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !(text.is_empty() || text.starts_with('/')) {
            return None;
        }
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c == '~' && !matches!(chars.next(), Some('0' | '1')) {
                return None;
            }
        }
        Some(Self(text.to_owned()))
    }

    /// The value that the pointer finds.
    #[must_use]
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        value.pointer(&self.0)
    }

    /// Whether this points at the same as `other`, or at something inside of that.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .strip_prefix(&other.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The pointer as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_rfc_6901_pointers_parse() {
        for good in ["", "/", "/a", "/a/b", "/~0", "/~1x", "/a b", "/é", "/0"] {
            assert!(Pointer::parse(good).is_some(), "{good:?}");
        }
        for bad in ["a", "a/b", "/~", "/~2", "/a~", "#/a", " /a"] {
            assert!(Pointer::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_pointer_is_within_itself_and_what_is_around_it() {
        let pointer = |text: &str| Pointer::parse(text).unwrap();
        for (inner, outer, expected) in [
            ("/a", "/a", true),
            ("/a/b", "/a", true),
            ("/a", "/a/b", false),
            ("/ab", "/a", false),
            ("/a~1b", "/a", false),
            ("/b", "/a", false),
            ("", "/a", false),
        ] {
            assert_eq!(
                pointer(inner).is_within(&pointer(outer)),
                expected,
                "{inner} {outer}"
            );
        }
    }

    #[test]
    fn escapes_and_array_indices_resolve() {
        let value = json!({"a/b": 1, "m~n": 2, "list": ["x"], "": 3});
        let find = |text: &str| Pointer::parse(text).unwrap().find(&value).cloned();
        assert_eq!(find("/a~1b"), Some(json!(1)));
        assert_eq!(find("/m~0n"), Some(json!(2)));
        assert_eq!(find("/list/0"), Some(json!("x")));
        assert_eq!(find("/"), Some(json!(3)));
        assert_eq!(find("/list/00"), None);
        assert_eq!(find("/list/-"), None);
        assert_eq!(find("/none"), None);
    }
}
