//! Whether events cost the page anything: the product with events beside the product without.
//!
//! In: pages and the time that XM takes for them. Out: times to the last byte. Both run at the same time, take turns, and
//! answer one visitor who asks again only when the events of the page before are delivered.

use std::time::Duration;

use super::{
    case::{Case, TimedCase},
    load,
    rounds::Rounds,
    site::Site,
    table::{Samples, markdown, median, ms},
    worker::Kind,
};

/// Requests per page, Worker and round.
const REQUESTS: usize = 24;
/// A visitor asks again after XM's time and this, in milliseconds.
const PAUSE_MS: u64 = 20;

/// Requests for each figure.
pub const fn requests(rounds: usize) -> usize {
    rounds * REQUESTS
}

/// Measures `cases`.
///
/// # Errors
/// When a Worker does not start or an answer breaks off.
pub fn measure(
    site: &Site,
    cases: &[TimedCase],
    rounds: usize,
) -> anyhow::Result<Vec<(TimedCase, Samples)>> {
    let pages: Vec<Case> = cases.iter().map(|timed| timed.case).collect();
    let workers = [
        site.worker(Kind::Silent, &pages)?,
        site.worker(Kind::Telling, &pages)?,
    ];
    let rounds = Rounds {
        name: "events",
        warm_up: 1,
        counted: rounds,
    };
    rounds.times(site, cases, &workers, |worker, timed| {
        let period = Duration::from_millis(timed.think_ms + PAUSE_MS);
        load::last_bytes(worker.address, &timed.case, REQUESTS, period)
    })
}

/// Time to the last byte, without events and with them.
pub fn table(rows: &[(TimedCase, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "XM renders for",
        "without",
        "with",
        "÷ without",
    ];
    let rows = rows.iter().map(|(timed, samples)| {
        let [without, with] = [Kind::Silent, Kind::Telling].map(|kind| median(&samples[&kind]));
        let mut row = timed.case.columns().to_vec();
        row.push(format!("{} ms", timed.think_ms));
        row.extend([without, with].map(ms));
        row.push(format!("**{:.3}**", with / without));
        row
    });
    markdown(&heads, 4, rows)
}
