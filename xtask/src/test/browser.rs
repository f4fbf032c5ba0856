//! Tests that are Node scripts: the `*.mjs` in `tests/browser/`, `clients/`, `miniflare/`, `openapi/` and `wrangler/`.
//!
//! In: the folders. Out: one step per script. A script exits with 0 (passed), 77 (it cannot run here, for example without
//! Chromium, and has said so) or anything else (failed), and may end with a line `N passed, N failed`; without one it
//! counts as one test.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{project::Project, setup::python};

use super::{
    report::Outcome,
    summary::{Counts, parse_counts},
    tee,
};

/// "Skipped" among the exit codes, as automake has it.
const SKIPPED: i32 = 77;

/// Where they are.
const FOLDERS: [&str; 5] = ["browser", "clients", "miniflare", OPENAPI, "wrangler"];
/// The one whose scripts need schemathesis.
const OPENAPI: &str = "openapi";

/// One script.
pub struct Script {
    folder: &'static str,
    path: PathBuf,
}

impl Script {
    /// Its name in the summary.
    pub fn name(&self) -> String {
        format!(
            "{}, {}",
            self.folder,
            self.path.file_stem().unwrap_or_default().to_string_lossy()
        )
    }
}

/// All scripts, folder by folder in the order of their names; files in subfolders are theirs to import.
///
/// # Errors
/// When a folder exists and cannot be read.
pub fn scripts(project: &Project, filter: Option<&str>) -> anyhow::Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for folder in FOLDERS {
        let place = project.path("tests").join(folder);
        if !place.is_dir() {
            continue;
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(&place).with_context(|| format!("reading {}", place.display()))? {
            paths.push(entry?.path());
        }
        paths.retain(|path| is_wanted(path, filter));
        paths.sort();
        scripts.extend(paths.into_iter().map(|path| Script { folder, path }));
    }
    Ok(scripts)
}

fn is_wanted(path: &Path, filter: Option<&str>) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    path.extension().is_some_and(|extension| extension == "mjs")
        && filter.is_none_or(|text| name.contains(text))
}

/// Runs a script.
///
/// # Errors
/// When node cannot be started, or what the script needs cannot be installed.
pub fn run(project: &Project, script: &Script) -> anyhow::Result<(Outcome, Counts)> {
    if script.folder == OPENAPI && !python::install(project)? {
        return Ok((Outcome::Skipped, Counts::default()));
    }
    let mut counted = None;
    let status = tee(project.command("node").arg(&script.path), |line| {
        counted = parse_counts(line).or(counted)
    })?;
    Ok(judge(status.code(), counted))
}

fn judge(code: Option<i32>, counted: Option<Counts>) -> (Outcome, Counts) {
    match (code, counted) {
        (Some(SKIPPED), _) => (Outcome::Skipped, Counts::default()),
        (Some(0), Some(counts)) => (Outcome::of(counts.failed == 0), counts),
        (Some(0), None) => (
            Outcome::Passed,
            Counts {
                passed: 1,
                failed: 0,
            },
        ),
        (_, counts) => (Outcome::Failed, counts.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_counts_a_failure_has_failed_whatever_its_exit_code() {
        let counts = Counts {
            passed: 3,
            failed: 1,
        };
        assert_eq!(judge(Some(0), Some(counts)), (Outcome::Failed, counts));
        assert_eq!(judge(Some(1), Some(counts)), (Outcome::Failed, counts));
    }

    #[test]
    fn a_script_that_was_killed_has_failed() {
        assert_eq!(judge(None, None), (Outcome::Failed, Counts::default()));
    }

    #[test]
    fn a_script_that_cannot_run_here_is_skipped() {
        assert_eq!(judge(Some(77), None), (Outcome::Skipped, Counts::default()));
    }

    #[test]
    fn helpers_and_notes_beside_the_scripts_are_not_run() {
        assert!(is_wanted(Path::new("b/flicker.mjs"), None));
        assert!(is_wanted(Path::new("b/flicker.mjs"), Some("lick")));
        assert!(!is_wanted(Path::new("b/flicker.mjs"), Some("goal")));
        assert!(!is_wanted(Path::new("b/README.md"), None));
    }
}
