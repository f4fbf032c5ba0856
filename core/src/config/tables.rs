//! Reads lists, tables and lists of tables: what holds more than one value.
//!
//! In: a section and a key. Out: what the entries give, with `[index]` in the key of each problem. Lists are
//! bounded. At the top, a table or list may also come as a string of JSON, as `wrangler dev --var` passes it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    found::mismatch,
    reader::{Read, Section},
};

/// Entries of one list. Rules are tried one after the other on each request; a Worker's variable holds 5 kB
/// anyway, which is 256 entries of 20 bytes.
const LIST_ENTRIES: usize = 256;

impl Section<'_, '_> {
    /// A list of values, each read by `read`; absent: empty.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl Fn(&Value) -> Read<T>,
    ) -> Vec<T> {
        let Some(value) = self.know(name) else {
            return Vec::new();
        };
        let mut list = Vec::new();
        for (index, entry) in self.entries(name, expected, value).iter().enumerate() {
            match read(entry) {
                Ok(entry) => list.push(entry),
                Err(problem) => self.report_at(format!("{}[{index}]", self.key(name)), problem),
            }
        }
        list
    }

    /// A table with a heading of its own, `[vars.…]`; absent: `None`.
    pub(super) fn table<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let value = self.know(name)?;
        let value = self.unpacked(name, value)?;
        let at = self.key(name);
        let Value::Object(table) = value.as_ref() else {
            let expected = format!("a table (a heading [vars.{at}] with its keys below)");
            self.report_at(at, mismatch(&expected, &value));
            return None;
        };
        Some(self.nested(at, table, read))
    }

    /// A list of tables, `[[vars.…]]`; absent: empty. Entries for which `read` gives nothing are left out.
    pub(super) fn tables<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.know(name) else {
            return Vec::new();
        };
        let Some(value) = self.unpacked(name, value) else {
            return Vec::new();
        };
        let at = self.key(name);
        let expected =
            format!("a list of tables (a heading [[vars.{at}]] for each, in double brackets)");
        let mut list = Vec::new();
        for (index, entry) in self.entries(name, &expected, &value).iter().enumerate() {
            let at = format!("{at}[{index}]");
            match entry {
                Value::Object(table) => list.extend(self.nested(at, table, &mut read)),
                other => {
                    let problem = mismatch("a table", other);
                    self.report_at(at, problem);
                }
            }
        }
        list
    }

    fn nested<T>(
        &mut self,
        at: String,
        table: &Map<String, Value>,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> T {
        let mut section = self.below(at, table);
        let value = read(&mut section);
        section.finish();
        value
    }

    /// The entries of a list; none, and a problem, when it is no list or too long a one.
    fn entries<'e>(&mut self, name: &str, expected: &str, value: &'e Value) -> &'e [Value] {
        match value {
            Value::Array(entries) if entries.len() <= LIST_ENTRIES => entries,
            Value::Array(entries) => {
                let entries = entries.len();
                self.report(
                    name,
                    format!("expected at most {LIST_ENTRIES} entries, found {entries}"),
                );
                &[]
            }
            other => {
                self.report(name, mismatch(expected, other));
                &[]
            }
        }
    }

    /// The value, parsed where it is a variable's string of JSON; `None` where that is blank or (and reported) no
    /// JSON.
    fn unpacked<'e>(&mut self, name: &str, value: &'e Value) -> Option<Cow<'e, Value>> {
        match value {
            Value::String(text) if self.at().is_empty() => {
                if text.is_empty() {
                    return None;
                }
                serde_json::from_str(text)
                    .map(Cow::Owned)
                    .map_err(|error| {
                        self.report(name, format!("is a string, but not one of JSON: {error}"));
                    })
                    .ok()
            }
            _ => Some(Cow::Borrowed(value)),
        }
    }
}
