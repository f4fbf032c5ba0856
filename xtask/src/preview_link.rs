//! `preview-link`: starts the program that makes links.
//!
//! In: the options, as they are. Out: that program's exit code. It is a package of its own (`xtask/preview-link`), because it
//! is built from the core and this tool must not be (see `xtask/Cargo.toml`).

use std::process::{Command, ExitCode, Stdio};

use crate::{companion, project::Project};

/// Options of `preview-link`: see `cargo xtask preview-link --help`.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// --url URL [--show FRIENDLY_ID=VARIANT]... [--expires 2h] [--env NAME]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

/// Prints a link.
///
/// # Errors
/// When the program cannot be built or started.
pub fn preview_link(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    companion::to_its_end(command(project, &args.options).stdin(Stdio::null()))
}

/// The program with these options.
pub fn command(project: &Project, options: &[String]) -> Command {
    let mut cargo = project.cargo();
    cargo
        .args(["run", "--quiet", "--package", "preview-link", "--"])
        .args(options)
        .arg("--project")
        .arg(project.path(""));
    cargo
}
