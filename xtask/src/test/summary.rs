//! What test programs say about their own success.
//!
//! In: lines of their output. Out: counts. It never decides whether a run succeeded: exit codes do that.

use std::{fmt, ops::AddAssign};

/// Tests that ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The line with which one of cargo's test programs ends.
pub struct TestResult {
    /// Its counts.
    pub counts: Counts,
}

impl TestResult {
    /// `test result: ok. 5 passed; 0 failed; 0 ignored; …`; `None` for any other line.
    pub fn parse(line: &str) -> Option<Self> {
        let (_, list) = line
            .trim()
            .strip_prefix("test result: ")?
            .split_once(". ")?;
        let count = |what| {
            let word = |part: &str| {
                part.trim()
                    .strip_suffix(what)
                    .and_then(|number| number.trim().parse().ok())
            };
            list.split(';').find_map(word)
        };
        Some(Self {
            counts: Counts {
                passed: count("passed")?,
                failed: count("failed")?,
            },
        })
    }
}

/// The line `5 passed, 0 failed`, with which a script may end; `None` for any other line.
pub fn parse_counts(line: &str) -> Option<Counts> {
    let (passed, failed) = line
        .trim()
        .strip_suffix(" failed")?
        .split_once(" passed, ")?;
    Some(Counts {
        passed: passed.parse().ok()?,
        failed: failed.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_several_programs_add_up() {
        let output = "\nrunning 3 tests\n...\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\n\
            running 2 tests\n.F\n\
            test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 1.50s\n";
        let mut sum = Counts::default();
        for result in output.lines().filter_map(TestResult::parse) {
            sum += result.counts;
        }
        assert_eq!(
            sum,
            Counts {
                passed: 13,
                failed: 2
            }
        );
        assert_eq!(sum.to_string(), "13 passed, 2 failed");
    }

    #[test]
    fn what_a_test_prints_is_not_taken_for_a_result() {
        for line in [
            "test result: none",
            "my test result: ok. 1 passed; 0 failed",
            "5 passed; 0 failed",
            "",
        ] {
            assert!(TestResult::parse(line).is_none(), "{line:?}");
        }
    }

    #[test]
    fn a_script_may_count_for_itself() {
        assert_eq!(
            parse_counts("7 passed, 1 failed"),
            Some(Counts {
                passed: 7,
                failed: 1
            })
        );
        for line in [
            "all passed",
            "x passed, 1 failed",
            "7 passed, 1 failed, 2 skipped",
        ] {
            assert_eq!(parse_counts(line), None, "{line:?}");
        }
    }
}
