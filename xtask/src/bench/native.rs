//! The core alone, in instructions: figures that no other program on the machine disturbs.
//!
//! In: the pages of the grid. Out: instructions per KiB that the core takes for one view of each, natively, with the Worker's own
//! optimisation. `bench/core` counts them, a package of its own, because it is built from what this tool must not be.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::{Map, Value};

use crate::{project::Project, run};

use super::{
    case::Case,
    origin::decision_of,
    page::page,
    table::{markdown, thousands},
};

/// How the bytes of a page come: as the Worker reads them when XM is quick, and as one that flushes small chunks sends them.
pub const CHUNKS: [usize; 2] = [64 * 1024, 4 * 1024];

/// What was counted with one page.
pub struct Row {
    case: Case,
    /// One view that streams, for each of [`CHUNKS`].
    streamed: [u64; 2],
    /// Compiling it, once for all visitors.
    compiled: u64,
    /// One view of the page that is kept.
    spliced: u64,
}

/// Counts `cases`.
///
/// # Errors
/// When `core-cost` does not build, or nothing on this machine counts instructions.
pub fn measure(project: &Project, cases: &[Case]) -> anyhow::Result<Vec<Row>> {
    build(project)?;
    let folder = project.target().join("bench").join("native");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let json = folder.join("decisions.json");
    let decisions: Map<String, Value> = cases
        .iter()
        .flat_map(Case::friendly_ids)
        .map(|id| {
            let decision = serde_json::from_str(&decision_of(&id)).unwrap_or_default();
            (id, decision)
        })
        .collect();
    write(&json, Value::from(decisions).to_string().as_bytes())?;
    let mut pages = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let path = folder.join(format!("{number}.html"));
        write(&path, page(case).as_bytes())?;
        pages.push(path);
    }
    let count = |chunk: usize| -> anyhow::Result<Vec<[u64; 3]>> {
        let mut program = project.command(program(project));
        program.arg("count").arg(&json).arg(chunk.to_string());
        let printed = run::captured(program.arg("3").args(&pages))?;
        let rows: Option<Vec<_>> = printed.lines().map(numbers).collect();
        rows.filter(|rows| rows.len() == pages.len())
            .with_context(|| format!("core-cost printed {printed:?}"))
    };
    let [large, small] = CHUNKS.map(count);
    let rows = cases.iter().zip(large?).zip(small?);
    let row = |((case, [streamed, compiled, spliced]), small): ((&Case, [u64; 3]), [u64; 3])| Row {
        case: *case,
        streamed: [streamed, small[0]],
        compiled,
        spliced,
    };
    Ok(rows.map(row).collect())
}

/// A line of `core-cost count`.
fn numbers(line: &str) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> = line.split(' ').map(|word| word.parse().ok()).collect();
    numbers?.try_into().ok()
}

fn build(project: &Project) -> anyhow::Result<()> {
    let mut cargo = project.cargo();
    run::shown(cargo.args(["build", "--quiet", "--release", "--package", "core-cost"]))
}

fn program(project: &Project) -> std::path::PathBuf {
    let path = project.target().join("release").join("core-cost");
    path.with_extension(std::env::consts::EXE_EXTENSION)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// Instructions per KiB, and what a kept page costs beside one that streams.
pub fn table(rows: &[Row]) -> String {
    let heads = [
        "page",
        "components",
        "streamed, per KB, 64 KB at a time",
        "4 KB at a time",
        "compiled once, per KB",
        "kept, the whole page",
        "÷ streamed",
    ];
    let rows = rows.iter().map(|row| {
        let [page, components, _] = row.case.columns();
        let per_kib = |count: u64| thousands(count / row.case.kib as u64);
        let [streamed, small] = row.streamed;
        vec![
            page,
            components,
            per_kib(streamed),
            per_kib(small),
            per_kib(row.compiled),
            thousands(row.spliced),
            format!("**{:.3}**", row.spliced as f64 / streamed as f64),
        ]
    });
    markdown(&heads, 2, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_program_that_counts_are_read() {
        assert_eq!(numbers("1 22 333"), Some([1, 22, 333]));
        for line in ["", "1 22", "1 22 333 4", "1 x 3"] {
            assert_eq!(numbers(line), None, "{line:?}");
        }
    }
}
