//! Everything the other commands need, at the pinned versions.
//!
//! In: the lock files. Out: [`Tools`], with the Rust target, `node_modules/` and `.tools/bin/` in place. It never
//! installs into the user's cargo or npm folders, and does nothing slow when nothing is to do.

mod npm;
mod pins;
pub mod python;
mod stamp;
mod toolchain;
mod tools;

use std::{
    fmt,
    fs::{self, File, TryLockError},
    path::PathBuf,
};

use anyhow::Context;

use crate::project::Project;

use self::{pins::Pins, stamp::Stamp, toolchain::Rust};

/// The programs that build the Worker.
pub struct Tools {
    /// `worker-build`.
    pub worker_build: PathBuf,
    /// `wasm-bindgen`, of exactly the version in `Cargo.lock`.
    pub wasm_bindgen: PathBuf,
    versions: String,
}

/// All versions: when this text changes, so may the Worker that the tools build.
impl fmt::Display for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.versions)
    }
}

/// Checks and installs; safe to call from several commands at once.
///
/// # Errors
/// When something is missing that only the user can install, or an installation fails.
pub fn setup(project: &Project) -> anyhow::Result<Tools> {
    let pins = Pins::read(project)?;
    let node = toolchain::check_node(project)?;
    let _lock = lock(project)?;
    let mut stamp = Stamp::read(project);
    let rust = Rust::find(project)?;
    rust.add_wasm_target(project)?;
    npm::install(project, &pins, &mut stamp)?;
    let worker_build = tools::install(project, &pins.worker_build, &mut stamp)?;
    let wasm_bindgen = tools::install(project, &pins.wasm_bindgen, &mut stamp)?;
    tools::remove_leftovers(project)?;
    let versions = format!(
        "{}, node {node}, {}, {}",
        rust.version, pins.worker_build, pins.wasm_bindgen
    );
    Ok(Tools {
        worker_build,
        wasm_bindgen,
        versions,
    })
}

/// Puts cargo-deny into `.tools/`, unless it is there. No other command needs it.
///
/// # Errors
/// When it cannot be installed.
pub fn cargo_deny(project: &Project) -> anyhow::Result<PathBuf> {
    let _lock = lock(project)?;
    let mut stamp = Stamp::read(project);
    let program = tools::install(project, &pins::cargo_deny(), &mut stamp)?;
    tools::remove_leftovers(project)?;
    Ok(program)
}

/// Adds to the Rust toolchain what is missing: the Worker's target and, where `lint`, rustfmt and clippy.
///
/// # Errors
/// When something is missing and rustup is, too.
pub fn rust(project: &Project, lint: bool) -> anyhow::Result<()> {
    let _lock = lock(project)?;
    let rust = Rust::find(project)?;
    rust.add_wasm_target(project)?;
    if lint {
        rust.add_lint_components(project)?;
    }
    Ok(())
}

/// Held while a setup runs: two commands started at once must not install into one folder.
fn lock(project: &Project) -> anyhow::Result<File> {
    let folder = project.path(".tools");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let file = File::create(folder.join("lock")).context("creating .tools/lock")?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("Waiting for another `cargo xtask` to finish its setup");
            file.lock().context("locking .tools/lock")?;
        }
        Err(TryLockError::Error(error)) => return Err(error).context("locking .tools/lock"),
    }
    Ok(file)
}
