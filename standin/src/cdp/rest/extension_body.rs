//! In: the body of a call that writes a data extension. Out: its name and pairs, or what is refused. Pure.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::cdp::tenant::extension::{Extension, KEY, NAMES};

/// Pairs in one data extension at most.
pub const MAX_PAIRS: usize = 100;

/// What a data extension shows beside its pairs; sent back as it was read it is ignored.
const READ_ONLY: [&str; 5] = ["href", "ref", "createdAt", "modifiedAt", "guest"];

/// The name in the body.
///
/// # Errors
/// None, or one that is not allowed.
pub fn name(body: &Map<String, Value>) -> Result<&'static str, Problem> {
    let told = body.get("name").and_then(Value::as_str);
    told.and_then(known_name).ok_or_else(|| {
        Problem::attribute("name", &format!("value must be one of {}", NAMES.join(",")))
    })
}

/// The same name, if it is one that exists.
#[must_use]
pub fn known_name(told: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == told)
}

/// The pairs in the body.
///
/// # Errors
/// A value that is no string, boolean or number, a key that is not alphanumeric, more than [`MAX_PAIRS`].
pub fn pairs(body: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let mut pairs = Map::new();
    for (key, value) in body {
        match key.as_str() {
            "name" => continue,
            "key" if value == KEY => continue,
            "key" => return Err(Problem::attribute("key", "value must be default")),
            other if READ_ONLY.contains(&other) => continue,
            _ => {}
        }
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Problem::attribute(&key, "key must be alphanumeric"));
        }
        if !(value.is_string() || value.is_boolean() || value.is_number()) {
            return Err(Problem::attribute(
                &key,
                "value must be a string, a boolean or a number",
            ));
        }
        pairs.insert(key, value);
    }
    within_limit(pairs)
}

/// Refuses too many pairs.
///
/// # Errors
/// More than [`MAX_PAIRS`].
pub fn within_limit(pairs: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    if pairs.len() > MAX_PAIRS {
        return Err(Problem::attribute(
            "extension",
            "has more than 100 key-value pairs",
        ));
    }
    Ok(pairs)
}

/// A key may stand in one data extension of a guest only.
///
/// # Errors
/// A key of `pairs` that stands in an extension of another name.
pub fn unique(
    extensions: &[Extension],
    name: &str,
    pairs: &Map<String, Value>,
) -> Result<(), Problem> {
    let others = || extensions.iter().filter(|extension| extension.name != name);
    for key in pairs.keys() {
        if let Some(other) = others().find(|other| other.values.contains_key(key)) {
            let why = format!("key already exists in data extension {}", other.name);
            return Err(Problem::attribute(key, &why));
        }
    }
    Ok(())
}

/// `extensions` in the body of a guest: all of them.
///
/// # Errors
/// As for each one alone; a name that stands there twice.
pub fn list(value: &Value, now: i64) -> Result<Vec<Extension>, Problem> {
    let mut extensions: Vec<Extension> = Vec::new();
    if value.is_null() {
        return Ok(extensions);
    }
    let wrong = || Problem::attribute("extensions", "must be a list of objects");
    for item in value.as_array().ok_or_else(wrong)? {
        let body = item.as_object().ok_or_else(wrong)?.clone();
        let name = name(&body)?;
        if extensions.iter().any(|extension| extension.name == name) {
            return Err(Problem::attribute("extensions", "has a name twice"));
        }
        let pairs = pairs(body)?;
        unique(&extensions, name, &pairs)?;
        extensions.push(Extension::new(name, pairs, now));
    }
    Ok(extensions)
}
