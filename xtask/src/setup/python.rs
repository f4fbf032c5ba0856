//! schemathesis, for the test of the description of the endpoints, into `.tools/schemathesis/`.
//!
//! In: `tests/openapi/requirements.txt`. Out: a virtual environment of Python with exactly that in it, or that there is no
//! Python. It never installs into the user's own Python.

use std::{fs, path::PathBuf};

use anyhow::Context;

use crate::{project::Project, run};

use super::{pins::digest, stamp::Stamp};

const FACT: &str = "schemathesis";
const FOLDER: &str = ".tools/schemathesis";
const REQUIREMENTS: &str = "tests/openapi/requirements.txt";
/// What schemathesis asks for.
const OLDEST: &str = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))";

/// Installs, unless it is there. `false`: this machine has no Python that could, which is said.
///
/// # Errors
/// When pip fails.
pub fn install(project: &Project) -> anyhow::Result<bool> {
    let text = fs::read_to_string(project.path(REQUIREMENTS))
        .with_context(|| format!("reading {REQUIREMENTS}; restore it from git"))?;
    let wanted = digest(&text);
    let _lock = super::lock(project)?;
    let mut stamp = Stamp::read(project);
    if executable(project, "schemathesis").is_file() && stamp.value(FACT) == Some(&wanted) {
        return Ok(true);
    }
    let Some(python) = find(project) else {
        println!(
            "skipped: Python 3.10 or newer, with the modules venv and ensurepip, was not found"
        );
        return Ok(false);
    };
    println!("Installing schemathesis into {FOLDER}/ (once; a minute)");
    let folder = project.path(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    run::captured(project.command(python).args(["-m", "venv"]).arg(&folder))
        .context("the virtual environment of Python was not made")?;
    let mut pip = project.command(executable(project, "python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    run::captured(pip.arg(project.path(REQUIREMENTS)))
        .context("schemathesis could not be installed; is PyPI reachable?")?;
    stamp.set(FACT, &wanted)?;
    Ok(true)
}

fn find(project: &Project) -> Option<&'static str> {
    let fits =
        |program: &&str| run::captured(project.command(program).args(["-c", OLDEST])).is_ok();
    ["python3", "python"].into_iter().find(fits)
}

fn executable(project: &Project, name: &str) -> PathBuf {
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let path = project.path(FOLDER).join(bin).join(name);
    path.with_extension(std::env::consts::EXE_EXTENSION)
}
