//! The steps of a test run, their times, and the end of it all.
//!
//! In: steps. Out: headings, a table, a last line `N passed, N failed`, and an exit code. A failed step without a
//! failed test of its own (a lint, a compiler error) counts as one failure, so that the last line never looks green
//! when the run is not.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use super::summary::Counts;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It failed.
    Failed,
    /// It passed.
    Passed,
    /// It could not run here and said why.
    Skipped,
}

impl Outcome {
    /// From an exit code.
    pub const fn of(success: bool) -> Self {
        if success { Self::Passed } else { Self::Failed }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::Passed => "ok",
            Self::Skipped => "skipped",
        }
    }
}

/// All steps so far.
#[derive(Default)]
pub struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: String,
    took: Duration,
    outcome: Outcome,
    counts: Counts,
}

impl Report {
    /// Runs a step without which the others make no sense.
    ///
    /// # Errors
    /// Those of the step.
    pub fn required<T>(
        &mut self,
        name: &str,
        run: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        println!("── {name}");
        let began = Instant::now();
        let value = run()?;
        self.add(name, began, Outcome::Passed, Counts::default());
        Ok(value)
    }

    /// Runs a step; the run goes on whatever comes of it.
    pub fn step(&mut self, name: &str, run: impl FnOnce() -> anyhow::Result<(Outcome, Counts)>) {
        println!("── {name}");
        let began = Instant::now();
        let (outcome, counts) = run().unwrap_or_else(|error| {
            println!("{error:#}");
            (Outcome::Failed, Counts::default())
        });
        self.add(name, began, outcome, counts);
    }

    /// Adds the steps of another report, which ran at the same time.
    pub fn append(&mut self, mut other: Self) {
        self.steps.append(&mut other.steps);
    }

    /// Prints the table and the sums.
    pub fn finish(&self) -> ExitCode {
        println!("── summary");
        for step in &self.steps {
            println!(
                "{:>8.1} s  {:<8} {}",
                step.took.as_secs_f64(),
                step.outcome.label(),
                step.name
            );
        }
        let counts = self.counts();
        println!("{counts}");
        if counts.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn add(&mut self, name: &str, began: Instant, outcome: Outcome, counts: Counts) {
        self.steps.push(Step {
            name: name.to_owned(),
            took: began.elapsed(),
            outcome,
            counts,
        });
    }

    fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for step in &self.steps {
            sum += step.counts;
            if step.outcome == Outcome::Failed && step.counts.failed == 0 {
                sum.failed += 1;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_error_fails_a_run_in_which_no_test_failed() {
        let mut report = Report::default();
        report.step("tests", || {
            Ok((
                Outcome::Passed,
                Counts {
                    passed: 5,
                    failed: 0,
                },
            ))
        });
        report.step("clippy", || anyhow::bail!("did not compile"));
        assert_eq!(
            report.counts(),
            Counts {
                passed: 5,
                failed: 1
            }
        );
    }

    #[test]
    fn a_failed_test_is_counted_once() {
        let mut report = Report::default();
        report.step("tests", || {
            Ok((
                Outcome::Failed,
                Counts {
                    passed: 5,
                    failed: 2,
                },
            ))
        });
        assert_eq!(
            report.counts(),
            Counts {
                passed: 5,
                failed: 2
            }
        );
    }

    #[test]
    fn a_skipped_step_neither_passes_nor_fails() {
        let mut report = Report::default();
        report.step("browser", || Ok((Outcome::Skipped, Counts::default())));
        assert_eq!(report.counts(), Counts::default());
    }
}
