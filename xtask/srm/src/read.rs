//! Exports as records.
//!
//! In: bytes: one JSON document, several after each other, or lines of which some are JSON. Out: records, and how many lines
//! were none. It never stops at a line that is no JSON: logs have such.

use serde_json::{Deserializer, Value};

use crate::record::{Record, records};

/// What an export holds.
#[derive(Debug, Default)]
pub struct Read {
    /// In the order of the export.
    pub records: Vec<Record>,
    /// Lines that are no JSON.
    pub strange: usize,
}

impl Read {
    /// Adds an export.
    pub fn add(&mut self, bytes: &[u8]) {
        let mut whole = Vec::new();
        let documents = Deserializer::from_slice(bytes).into_iter::<Value>();
        for document in documents {
            match document {
                Ok(value) => records(&value, &mut whole),
                Err(_) => return self.add_lines(bytes),
            }
        }
        self.records.append(&mut whole);
    }

    fn add_lines(&mut self, bytes: &[u8]) {
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            match serde_json::from_slice(line) {
                _ if line.is_empty() => {}
                Ok(value) => records(&value, &mut self.records),
                Err(_) => self.strange += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: &str = r#"{"type":"VIEW","browser_id":"v","ext":{"hero":"b"}}"#;

    fn read(text: &str) -> (usize, usize) {
        let mut read = Read::default();
        read.add(text.as_bytes());
        (read.records.len(), read.strange)
    }

    #[test]
    fn lists_lines_and_pretty_documents_are_read() {
        assert_eq!(read(&format!("[{VIEW},{VIEW}]")), (2, 0));
        assert_eq!(read(&format!("{VIEW}\n{VIEW}\r\n\n")), (2, 0));
        assert_eq!(
            read(&format!("{{\n \"events\": [{VIEW}]\n}}\n{VIEW}")),
            (2, 0)
        );
        assert_eq!(read(""), (0, 0));
    }

    #[test]
    fn a_line_that_is_no_json_costs_nothing_but_itself() {
        assert_eq!(read(&format!("listening\n{VIEW}\n{{cut\n{VIEW}\n")), (2, 2));
    }
}
