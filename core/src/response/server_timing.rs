//! `Server-Timing`: where the time of a page went, for whoever debugs it.
//!
//! In: names, milliseconds, descriptions. Out: the header's value (W3C Server Timing, RFC 9110 §5.6). It never holds
//! what is not visible ASCII, so that no text can end the header.

use std::fmt::Write;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing<'a> {
    /// A token; other characters become `_`.
    pub name: &'a str,
    /// Whole milliseconds: the platform's clock has no finer ones.
    pub ms: Option<u32>,
    /// Any text; characters that are not visible ASCII become `?`.
    pub description: Option<&'a str>,
}

/// The header's value; empty without entries.
#[must_use]
pub fn value(timings: &[Timing<'_>]) -> String {
    let entries: Vec<String> = timings.iter().map(entry).collect();
    entries.join(", ")
}

fn entry(timing: &Timing<'_>) -> String {
    let mut entry = token(timing.name);
    if let Some(ms) = timing.ms {
        // Writing to a String cannot fail.
        let _ = write!(entry, ";dur={ms}");
    }
    if let Some(description) = timing.description {
        let _ = write!(entry, ";desc=\"{}\"", quotable(description));
    }
    entry
}

fn token(name: &str) -> String {
    let is_token = |c: &char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(*c);
    let token: String = name
        .chars()
        .map(|c| if is_token(&c) { c } else { '_' })
        .collect();
    if token.is_empty() {
        "_".to_owned()
    } else {
        token
    }
}

fn quotable(text: &str) -> String {
    let mut quotable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => quotable.extend(['\\', c]),
            ' '..='~' => quotable.push(c),
            _ => quotable.push('?'),
        }
    }
    quotable
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_are_written_as_the_standard_has_them() {
        let timing = |name, ms, description| Timing {
            name,
            ms,
            description,
        };
        #[rustfmt::skip]
        let cases: &[(&[Timing<'_>], &str)] = &[
            (&[], ""),
            (&[timing("origin", Some(12), None)], "origin;dur=12"),
            (&[timing("a", None, None), timing("b", Some(0), Some("timeout"))], "a, b;dur=0;desc=\"timeout\""),
            (&[timing("a b,c;d\"é", None, Some("say \"hi\\\" \r\nX: é"))], "a_b_c_d__;desc=\"say \\\"hi\\\\\\\" ??X: ?\""),
            (&[timing("", None, Some(""))], "_;desc=\"\""),
        ];
        for (timings, expected) in cases {
            assert_eq!(value(timings), *expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_the_header(name in "\\PC*", description in any::<String>(), ms in any::<u32>()) {
            let timing = Timing { name: &name, ms: Some(ms), description: Some(&description) };
            prop_assert!(value(&[timing]).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
}
