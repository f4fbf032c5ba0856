//! `core-cost`: instructions that the core takes for one view of a page.
//!
//! In: a page, decisions, the size of its chunks. Out: one number. `view` is what is counted, in a process of its own.

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use core_cost::{
    count::Counter,
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
    /// Count the instructions of one view
    Count(What),
    /// View the page so many times
    View {
        #[command(flatten)]
        what: What,
        /// How often
        times: u32,
    },
}

#[derive(clap::Args)]
struct What {
    /// The page, a file
    page: PathBuf,
    /// A JSON object: what the CDP answers, by friendly id
    decisions: PathBuf,
    /// Bytes that arrive at a time
    chunk: usize,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Count(what) => {
            let counter = Counter::find().context(
                "instructions are counted by valgrind or perf, and neither works here; install valgrind",
            )?;
            let own = std::env::current_exe().context("this program has no path")?;
            let count = counter.once(own.as_os_str(), |command, times| {
                command.arg("view").args([&what.page, &what.decisions]);
                command.args([what.chunk.to_string(), times.to_string()]);
            })?;
            println!("{count}");
        }
        Command::View { what, times } => {
            let page = read(&what.page)?;
            let decisions: Decisions = serde_json::from_slice(&read(&what.decisions)?)
                .context("decisions are a JSON object by friendly id")?;
            let view = |page: &[u8]| {
                view::stream(page, what.chunk, &decisions, |bytes| {
                    black_box(bytes);
                });
            };
            // What is set up once is not a view's.
            view(FIRST);
            (0..times).for_each(|_| view(&page));
        }
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}
