//! The tables inside docs/performance.md.
//!
//! In: a section and its text. Out: the file with it between the section's markers. It never touches the rest.

use std::fs;

use anyhow::Context;

use crate::project::Project;

const FILE: &str = "docs/performance.md";

/// Writes the texts of some sections into the documentation.
///
/// # Errors
/// When the file or a marker is missing.
pub fn write(project: &Project, sections: &[(&str, String)]) -> anyhow::Result<()> {
    let path = project.path(FILE);
    let mut text = fs::read_to_string(&path).with_context(|| format!("reading {FILE}"))?;
    for (name, section) in sections {
        text = replaced(&text, name, section)
            .with_context(|| format!("{FILE} has no {} … {}", begin(name), end(name)))?;
    }
    fs::write(&path, text).with_context(|| format!("writing {FILE}"))?;
    println!("The tables are in {FILE}");
    Ok(())
}

/// Writes a picture beside the documentation that shows it.
///
/// # Errors
/// When it cannot be written.
pub fn picture(project: &Project, name: &str, svg: &str) -> anyhow::Result<()> {
    let path = project.path("docs").join(name);
    fs::write(&path, svg).with_context(|| format!("writing {}", path.display()))
}

fn begin(section: &str) -> String {
    format!("<!-- bench {section} -->\n")
}

fn end(section: &str) -> String {
    format!("<!-- end of {section} -->")
}

fn replaced(text: &str, name: &str, section: &str) -> Option<String> {
    let (begin, end) = (begin(name), end(name));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!(
        "{before}{begin}\n{}\n\n{end}{after}",
        section.trim()
    ))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::bench::Section;

    #[test]
    fn only_what_is_between_the_markers_of_the_section_changes() {
        let other = format!("{}other\n{}\n", begin("a"), end("a"));
        let text = format!(
            "# Title\n\n{other}{}old\n{}\n\nrest\n",
            begin("b"),
            end("b")
        );
        let once = replaced(&text, "b", "new").unwrap();
        let expected = format!(
            "# Title\n\n{other}{}\nnew\n\n{}\n\nrest\n",
            begin("b"),
            end("b")
        );
        assert_eq!(once, expected);
        assert_eq!(replaced(&once, "b", "new"), Some(once));
        assert_eq!(replaced("no markers", "b", "new"), None);
    }

    #[test]
    fn the_documentation_has_the_markers_of_every_section() {
        let text = include_str!("../../../docs/performance.md");
        for section in Section::value_variants() {
            assert!(replaced(text, section.name(), "x").is_some(), "{section:?}");
        }
    }
}
