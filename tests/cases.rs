//! The cases under `cases/`: pages, decisions and expected output as data.
//!
//! Each is run at 16 chunk sizes and 20 random cuts, with answers at once, after the page and in reverse order:
//! every run must give the same bytes. So must the page rendered from a template, compiled before. `XM_EDGE_BLESS=1` rewrites the expected files; read them before you commit.

use std::collections::BTreeSet;

use fastrand::Rng;

use native::{
    case::Case,
    cuts,
    run::{Seen, TIMINGS, Timing, run, run_template},
};

mod native;

const RANDOM_CUTS: usize = 20;

#[test]
fn every_case_gives_its_expected_output_however_it_is_cut_and_timed() {
    let bless = std::env::var_os("XM_EDGE_BLESS").is_some();
    let only = std::env::var("XM_EDGE_CASE").ok();
    let seed = cuts::seed();
    let mut failed = Vec::new();
    for case in Case::all() {
        if only.as_ref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        if bless {
            case.bless(&whole(&case).output);
        }
        // Each case by itself, so that one report names all that fail.
        if std::panic::catch_unwind(|| check(&case, seed)).is_err() {
            failed.push(case.name);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

#[test]
fn there_are_cases_of_every_area() {
    let areas: BTreeSet<String> = Case::all()
        .iter()
        .filter_map(|case| Some(case.name.split_once('/')?.0.to_owned()))
        .collect();
    let expected = [
        "attributes",
        "bounds",
        "charsets",
        "components",
        "conditions",
        "decisions",
        "failures",
        "fragments",
        "guest",
        "hidden",
        "html",
        "insertion",
        "misnested",
        "nesting",
        "text",
        "variants",
    ];
    assert_eq!(areas, expected.map(str::to_owned).into());
}

/// The page in one piece, answers at once.
fn whole(case: &Case) -> Seen {
    let cuts = cuts::of_size(case.page.len(), usize::MAX);
    let complete = !case.description.cut;
    run(
        &case.settings(),
        &case.page,
        &cuts,
        complete,
        &case.answers(),
        Timing::AtOnce,
    )
}

fn check(case: &Case, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let (settings, answers) = (case.settings(), case.answers());
    let complete = !case.description.cut;
    let len = case.page.len();
    let expected = case.expected();
    let random = (0..RANDOM_CUTS).map(|_| cuts::random(len, &mut rng));
    let sizes = cuts::SIZES.map(|size| cuts::of_size(len, size));
    for (number, cuts) in sizes.into_iter().chain(random).enumerate() {
        for timing in TIMINGS {
            let seen = run(&settings, &case.page, &cuts, complete, &answers, timing);
            let how = match cuts::SIZES.get(number) {
                Some(size) => format!("chunks of {size}"),
                None => format!("random cuts {cuts:?} (XM_EDGE_SEED={seed})"),
            };
            compare(case, &expected, seen, &format!("{how}, {timing:?}"));
        }
    }
    // XM vouches for one visitor on one response, which is then no template; nor is a page that broke off.
    if complete && !settings.guest {
        for timing in TIMINGS {
            if let Some(seen) = run_template(&settings, &case.page, &answers, timing) {
                compare(
                    case,
                    &expected,
                    seen,
                    &format!("from a template, {timing:?}"),
                );
            }
        }
    }
    let order = run(
        &settings,
        &case.page,
        &cuts::of_size(len, 1),
        complete,
        &answers,
        Timing::AtOnce,
    );
    let always = |id: &String| !case.description.asked_or_not.contains(id);
    let asked: Vec<String> = order.asked.into_iter().filter(always).collect();
    assert_eq!(
        asked, case.description.asked,
        "{}: order of asking",
        case.name
    );
}

fn compare(case: &Case, expected: &[u8], mut seen: Seen, how: &str) {
    let name = &case.name;
    assert!(
        seen.output == expected,
        "cases/{name}, {how}\n--- expected\n{}\n--- output\n{}\n",
        String::from_utf8_lossy(expected),
        String::from_utf8_lossy(&seen.output),
    );
    let maybe: BTreeSet<String> = case.description.asked_or_not.iter().cloned().collect();
    let asked: BTreeSet<String> = seen.asked.iter().cloned().collect();
    let must: BTreeSet<String> = case.description.asked.iter().cloned().collect();
    assert_eq!(&asked - &maybe, must, "cases/{name}, {how}: flows asked");
    seen.outcomes.sort();
    assert_eq!(
        seen.outcomes,
        case.outcomes(),
        "cases/{name}, {how}: outcomes"
    );
    assert_eq!(
        seen.ignored, case.description.ignored,
        "cases/{name}, {how}: ignored marks"
    );
    assert_eq!(
        seen.doubled, case.description.doubled,
        "cases/{name}, {how}: doubled"
    );
}
