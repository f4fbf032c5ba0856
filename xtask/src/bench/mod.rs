//! `bench`: what the product costs, beside the least and beside the usual.
//!
//! In: the built Worker. Out: CPU time per request and time to the first byte of three Workers, in one run, on the same
//! pages from the same origin. Ratios hold on any machine; milliseconds are this one's.
//!
//! ```text
//! visitors (load) ─► workerd: pass-through | built-in | xm-edge ─► XM and CDP (origin)
//! ```

mod case;
mod cpu;
mod hanging;
mod http;
mod last_byte;
mod load;
mod origin;
mod page;
mod record;
mod same;
mod table;
mod worker;

use std::{collections::HashMap, process::ExitCode, time::Duration};

use indicatif::ProgressBar;

use crate::{build, project::Project};

use self::{
    case::{Case, FirstByteCase},
    origin::Origin,
    table::Samples,
    worker::{Kind, Worker},
};

/// What the CDP takes to decide in the TTFB table, in milliseconds.
const DECISION_MS: u64 = 300;
/// A connection of the TTFB table asks again after a decision, XM's time, and this, in milliseconds.
const PAUSE_MS: u64 = 60;
/// Requests of the TTFB table per round and connection.
const FIRST_BYTES: usize = 2;
/// V8 compiles what is called often: so many rounds come before the first that counts.
const WARM_UP_ROUNDS: usize = 2;

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Rounds; each measures every page on every Worker once
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Requests per round, page and Worker (for pages of 1 MB a quarter of it)
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u16).range(4..))]
    requests: u16,
    /// Few pages and three rounds: a first impression within a minute
    #[arg(long)]
    quick: bool,
    /// Write the tables into docs/performance.md
    #[arg(long)]
    write: bool,
}

impl Args {
    fn rounds(&self) -> usize {
        if self.quick { 3 } else { self.rounds.into() }
    }

    fn requests(&self, case: &Case) -> usize {
        let share = if case.kib >= 1024 { 4 } else { 1 };
        (usize::from(self.requests) / share).max(4)
    }
}

/// Builds the Worker, measures and prints.
///
/// # Errors
/// When a Worker does not start, or two of them do not give the same pages.
pub fn bench(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    build::build(project, &build::Args::default())?;
    let cpu_cases = case::for_cpu(args.quick);
    let first_cases = case::for_first_byte(args.quick);
    let mut pages = cpu_cases.clone();
    pages.extend(first_cases.iter().map(|first| first.case));
    let hanging_cases = case::for_hanging();
    let both = hanging_cases
        .iter()
        .flat_map(|case| [*case, case.unmarked()]);
    let served: Vec<Case> = pages.iter().copied().chain(both).collect();
    let bench = Bench::start(project, &pages, &served)?;

    let lengths = bench.check(&pages)?;
    let cpu = bench.measure_cpu(args, &cpu_cases, &lengths)?;
    let first_bytes = bench.measure_first_bytes(args, &first_cases)?;
    let hanging = hanging::measure(project, &bench.origin, &hanging_cases)?;
    let last_bytes = last_byte::measure(project, &bench.origin, &first_cases, args.rounds())?;

    let tables = format!(
        "CPU time per request, the CDP deciding at once ({} rounds of {} requests):\n\n{}\n\
         Time to the first byte, the CDP deciding after {DECISION_MS} ms ({} requests):\n\n{}\n\
         Time to the last byte, the CDP deciding at once, without events and with two for each page ({} requests):\n\n{}\n\
         CPU time and time to the last byte while the CDP hangs, the breaker open, beside the same page without marks:\n\n{}",
        args.rounds(),
        args.requests,
        table::cpu(&cpu),
        args.rounds() * FIRST_BYTES * load::CONCURRENCY,
        table::first_byte(&first_bytes),
        args.rounds() * last_byte::REQUESTS,
        table::last_byte(&last_bytes),
        table::hanging(&hanging),
    );
    println!("{tables}");
    if args.write {
        record::write(project, &tables)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that runs.
struct Bench {
    origin: Origin,
    workers: Vec<Worker>,
}

/// Length of a page's body, by case and Worker.
type Lengths = HashMap<(Case, Kind), usize>;

impl Bench {
    fn start(project: &Project, pages: &[Case], served: &[Case]) -> anyhow::Result<Self> {
        let origin = Origin::start(served)?;
        let folder = project.target().join("bench");
        let workers = Kind::ALL
            .iter()
            .map(|kind| Worker::start(project, &folder, *kind, &origin.url(), pages))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { origin, workers })
    }

    /// Makes sure that the Workers are comparable.
    fn check(&self, pages: &[Case]) -> anyhow::Result<Lengths> {
        let mut lengths = Lengths::new();
        for case in pages {
            for (kind, length) in same::check(&self.workers, &self.origin, case)? {
                lengths.insert((*case, kind), length);
            }
        }
        println!("built-in and xm-edge give the same {} pages", pages.len());
        Ok(lengths)
    }

    fn measure_cpu(
        &self,
        args: &Args,
        cases: &[Case],
        lengths: &Lengths,
    ) -> anyhow::Result<Vec<(Case, Samples)>> {
        self.origin.set_delays(0, 0);
        let mut rows: Vec<_> = cases.iter().map(|case| (*case, Samples::new())).collect();
        let rounds = args.rounds() + WARM_UP_ROUNDS;
        let progress = ProgressBar::new((rounds * rows.len()) as u64).with_message("CPU");
        for round in 0..rounds {
            for (case, samples) in &mut rows {
                for worker in in_turn(&self.workers, round) {
                    let length = lengths[&(*case, worker.kind)];
                    let took = self.cpu_of(worker, case, args.requests(case), length)?;
                    if round >= WARM_UP_ROUNDS {
                        samples.entry(worker.kind).or_default().push(took);
                    }
                }
                progress.inc(1);
            }
        }
        progress.finish_and_clear();
        Ok(rows)
    }

    /// CPU milliseconds per request, the event behind it included.
    fn cpu_of(
        &self,
        worker: &Worker,
        case: &Case,
        requests: usize,
        length: usize,
    ) -> anyhow::Result<f64> {
        let before = worker.cpu_time()?;
        load::burst(worker.address, case, requests, length)?;
        self.origin.asked(requests as u64 * worker.kind.events())?;
        let took = worker.cpu_time()?.saturating_sub(before);
        Ok(took.as_secs_f64() * 1000.0 / requests as f64)
    }

    fn measure_first_bytes(
        &self,
        args: &Args,
        cases: &[FirstByteCase],
    ) -> anyhow::Result<Vec<(FirstByteCase, Samples)>> {
        let mut rows: Vec<_> = cases.iter().map(|case| (*case, Samples::new())).collect();
        let rounds = args.rounds();
        let progress = ProgressBar::new((rounds * rows.len()) as u64).with_message("first byte");
        for round in 0..rounds {
            for (first, samples) in &mut rows {
                self.origin.set_delays(first.think_ms, DECISION_MS);
                let period = Duration::from_millis(DECISION_MS + first.think_ms + PAUSE_MS);
                for worker in in_turn(&self.workers, round) {
                    let (address, case) = (worker.address, &first.case);
                    let times = load::first_bytes(address, case, FIRST_BYTES, period)?;
                    self.origin
                        .asked(times.len() as u64 * worker.kind.events())?;
                    let times = times.iter().map(|time| time.as_secs_f64() * 1000.0);
                    samples.entry(worker.kind).or_default().extend(times);
                }
                progress.inc(1);
            }
        }
        progress.finish_and_clear();
        Ok(rows)
    }
}

/// The Workers, beginning with another one each round.
fn in_turn(workers: &[Worker], round: usize) -> impl Iterator<Item = &Worker> {
    let count = workers.len();
    workers.iter().cycle().skip(round % count).take(count)
}
