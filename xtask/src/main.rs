//! `cargo xtask`: the project's own commands, for people and for CI alike.
//!
//! In: a command line. Out: an exit code of 0 only when everything asked for was done. It never writes outside
//! the project folder, cargo's caches and the rustup toolchain, and never talks to Cloudflare.
//!
//! ```text
//! setup ─► build ─► dev     the site through the Worker, on this machine
//!                ├► test    lint, native tests, end-to-end tests on workerd
//!                └► bench   what the product costs
//! check-config              wrangler.toml before a deploy
//! preview-link              a link that previews a page
//! deny                      licences, sources, known vulnerabilities
//! doctor                    pages as the Worker would see them
//! soak                      a hundred thousand requests among faults
//! srm                       experiments' visitors against their allocation
//! fuzz                      inputs that break a promise of the core
//! ```

mod bench;
mod build;
mod check_config;
mod companion;
mod deny;
mod dev;
mod fuzz;
mod preview_link;
mod project;
mod run;
mod setup;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

/// Commands of xm-edge. Each sets up what it needs first.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure CPU time and time to first byte beside a pass-through and a JavaScript Worker
    Bench(bench::Args),
    /// Build the Worker into build/ (wrangler's [build] command)
    Build(build::Args),
    /// Report every problem of wrangler.toml, by environment and key
    CheckConfig(check_config::Args),
    /// Check licences, sources and known vulnerabilities of everything that the Worker and its tools are made of
    Deny(deny::Args),
    /// Run the Worker between a stand-in XM site and a stand-in CDP, and print the URLs
    Dev(dev::Args),
    /// Look at pages as the Worker would: what is marked, and what of it can never work, by line and column
    Doctor(companion::Args),
    /// Look for inputs that break a promise of the core, with libFuzzer (docs/fuzzing.md)
    Fuzz(fuzz::Args),
    /// Print a signed link that previews a page: --url URL --show FRIENDLY_ID=VARIANT --expires 2h
    PreviewLink(preview_link::Args),
    /// Check the toolchain and install the pinned tools; the other commands do it by themselves
    Setup,
    /// Run the Worker for long, among faults and visitors who leave: no wrong byte, no growing memory
    Soak(companion::Args),
    /// Check whether experiments' visitors were split as their allocation says (sample ratio mismatch)
    Srm(companion::Args),
    /// Lint, and run all tests, those on workerd included
    Test(test::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match Project::locate().and_then(|project| dispatch(&project, cli.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(project: &Project, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Bench(args) => bench::bench(project, &args),
        Command::Build(args) => build::build(project, &args).map(|()| ExitCode::SUCCESS),
        Command::CheckConfig(args) => check_config::check_config(project, &args),
        Command::Dev(args) => dev::dev(project, &args),
        Command::Deny(args) => deny::deny(project, &args),
        Command::Doctor(args) => companion::doctor(project, &args),
        Command::Fuzz(args) => fuzz::fuzz(project, &args),
        Command::PreviewLink(args) => preview_link::preview_link(project, &args),
        Command::Setup => setup::setup(project).map(|tools| {
            println!("Everything is set up: {tools}");
            ExitCode::SUCCESS
        }),
        Command::Soak(args) => companion::soak(project, &args),
        Command::Srm(args) => companion::srm(project, &args),
        Command::Test(args) => test::test(project, &args),
    }
}
