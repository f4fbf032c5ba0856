//! `node_modules/`, exactly as `package-lock.json` says.
//!
//! In: the lock file's digest. Out: installed packages. It never changes the lock file.

use anyhow::Context;

use crate::{project::Project, run};

use super::{pins::Pins, stamp::Stamp};

const FACT: &str = "npm";

/// Runs `npm ci` unless it already ran for this lock file.
///
/// # Errors
/// When npm is missing or fails.
pub fn install(project: &Project, pins: &Pins, stamp: &mut Stamp) -> anyhow::Result<()> {
    // npm writes this file last.
    let complete = project.path("node_modules/.package-lock.json").is_file();
    if complete && stamp.value(FACT) == Some(&pins.npm) {
        return Ok(());
    }
    println!("Installing wrangler, esbuild and binaryen into node_modules/ (npm ci)");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    // Quiet: its warnings are about packages of packages, which a user here can do nothing about.
    run::captured(
        project
            .command(npm)
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]),
    )
    .context("npm ci did not finish; is the npm registry reachable?")?;
    stamp.set(FACT, &pins.npm)
}
