//! `core-cost`: instructions that the core takes for one view of a page.
//!
//! In: pages, decisions, the size of chunks. Out: numbers for each page. `view` is what is counted, in a process of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use core_cost::{
    count::{Counter, Views},
    view::{self, Decisions},
};

/// A page with a component.
const FIRST: &[u8] = b"<html><body><p data-cdp-experience=\"first\">x</p></body></html>";

#[derive(Parser)]
#[command(about = "Instructions that the core takes for one view of a page")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the instructions of each step with each page: a line for a page
    Count(What),
    /// Take the steps once with each page
    View(What),
}

#[derive(clap::Args)]
struct What {
    /// A file with a JSON object: what the CDP answers, by friendly id
    decisions: PathBuf,
    /// Bytes that arrive at a time
    chunk: usize,
    /// Steps: 1 streams a page, 2 also compiles it, 3 also splices it from what was compiled
    #[arg(value_parser = clap::value_parser!(u8).range(1..=3))]
    steps: u8,
    /// Files
    pages: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Count(what) => count(&what),
        Command::View(what) => {
            let decisions = decisions(&what.decisions)?;
            // What is set up once is not a view's.
            view(FIRST.to_vec(), &what, &decisions);
            for page in &what.pages {
                view(read(page)?, &what, &decisions);
            }
            Ok(())
        }
    }
}

fn view(page: Vec<u8>, what: &What, decisions: &Decisions) {
    view::step_stream(&page, what.chunk, decisions);
    if what.steps > 1 {
        let template = view::step_compile(page);
        if what.steps > 2 {
            view::step_splice(template, decisions);
        }
    }
}

fn count(what: &What) -> anyhow::Result<()> {
    let counter = Counter::find().context(
        "instructions are counted by valgrind or perf, and neither works here; install valgrind",
    )?;
    let program = std::env::current_exe().context("this program has no path")?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let views = Views {
        program: program.as_os_str(),
        folder: folder.path(),
        decisions: &decisions(&what.decisions)?,
        chunk: what.chunk,
        steps: what.steps,
    };
    for counts in counter.count(&views, &what.pages)? {
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        println!("{}", counts.join(" "));
    }
    Ok(())
}

fn decisions(path: &Path) -> anyhow::Result<Decisions> {
    serde_json::from_slice(&read(path)?).context("decisions are a JSON object by friendly id")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}
