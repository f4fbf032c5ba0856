//! What a visitor has seen who left: the components whose bytes were taken, however the page was cut.

use proptest::prelude::*;

use super::*;

const PAGE: &str = "<body>\
    <div data-cdp-experience=a>x<template data-cdp-variant=b><i data-cdp-experience=in>y</i></template></div>\
    <p>between</p><p data-cdp-experiment=c data-cdp-if=/no>removed</p><p>last</p><div data-cdp-experience=d>z</div></body>";

const DECISIONS: [(&str, &str); 4] = [
    ("a", r#"{"variantId":"b"}"#),
    ("in", "{}"),
    ("c", r#"{"no":false}"#),
    ("d", "[]"),
];

/// The page, cut at `cuts` and decided after `decided_after` chunks, taken after every chunk if `eager`; and its output.
fn rendered(cuts: &[usize], decided_after: usize, eager: bool) -> (Page, String) {
    let mut page = page();
    let mut output = String::new();
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % PAGE.len()).collect();
    ends.push(PAGE.len());
    ends.sort_unstable();
    let mut start = 0;
    for (number, end) in ends.into_iter().enumerate() {
        page.push(&PAGE.as_bytes()[start..end]);
        start = end;
        if number >= decided_after {
            decide_all(&mut page);
        }
        if eager {
            output += &out(&mut page);
        }
    }
    page.end(true);
    decide_all(&mut page);
    output += &out(&mut page);
    (page, output)
}

fn decide_all(page: &mut Page) {
    while let Some(Wish::Flow(id)) = page.next_wish(0) {
        let (_, decision) = DECISIONS
            .iter()
            .find(|(known, _)| *known == id.as_str())
            .unwrap();
        page.decided(&id, Decision::read(200, decision.as_bytes()), 1);
    }
}

fn shown(page: &Page) -> Vec<Option<&str>> {
    page.outcomes()
        .iter()
        .map(|outcome| outcome.shown.as_deref())
        .collect()
}

/// What was shown, and where. (A failure is shown to nobody, and may be known before what stands before it.)
fn seen(page: &Page) -> Vec<(Option<&FriendlyId>, Option<&str>, u64)> {
    let shown = page
        .outcomes()
        .iter()
        .filter(|outcome| outcome.shown.is_some());
    shown
        .map(|one| (one.friendly_id.as_ref(), one.shown.as_deref(), one.at))
        .collect()
}

#[test]
fn a_component_is_seen_from_its_first_byte_on() {
    let (page, output) = rendered(&[], 0, false);
    assert_eq!(
        shown(&page),
        [Some("b"), Some("control"), Some("control"), None]
    );
    assert_eq!(page.taken(), output.len() as u64);
    let at: Vec<usize> = page
        .outcomes()
        .iter()
        .map(|o| usize::try_from(o.at).unwrap())
        .collect();
    let place = |text: &str| output.find(text).unwrap();
    let expected = [
        place("<div data-cdp-shown"),
        place("<i data-cdp-shown"),
        place("<p>last"),
        place("<div data-cdp-experience=d"),
    ];
    assert_eq!(at, expected);
    for (written, seen) in [
        (0, [None; 4]),
        (at[0], [None; 4]),
        (at[0] + 1, [Some("b"), None, None, None]),
        (at[1] + 1, [Some("b"), Some("control"), None, None]),
        (at[2], [Some("b"), Some("control"), None, None]),
        (
            output.len(),
            [Some("b"), Some("control"), Some("control"), None],
        ),
    ] {
        let (mut page, _) = rendered(&[], 0, false);
        page.seen(written as u64);
        assert_eq!(shown(&page), seen, "{written} bytes");
    }
}

proptest! {
    #[test]
    fn where_a_component_stands_does_not_depend_on_chunks_and_pace(
        cuts in prop::collection::vec(any::<usize>(), 0..8), decided_after in 0_usize..8, eager in any::<bool>(),
    ) {
        let (whole, output) = rendered(&[], 0, false);
        let (page, same) = rendered(&cuts, decided_after, eager);
        prop_assert_eq!(same, output);
        prop_assert_eq!(seen(&page), seen(&whole));
    }
}
