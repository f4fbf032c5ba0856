//! `doctor`, `soak`, `srm`: starts the program of that name.
//!
//! In: its arguments, unread. Out: its exit code. These programs are packages of their own below `xtask/`, as `check-config` is:
//! they are built from what this tool must not be (see `xtask/Cargo.toml`).

use std::{
    env,
    ffi::{OsStr, OsString},
    process::{Command, ExitCode},
};

use anyhow::Context;

use crate::{build, project::Project};

/// Arguments of the program; `--help` is its own.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// Arguments; --help lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// Runs the doctor, with the project's own `wrangler.toml` unless another is named.
///
/// # Errors
/// When it cannot be built or started.
pub fn doctor(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    let is_config = |argument: &OsString| {
        argument
            .to_str()
            .is_some_and(|text| text == "--config" || text.starts_with("--config="))
    };
    let mut given = args.rest.clone();
    if !given.iter().any(is_config) {
        let config = project.path("wrangler.toml");
        given.splice(
            0..0,
            [OsStr::new("--config").to_owned(), config.into_os_string()],
        );
    }
    run(project, "doctor", &given)
}

/// Builds the Worker and runs it for long, among faults; what is written says of which commit and day it is.
///
/// # Errors
/// When the Worker or the program does not build.
pub fn soak(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    build::build(project, &build::Args::default())?;
    run(project, "soak", &args.rest)
}

/// Runs the check of sample ratios.
///
/// # Errors
/// When it cannot be built or started.
pub fn srm(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    run(project, "srm", &args.rest)
}

fn run(project: &Project, package: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut cargo = project.cargo();
    // Files are named from where the developer stands.
    if let Ok(here) = env::current_dir() {
        cargo.current_dir(here);
    }
    cargo
        .args(["run", "--quiet", "--manifest-path"])
        .arg(project.path("Cargo.toml"))
        .args(["--package", package, "--"])
        .args(args);
    to_its_end(&mut cargo)
}

/// Runs a program; its exit code is ours.
///
/// # Errors
/// When it cannot be started.
pub fn to_its_end(cargo: &mut Command) -> anyhow::Result<ExitCode> {
    let status = cargo.status().context("cargo could not be started")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
