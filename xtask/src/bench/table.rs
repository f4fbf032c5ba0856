//! From samples to tables.
//!
//! In: what each Worker took, round by round. Out: medians, ratios, Markdown. It never drops a sample.

use std::collections::HashMap;

use super::worker::Kind;

/// What one Worker took for one case, a value per round (CPU) or per request (first byte), in milliseconds.
pub type Samples = HashMap<Kind, Vec<f64>>;

/// A table whose source is readable, too; columns from `numbers` on are aligned to the right.
pub fn markdown(heads: &[&str], numbers: usize, rows: impl Iterator<Item = Vec<String>>) -> String {
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

/// Milliseconds in a cell.
pub fn ms(ms: f64) -> String {
    format!("{ms:.2} ms")
}

/// A number with its thousands apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A figure with what it may be at most, and whether it is.
pub fn verdict(value: f64, most: f64, unit: &str) -> String {
    // As it is printed: 1.004 is shown as 1.00, and 1.00 ≤ 1.00.
    let shown = (value * 100.0).round() / 100.0;
    if shown <= most {
        format!("**{value:.2}{unit}** ≤ {most} ✓")
    } else {
        format!("**{value:.2}{unit}** > {most} ✗")
    }
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
pub fn paired_ratio(ours: &[f64], base: &[f64]) -> f64 {
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
    fn a_figure_is_judged_as_it_is_printed() {
        assert_eq!(verdict(1.004, 1.0, ""), "**1.00** ≤ 1 ✓");
        assert_eq!(verdict(1.006, 1.0, ""), "**1.01** > 1 ✗");
        assert_eq!(verdict(5.2, 5.0, " ms"), "**5.20 ms** > 5 ✗");
        assert_eq!(verdict(-0.4, 5.0, " ms"), "**-0.40 ms** ≤ 5 ✓");
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1 000"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(thousands(number), text);
        }
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
