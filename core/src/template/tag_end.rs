//! Where a tag ends.
//!
//! In: the bytes behind `<` or `</`. Out: the offset behind the tag's `>`. It reads attributes as the HTML Standard does
//! (§13.2.5.8 and the states after it), and keeps none.

/// The end of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TagEnd {
    /// Offset behind its `>`.
    pub(super) at: usize,
    /// It ends with `/>`.
    pub(super) self_closing: bool,
}

/// The end of the tag whose name begins `bytes`; `None` when it does not end in them.
pub(super) fn tag_end(bytes: &[u8]) -> Option<TagEnd> {
    let mut at = until(bytes, 0, |byte| {
        is_space(byte) || matches!(byte, b'/' | b'>')
    })?;
    let mut slash = false;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        if byte == b'>' {
            return Some(TagEnd {
                at,
                self_closing: slash,
            });
        }
        slash = byte == b'/';
        if slash || is_space(byte) {
            continue;
        }
        // Whatever else begins an attribute, `=` and quotes too, belongs to its name.
        at = until(bytes, at, |byte| {
            is_space(byte) || matches!(byte, b'/' | b'=' | b'>')
        })?;
        let equals = past_space(bytes, at)?;
        if bytes.get(equals) == Some(&b'=') {
            at = past_value(bytes, past_space(bytes, equals + 1)?)?;
        }
    }
}

/// Offset behind the value that begins at `from`.
fn past_value(bytes: &[u8], from: usize) -> Option<usize> {
    match bytes.get(from)? {
        quote @ (b'"' | b'\'') => {
            let value = bytes.get(from + 1..)?;
            Some(from + 1 + memchr::memchr(*quote, value)? + 1)
        }
        _ => until(bytes, from, |byte| is_space(byte) || byte == b'>'),
    }
}

/// Offset of the first byte at `from` or later that `ends` says so of.
fn until(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> Option<usize> {
    let found = bytes.get(from..)?.iter().position(|byte| ends(*byte));
    found.map(|at| from + at)
}

fn past_space(bytes: &[u8], from: usize) -> Option<usize> {
    until(bytes, from, |byte| !is_space(byte))
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where in a tag a byte stands.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum At {
        /// In the tag's name.
        TagName,
        /// Before the name of an attribute.
        Before,
        /// Behind a `/` that is in no value.
        Slash,
        /// In the name of an attribute.
        Name,
        /// Behind the name of an attribute.
        After,
        /// Behind `=`.
        Equals,
        /// In a value without quotes.
        Bare,
    }

    /// The same as the HTML Standard says it: a state for each byte.
    fn by_states(bytes: &[u8]) -> Option<TagEnd> {
        let mut state = At::TagName;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            let space = is_space(*byte);
            state = match (state, byte) {
                (_, b'>') => {
                    let self_closing = state == At::Slash;
                    return Some(TagEnd { at, self_closing });
                }
                (At::Equals, quote @ (b'"' | b'\'')) => {
                    at += memchr::memchr(*quote, bytes.get(at..)?)? + 1;
                    At::Before
                }
                (At::Equals | At::Bare, _) if !space => At::Bare,
                (At::Name | At::After, b'=') => At::Equals,
                (At::Name, _) if space => At::After,
                (At::After | At::Equals, _) if space => state,
                (_, b'/') => At::Slash,
                (At::TagName, _) if !space => At::TagName,
                _ if space => At::Before,
                _ => At::Name,
            };
        }
        None
    }

    proptest! {
        #[test]
        fn every_tag_ends_where_its_states_say(tag in "[a =/>\"'\n]{0,24}") {
            prop_assert_eq!(tag_end(tag.as_bytes()), by_states(tag.as_bytes()));
        }
    }

    #[test]
    fn a_tag_ends_where_a_browser_ends_it() {
        #[rustfmt::skip]
        let cases = [
            ("a>x", 2, false), ("a/>", 3, true), ("a / >", 5, false), ("a b=/>", 6, false), ("a b='/>'/>", 10, true),
            ("a b=\">\" c>", 10, false), ("a b=\"x\"c='>'>", 13, false), ("a =\" x='>' y>", 13, false), ("a\"b='>'>", 6, false),
            ("a b=c\">", 7, false), ("a b = \"<i>\" c>", 14, false), ("a/b=\">\">", 8, false), ("a b=>", 5, false),
            ("a b />", 6, true), ("a b=c/>", 7, false), ("a b=c />", 8, true), ("a/=>", 4, false),
            ("a b=\"x\"='>'>", 10, false),
        ];
        for (bytes, at, self_closing) in cases {
            assert_eq!(
                tag_end(bytes.as_bytes()),
                Some(TagEnd { at, self_closing }),
                "{bytes}"
            );
            for cut in 0..at {
                assert_eq!(tag_end(&bytes.as_bytes()[..cut]), None, "{bytes} at {cut}");
            }
        }
    }
}
