//! `core-cost`: instructions that the core takes for one view of a page.
//!
//! In: pages, decisions, the size of chunks. Out: a number for each page. `view` is what is counted, in a process of its own.

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
    /// Print the instructions of one view of each page, a line each
    Count(What),
    /// View each page once
    View(What),
}

#[derive(clap::Args)]
struct What {
    /// A file with a JSON object: what the CDP answers, by friendly id
    decisions: PathBuf,
    /// Bytes that arrive at a time
    chunk: usize,
    /// Files
    pages: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Count(what) => count(&what),
        Command::View(what) => {
            let decisions = decisions(&what.decisions)?;
            // What is set up once is not a view's.
            view::stream(FIRST, what.chunk, &decisions);
            for page in &what.pages {
                view::stream(&read(page)?, what.chunk, &decisions);
            }
            Ok(())
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
    };
    for count in counter.count(&views, &what.pages)? {
        println!("{count}");
    }
    Ok(())
}

fn decisions(path: &Path) -> anyhow::Result<Decisions> {
    serde_json::from_slice(&read(path)?).context("decisions are a JSON object by friendly id")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}
