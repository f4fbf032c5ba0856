//! One object of an event, read field by field.
//!
//! In: the object as it was given. Out: the fields that fit; every problem goes to one list, with the path of its
//! field. It never stops at the first problem.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{
    attributes,
    invalid::{self, Problems},
    rule::Rule,
};

/// An object that is being read. `null` and the empty text count as absent: templates and serialisers write them for
/// what they do not have.
pub(super) struct Fields<'p> {
    path: String,
    given: Map<String, Value>,
    kept: Map<String, Value>,
    asked: Vec<&'static str>,
    pub(super) problems: &'p mut Problems,
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
        self.given.remove(name).filter(is_present)
    }

    /// Takes every field whose name begins with `prefix`.
    pub(super) fn take_all(&mut self, prefix: &str) -> Map<String, Value> {
        let (taken, rest) = std::mem::take(&mut self.given)
            .into_iter()
            .partition(|(name, _)| name.starts_with(prefix));
        self.given = rest;
        taken
    }

    /// Puts a field where it will be sent.
    pub(super) fn keep(&mut self, name: impl Into<String>, value: Value) {
        self.kept.insert(name.into(), value);
    }

    /// What was kept under `name`.
    pub(super) fn kept(&self, name: &str) -> Option<&Value> {
        self.kept.get(name)
    }

    /// Reports a problem of the field `name`.
    pub(super) fn report(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.add(invalid::path(&self.path, name), problem);
    }

    /// A field that may be absent.
    pub(super) fn optional(&mut self, name: &'static str, rule: Rule) {
        if let Some(value) = self.take(name) {
            self.check(name, value, rule);
        }
    }

    /// Several of them.
    pub(super) fn optionals(&mut self, fields: &[(&'static str, Rule)]) {
        for (name, rule) in fields {
            self.optional(name, *rule);
        }
    }

    /// A field that must be there.
    pub(super) fn required(&mut self, name: &'static str, rule: Rule) {
        match self.take(name) {
            Some(value) => self.check(name, value, rule),
            None => self.missing(name, rule.expected),
        }
    }

    /// One of a few texts.
    pub(super) fn choice(&mut self, name: &'static str, choices: &[&str], required: bool) {
        let expected = format!("one of \"{}\"", choices.join("\", \""));
        match self.take(name) {
            Some(value) if super::rule::one_of(&value, choices) => self.keep(name, value),
            Some(value) => self.mismatch(name, &expected, &value),
            None if required => self.missing(name, &expected),
            None => {}
        }
    }

    /// An object, read by `read`.
    pub(super) fn object(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'_>)) {
        match self.take(name) {
            Some(Value::Object(object)) => {
                let path = invalid::path(&self.path, name);
                let mut fields = Fields::new(path, object, self.problems);
                read(&mut fields);
                let object = fields.finish();
                self.keep(name, object.into());
            }
            Some(value) => self.mismatch(name, "an object", &value),
            None => self.missing(name, "an object"),
        }
    }

    /// A list of objects, each read by `read`; it may be absent when it may be empty.
    pub(super) fn objects(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
        read: impl Fn(&mut Fields<'_>),
    ) {
        let (least, most) = (count.start(), count.end());
        let expected = format!("a list of {least} to {most} objects");
        match self.take(name) {
            Some(Value::Array(items)) if count.contains(&items.len()) => {
                let mut kept = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    let path = invalid::path(&self.path, &format!("{name}[{index}]"));
                    let Value::Object(object) = item else {
                        let found = invalid::found(&item);
                        let problem = format!("expected an object, found {found}");
                        self.problems.add(path, problem);
                        continue;
                    };
                    let mut fields = Fields::new(path, object, self.problems);
                    read(&mut fields);
                    kept.push(Value::Object(fields.finish()));
                }
                self.keep(name, kept.into());
            }
            Some(value) => self.mismatch(name, &expected, &value),
            None if *least == 0 => {}
            None => self.missing(name, &expected),
        }
    }

    /// Reports whatever is left: this object has no other fields. `advice` reads on after a colon.
    pub(super) fn close(&mut self, advice: &str) {
        for (name, value) in std::mem::take(&mut self.given) {
            if !value.is_null() && !self.is_misspelt(&name) {
                self.report(&name, format!("is not known here: {advice}"));
            }
        }
    }

    /// Keeps what is left as free attributes, unless it is a known field in another spelling.
    pub(super) fn open(&mut self) {
        let free: Vec<(String, Value)> = std::mem::take(&mut self.given)
            .into_iter()
            .filter(|(name, value)| !value.is_null() && !self.is_misspelt(name))
            .collect();
        if free.len() > attributes::MAX_FREE {
            let problem = format!(
                "has {} attributes of its own, at most {} fit",
                free.len(),
                attributes::MAX_FREE
            );
            self.problems.add("event".to_owned(), problem);
            return;
        }
        for (name, value) in free {
            match attributes::problem(&name, &value) {
                None => self.keep(name, value),
                Some(problem) => self.report(&name, problem),
            }
        }
    }

    /// What is sent. Whatever was neither closed nor opened is dropped.
    pub(super) fn finish(self) -> Map<String, Value> {
        self.kept
    }

    pub(super) fn mismatch(&mut self, name: &str, expected: &str, value: &Value) {
        let found = invalid::found(value);
        self.report(name, format!("expected {expected}, found {found}"));
    }

    fn check(&mut self, name: &'static str, value: Value, rule: Rule) {
        if (rule.fits)(&value) {
            self.keep(name, value);
        } else {
            self.mismatch(name, rule.expected, &value);
        }
    }

    fn missing(&mut self, name: &str, expected: &str) {
        self.report(name, format!("is missing: expected {expected}"));
    }

    /// `firstName` for `firstname`: the wire has names of its own, and the CDP says nothing of others.
    fn is_misspelt(&mut self, name: &str) -> bool {
        let folded = fold(name);
        let meant = self.asked.iter().find(|known| fold(known) == folded);
        let Some(meant) = meant.copied() else {
            return false;
        };
        self.report(name, format!("is called `{meant}` in events"));
        true
    }
}

fn is_present(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn fold(name: &str) -> String {
    name.replace(['_', '-'], "").to_ascii_lowercase()
}
