//! Every label that the log may say has its row in docs/operations.md: what it means and what to do.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::{collections::BTreeSet, fs, path::Path};

use xm_edge_core::page_row::{BLOBS, DOUBLES};

#[test]
fn every_column_of_a_row_is_where_the_runbook_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runbook = fs::read_to_string(root.join("../docs/operations.md")).unwrap();
    for (kind, names) in [("blob", &BLOBS[..]), ("double", &DOUBLES[..])] {
        for (index, name) in names.iter().enumerate() {
            let column = format!("{kind}{}", index + 1);
            let row = format!("`{column}` | `{name}` |");
            assert!(runbook.contains(&row), "no row with {row}");
        }
        let next = format!("`{kind}{}`", names.len() + 1);
        assert!(!runbook.contains(&next), "{next} has no value");
    }
}

#[test]
fn no_label_is_left_unexplained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(root.join("src/reason.rs")).unwrap();
    let runbook = fs::read_to_string(root.join("../docs/operations.md")).unwrap();
    let labels: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
        .collect();
    assert!(labels.len() > 50, "{labels:?}");
    // In the first cell of a row, among others perhaps.
    let explained: BTreeSet<&str> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"))
        .flat_map(|(cell, _)| cell.split('`').skip(1).step_by(2))
        .collect();
    let missing: Vec<_> = labels.difference(&explained).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}
