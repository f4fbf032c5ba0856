//! What a page costs while the CDP hangs, once the breaker is open: beside the same page without marks.
//!
//! In: pages. Out: CPU time and time to the last byte of both, from one Worker in one run. Now and then a probe is among them:
//! one page in five seconds pays its budget, as in production, and medians show the rest.

use std::time::Duration;

use indicatif::ProgressBar;

use super::{
    case::Case,
    load,
    site::Site,
    table::{markdown, median, ms, paired_ratio},
    worker::Kind,
};

/// Requests per page and round.
const REQUESTS: usize = 96;
/// Rounds; the first two warm up. Differences are small here, and rounds short.
const ROUNDS: usize = 23;
const QUICK_ROUNDS: usize = 7;
const WARM_UP_ROUNDS: usize = 2;
/// The CDP answers after so many milliseconds: long after every budget.
const HANGING_MS: u64 = 20_000;
/// A visitor asks again after so many milliseconds.
const PERIOD_MS: u64 = 8;
/// Requests per page and round for the time to the last byte.
const LAST_BYTES: usize = 12;
/// Pages that are asked for until the breaker is open: each fails for as many flows as may run at once.
const OPENING: usize = 4;

/// One page, marked and unmarked, in milliseconds.
pub struct Row {
    /// The page.
    pub case: Case,
    /// CPU per request, a value per round: unmarked, breaker open.
    pub cpu: [Vec<f64>; 2],
    /// Time to the last byte, a value per request: unmarked, breaker open.
    pub last_byte: [Vec<f64>; 2],
}

/// Measures `cases`.
///
/// # Errors
/// When the Worker does not start, an answer breaks off, or the breaker is not open.
pub fn measure(site: &Site, cases: &[Case], quick: bool) -> anyhow::Result<Vec<Row>> {
    let origin = &site.origin;
    let worker = site.worker(Kind::Impatient, cases)?;
    let all_rounds = if quick { QUICK_ROUNDS } else { ROUNDS };
    origin.set_delays(0, HANGING_MS);
    origin.asked(0)?;
    let mut rows: Vec<Row> = cases
        .iter()
        .map(|case| Row {
            case: *case,
            cpu: Default::default(),
            last_byte: Default::default(),
        })
        .collect();
    if let Some(row) = rows.first() {
        load::last_bytes(worker.address, &row.case, OPENING, Duration::ZERO)?;
    }
    origin.asked(0)?;
    let progress = ProgressBar::new((all_rounds * rows.len()) as u64).with_message("CDP hanging");
    let (mut pages, mut asked) = (0, 0);
    for round in 0..all_rounds {
        for row in &mut rows {
            let both = [row.case.unmarked(), row.case];
            for turn in 0..2 {
                let index = (turn + round) % 2;
                let case = &both[index];
                let used = site.visits(&worker, case, REQUESTS, case.kib * 1024)?;
                asked += used.asked.flows;
                let period = Duration::from_millis(PERIOD_MS);
                let times = load::last_bytes(worker.address, case, LAST_BYTES, period)?;
                pages += REQUESTS + LAST_BYTES;
                if round >= WARM_UP_ROUNDS {
                    row.cpu[index].push(used.cpu_ms);
                    let times = times.iter().map(|time| time.as_secs_f64() * 1000.0);
                    row.last_byte[index].extend(times);
                }
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    asked += origin.asked(0)?.flows;
    anyhow::ensure!(
        asked * 20 < pages as u64,
        "the breaker was not open: {asked} flows for {pages} pages"
    );
    origin.set_delays(0, 0);
    Ok(rows)
}

/// CPU and time to the last byte while the CDP hangs.
pub fn table(rows: &[Row]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "CPU unmarked",
        "breaker open",
        "÷ unmarked",
        "last byte unmarked",
        "breaker open",
        "÷ unmarked",
    ];
    let rows = rows.iter().map(|row| {
        let mut cells = row.case.columns().to_vec();
        let [unmarked, open] = &row.cpu;
        cells.extend([unmarked, open].map(|times| ms(median(times))));
        cells.push(format!("**{:.3}**", paired_ratio(open, unmarked)));
        let [unmarked, open] = [0, 1].map(|index| median(&row.last_byte[index]));
        cells.extend([unmarked, open].map(ms));
        cells.push(format!("**{:.3}**", open / unmarked));
        cells
    });
    markdown(&heads, 3, rows)
}
