//! Where things are, and how a child process is started.
//!
//! In: the environment that cargo gives its tools. Out: paths, and commands with a clean environment.
//! It never creates anything.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

/// The project folder and what lies in it.
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Finds the project: the folder above this package.
    ///
    /// # Errors
    /// When that folder has no `wrangler.toml`.
    pub fn locate() -> anyhow::Result<Self> {
        // The variable is cargo's and survives a moved checkout; the constant is for a binary started by hand.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package
            .parent()
            .context("the xtask package has no parent folder")?
            .to_path_buf();
        anyhow::ensure!(
            root.join("wrangler.toml").is_file(),
            "{} has no wrangler.toml; start this tool as `cargo xtask` inside the project",
            root.display()
        );
        Ok(Self { root })
    }

    /// The project folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the project.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder: `CARGO_TARGET_DIR`, or `target/`.
    pub fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |dir| self.root.join(dir))
    }

    /// A program, to be started in the project folder.
    ///
    /// Without the variables that `cargo run` sets for this tool alone: build scripts that watch them would run
    /// again whenever cargo is started from here after having been started from a shell.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_set_by_cargo_run) {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Cargo itself: the one that started this tool.
    pub fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from))
    }

    /// Wrangler from `node_modules`, without `npx` between it and its parent.
    pub fn wrangler(&self) -> Command {
        let mut command = self.command("node");
        command.arg(self.path("node_modules/wrangler/bin/wrangler.js"));
        command.env("WRANGLER_SEND_METRICS", "false");
        command
    }
}

fn is_set_by_cargo_run(name: &str) -> bool {
    const EXACT: [&str; 6] = [
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
        "OUT_DIR",
    ];
    EXACT.contains(&name) || name.starts_with("CARGO_PKG_")
}

#[cfg(test)]
mod tests {
    use super::is_set_by_cargo_run;

    #[test]
    fn children_keep_the_settings_of_cargo_but_not_the_identity_of_this_tool() {
        assert!(is_set_by_cargo_run("CARGO_PKG_VERSION"));
        assert!(is_set_by_cargo_run("CARGO_MANIFEST_DIR"));
        for kept in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_NET_OFFLINE",
            "RUSTUP_TOOLCHAIN",
            "PATH",
        ] {
            assert!(!is_set_by_cargo_run(kept), "{kept} was removed");
        }
    }
}
