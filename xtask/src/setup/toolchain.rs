//! Rust and Node: what the user installs, and what can be added to it.
//!
//! In: the programs on `PATH`. Out: nothing but success, or a sentence that says what to install. It never changes
//! which toolchain is the default.

use std::{env::consts::EXE_EXTENSION, path::PathBuf};

use anyhow::{Context, bail};

use crate::{project::Project, run};

const WASM: &str = "wasm32-unknown-unknown";
/// wrangler's own demand; version managers should read the same from `package.json`.
const OLDEST_NODE: (u32, u32) = (20, 3);

/// Looks for Node and returns its version.
///
/// # Errors
/// When Node is missing or too old.
pub fn check_node(project: &Project) -> anyhow::Result<String> {
    let (major, minor) = OLDEST_NODE;
    let wanted =
        format!("install Node {major}.{minor} or newer (https://nodejs.org) and start again");
    let Ok(output) = run::captured(project.command("node").arg("--version")) else {
        bail!(
            "Node was not found on PATH: wrangler and the local Workers runtime need it; {wanted}"
        );
    };
    let found = output.trim().trim_start_matches('v');
    let version =
        version(found).with_context(|| format!("`node --version` says {found:?}; {wanted}"))?;
    anyhow::ensure!(version >= OLDEST_NODE, "Node {found} is too old: {wanted}");
    Ok(found.to_owned())
}

/// The Rust toolchain that cargo uses here.
pub struct Rust {
    sysroot: PathBuf,
    /// What `rustc --version` prints.
    pub version: String,
}

impl Rust {
    /// Asks rustc.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(project: &Project) -> anyhow::Result<Self> {
        let ask = |arguments: &[&str]| {
            run::captured(project.command("rustc").args(arguments))
                .map(|output| output.trim().to_owned())
                .context("rustc does not answer; install Rust with rustup (https://rustup.rs), then start again")
        };
        Ok(Self {
            sysroot: PathBuf::from(ask(&["--print", "sysroot"])?),
            version: ask(&["--version"])?,
        })
    }

    /// Adds the Worker's target.
    ///
    /// # Errors
    /// When it is missing and rustup is too, or rustup fails.
    pub fn add_wasm_target(&self, project: &Project) -> anyhow::Result<()> {
        if self.sysroot.join("lib/rustlib").join(WASM).is_dir() {
            return Ok(());
        }
        println!("Adding the target {WASM} to the Rust toolchain");
        run::shown(project.command("rustup").args(["target", "add", WASM])).with_context(|| {
            format!("this Rust has no target {WASM}; install Rust with rustup (https://rustup.rs), then start again")
        })
    }

    /// Adds rustfmt and clippy, which a minimal toolchain lacks.
    ///
    /// # Errors
    /// When they are missing and rustup is too, or rustup fails.
    pub fn add_lint_components(&self, project: &Project) -> anyhow::Result<()> {
        let folder = self.sysroot.join("bin");
        let there = |program: &str| folder.join(program).with_extension(EXE_EXTENSION).is_file();
        if ["cargo-fmt", "cargo-clippy"].into_iter().all(there) {
            return Ok(());
        }
        println!("Adding rustfmt and clippy to the Rust toolchain");
        run::shown(project.command("rustup").args(["component", "add", "rustfmt", "clippy"])).context(
            "this Rust has no rustfmt or clippy; install Rust with rustup (https://rustup.rs), then start again",
        )
    }
}

/// `20.19.2` → `(20, 19)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_compared_as_numbers_not_as_text() {
        assert!(version("9.11.2").is_some_and(|nine| nine < OLDEST_NODE));
        assert!(version("20.2.0").is_some_and(|early| early < OLDEST_NODE));
        assert!(version("20.10.0").is_some_and(|later| later >= OLDEST_NODE));
        assert!(version("100.0.0").is_some_and(|far| far >= OLDEST_NODE));
    }

    #[test]
    fn what_is_not_a_version_is_none() {
        for text in ["", "20", "lts", "x.y.z"] {
            assert_eq!(version(text), None, "{text:?}");
        }
    }
}
