//! The wasm as it is uploaded: optimised, and without the names of functions.
//!
//! In: `build/index_bg.wasm` as worker-build leaves it without its own wasm-opt. Out: the same file, smaller, and
//! `build/index_bg.symbols` with the names. worker-build's wasm-opt keeps the names in the file, where they are a twelfth
//! of the upload and nothing reads them: workerd does not need them, and a stack trace of the log gives each
//! function's number (`wasm-function[1234]`), which is the beginning of its line in the symbols.

use std::{fs, path::Path};

use anyhow::Context;

use crate::{project::Project, run};

/// What is uploaded.
pub const WASM: &str = "build/index_bg.wasm";
const SYMBOLS: &str = "build/index_bg.symbols";

/// What wasm-opt does. Its levels differ by less than a percent here, in size and in speed: LLVM has done the work.
pub const FLAGS: [&str; 11] = [
    // What rustc and wasm-bindgen use, and nothing newer: workerd reads it all.
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
    "-O3",
    "--strip-producers",
    "--strip-target-features",
];

/// Optimises the built wasm in place.
///
/// # Errors
/// When wasm-opt fails, or a file cannot be written.
pub fn optimise(project: &Project, wasm_opt: &Path) -> anyhow::Result<()> {
    let (wasm, symbols) = (project.path(WASM), project.path(SYMBOLS));
    // Never half a file where the build was.
    let optimised = wasm.with_extension("wasm.new");
    run::shown(
        project
            .command(wasm_opt)
            .args(FLAGS)
            // In this order: once the names are stripped there are none to write.
            .arg(format!("--symbolmap={}", symbols.display()))
            .arg("--strip-debug")
            .arg(&wasm)
            .arg("-o")
            .arg(&optimised),
    )
    .context("the wasm was not optimised")?;
    fs::rename(&optimised, &wasm).with_context(|| format!("writing {}", wasm.display()))
}
