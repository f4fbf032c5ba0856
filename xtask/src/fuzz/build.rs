//! The fuzz targets, instrumented.
//!
//! In: `fuzz/`, a workspace of its own. Out: the folder of its programs. The instrumentation is the stable compiler's: the options
//! are those that `cargo fuzz` gives, so that neither that program nor a nightly compiler is needed. libFuzzer itself is C++.

use std::{env, path::PathBuf, process::Command};

use anyhow::Context;

use crate::{project::Project, run};

/// What `cargo fuzz` tells the compiler.
const FLAGS: [&str; 6] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// For AddressSanitizer, which a stable compiler brings and does not offer.
const ADDRESS: &str = "-Zsanitizer=address";

/// Builds all targets. `None`: there is no C++ compiler, or no libFuzzer for this system.
///
/// # Errors
/// When they do not compile.
pub fn build(project: &Project, address_sanitizer: bool) -> anyhow::Result<Option<PathBuf>> {
    if cfg!(windows) || !has_compiler(project) {
        return Ok(None);
    }
    let host = host(project)?;
    let mut flags = FLAGS.to_vec();
    let mut folder = project.target().join("fuzz");
    let mut cargo = project.cargo();
    if address_sanitizer {
        flags.push(ADDRESS);
        cargo.env("RUSTC_BOOTSTRAP", "1");
        folder.push("address");
    }
    // With a target named, build scripts and macros are not instrumented; they could not be linked.
    cargo
        .args(["build", "--quiet", "--bins", "--target", &host])
        .arg("--manifest-path")
        .arg(project.path("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(&folder)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", flags.join(" "));
    run::captured(&mut cargo).context("the fuzz targets do not build")?;
    Ok(Some(folder.join(host).join("debug")))
}

/// Whether there is what compiles libFuzzer.
fn has_compiler(project: &Project) -> bool {
    let answers = |program: &String| {
        let mut words = program.split_whitespace();
        let mut command: Command = project.command(words.next().unwrap_or_default());
        run::captured(command.args(words).arg("--version")).is_ok()
    };
    let named = env::var("CXX").ok().filter(|named| !named.is_empty());
    let usual = ["c++", "g++", "clang++"].map(str::to_owned);
    match named {
        Some(named) => answers(&named),
        None => usual.iter().any(answers),
    }
}

/// The triple of this machine.
fn host(project: &Project) -> anyhow::Result<String> {
    let told = run::captured(project.command("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
