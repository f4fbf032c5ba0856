//! `worker-build` and `wasm-bindgen`, from source, into `.tools/`.
//!
//! In: a pinned crate. Out: the path of a program of exactly that version, found or built. It never touches the
//! user's own cargo programs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{project::Project, run};

use super::{pins::Crate, stamp::Stamp};

/// Where both programs are compiled, one after the other, so that what they share is compiled once.
const BUILD_FOLDER: &str = ".tools/target";

/// Puts `wanted` into `.tools/bin/`, unless it is there.
///
/// # Errors
/// When `cargo install` fails.
pub fn install(project: &Project, wanted: &Crate, stamp: &mut Stamp) -> anyhow::Result<PathBuf> {
    let program = executable(&project.path(".tools/bin"), wanted);
    if program.is_file() && stamp.value(wanted.program) == Some(&wanted.version) {
        return Ok(program);
    }
    if !answers(project, &program, wanted) {
        match find_on_path(project, wanted) {
            // A copy: the original may be updated by its owner at any time.
            Some(found) => copy(&found, &program)?,
            None => build(project, wanted)?,
        }
        anyhow::ensure!(
            answers(project, &program, wanted),
            "{} is not {wanted}",
            program.display()
        );
    }
    stamp.set(wanted.program, &wanted.version)?;
    Ok(program)
}

/// Removes what the builds left; it is large and of no further use.
///
/// # Errors
/// When the folder cannot be removed.
pub fn remove_leftovers(project: &Project) -> anyhow::Result<()> {
    let folder = project.path(BUILD_FOLDER);
    if folder.is_dir() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

/// A program of the right version that the user has already.
fn find_on_path(project: &Project, wanted: &Crate) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| executable(&folder, wanted))
        .find(|program| answers(project, program, wanted))
}

fn executable(folder: &Path, wanted: &Crate) -> PathBuf {
    folder
        .join(wanted.program)
        .with_extension(env::consts::EXE_EXTENSION)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let folder = to.parent().context("a program lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}

/// Whether `program` exists and is of the wanted version.
fn answers(project: &Project, program: &Path, wanted: &Crate) -> bool {
    program.is_file()
        && run::captured(project.command(program).arg("--version"))
            .is_ok_and(|output| is_version(&output, &wanted.version))
}

/// `wasm-bindgen 0.2.130` and `0.8.7` are how the two programs answer.
fn is_version(output: &str, version: &str) -> bool {
    output.split_whitespace().next_back() == Some(version)
}

fn build(project: &Project, wanted: &Crate) -> anyhow::Result<()> {
    let mut cargo = project.cargo();
    cargo.args([
        "install",
        wanted.package,
        "--version",
        &wanted.version,
        "--force",
    ]);
    cargo.arg("--root").arg(project.path(".tools"));
    cargo.arg("--target-dir").arg(project.path(BUILD_FOLDER));
    if wanted.locked {
        cargo.arg("--locked");
    }
    // Each runs for a second per build and is compiled once per checkout and CI machine: the latter is what counts.
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
    println!("Building {wanted} into .tools/ (once; a few minutes)");
    let progress = progress(wanted);
    let mut compiled = 0;
    let result = run::followed(&mut cargo, |line| {
        if let Some(package) = compiling(line) {
            compiled += 1;
            progress.set_message(format!("{compiled} crates, now {package}"));
        }
    });
    progress.finish_and_clear();
    result.with_context(|| format!("{wanted} could not be built; is crates.io reachable?"))?;
    println!("Built {wanted} in {} s", progress.elapsed().as_secs());
    Ok(())
}

/// Drawn on terminals only.
fn progress(wanted: &Crate) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}")
        .expect("a constant template");
    let bar = ProgressBar::new_spinner()
        .with_style(style)
        .with_prefix(wanted.to_string());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The package named by one of cargo's `Compiling` lines.
fn compiling(line: &str) -> Option<&str> {
    line.trim_start()
        .strip_prefix("Compiling ")?
        .split(' ')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_whole_words() {
        assert!(is_version("wasm-bindgen 0.2.130\n", "0.2.130"));
        assert!(is_version("0.8.7\n", "0.8.7"));
        assert!(!is_version("wasm-bindgen 0.2.13", "0.2.130"));
        assert!(!is_version("wasm-bindgen 0.2.1300", "0.2.130"));
        assert!(!is_version("", "0.2.130"));
    }

    #[test]
    fn only_compiling_lines_count_as_progress() {
        assert_eq!(compiling("   Compiling walrus v0.24.0"), Some("walrus"));
        assert_eq!(compiling("  Downloaded walrus v0.24.0"), None);
        assert_eq!(compiling("    Finished `release` profile"), None);
    }
}
