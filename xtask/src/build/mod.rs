//! The Worker, from Rust to `build/index.js` and `build/index_bg.wasm`.
//!
//! In: `src/`, `core/` and the pinned tools. Out: the bundle that wrangler uploads. It never runs when the bundle
//! is that of the present sources, because wrangler starts it twice and after every change.

mod fresh;
mod optimise;
mod size;

use std::{
    env,
    path::PathBuf,
    time::{Instant, SystemTime},
};

use anyhow::Context;

use crate::{
    project::Project,
    run,
    setup::{self, Tools},
};

use self::fresh::Fingerprint;

/// Options of `build`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Without optimisation: compiles faster, runs slower
    #[arg(long)]
    pub dev: bool,
    /// Without wasm-opt: the Worker is a third larger and no slower, half a minute sooner there, and its stack traces
    /// name functions
    #[arg(long)]
    pub no_opt: bool,
}

/// Set by `dev`: what wrangler then starts after every change is `build --no-opt`.
pub const NO_OPT: &str = "XM_EDGE_NO_OPT";

/// Sets up and builds.
///
/// # Errors
/// When a tool is missing or the Worker does not compile.
pub fn build(project: &Project, args: &Args) -> anyhow::Result<()> {
    let tools = setup::setup(project)?;
    build_with(project, args, &tools)
}

/// Builds with tools that are known to be there.
///
/// # Errors
/// When the Worker does not compile.
pub fn build_with(project: &Project, args: &Args, tools: &Tools) -> anyhow::Result<()> {
    let profile = if args.dev { "debug" } else { "release" };
    let no_opt = args.no_opt || env::var_os(NO_OPT).is_some();
    let optimised = !args.dev && !no_opt;
    let flags = if optimised {
        optimise::FLAGS.join(" ")
    } else {
        String::new()
    };
    let settings = format!("{profile}, optimised: {optimised} {flags}, {tools}");
    let fingerprint = Fingerprint::new(project, profile, &settings);
    if fingerprint.is_current() {
        println!("The Worker in build/ is up to date ({profile})");
        return Ok(());
    }
    let (began, clock) = (SystemTime::now(), Instant::now());
    run::shown(
        project
            .command(&tools.worker_build)
            .arg(if args.dev { "--dev" } else { "--release" })
            // Its own wasm-opt keeps the names of functions in the wasm: see `optimise`.
            .arg("--no-opt")
            // For cargo: the workspace's default members leave the Worker out.
            .args(["--package", "xm-edge"])
            .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
            .env("ESBUILD_BIN", esbuild(project)?),
    )
    .context("the Worker was not built")?;
    if optimised {
        optimise::optimise(project, &wasm_opt(project))?;
    }
    fingerprint.record(began)?;
    let size = size::of_file(&project.path(optimise::WASM))?;
    println!(
        "Built the Worker in {:.1} s: index_bg.wasm is {size} ({profile})",
        clock.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Whether the optimised wasm in `build/` is as small as it has to be.
///
/// # Errors
/// When it is not, or cannot be read.
pub fn check_size(project: &Project) -> anyhow::Result<()> {
    size::of_file(&project.path(optimise::WASM))?.within_limit()
}

fn wasm_opt(project: &Project) -> PathBuf {
    // On Windows npm puts a script there that starts node; elsewhere the program itself has a #! line.
    project.path(if cfg!(windows) {
        "node_modules/.bin/wasm-opt.cmd"
    } else {
        "node_modules/binaryen/bin/wasm-opt"
    })
}

/// The native program: `.bin/esbuild` is only a stand-in for it where npm runs no install scripts.
fn esbuild(project: &Project) -> anyhow::Result<PathBuf> {
    use env::consts::{ARCH, OS};
    let package = esbuild_package(OS, ARCH).with_context(|| {
        format!("esbuild has no package for {OS} on {ARCH} that this project knows")
    })?;
    let program = if cfg!(windows) {
        "esbuild.exe"
    } else {
        "bin/esbuild"
    };
    let path = project
        .path("node_modules/@esbuild")
        .join(package)
        .join(program);
    anyhow::ensure!(
        path.is_file(),
        "{} is missing; remove node_modules/ and start again",
        path.display()
    );
    Ok(path)
}

/// Rust's names of a platform → npm's.
fn esbuild_package(os: &str, arch: &str) -> Option<&'static str> {
    match (os, arch) {
        ("linux", "aarch64") => Some("linux-arm64"),
        ("linux", "x86_64") => Some("linux-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("windows", "aarch64") => Some("win32-arm64"),
        ("windows", "x86_64") => Some("win32-x64"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::esbuild_package;

    #[test]
    fn every_platform_maps_to_a_package_of_the_lock_file() {
        let lock: serde_json::Value =
            serde_json::from_str(include_str!("../../../package-lock.json"))
                .expect("package-lock.json is JSON");
        for os in ["linux", "macos", "windows"] {
            for arch in ["aarch64", "x86_64"] {
                let package = esbuild_package(os, arch).expect("a supported platform");
                let key = format!("node_modules/@esbuild/{package}");
                assert!(lock["packages"].get(&key).is_some(), "{key} is not locked");
            }
        }
        assert_eq!(esbuild_package("haiku", "x86_64"), None);
    }
}
