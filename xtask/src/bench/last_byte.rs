//! The time to the last byte, beside the slower of XM and the slowest decision.
//!
//! In: pages, and the times that XM and the CDP take. Out: what a visitor waited for the last byte. XM's own time is that of the
//! pass-through in the same round. A decision can begin when XM's first bytes are there, which is when XM has rendered.

use std::time::Duration;

use super::{
    case::{Case, TimedCase},
    load,
    rounds::Rounds,
    site::Site,
    table::{Samples, markdown, median, ms, verdict},
    worker::Kind,
};

/// Requests per page, Worker and round.
const REQUESTS: usize = 8;
/// A visitor asks again after XM's time, the CDP's and this, in milliseconds.
const PAUSE_MS: u64 = 30;
/// What the product may add, in milliseconds.
const MOST_MS: f64 = 5.0;

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
    let workers = site.workers(Kind::STREAMING, &pages)?;
    let rounds = Rounds {
        name: "last byte",
        warm_up: 1,
        counted: rounds,
    };
    rounds.times(site, cases, &workers, |worker, timed| {
        let period = Duration::from_millis(timed.think_ms + timed.decision_ms + PAUSE_MS);
        load::last_bytes(worker.address, &timed.case, REQUESTS, period)
    })
}

/// Time to the last byte.
pub fn table(rows: &[(TimedCase, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "XM renders for",
        "CDP decides in",
        "pass-through",
        "built-in",
        "xm-edge",
        "slowest decision at",
        "later than both by",
    ];
    let rows = rows.iter().map(|(timed, samples)| {
        let of = |kind| median(&samples[&kind]);
        let mut row = timed.case.columns().to_vec();
        row.extend([timed.think_ms, timed.decision_ms].map(|ms| format!("{ms} ms")));
        row.extend(Kind::STREAMING.map(|kind| ms(of(kind))));
        let decided = (timed.think_ms + timed.decision_ms) as f64;
        row.push(ms(decided));
        let later = of(Kind::XmEdge) - of(Kind::PassThrough).max(decided);
        row.push(verdict(later, MOST_MS, " ms"));
        row
    });
    markdown(&heads, 5, rows)
}
