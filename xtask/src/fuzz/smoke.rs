//! Fuzzing as a test: the same inputs each time, and few of them.
//!
//! In: the programs. Out: a target that broke a promise has failed. Seeds and regressions come first, then mutations of them from a
//! fixed seed; nothing is kept, so that a run does not depend on the one before.

use std::{
    fs,
    num::NonZero,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::project::Project;

use super::process::{Ended, Limit, Run};

/// Random numbers of every smoke.
const SEED: u64 = 1;

/// How many inputs a target gets: what it runs in a few seconds of a processor.
fn runs(target: &str) -> u64 {
    match target {
        "config" | "cookies" | "decision" => 40_000,
        "endpoints" => 30_000,
        "shape" => 6_000,
        _ => 8_000,
    }
}

/// Runs `targets`, as many at once as there are processors. Returns how many passed and how many failed.
///
/// # Errors
/// When a process does not end by itself.
pub fn smoke(
    project: &Project,
    programs: &Path,
    targets: &[String],
) -> anyhow::Result<(usize, usize)> {
    let next = AtomicUsize::new(0);
    let worker = || -> anyhow::Result<(usize, usize)> {
        let mut counts = (0, 0);
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let ended = one(project, programs, target)?;
            match ended.finding {
                None => counts.0 += 1,
                Some(finding) => {
                    counts.1 += 1;
                    println!("{target}: a promise of docs/fuzzing.md is broken\n{finding}");
                }
            }
        }
        Ok(counts)
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(worker)).collect();
        let mut sum = (0, 0);
        for worker in workers {
            let ended = worker.join();
            let (passed, failed) =
                ended.map_err(|_| anyhow::anyhow!("a thread of the smoke has panicked"))??;
            sum = (sum.0 + passed, sum.1 + failed);
        }
        Ok(sum)
    })
}

fn one(project: &Project, programs: &Path, target: &str) -> anyhow::Result<Ended> {
    let corpus = project.target().join("fuzz/smoke").join(target);
    if corpus.exists() {
        fs::remove_dir_all(&corpus)?;
    }
    let run = Run {
        target,
        programs,
        corpus: &corpus,
        limit: Limit::Runs(runs(target)),
        seed: SEED,
    };
    run.to_its_end(project, |_| {})
}
