//! `check-config`: would the Worker accept this `wrangler.toml`?
//!
//! In: the file, as wrangler reads it. Out: every problem of every environment, by key, and an exit code. It never
//! prints the value of a setting, deploys, or talks to anybody.

mod hints;

use std::{path::PathBuf, process::ExitCode};

use check_config::environment::Environment;
use clap::Parser;
use xm_edge_core::config;

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
    let environments = check_config::environments(&args.file, args.env.as_deref())?;
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
