//! `check-config`: would the Worker accept this `wrangler.toml`?
//!
//! In: the file, as wrangler reads it. Out: every problem of every environment, by key, and an exit code. It never
//! prints the value of a setting, deploys, or talks to anybody.

mod environment;
mod hints;
mod queues;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use xm_edge_core::config;

use self::environment::Environment;

/// Report every problem of wrangler.toml, by environment and key.
#[derive(Parser)]
struct Args {
    /// The file
    file: PathBuf,
    /// Only this environment
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
}

fn main() -> ExitCode {
    match check(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every checked environment is valid.
fn check(args: &Args) -> anyhow::Result<bool> {
    let text = fs::read_to_string(&args.file)
        .with_context(|| format!("reading {}", args.file.display()))?;
    let wrangler: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", args.file.display()))?;
    let environments = environment::select(&wrangler, args.env.as_deref())?;
    let mut valid = true;
    for environment in &environments {
        valid &= report(environment);
    }
    Ok(valid)
}

fn report(environment: &Environment) -> bool {
    let mut problems: Vec<(String, String)> = hints::problems(environment);
    if let Err(found) = config::parse_strict(&environment.vars) {
        problems.extend(
            found
                .into_iter()
                .map(|problem| (problem.key.to_string(), problem.problem.to_string())),
        );
    }
    match problems.len() {
        0 => println!("{}: ok", environment.name),
        1 => println!("{}: 1 problem", environment.name),
        many => println!("{}: {many} problems", environment.name),
    }
    for (key, problem) in &problems {
        println!("  {key}: {problem}");
    }
    for warning in hints::warnings(environment) {
        println!("  warning: {warning}");
    }
    problems.is_empty()
}
