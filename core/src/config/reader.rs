//! Reads tables key by key and collects what is wrong with them.
//!
//! In: a JSON object and where it stands. Out: typed values, and a problem for each one that is wrong, absent
//! or unknown. It never stops at the first problem, which is why this is not a serde `Deserialize`.

use serde_json::{Map, Value};

use super::{found::key, names, problem::Problem};

/// A value, or what is wrong with it.
pub(super) type Read<T> = Result<T, String>;

/// A table that is being read.
pub(super) struct Section<'v, 'p> {
    /// Key of the table; empty for `[vars]`.
    at: String,
    table: &'v Map<String, Value>,
    /// Names that were asked for: what is allowed here.
    known: Vec<&'static str>,
    /// Every name is allowed.
    open: bool,
    problems: &'p mut Vec<Problem>,
}

impl<'v, 'p> Section<'v, 'p> {
    /// The table at `at`; empty for `[vars]` itself.
    pub(super) const fn new(
        at: String,
        table: &'v Map<String, Value>,
        problems: &'p mut Vec<Problem>,
    ) -> Self {
        Self {
            at,
            table,
            known: Vec::new(),
            open: false,
            problems,
        }
    }

    /// Key of the table itself.
    pub(super) fn at(&self) -> &str {
        &self.at
    }

    /// Whether `name` stands in the table, right or wrong.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Whether `name` is the empty string: how a variable is unset on the command line.
    pub(super) fn is_blank(&self, name: &str) -> bool {
        self.table.get(name).is_some_and(|value| value == "")
    }

    /// Reports a problem of `name`.
    pub(super) fn report(&mut self, name: &str, problem: impl Into<String>) {
        let key = self.key(name);
        self.report_at(key, problem.into());
    }

    /// Reports a problem of the table as a whole.
    pub(super) fn report_whole(&mut self, problem: impl Into<String>) {
        self.report_at(self.at.clone(), problem.into());
    }

    /// Makes `name` known without reading it.
    pub(super) fn know(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.table.get(name)
    }

    /// Reports `names` where they are present: they have no meaning beside another key's value.
    pub(super) fn refuse(&mut self, names: &[&'static str], problem: &str) {
        for name in names {
            if self.know(name).is_some() {
                self.report(name, problem);
            }
        }
    }

    /// The value of `name`; `None` where it is absent or wrong (and reported).
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Read<T>,
    ) -> Option<T> {
        let value = self.know(name)?;
        read(value)
            .map_err(|problem| self.report(name, problem))
            .ok()
    }

    /// Like [`Section::read`], and an absent key is a problem. `example` is a line of TOML.
    pub(super) fn require<T>(
        &mut self,
        name: &'static str,
        example: &str,
        read: impl FnOnce(&Value) -> Read<T>,
    ) -> Option<T> {
        if !self.has(name) {
            self.known.push(name);
            self.report(name, format!("is missing: add it, for example {example}"));
            return None;
        }
        self.read(name, read)
    }

    /// Every entry of a table whose names are free; `read` gets name and value.
    pub(super) fn read_all<T>(&mut self, read: impl Fn(&str, &Value) -> Read<T>) -> Vec<T> {
        self.open = true;
        let table = self.table;
        let read_one = |(name, value): (&String, &Value)| {
            read(name, value)
                .map_err(|problem| self.report(name, problem))
                .ok()
        };
        table.iter().filter_map(read_one).collect()
    }

    /// A section for a table below this one; its problems go where ours go.
    pub(super) fn below<'t>(
        &mut self,
        at: String,
        table: &'t Map<String, Value>,
    ) -> Section<'t, '_> {
        Section::new(at, table, self.problems)
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        for name in self.table.keys() {
            if !self.open && !self.known.contains(&name.as_str()) {
                let problem = names::unknown(&self.at, name, &self.known);
                let key = self.key(name);
                self.problems.push(Problem { key, problem });
            }
        }
    }

    /// The whole key of `name`.
    pub(super) fn key(&self, name: &str) -> String {
        if self.at.is_empty() {
            return key(name);
        }
        format!("{}.{}", self.at, key(name))
    }

    /// Reports a problem of a key given whole.
    pub(super) fn report_at(&mut self, key: String, problem: String) {
        self.problems.push(Problem { key, problem });
    }
}
