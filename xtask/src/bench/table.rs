//! From samples to tables.
//!
//! In: what each Worker took, round by round. Out: medians, ratios, Markdown. It never drops a sample.

use std::collections::HashMap;

use super::{
    case::{Case, FirstByteCase},
    hanging::Row,
    worker::Kind,
};

/// What one Worker took for one case, a value per round (CPU) or per request (first byte), in milliseconds.
pub type Samples = HashMap<Kind, Vec<f64>>;

/// CPU per request.
pub fn cpu(rows: &[(Case, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "pass-through",
        "built-in",
        "xm-edge",
        "÷ built-in",
        "÷ pass-through",
    ];
    let rows = rows.iter().map(|(case, samples)| {
        let of = |kind| &samples[&kind];
        let mut row = case.columns().to_vec();
        row.extend(Kind::ALL.map(|kind| format!("{:.2} ms", median(of(kind)))));
        for base in [Kind::BuiltIn, Kind::PassThrough] {
            row.push(format!(
                "**{:.2}**",
                paired_ratio(of(Kind::XmEdge), of(base))
            ));
        }
        row
    });
    markdown(&heads, 3, rows)
}

/// Time to the first byte.
pub fn first_byte(rows: &[(FirstByteCase, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "XM renders for",
        "pass-through",
        "built-in",
        "xm-edge",
        "÷ pass-through",
        "later by",
    ];
    let rows = rows.iter().map(|(first, samples)| {
        let of = |kind| median(&samples[&kind]);
        let mut row = first.case.columns().to_vec();
        row.push(format!("{} ms", first.think_ms));
        row.extend(Kind::ALL.map(|kind| format!("{:.2} ms", of(kind))));
        let (through, ours) = (of(Kind::PassThrough), of(Kind::XmEdge));
        row.push(format!("**{:.2}**", ours / through));
        row.push(format!("{:.2} ms", ours - through));
        row
    });
    markdown(&heads, 4, rows)
}

/// Time to the last byte, without events and with them.
pub fn last_byte(rows: &[(FirstByteCase, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "XM renders for",
        "without",
        "with",
        "÷ without",
    ];
    let rows = rows.iter().map(|(case, samples)| {
        let [without, with] = [Kind::Silent, Kind::Telling].map(|kind| median(&samples[&kind]));
        let mut row = case.case.columns().to_vec();
        row.push(format!("{} ms", case.think_ms));
        row.extend([without, with].map(|ms| format!("{ms:.2} ms")));
        row.push(format!("**{:.3}**", with / without));
        row
    });
    markdown(&heads, 4, rows)
}

/// CPU and time to the last byte while the CDP hangs.
pub fn hanging(rows: &[Row]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "CPU unmarked",
        "breaker open",
        "÷ unmarked",
        "last byte unmarked",
        "breaker open",
        "÷ unmarked",
    ];
    let rows = rows.iter().map(|row| {
        let mut cells = row.case.columns().to_vec();
        let [unmarked, open] = &row.cpu;
        cells.extend([unmarked, open].map(|ms| format!("{:.2} ms", median(ms))));
        cells.push(format!("**{:.3}**", paired_ratio(open, unmarked)));
        let [unmarked, open] = [0, 1].map(|index| median(&row.last_byte[index]));
        cells.extend([unmarked, open].map(|ms| format!("{ms:.2} ms")));
        cells.push(format!("**{:.3}**", open / unmarked));
        cells
    });
    markdown(&heads, 3, rows)
}

/// A table whose source is readable, too; columns from `numbers` on are aligned to the right.
fn markdown(heads: &[&str], numbers: usize, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines = vec![heads.iter().map(ToString::to_string).collect::<Vec<_>>()];
    lines.extend(rows);
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            text += &if column < numbers {
                format!("| {cell:<width$} ")
            } else {
                format!("| {cell:>width$} ")
            };
        }
        text += "|\n";
        if index == 0 {
            for (column, width) in widths.iter().enumerate() {
                let end = if column < numbers { " " } else { ":" };
                text += &format!("| {}{end}", "-".repeat(*width));
            }
            text += "|\n";
        }
    }
    text
}

/// The median; 0 of nothing.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => 0.0,
        all if all.len() % 2 == 1 => all[middle],
        all => f64::midpoint(all[middle - 1], all[middle]),
    }
}

/// The median of the ratios within each round: what disturbs the machine for a while disturbs both sides.
fn paired_ratio(ours: &[f64], base: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(base).map(|(o, b)| o / b).collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_disturbed_round_changes_no_median() {
        assert!((median(&[1.0, 100.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[1.0, 2.0]) - 1.5).abs() < 1e-9);
        let ratio = paired_ratio(&[2.0, 20.0, 3.0], &[1.0, 10.0, 1.0]);
        assert!((ratio - 2.0).abs() < 1e-9);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "10".to_owned()]];
        assert_eq!(
            markdown(&["head", "n"], 1, rows.into_iter()),
            "| head |  n |\n| ---- | --:|\n| a    | 10 |\n"
        );
    }
}
