//! The tables inside docs/performance.md.
//!
//! In: tables. Out: the file with them between its markers. It never touches the rest.

use std::fs;

use anyhow::Context;

use crate::project::Project;

const FILE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench:begin -->\n";
const END: &str = "<!-- bench:end -->";

/// Writes `tables` into the documentation.
///
/// # Errors
/// When the file or a marker is missing.
pub fn write(project: &Project, tables: &str) -> anyhow::Result<()> {
    let path = project.path(FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {FILE}"))?;
    let text = replaced(&text, tables).with_context(|| format!("{FILE} has no {BEGIN} … {END}"))?;
    fs::write(&path, text).with_context(|| format!("writing {FILE}"))?;
    println!("The tables are in {FILE}");
    Ok(())
}

fn replaced(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n{}\n\n{END}{after}",
        tables.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("# Title\n\n{BEGIN}old\n{END}\n\nrest\n");
        let once = replaced(&text, "new").unwrap();
        assert_eq!(once, format!("# Title\n\n{BEGIN}\nnew\n\n{END}\n\nrest\n"));
        assert_eq!(replaced(&once, "new").as_deref(), Some(once.as_str()));
        assert_eq!(replaced("no markers", "new"), None);
    }

    #[test]
    fn the_documentation_has_the_markers() {
        let text = include_str!("../../../docs/performance.md");
        assert!(replaced(text, "x").is_some());
    }
}
