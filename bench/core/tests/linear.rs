//! Cost grows with the page and with its components, and with nothing else: ten times as much of anything takes at most about ten
//! times the instructions, and no markup makes it otherwise.
//!
//! Instructions and no times, so that a busy machine decides nothing. Without valgrind and without perf nothing can be counted:
//! these tests then say so and pass; `.ci/run` brings valgrind.

use std::{ffi::OsStr, fs, path::PathBuf};

use core_cost::{
    count::{Counter, Views},
    view::Decisions,
};

const FILLER: &str = "<div class=\"component rich-text\">\r\n<p class=\"x\">Boots &amp; tents, <em>mended</em></p>\r\n<!-- spacer --></div>\r\n";
const DECISION: &str = r#"{"variantId": "b", "headline": "Good morning"}"#;
/// As the Worker reads a page that pours in.
const CHUNK: usize = 64 * 1024;
/// As it reads one that trickles.
const SMALL_CHUNK: usize = 4096;
/// What ten times as much may cost, more than ten times.
const SLACK: f64 = 1.25;

/// At least so many bytes of `piece`.
fn bytes(piece: &str, count: usize) -> String {
    piece.repeat(count.div_ceil(piece.len()))
}

fn component(number: usize) -> String {
    format!(
        "<section data-cdp-experience=\"promo_{:02}\"><h2 data-cdp-text=\"/headline\">D</h2><template data-cdp-variant=\"b\"><h2 data-cdp-text=\"/headline\">V</h2></template></section>\r\n",
        number % 10
    )
}

/// A page with so many components, so many bytes before each.
fn page(components: usize, before: usize) -> String {
    let filler = bytes(FILLER, before);
    let body: String = (0..components)
        .map(|number| format!("{filler}{}", component(number)))
        .collect();
    format!("<!DOCTYPE html><html lang=en><head><title>T</title></head><body>{body}</body></html>")
}

/// Instructions of so many steps with each page; `None` where nothing counts.
fn count_steps(steps: u8, chunk: usize, pages: &[String]) -> Option<Vec<Vec<u64>>> {
    let Some(counter) = Counter::find() else {
        eprintln!("skipped: neither valgrind nor perf counts instructions here; install valgrind");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |(number, page): (usize, &String)| {
        let path = folder.path().join(format!("{number}.html"));
        fs::write(&path, page).unwrap();
        path
    };
    let paths: Vec<PathBuf> = pages.iter().enumerate().map(write).collect();
    let decision = |number| {
        (
            format!("promo_{number:02}"),
            serde_json::from_str(DECISION).unwrap(),
        )
    };
    let decisions: Decisions = (0..10).map(decision).collect();
    let views = Views {
        program: OsStr::new(env!("CARGO_BIN_EXE_core-cost")),
        folder: folder.path(),
        decisions: &decisions,
        chunk,
        steps,
    };
    Some(counter.count(&views, &paths).unwrap())
}

/// Instructions to stream each page once.
fn count(chunk: usize, pages: &[String]) -> Option<Vec<u64>> {
    Some(count_steps(1, chunk, pages)?.concat())
}

/// Each page costs about ten times the one before, which is a tenth of it.
fn assert_linear(what: &[&str], counts: &[Vec<u64>]) {
    let steep = |counts: &&[u64]| counts[1] as f64 > counts[0] as f64 * 10.0 * SLACK;
    let failed: Vec<_> = what
        .iter()
        .zip(counts)
        .filter(|(_, counts)| counts.windows(2).any(|pair| steep(&pair)))
        .collect();
    assert!(
        failed.is_empty(),
        "ten times as much costs more than ten times: {failed:?}"
    );
}

#[test]
fn a_page_costs_by_its_bytes_from_100_kb_to_10_mb() {
    let pages = [100_000, 1_000_000, 10_000_000].map(|size| page(5, size / 5));
    let Some(counts) = count(CHUNK, &pages) else {
        return;
    };
    assert_linear(&["100 KB, 1 MB, 10 MB"], &[counts]);
}

#[test]
fn a_page_costs_by_its_components_from_1_to_1000() {
    let pages = [1, 10, 100, 1_000].map(|components| page(components, 1_000));
    let Some(counts) = count(CHUNK, &pages) else {
        return;
    };
    assert_linear(&["1, 10, 100, 1000 components"], &[counts]);
}

#[test]
fn a_page_that_is_kept_costs_by_its_components_and_hardly_by_its_bytes() {
    let by_components = [1, 10, 100].map(|components| page(components, 1_000));
    let by_bytes = [page(5, 20_000), page(5, 200_000)];
    let pages = [&by_components[..], &by_bytes].concat();
    let Some(counts) = count_steps(3, CHUNK, &pages) else {
        return;
    };
    let [streamed, spliced] = [0, 2].map(|step| counts.iter().map(|c| c[step]).collect::<Vec<_>>());
    assert_linear(&["1, 10, 100 components"], &[spliced[..3].to_vec()]);
    // Ten times the bytes between the same components are copied, and that is all.
    assert!(spliced[4] < 5 * spliced[3], "{spliced:?}");
    assert!(spliced[4] * 20 < streamed[4], "{spliced:?} of {streamed:?}");
}

#[test]
fn no_markup_costs_more_than_its_bytes() {
    let shapes = [
        (
            "marks in comments",
            "",
            "<!-- data-cdp-experience=\"no\" -->",
        ),
        (
            "marks in scripts",
            "",
            "<script>data-cdp-experience</script>",
        ),
        ("marks in text", "", "data-cdp-experience data-cdp-text "),
        (
            "marks in a tag without end",
            "<p a=\"",
            "data-cdp-experience ",
        ),
        ("a tag without end", "<p ", "a "),
        ("elements without end", "", "<div>"),
        (
            "marks among elements without end",
            "",
            "<div><!-- data-cdp-experience -->",
        ),
        (
            "marks among end tags of nothing",
            "",
            "</div><!-- data-cdp-experience -->",
        ),
        ("half tags", "", "<"),
        ("components without ids", "", "<p data-cdp-experience></p>"),
        (
            "components without ends",
            "",
            "<p data-cdp-experience=promo_01>x",
        ),
        (
            "a component without end",
            "<section data-cdp-experience=promo_01>",
            FILLER,
        ),
    ];
    let sizes = |(_, begin, piece): &(_, &str, &str)| {
        [10_000, 100_000].map(|size| format!("<html><body>{begin}{}", bytes(piece, size)))
    };
    let pages: Vec<String> = shapes.iter().flat_map(sizes).collect();
    let Some(counts) = count(SMALL_CHUNK, &pages) else {
        return;
    };
    let counts: Vec<Vec<u64>> = counts.chunks(2).map(<[u64]>::to_vec).collect();
    assert_linear(&shapes.map(|(what, ..)| what), &counts);
}

#[test]
fn what_waits_for_its_end_costs_no_more_than_two_pages_that_are_read() {
    // It is looked at again with every chunk, up to a megabyte: then it is parsed as it is. Looked at from its beginning each time, it
    // would cost a hundred times as much.
    let waiting = ["<script>", "<!--"].map(|begin| {
        format!(
            "<html><body>{begin}{}",
            bytes("data-cdp-experience ", 1_000_000)
        )
    });
    let pages: Vec<String> = waiting.into_iter().chain([page(5, 200_000)]).collect();
    let Some(counts) = count(SMALL_CHUNK, &pages) else {
        return;
    };
    assert!(
        counts[..2].iter().all(|waiting| *waiting < 2 * counts[2]),
        "{counts:?}"
    );
}

#[test]
fn small_chunks_cost_by_their_number() {
    let sizes = [2_000, 20_000];
    let pages = [
        sizes.map(|size| page(2, size / 2)),
        sizes.map(|size| format!("<html><body><p a=\"{}", bytes("data-cdp-text ", size))),
        sizes.map(|size| format!("<html><body><script>{}", bytes("data-cdp-text < ", size))),
    ];
    let Some(counts) = count(16, pages.as_flattened()) else {
        return;
    };
    let counts: Vec<Vec<u64>> = counts.chunks(2).map(<[u64]>::to_vec).collect();
    assert_linear(&["a page", "a tag", "a script"], &counts);
}
