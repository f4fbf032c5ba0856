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

/// Instructions of one view: a figure for each of [`CHUNKS`].
pub type Row = (Case, [u64; 2]);

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
    let count = |chunk: usize| -> anyhow::Result<Vec<u64>> {
        let mut program = project.command(program(project));
        program.arg("count").arg(&json).arg(chunk.to_string());
        let printed = run::captured(program.args(&pages))?;
        let counts = printed.lines().map(|line| line.parse().ok()).collect();
        let counts: Option<Vec<u64>> = counts;
        counts
            .filter(|counts| counts.len() == pages.len())
            .with_context(|| format!("core-cost printed {printed:?}"))
    };
    let [large, small] = CHUNKS.map(count);
    let rows = cases.iter().zip(large?).zip(small?);
    Ok(rows
        .map(|((case, large), small)| (*case, [large, small]))
        .collect())
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

/// Instructions per KiB.
pub fn table(rows: &[Row]) -> String {
    let heads = [
        "page",
        "components",
        "per KB, 64 KB at a time",
        "per KB, 4 KB at a time",
        "the whole page, 64 KB at a time",
    ];
    let rows = rows.iter().map(|(case, counts)| {
        let [page, components, _] = case.columns();
        let per_kib = counts.map(|count| thousands(count / case.kib as u64));
        let [quick, flushing] = per_kib;
        vec![page, components, quick, flushing, thousands(counts[0])]
    });
    markdown(&heads, 2, rows)
}
