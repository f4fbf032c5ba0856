//! Interleaved rounds: what disturbs the machine for a while disturbs every Worker.
//!
//! In: cases, Workers, and how one of them is measured with one case. Out: all values, by case and Worker.

use std::time::Duration;

use indicatif::ProgressBar;

use super::{
    case::TimedCase,
    site::Site,
    table::Samples,
    worker::{Kind, Worker},
};

/// How often everything is measured.
#[derive(Clone, Copy)]
pub struct Rounds {
    /// For the progress on a terminal.
    pub name: &'static str,
    /// Rounds that come first and do not count: V8 compiles what is called often.
    pub warm_up: usize,
    /// Rounds that count.
    pub counted: usize,
}

impl Rounds {
    /// Measures each case with each Worker in each round, every round beginning with another Worker. `measure` gives
    /// milliseconds: one value, or one for each request.
    ///
    /// # Errors
    /// The first of `measure`.
    pub fn of<C: Copy>(
        self,
        cases: &[C],
        workers: &[Worker],
        mut measure: impl FnMut(&Worker, &C) -> anyhow::Result<Vec<f64>>,
    ) -> anyhow::Result<Vec<(C, Samples)>> {
        let mut rows: Vec<_> = cases.iter().map(|case| (*case, Samples::new())).collect();
        let rounds = self.warm_up + self.counted;
        let progress = ProgressBar::new((rounds * rows.len()) as u64).with_message(self.name);
        for round in 0..rounds {
            for (case, samples) in &mut rows {
                for worker in in_turn(workers, round) {
                    let values = measure(worker, case)?;
                    if round >= self.warm_up {
                        let all: &mut Vec<f64> = samples.entry(worker.kind).or_default();
                        all.extend(values);
                    }
                }
                progress.inc(1);
            }
        }
        progress.finish_and_clear();
        Ok(rows)
    }

    /// As [`Self::of`], for times in milliseconds: `measure` visits a page with XM's and the CDP's delays set, and the events of its
    /// pages have arrived before the next one begins.
    ///
    /// # Errors
    /// The first of `measure`, or an event that does not come.
    pub fn times(
        self,
        site: &Site,
        cases: &[TimedCase],
        workers: &[Worker],
        measure: impl Fn(&Worker, &TimedCase) -> anyhow::Result<Vec<Duration>>,
    ) -> anyhow::Result<Vec<(TimedCase, Samples)>> {
        self.of(cases, workers, |worker, timed| {
            site.origin.set_delays(timed.think_ms, timed.decision_ms);
            let times = measure(worker, timed)?;
            site.origin
                .asked(times.len() as u64 * worker.kind.events())?;
            let in_ms = times.iter().map(|time| time.as_secs_f64() * 1000.0);
            Ok(in_ms.collect())
        })
    }
}

fn in_turn(workers: &[Worker], round: usize) -> impl Iterator<Item = &Worker> {
    let count = workers.len();
    workers.iter().cycle().skip(round % count).take(count)
}

/// The value of a Worker among several.
pub fn of<T: Copy + Default>(values: &[(Kind, T)], kind: Kind) -> T {
    let found = values.iter().find(|(own, _)| *own == kind);
    found.map(|(_, value)| *value).unwrap_or_default()
}
