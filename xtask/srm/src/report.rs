//! The findings as text and as JSON.
//!
//! In: tallies and tests. Out: text. It never prints a browser id.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    check::{Test, Verdict},
    tally::{Experiment, Tally},
};

/// One experiment, counted and tested.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The friendly id.
    pub friendly_id: String,
    /// The counts.
    pub experiment: Experiment,
    /// The test.
    pub test: Test,
}

/// As text.
#[must_use]
pub fn text(tally: &Tally, tested: &[Tested], alpha: f64) -> String {
    let mut out = String::new();
    if tally.lines > 0 {
        let _ = writeln!(
            out,
            "{} log lines of pages: they have no visitor, so only first page views (\"id\":\"created\") are counted\n",
            tally.lines
        );
    }
    for one in tested {
        write_one(one, alpha, &mut out);
    }
    let mismatches = tested
        .iter()
        .filter(|one| one.test.verdict == Verdict::Mismatch)
        .count();
    let _ = writeln!(
        out,
        "{} VIEW events, {} log lines, {} experiments: {mismatches} with a sample ratio mismatch (p < {alpha})",
        tally.views,
        tally.lines,
        tested.len()
    );
    out
}

fn write_one(one: &Tested, alpha: f64, out: &mut String) {
    let Tested {
        friendly_id,
        experiment,
        test,
    } = one;
    let visitors: u64 = test.cells.iter().map(|cell| cell.visitors).sum();
    let _ = writeln!(out, "{friendly_id}: {visitors} visitors");
    let width = test
        .cells
        .iter()
        .map(|cell| cell.variant.chars().count())
        .max()
        .unwrap_or(0)
        .max(7);
    let _ = writeln!(
        out,
        "  {:<width$}  {:>9}  {:>8}  {:>11}  {:>8}",
        "variant", "visitors", "share", "expected", "share"
    );
    for cell in &test.cells {
        let share = if visitors > 0 {
            cell.visitors as f64 / visitors as f64
        } else {
            0.0
        };
        let _ = writeln!(
            out,
            "  {:<width$}  {:>9}  {:>6.2} %  {:>11.1}  {:>6.2} %",
            cell.variant,
            cell.visitors,
            share * 100.0,
            cell.expected,
            cell.share * 100.0
        );
    }
    let meaning = match test.verdict {
        Verdict::Ok => format!("nothing speaks against the allocation (p ≥ {alpha})"),
        Verdict::Mismatch => {
            format!(
                "SAMPLE RATIO MISMATCH (p < {alpha}): do not read this experiment's results before you know why"
            )
        }
        Verdict::TooFew => {
            "too few visitors to say: each variant needs at least 5 expected ones".to_owned()
        }
        Verdict::NotTestable => "fewer than two variants: nothing to compare".to_owned(),
    };
    let _ = writeln!(
        out,
        "  chi-square {:.3}, {} degree{} of freedom, p = {}: {meaning}",
        test.chi_square,
        test.degrees,
        if test.degrees == 1 { "" } else { "s" },
        p_text(test.p)
    );
    if experiment.switched > 0 {
        let _ = writeln!(
            out,
            "  {} visitors saw more than one variant ({:.2} %): a sign of trouble; they count with their first",
            experiment.switched,
            percent(experiment.switched, visitors)
        );
    }
    let failed: u64 = experiment.failures.values().sum();
    if failed > 0 {
        let reasons: Vec<_> = experiment
            .failures
            .iter()
            .map(|(reason, count)| format!("{reason} {count}"))
            .collect();
        let all = failed + experiment.decided;
        let _ = writeln!(
            out,
            "  {failed} of {all} page views showed no decision ({:.2} %): {}",
            percent(failed, all),
            reasons.join(", ")
        );
    }
    if experiment.unsaid > 0 {
        let _ = writeln!(
            out,
            "  {} page views do not say what was shown, and are not counted: their Worker was too old",
            experiment.unsaid
        );
    }
    out.push('\n');
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 * 100.0 / whole as f64
}

fn p_text(p: f64) -> String {
    if p < 0.0001 && p > 0.0 {
        format!("{p:.1e}")
    } else {
        format!("{p:.4}")
    }
}

/// As JSON.
#[must_use]
pub fn json(tally: &Tally, tested: &[Tested], alpha: f64) -> Value {
    let experiments: Vec<Value> = tested.iter().map(json_one).collect();
    json!({
        "version": 1,
        "alpha": alpha,
        "views": tally.views,
        "log_lines": tally.lines,
        "experiments": experiments,
    })
}

fn json_one(one: &Tested) -> Value {
    let Tested {
        friendly_id,
        experiment,
        test,
    } = one;
    let variants: Vec<Value> = test
        .cells
        .iter()
        .map(|cell| {
            json!({
                "variant": cell.variant, "visitors": cell.visitors, "expected": cell.expected,
                "expected_share": cell.share,
            })
        })
        .collect();
    json!({
        "friendly_id": friendly_id,
        "variants": variants,
        // Infinity is no JSON: a variant without a share has visitors.
        "chi_square": test.chi_square.is_finite().then_some(test.chi_square),
        "degrees_of_freedom": test.degrees,
        "p": test.p,
        "verdict": test.verdict.label(),
        "visitors_in_several_variants": experiment.switched,
        "page_views_with_a_decision": experiment.decided,
        "page_views_not_counted": experiment.repeated,
        "page_views_without_shown": experiment.unsaid,
        "failures": experiment.failures,
    })
}
