//! How a value or a key of the configuration is named in a problem.
//!
//! In: JSON values and keys, of any shape and size. Out: short text without control characters.

use serde_json::Value;

/// Characters of a value that a problem repeats: enough to recognise it, short enough for one log line.
const SHOWN_CHARS: usize = 60;

/// Longest key that is compared with the known ones: theirs have at most 24 letters, and the comparison costs
/// the product of both lengths.
const COMPARED_BYTES: usize = 64;

/// The value with its type: `the string "eur"`, `the number 5`, `a list`.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the string {}", quoted(text)),
        Value::Number(number) => format!("the number {number}"),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
    }
}

/// The type alone, for values that must not be repeated.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing (null)",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// `expected …, found …`: the sentence of every wrong value.
pub(super) fn mismatch(expected: &str, value: &Value) -> String {
    format!("expected {expected}, found {}", found(value))
}

/// The text in double quotes, escaped, cut to a readable length.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// A key as TOML would write it: bare where that is possible.
pub(super) fn key(name: &str) -> String {
    let bare = (1..=SHOWN_CHARS).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// The known name that `word` was probably meant to be; upper or lower case and `-` or `_` do not matter.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if word.len() > COMPARED_BYTES {
        return None;
    }
    let word = folded(word);
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&word, &folded(name)), name))
        // One slip in three letters, and never more than three: beyond that it is another word.
        .filter(|(distance, name)| *distance <= (name.len() / 3).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// `` `a`, `b`, `c` ``.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
