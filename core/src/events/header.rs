//! `CDP-Event`: the response header with which XM tells of events.
//!
//! In: the value of the header, where the platform joined its lines with `, `. Out: each event, or why it is not one. A
//! broken line takes none of its neighbours with it, as far as their ends can be told; the header itself never reaches
//! the browser, whatever is in it.

use serde_json::{Deserializer, Value};

use crate::events::{Invalid, Told, catalogue};

/// The header, in lower case.
pub const NAME: &str = "cdp-event";
/// Most that is read of all lines together, in bytes: more than servers let a header have.
pub const MAX_HEADER: usize = 16 * 1024;
/// Most events of one response.
pub const MAX_EVENTS: usize = 20;

/// How many places behind a broken line are tried as the start of the next one.
const MAX_RESTARTS: usize = 32;
/// Between two lines: the comma is the platform's, or that of a proxy before it.
const SEPARATORS: [char; 4] = [',', ' ', '\t', '\n'];

/// Why a line is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// The catalogue refuses it.
    Invalid(Vec<Invalid>),
    /// Not JSON. A header is ASCII: other characters are best written as `\u…`.
    NotJson,
    /// JSON, but no object.
    NotObject,
    /// The lines have more than 16 KiB together; none is read.
    TooLarge,
    /// More than 20 events; this and the following are not read.
    TooMany,
}

impl HeaderFault {
    /// The constant label.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NotJson => "not_json",
            Self::NotObject => "not_object",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many",
        }
    }
}

/// Reads the header. `{"type":"LOGOUT"}` is the wish for a new browser id, whatever else stands in it.
#[must_use]
pub fn parse(value: &str) -> Vec<Result<Told, HeaderFault>> {
    if value.len() > MAX_HEADER {
        return vec![Err(HeaderFault::TooLarge)];
    }
    let mut lines = Vec::new();
    let mut rest = value.trim_start_matches(SEPARATORS);
    while !rest.is_empty() {
        if lines.len() == MAX_EVENTS {
            lines.push(Err(HeaderFault::TooMany));
            break;
        }
        match first(rest) {
            Ok((value, behind)) => {
                lines.push(told(value));
                rest = behind.trim_start_matches(SEPARATORS);
            }
            Err(broken) => {
                lines.push(Err(HeaderFault::NotJson));
                rest = match broken {
                    Broken::Here => restart(rest),
                    Broken::AtTheEnd => "",
                };
            }
        }
    }
    lines
}

fn told(value: Value) -> Result<Told, HeaderFault> {
    let Value::Object(event) = value else {
        return Err(HeaderFault::NotObject);
    };
    if event
        .get("type")
        .is_some_and(|kind| kind == catalogue::LOGOUT)
    {
        return Ok(Told::Logout);
    }
    catalogue::check(event)
        .map(Told::Event)
        .map_err(HeaderFault::Invalid)
}

enum Broken {
    /// All of it is the beginning of one value: no other line can be in it.
    AtTheEnd,
    Here,
}

/// The value that `text` begins with, and what is behind it: nothing, or a comma and more.
fn first(text: &str) -> Result<(Value, &str), Broken> {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => {
            let behind = text.get(values.byte_offset()..).unwrap_or_default();
            let behind = behind.trim_start_matches([' ', '\t', '\n']);
            if behind.is_empty() || behind.starts_with(',') {
                Ok((value, behind))
            } else {
                Err(Broken::Here)
            }
        }
        Some(Err(error)) if error.is_eof() => Err(Broken::AtTheEnd),
        _ => Err(Broken::Here),
    }
}

/// What follows a broken line: from the first `{` behind a comma from where everything is well-formed objects. (An
/// object inside the broken one is followed by what closes that, and so is no such place.)
fn restart(text: &str) -> &str {
    text.match_indices(',')
        .filter_map(|(comma, _)| {
            let line = text.get(comma..)?.trim_start_matches(SEPARATORS);
            line.starts_with('{').then_some(line)
        })
        .take(MAX_RESTARTS)
        .find(|line| is_well_formed(line))
        .unwrap_or_default()
}

fn is_well_formed(mut text: &str) -> bool {
    while !text.is_empty() {
        match first(text) {
            Ok((Value::Object(_), behind)) => text = behind.trim_start_matches(SEPARATORS),
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::events::catalogue::Kind;

    /// `SIGNUP`-like letters for events, `!` for a logout, labels for faults.
    fn read(value: &str) -> Vec<&'static str> {
        parse(value)
            .iter()
            .map(|line| match line {
                Ok(Told::Event(event)) => event.kind().label(),
                Ok(Told::Logout) => "LOGOUT",
                Err(fault) => fault.label(),
            })
            .collect()
    }

    #[test]
    fn every_line_is_judged_by_itself() {
        let view = r#"{"type":"VIEW"}"#;
        let goal = r#"{"type":"GOAL","ext":{"a":"}, {","b":[1,2]}}"#;
        let identity = r#"{"type":"IDENTITY","email":"j@d.ie","identifiers":[{"provider":"email","id":"j@d.ie"}]}"#;
        let order =
            r#"{"type":"CONFIRM","product":[{"item_id":"A"}, {"item_id":"B"}, {"item_id":"C"}]}"#;
        #[rustfmt::skip]
        let cases: &[(&[&str], &[&str])] = &[
            (&[], &[]),
            (&["", " , ", ""], &[]),
            (&[view], &["VIEW"]),
            (&[view, goal, identity, order], &["VIEW", "custom", "IDENTITY", "CONFIRM"]),
            (&[r#"{"type":"LOGOUT"}"#], &["LOGOUT"]),
            (&[identity, r#" { "type" : "LOGOUT" } "#], &["IDENTITY", "LOGOUT"]),
            (&["IDENTITY", view], &["not_json", "VIEW"]),
            (&["null", "[]", "5", "\"a\"", view], &["not_object", "not_object", "not_object", "not_object", "VIEW"]),
            (&[r#"{"type":"IDENTITY"}"#, view], &["invalid", "VIEW"]),
            (&[r#"{"type":"view"}"#, "{}", view], &["invalid", "invalid", "VIEW"]),
            (&[r#"{"type":"A"} x"#, view], &["not_json", "VIEW"]),
            // Cut lines: a value that never ends, one that ends in its neighbour's text.
            (&[r#"{"type":"#, view], &["not_json", "VIEW"]),
            (&[r#"{"type":"IDENTITY"#, view, goal], &["not_json", "VIEW", "custom"]),
            (&[view, r#"{"type":"A","#], &["VIEW", "not_json"]),
            (&[view, r#"{"type":"A"#], &["VIEW", "not_json"]),
            // What is inside a broken line is no event.
            (&[r#"{"type":"ADD","name":"24" TV","product":[{"type":"A"}, {"type":"B"}, {"type":"C"}]}"#], &["not_json"]),
            (&[r#"{"type":"X","items":[{"type":"A"}, {"type":"B"}"#], &["not_json"]),
            (&[r#"{"type":"ADD","name":"24" TV","product":[{"type":"A"}, {"type":"B"}]}"#, view], &["not_json", "VIEW"]),
        ];
        for (lines, expected) in cases {
            assert_eq!(read(&lines.join(", ")), *expected, "{lines:?}");
            assert_eq!(read(&lines.join(",")), *expected, "{lines:?}");
        }
    }

    #[test]
    fn the_header_is_bounded() {
        let view = r#"{"type":"VIEW"}"#;
        let lines = vec![view; 21];
        assert_eq!(read(&lines[1..].join(", ")).len(), 20);
        let read_21 = read(&lines.join(", "));
        assert_eq!((read_21.len(), read_21[20]), (21, "too_many"));
        let padded = format!("{view}{}", " ".repeat(MAX_HEADER - view.len()));
        assert_eq!(read(&padded), ["VIEW"]);
        assert_eq!(read(&format!("{padded} ")), ["too_large"]);
        // Deeper than JSON is read at all.
        assert_eq!(read(&"[".repeat(16_000)), ["not_json"]);
    }

    #[test]
    fn an_invalid_line_tells_its_fields() {
        let [Err(HeaderFault::Invalid(problems))] = &parse(r#"{"type":"IDENTITY"}"#)[..] else {
            panic!("one invalid line expected");
        };
        assert_eq!(problems[0].field, "identifiers");
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "\\PC*|[{}\\[\\],:\" a1]{0,200}") {
            let _ = parse(&value);
        }

        #[test]
        fn a_good_line_survives_garbage_before_it(garbage in "[a-z{}\\[\\]: ]{0,20}") {
            let lines = parse(&format!("{garbage}, {{\"type\":\"VIEW\"}}"));
            let found = lines.iter().any(|line| matches!(line, Ok(Told::Event(event)) if event.kind() == Kind::View));
            // Where the garbage is the beginning of a value, the line may be inside it.
            let opens = garbage.contains(['{', '[']);
            prop_assert!(found || opens, "{:?}", lines);
        }
    }
}
