//! Whether events cost the page anything: the product with events beside the product without.
//!
//! In: pages and the time that XM takes for them. Out: times to the last byte. Both run at the same time, take turns, and
//! answer one visitor who asks again only when the events of the page before are delivered.

use std::time::Duration;

use indicatif::ProgressBar;

use crate::project::Project;

use super::{
    case::{Case, FirstByteCase},
    in_turn, load,
    origin::Origin,
    table::Samples,
    worker::{Kind, Worker},
};

/// Requests per page, Worker and round.
pub const REQUESTS: usize = 24;
/// A visitor asks again after XM's time and this, in milliseconds.
const PAUSE_MS: u64 = 20;

/// Measures `cases`.
///
/// # Errors
/// When a Worker does not start or an answer breaks off.
pub fn measure(
    project: &Project,
    origin: &Origin,
    cases: &[FirstByteCase],
    rounds: usize,
) -> anyhow::Result<Vec<(FirstByteCase, Samples)>> {
    let pages: Vec<Case> = cases.iter().map(|case| case.case).collect();
    let folder = project.target().join("bench");
    let workers = [Kind::Silent, Kind::Telling]
        .map(|kind| Worker::start(project, &folder, kind, &origin.url(), &pages))
        .into_iter()
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut rows: Vec<_> = cases.iter().map(|case| (*case, Samples::new())).collect();
    let progress = ProgressBar::new((rounds * rows.len()) as u64).with_message("last byte");
    // The first round warms up.
    for round in 0..=rounds {
        for (case, samples) in &mut rows {
            origin.set_delays(case.think_ms, 0);
            let period = Duration::from_millis(case.think_ms + PAUSE_MS);
            for worker in in_turn(&workers, round) {
                let times = load::last_bytes(worker.address, &case.case, REQUESTS, period)?;
                origin.asked(times.len() as u64 * worker.kind.events())?;
                if round > 0 {
                    let times = times.iter().map(|time| time.as_secs_f64() * 1000.0);
                    samples.entry(worker.kind).or_default().extend(times);
                }
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    Ok(rows)
}
