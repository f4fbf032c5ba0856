//! `check-config`: starts the program that knows the Worker's configuration.
//!
//! In: the options. Out: that program's exit code. It is a package of its own (`xtask/check-config`), because it is
//! built from the core and this tool must not be (see `xtask/Cargo.toml`).

use std::process::{ExitCode, Stdio};

use crate::{companion, project::Project};

/// Options of `check-config`.
#[derive(clap::Args)]
pub struct Args {
    /// Only this environment; without it the local one and every `[env.…]`
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

/// Checks `wrangler.toml`.
///
/// # Errors
/// When the checker cannot be built or started.
pub fn check_config(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    let mut cargo = project.cargo();
    cargo
        .args(["run", "--quiet", "--package", "check-config", "--"])
        .arg(project.path("wrangler.toml"));
    if let Some(env) = &args.env {
        cargo.args(["--env", env]);
    }
    companion::to_its_end(cargo.stdin(Stdio::null()))
}
