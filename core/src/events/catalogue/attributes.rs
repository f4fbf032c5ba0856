//! Attributes that the caller names: `ext`, `session_data`, and those at the top of custom events.
//!
//! In: names and JSON values. Out: whether they fit, and `ext` flattened as Sitecore's SDKs do it: nested objects
//! joined with `_`, lists kept. It never renames or cuts anything.

use serde_json::{Map, Value};

use super::{
    fields::Fields,
    invalid::{self, Problems},
};
use crate::cdp::event::MAX_EXT;

/// Most attributes of its own that an event may have beside `ext`.
pub(super) const MAX_FREE: usize = 100;
/// Longest name.
const MAX_NAME: usize = 64;
/// Longest name after flattening.
const MAX_FLAT_NAME: usize = 256;
/// Longest text, in characters.
const MAX_TEXT: usize = 4096;
/// Most entries of a list or an object.
const MAX_ENTRIES: usize = 100;
/// How deep values may nest.
const MAX_DEPTH: usize = 8;

const NAMES: &str = "names have 1 to 64 letters (A to Z, a to z), digits and _";

/// What is wrong with an attribute at the top of an event.
pub(super) fn problem(name: &str, value: &Value) -> Option<String> {
    if is_name(name) {
        value_problem(value, MAX_DEPTH)
    } else {
        Some(NAMES.to_owned())
    }
}

/// Reads `ext` and keeps it flattened.
pub(super) fn ext(fields: &mut Fields<'_>) {
    let Some(value) = fields.take("ext") else {
        return;
    };
    let Value::Object(object) = value else {
        return fields.mismatch("ext", "an object", &value);
    };
    let mut flat = Map::new();
    flatten("ext", "", object, &mut flat, fields.problems);
    if flat.len() > MAX_EXT {
        let count = flat.len();
        fields.report(
            "ext",
            format!("has {count} attributes when flattened, the CDP takes at most {MAX_EXT}"),
        );
    } else if !flat.is_empty() {
        fields.keep("ext", flat.into());
    }
}

/// Reads `session_data`: texts, numbers and flags.
pub(super) fn session_data(fields: &mut Fields<'_>) {
    let Some(value) = fields.take("session_data") else {
        return;
    };
    let Value::Object(object) = value else {
        return fields.mismatch("session_data", "an object", &value);
    };
    let mut kept = Map::new();
    for (name, value) in object {
        let path = invalid::path("session_data", &name);
        if value.is_null() {
        } else if !is_name(&name) {
            fields.problems.add(path, NAMES);
        } else if let Some(problem) = scalar_problem(&value) {
            fields.problems.add(path, problem);
        } else {
            kept.insert(name, value);
        }
    }
    if kept.len() > MAX_EXT {
        let count = kept.len();
        let problem = format!("has {count} attributes, at most {MAX_EXT} fit");
        fields.report("session_data", problem);
    } else if !kept.is_empty() {
        fields.keep("session_data", kept.into());
    }
}

/// `path`: of `object`, for problems. `prefix`: what its names get before them, with `_` at the end.
fn flatten(
    path: &str,
    prefix: &str,
    object: Map<String, Value>,
    flat: &mut Map<String, Value>,
    problems: &mut Problems,
) {
    for (name, value) in object {
        let path = invalid::path(path, &name);
        let flat_name = format!("{prefix}{name}");
        if value.is_null() {
            continue;
        }
        if !is_name(&name) {
            problems.add(path, NAMES);
            continue;
        }
        if flat_name.len() > MAX_FLAT_NAME {
            let problem = "its name is too long when flattened: 256 characters at most";
            problems.add(path, problem);
            continue;
        }
        match value {
            Value::Object(nested) => {
                flatten(&path, &format!("{flat_name}_"), nested, flat, problems);
            }
            value => {
                if let Some(problem) = flat_problem(&value) {
                    problems.add(path, problem);
                } else if flat.contains_key(&flat_name) {
                    let problem =
                        format!("becomes `{flat_name}` when flattened, which is there already");
                    problems.add(path, problem);
                } else {
                    flat.insert(flat_name, value);
                }
            }
        }
    }
}

fn flat_problem(value: &Value) -> Option<String> {
    let Value::Array(items) = value else {
        return scalar_problem(value);
    };
    if items.len() > MAX_ENTRIES {
        return Some(too_many());
    }
    items.iter().find_map(scalar_problem)
}

fn scalar_problem(value: &Value) -> Option<String> {
    match value {
        Value::Bool(_) | Value::Number(_) => None,
        Value::String(text) => text_problem(text),
        Value::Null | Value::Array(_) | Value::Object(_) => Some(format!(
            "expected a text, a number, true or false, found {}",
            invalid::found(value)
        )),
    }
}

/// Any JSON within bounds.
fn value_problem(value: &Value, depth: usize) -> Option<String> {
    let Some(below) = depth.checked_sub(1) else {
        return Some(format!("nests deeper than {MAX_DEPTH} levels"));
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
        Value::String(text) => text_problem(text),
        Value::Array(items) if items.len() > MAX_ENTRIES => Some(too_many()),
        Value::Array(items) => items.iter().find_map(|item| value_problem(item, below)),
        Value::Object(entries) if entries.len() > MAX_ENTRIES => Some(too_many()),
        Value::Object(entries) => entries
            .values()
            .find_map(|entry| value_problem(entry, below)),
    }
}

fn text_problem(text: &str) -> Option<String> {
    (text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT)
        .then(|| format!("is longer than {MAX_TEXT} characters"))
}

fn too_many() -> String {
    format!("has more than {MAX_ENTRIES} entries")
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
