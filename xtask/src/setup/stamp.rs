//! What has been installed already, so that a start costs milliseconds.
//!
//! In and out: `.tools/stamp`, one fact a line. It is only a memory: whoever asks also looks whether the files are
//! still there.

use std::{fs, path::PathBuf};

use anyhow::Context;

use crate::project::Project;

/// The facts that hold.
pub struct Stamp {
    file: PathBuf,
    facts: Vec<(String, String)>,
}

impl Stamp {
    /// Reads the stamp; an absent or odd one knows nothing.
    pub fn read(project: &Project) -> Self {
        let file = project.path(".tools/stamp");
        let text = fs::read_to_string(&file).unwrap_or_default();
        Self {
            file,
            facts: parse(&text),
        }
    }

    /// The value of a fact.
    pub fn value(&self, fact: &str) -> Option<&str> {
        self.facts
            .iter()
            .find(|(name, _)| name == fact)
            .map(|(_, value)| value.as_str())
    }

    /// Sets a fact and writes the file at once: what follows may be interrupted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&mut self, fact: &str, value: &str) -> anyhow::Result<()> {
        self.facts.retain(|(name, _)| name != fact);
        self.facts.push((fact.to_owned(), value.to_owned()));
        let text: String = self
            .facts
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect();
        fs::write(&self.file, text).with_context(|| format!("writing {}", self.file.display()))
    }
}

fn parse(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_line_cut_by_an_interruption_is_no_fact() {
        let facts = parse("npm = 1f\nworker-build 0.8.7 = /a b/worker-build\nwasm-bin");
        let names: Vec<_> = facts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            names,
            [("npm", "1f"), ("worker-build 0.8.7", "/a b/worker-build")]
        );
    }
}
