//! `soak`: the built Worker for a long time, among faults and visitors who leave.
//!
//! In: how long. Out: a table, and an exit code of 0 only when no visitor got a wrong byte and nothing grew.
//!
//! ```text
//! plan (what happens to request n) ─► site (XM, CDP) ─► Worker ─► run (visitors) ─► check (page: every form that may leave) ─► report
//! ```

mod check;
mod page;
mod plan;
mod report;
mod run;
mod site;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;

use crate::run::Length;

const BEGIN: &str = "<!-- soak: begin -->\n";
const END: &str = "<!-- soak: end -->";

/// A long run of the built Worker in workerd, among faults and visitors who leave
#[derive(Parser)]
#[command(bin_name = "cargo xtask soak")]
struct Args {
    /// Requests
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..))]
    requests: u64,
    /// Visitors at once
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// What is drawn; the same again with the same seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the table into this file, between its soak markers
    #[arg(long)]
    write: Option<PathBuf>,
    /// Of what and when the run is, for the table
    #[arg(long, default_value = "just now")]
    when: String,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let length = Length {
        requests: args.requests,
        connections: args.connections,
        seed: args.seed,
    };
    let tally = run::run(length);
    let table = report::table(&tally, length, &args.when);
    println!("{table}");
    for told in &tally.told {
        println!("wrong: {told}");
    }
    let broken = report::broken(&tally, length);
    for promise in &broken {
        println!("broken: {promise}");
    }
    if let Some(path) = &args.write {
        let text =
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let (before, rest) = text
            .split_once(BEGIN)
            .context("the file has no soak markers")?;
        let (_, after) = rest
            .split_once(END)
            .context("the file has no end of soak")?;
        fs::write(path, format!("{before}{BEGIN}{table}{END}{after}"))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(ExitCode::from(u8::from(!broken.is_empty())))
}
