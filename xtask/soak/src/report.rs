//! What the run says.
//!
//! In: a tally. Out: a table in Markdown, and whether every promise held.

use std::{fmt::Write, ops::RangeInclusive};

use xm_edge_tests::Usage;

use crate::run::{Length, Tally};

/// Memory and descriptors early and late in a run may differ by so much.
const GROWTH: f64 = 1.10;
/// Shares of the run that are compared: around a fifth of it, and its end.
const EARLY: RangeInclusive<f64> = 0.15..=0.25;
const LATE: RangeInclusive<f64> = 0.90..=1.0;

/// The middle values of memory (bytes) and of descriptors within shares of the run.
fn middle(
    usage: &[(u64, Usage)],
    requests: u64,
    shares: RangeInclusive<f64>,
) -> Option<(u64, u64)> {
    let within = |done: u64| shares.contains(&(done as f64 / requests as f64));
    let some = || {
        let some = usage.iter().filter(|(done, _)| within(*done));
        some.map(|(_, usage)| usage)
    };
    let mut memory: Vec<_> = some().map(|usage| usage.memory).collect();
    let mut descriptors: Vec<_> = some().map(|usage| usage.descriptors as u64).collect();
    memory.sort_unstable();
    descriptors.sort_unstable();
    Some((
        *memory.get(memory.len() / 2)?,
        *descriptors.get(descriptors.len() / 2)?,
    ))
}

/// [`middle`] early and late.
#[must_use]
pub fn compared(usage: &[(u64, Usage)], requests: u64) -> Option<[(u64, u64); 2]> {
    let of = |shares| middle(usage, requests, shares);
    Some([of(EARLY)?, of(LATE)?])
}

/// Memory (bytes) around each tenth of the run: a leak is a line, a cache is a step.
fn memory_by_tenths(usage: &[(u64, Usage)], requests: u64) -> Vec<u64> {
    let tenths = (1..=10).map(|tenth| f64::from(tenth) / 10.0);
    tenths
        .filter_map(|at| middle(usage, requests, at - 0.05..=at + 0.05))
        .map(|(memory, _)| memory)
        .collect()
}

/// What is not as promised.
#[must_use]
pub fn broken(tally: &Tally, length: Length) -> Vec<String> {
    let mut broken = Vec::new();
    let mut none = |count: u64, what: &str| {
        if count > 0 {
            broken.push(format!("{count} {what}"));
        }
    };
    none(tally.mixed, "answers with another visitor's bytes");
    none(tally.wrong, "wrong answers");
    none(tally.crashes, "lines of crashes in the log");
    let (decided, of) = tally.undisturbed;
    if decided * 10 < of * 8 {
        broken.push(format!(
            "only {decided} of {of} undisturbed pages were personalised: the run proves little"
        ));
    }
    if let Some([early, late]) = compared(&tally.usage, length.requests) {
        if late.0 as f64 > early.0 as f64 * GROWTH {
            broken.push(format!("memory grew from {} to {} bytes", early.0, late.0));
        }
        if late.1 as f64 > early.1 as f64 * GROWTH + 8.0 {
            broken.push(format!("descriptors grew from {} to {}", early.1, late.1));
        }
    }
    broken
}

/// The table.
#[must_use]
pub fn table(tally: &Tally, length: Length, when: &str) -> String {
    let mut text = format!("Run {when}.\n\n| What | Count |\n| --- | ---:|\n");
    let mut row = |what: &str, count: String| {
        let _ = writeln!(text, "| {what} | {count} |");
    };
    row("Requests", length.requests.to_string());
    row("… at once", length.connections.to_string());
    row("… with a fault of XM or the CDP", tally.faults.to_string());
    row("… whose visitor left", tally.left.to_string());
    let [none, one, both] = tally.pages;
    row("Whole pages, both components as decided", both.to_string());
    row("… one of them", one.to_string());
    row("… as authored", none.to_string());
    row(
        "Pages that XM broke off, every byte that came",
        tally.beginnings.to_string(),
    );
    row(
        "XM's error pages, and 502 where there is no XM",
        tally.no_pages.to_string(),
    );
    row("**Wrong answers**", format!("**{}**", tally.wrong));
    row(
        "**Answers with another visitor's bytes**",
        format!("**{}**", tally.mixed),
    );
    row("**Crashes**", format!("**{}**", tally.crashes));
    if let Some([early, late]) = compared(&tally.usage, length.requests) {
        let mib = |bytes: u64| format!("{:.0} MiB", bytes as f64 / 1_048_576.0);
        row(
            "Memory of workerd after a fifth of the run, at its end",
            format!("{}, {}", mib(early.0), mib(late.0)),
        );
        let tenths: Vec<_> = memory_by_tenths(&tally.usage, length.requests)
            .into_iter()
            .map(mib)
            .collect();
        row("Memory after each tenth", tenths.join(", "));
        row(
            "Descriptors after a fifth of the run, at its end",
            format!("{}, {}", early.1, late.1),
        );
    }
    row("Time", format!("{:.0} s", tally.took.as_secs_f64()));
    text.push_str("\nWhat the log says of it:");
    for (label, count) in &tally.log {
        let _ = write!(text, " `{label}` {count},");
    }
    text.pop();
    text.push_str(".\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(late_memory: u64) -> Tally {
        let usage = |done: u64| Usage {
            memory: if done > 50 { late_memory } else { 100 },
            descriptors: 20,
        };
        Tally {
            undisturbed: (95, 100),
            usage: (0..=100).map(|done| (done, usage(done))).collect(),
            ..Tally::default()
        }
    }

    const LENGTH: Length = Length {
        requests: 100,
        connections: 8,
        seed: 1,
    };

    #[test]
    fn memory_that_grows_and_a_wrong_byte_fail_the_run() {
        assert!(broken(&tally(109), LENGTH).is_empty());
        assert_eq!(broken(&tally(112), LENGTH).len(), 1);
        let wrong = Tally {
            wrong: 1,
            ..tally(100)
        };
        assert_eq!(broken(&wrong, LENGTH), ["1 wrong answers"]);
        let asleep = Tally {
            undisturbed: (5, 100),
            ..tally(100)
        };
        assert_eq!(broken(&asleep, LENGTH).len(), 1);
    }
}
