//! The time to the first byte, whatever the CDP takes.
//!
//! In: pages, and the times that XM and the CDP take. Out: what visitors of each Worker waited for the first byte of the body.

use std::time::Duration;

use super::{
    case::{Case, TimedCase},
    load,
    rounds::Rounds,
    site::Site,
    table::{Samples, markdown, median, ms, verdict},
    worker::Kind,
};

/// A connection asks again after a decision, XM's time, and this, in milliseconds.
const PAUSE_MS: u64 = 60;
/// Requests per round and connection.
const REQUESTS: usize = 2;

/// Requests for each figure.
pub const fn requests(rounds: usize) -> usize {
    rounds * REQUESTS * load::CONCURRENCY
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
        name: "first byte",
        warm_up: 1,
        counted: rounds,
    };
    rounds.times(site, cases, &workers, |worker, timed| {
        let period = Duration::from_millis(timed.decision_ms + timed.think_ms + PAUSE_MS);
        load::first_bytes(worker.address, &timed.case, REQUESTS, period)
    })
}

/// Time to the first byte.
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
        "÷ pass-through",
        "later by",
    ];
    let rows = rows.iter().map(|(timed, samples)| {
        let of = |kind| median(&samples[&kind]);
        let mut row = timed.case.columns().to_vec();
        row.extend([timed.think_ms, timed.decision_ms].map(|ms| format!("{ms} ms")));
        row.extend(Kind::STREAMING.map(|kind| ms(of(kind))));
        let (through, ours) = (of(Kind::PassThrough), of(Kind::XmEdge));
        row.push(verdict(ours / through, 1.05, ""));
        row.push(ms(ours - through));
        row
    });
    markdown(&heads, 5, rows)
}
