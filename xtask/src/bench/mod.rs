//! `bench`: what the product costs, beside the least and beside the usual.
//!
//! In: the built Worker. Out: a table for each promise about performance, each figure beside its target. Workers are measured in one
//! run, on the same pages from the same site. Ratios hold on any machine; milliseconds are this one's.
//!
//! ```text
//! visitors (load) ─► workerd: pass-through | built-in | xm-edge ─► XM and CDP (origin)
//!                                                              └─► the Cache API (cache)
//! ```

mod cache;
mod case;
mod cpu;
mod events;
mod first_byte;
mod hanging;
mod hits;
mod http;
mod last_byte;
mod load;
mod native;
mod origin;
mod page;
mod plot;
mod record;
mod rounds;
mod same;
mod site;
mod streaming;
mod table;
mod worker;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::{build, project::Project};

use self::{
    case::{Case, TimedCase},
    rounds::Rounds,
    site::Site,
};

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Rounds; each measures every page on every Worker once
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Requests per round, page and Worker (for pages of 1 MB a quarter of it)
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u16).range(4..))]
    requests: u16,
    /// Few pages and three rounds: a first impression within two minutes
    #[arg(long)]
    quick: bool,
    /// Only these sections
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Section>,
    /// Write the tables into docs/performance.md
    #[arg(long)]
    write: bool,
}

/// A table, and the promise that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// CPU time of pages that stream through
    Streaming,
    /// CPU time of pages that are kept
    Hits,
    /// Time to the first byte
    FirstByte,
    /// Time to the last byte
    LastByte,
    /// What events cost
    Events,
    /// What a hanging CDP costs
    Hanging,
    /// Instructions of the core alone
    Native,
}

impl Section {
    /// Its name on the command line and in the documentation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Hits => "hits",
            Self::FirstByte => "first-byte",
            Self::LastByte => "last-byte",
            Self::Events => "events",
            Self::Hanging => "hanging",
            Self::Native => "native",
        }
    }
}

impl Args {
    fn rounds(&self) -> usize {
        if self.quick { 3 } else { self.rounds.into() }
    }

    fn cpu_rounds(&self, name: &'static str) -> Rounds {
        Rounds {
            name,
            warm_up: 2,
            counted: self.rounds(),
        }
    }

    fn requests(&self, case: &Case) -> usize {
        let share = if case.kib >= 400 { 4 } else { 1 };
        (usize::from(self.requests) / share).max(4)
    }

    fn sections(&self) -> &[Section] {
        if self.only.is_empty() {
            Section::value_variants()
        } else {
            &self.only
        }
    }
}

/// Builds the Worker, measures and prints. A section that cannot be measured does not keep the others from it.
///
/// # Errors
/// When the Worker does not build, nothing can be served, or the documentation cannot be written.
pub fn bench(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    build::build(project, &build::Args::default())?;
    let site = Site::start(project, &served(args.quick))?;
    let mut texts = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for section in args.sections() {
        match measure(&site, args, *section) {
            Ok(text) => {
                println!("{text}\n");
                texts.push((section.name(), text));
            }
            Err(error) => {
                println!("{}: {error:#}\n", section.name());
                code = ExitCode::FAILURE;
            }
        }
    }
    if args.write && !texts.is_empty() {
        record::write(project, &texts)?;
    }
    Ok(code)
}

/// Every page that some section asks for.
fn served(quick: bool) -> Vec<Case> {
    let hanging = case::for_hanging();
    let unmarked: Vec<Case> = hanging.iter().map(|case| case.unmarked()).collect();
    let timed: Vec<TimedCase> = [
        case::for_first_byte(quick),
        case::for_last_byte(quick),
        case::for_events(quick),
    ]
    .concat();
    let timed: Vec<Case> = timed.iter().map(|timed| timed.case).collect();
    let streamed = case::for_streaming(quick);
    [streamed, case::for_hits(quick), hanging, unmarked, timed].concat()
}

/// One section: what was measured how, and the table.
fn measure(site: &Site, args: &Args, section: Section) -> anyhow::Result<String> {
    let (quick, rounds) = (args.quick, args.rounds());
    Ok(match section {
        Section::Streaming => {
            let rows = streaming::measure(site, args, &case::for_streaming(quick))?;
            // Few pages make no line.
            if args.write && !quick {
                for (name, svg) in streaming::plots(&rows) {
                    record::picture(site.project, name, &svg)?;
                }
            }
            format!(
                "CPU time per request, the CDP deciding at once ({rounds} rounds of {} requests):\n\n{}",
                args.requests,
                streaming::table(&rows)
            )
        }
        Section::Hits => {
            let rows = hits::measure(site, args, &case::for_hits(quick))?;
            format!(
                "CPU time per request for a page that is kept, XM being asked nothing, the CDP deciding at once ({rounds} rounds of {} requests):\n\n{}",
                args.requests,
                hits::table(&rows)
            )
        }
        Section::FirstByte => {
            let rows = first_byte::measure(site, &case::for_first_byte(quick), rounds)?;
            format!(
                "Time to the first byte, whatever the CDP takes ({} requests):\n\n{}",
                first_byte::requests(rounds),
                first_byte::table(&rows)
            )
        }
        Section::LastByte => {
            let rows = last_byte::measure(site, &case::for_last_byte(quick), rounds)?;
            format!(
                "Time to the last byte, beside the slower of XM (the pass-through) and the slowest decision ({} requests):\n\n{}",
                last_byte::requests(rounds),
                last_byte::table(&rows)
            )
        }
        Section::Events => {
            let rows = events::measure(site, &case::for_events(quick), rounds)?;
            format!(
                "Time to the last byte, the CDP deciding at once, without events and with two for each page ({} requests):\n\n{}",
                events::requests(rounds),
                events::table(&rows)
            )
        }
        Section::Hanging => {
            let rows = hanging::measure(site, &case::for_hanging(), quick)?;
            format!(
                "CPU time and time to the last byte while the CDP hangs, the breaker open, beside the same page without marks:\n\n{}",
                hanging::table(&rows)
            )
        }
        Section::Native => {
            let rows = native::measure(site.project, &case::for_native(quick))?;
            format!(
                "Instructions of the core for one view, without the runtime around it, every decision being there at once:\n\n{}",
                native::table(&rows)
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_named_alike_everywhere() {
        for section in Section::value_variants() {
            let value = section.to_possible_value().unwrap();
            assert_eq!(value.get_name(), section.name());
        }
    }
}
