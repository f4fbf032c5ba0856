//! What is wrong with what was sent, field by field.
//!
//! In: a path of names and a text. Out: the pair, as the problem documents and the log show it. It never repeats a
//! value: what visitors type is theirs.

use serde::Serialize;
use serde_json::Value;

/// How many problems of one body are told; more would only repeat a mistake.
const MAX_PROBLEMS: usize = 20;
/// How many characters of a name that the caller chose are shown.
const SHOWN_NAME: usize = 64;

/// A field that cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invalid {
    /// Where, as JavaScript would write it: `type`, `identifiers[0].provider`, `ext.a.b`; a name such as `event` for the
    /// whole.
    pub field: String,
    /// What is wrong and what to do; reads on after the field and a colon.
    pub problem: String,
}

/// The problems that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Invalid>);

impl Problems {
    pub(crate) fn add(&mut self, field: String, problem: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            let problem = problem.into();
            self.0.push(Invalid { field, problem });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Vec<Invalid>> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self.0)
        }
    }
}

/// `parent.name`, or `name` at the top; a long name is cut.
pub(crate) fn path(parent: &str, name: &str) -> String {
    let mut path = parent.to_owned();
    if !path.is_empty() {
        path.push('.');
    }
    path.extend(name.chars().take(SHOWN_NAME));
    path
}

/// What was found instead: its kind, for a text its length, never the value.
pub(crate) fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}
