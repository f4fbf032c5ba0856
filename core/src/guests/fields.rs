//! A JSON object of a request, read field by field.
//!
//! In: bytes, then the object. Out: the fields that fit; every problem goes to one list, with the path of its field. It
//! never stops at the first problem and never repeats a value.

use serde_json::{Map, Value};

use super::rule::Rule;
use crate::answer::{
    Answer, Invalid,
    invalid::{Problems, found, path},
    problem,
};

/// The name of the whole body in a problem.
const WHOLE: &str = "body";

/// The object in a body.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    let whole = |problem: String| {
        invalid(&[Invalid {
            field: WHOLE.to_owned(),
            problem,
        }])
    };
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(whole(format!(
            "expected one JSON object, found {}",
            found(&other)
        ))),
        // Of a syntax error serde_json tells the place and what was expected there, no value.
        Err(error) => Err(whole(format!("is not JSON: {error}"))),
    }
}

/// 400 with every problem.
pub(super) fn invalid(problems: &[Invalid]) -> Answer {
    problem(
        400,
        "The body is not valid; the CDP was not called.",
        problems,
    )
}

/// An object that is being read. `null` counts as absent: serialisers write it for what they do not have.
pub(super) struct Fields<'p> {
    path: String,
    given: Map<String, Value>,
    kept: Map<String, Value>,
    asked: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'p> Fields<'p> {
    pub(super) fn new(path: String, given: Map<String, Value>, problems: &'p mut Problems) -> Self {
        Self {
            path,
            given,
            kept: Map::new(),
            asked: Vec::new(),
            problems,
        }
    }

    /// Takes a field out, whatever it holds.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked.push(name);
        self.given.remove(name).filter(|value| !value.is_null())
    }

    /// Drops a field that the CDP writes and nobody else.
    pub(super) fn drop_all(&mut self, names: &[&str]) {
        self.given.retain(|name, _| !names.contains(&name.as_str()));
    }

    /// Puts a field where it will be sent.
    pub(super) fn keep(&mut self, name: impl Into<String>, value: Value) {
        self.kept.insert(name.into(), value);
    }

    /// A field that may be absent.
    pub(super) fn optional(&mut self, name: &'static str, rule: Rule) {
        if let Some(value) = self.take(name) {
            self.check(name, value, rule);
        }
    }

    /// A field that must be there.
    pub(super) fn required(&mut self, name: &'static str, rule: Rule) {
        match self.take(name) {
            Some(value) => self.check(name, value, rule),
            None => self.report(name, format!("is missing: expected {}", rule.expected)),
        }
    }

    /// A list of values.
    pub(super) fn list(&mut self, name: &'static str, most: usize, rule: Rule) {
        let Some(value) = self.take(name) else { return };
        let Some(items) = self.items(name, most, &value) else {
            return;
        };
        for (index, item) in items.iter().enumerate() {
            if !(rule.fits)(item) {
                self.mismatch(&format!("{name}[{index}]"), rule.expected, item);
            }
        }
        self.keep(name, value);
    }

    /// A list of objects, each read by `read`.
    pub(super) fn objects(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&mut Fields<'_>),
    ) {
        let Some(value) = self.take(name) else { return };
        let Some(items) = self.items(name, most, &value) else {
            return;
        };
        let mut kept = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let name = format!("{name}[{index}]");
            let Value::Object(object) = item else {
                self.mismatch(&name, "an object", item);
                continue;
            };
            let mut fields = Fields::new(path(&self.path, &name), object.clone(), self.problems);
            read(&mut fields);
            kept.push(Value::Object(fields.finish()));
        }
        self.keep(name, kept.into());
    }

    fn items<'v>(&mut self, name: &str, most: usize, value: &'v Value) -> Option<&'v [Value]> {
        match value {
            Value::Array(items) if items.len() <= most => Some(items),
            other => {
                self.mismatch(name, &format!("a list of at most {most}"), other);
                None
            }
        }
    }

    /// Takes every field that is left.
    pub(super) fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.given)
    }

    /// Reports whatever is left.
    pub(super) fn close(&mut self) {
        for (name, value) in self.rest() {
            if value.is_null() {
                continue;
            }
            let folded = fold(&name);
            let meant = self.asked.iter().find(|known| fold(known) == folded);
            let problem = meant.map_or_else(
                || {
                    "is not a field of guests: the business's own fields belong in a data extension"
                        .to_owned()
                },
                |meant| format!("is called `{meant}`"),
            );
            self.report(&name, problem);
        }
    }

    /// Whether nothing was given, right or wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.problems.is_empty()
    }

    /// Reports a problem of the field `name`.
    pub(super) fn report(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.add(path(&self.path, name), problem);
    }

    /// Reports a problem of this object as a whole.
    pub(super) fn report_whole(&mut self, problem: impl Into<String>) {
        let field = if self.path.is_empty() {
            WHOLE
        } else {
            &self.path
        };
        self.problems.add(field.to_owned(), problem);
    }

    pub(super) fn mismatch(&mut self, name: &str, expected: &str, value: &Value) {
        let found = found(value);
        self.report(name, format!("expected {expected}, found {found}"));
    }

    fn check(&mut self, name: &'static str, value: Value, rule: Rule) {
        if (rule.fits)(&value) {
            self.keep(name, value);
        } else {
            self.mismatch(name, rule.expected, &value);
        }
    }

    /// What is sent.
    pub(super) fn finish(self) -> Map<String, Value> {
        self.kept
    }
}

/// `firstname`, `first_name` and `FirstName` are all meant for `firstName`.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '_' && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
