//! What is put into a page moves nothing of it, neither its bytes nor what a browser makes of them.
//!
//! Inputs: the html5lib tests and pages of real sites. html5ever judges: without the elements that were put in, the tree must
//! be the page's own.

use std::sync::atomic::{AtomicUsize, Ordering};

use xm_edge_core::{
    insertion::{Detector, Insertion},
    render::{Page, PageSettings},
};

use native::{corpus, dom, parallel};

mod native;

const SCRIPT: &str = "<script data-own>own</script>";
const FRAME: &str = "<noscript data-own><iframe></iframe></noscript>";
const OWN: &str = "data-own";

/// Fewer than the cases have: there are thousands of inputs here.
const SIZES: [usize; 8] = [usize::MAX, 1, 2, 3, 5, 7, 16, 64];

/// The page with what is put in, when it comes in chunks of `size`.
fn inserted(input: &[u8], size: usize, personalise: bool) -> Vec<u8> {
    let mut page = Page::new(PageSettings {
        guest: false,
        hold_limit: 256 * 1024,
        declared: None,
        trusted_html: Vec::new(),
        personalise,
        insertion: Some(Insertion {
            head: SCRIPT.to_owned(),
            body: FRAME.to_owned(),
            carried: Detector::new(&[&["never carried"]]),
        }),
    });
    for chunk in input.chunks(size.min(input.len().max(1))) {
        page.push(chunk);
    }
    page.end(true);
    assert!(page.is_done());
    page.take_output()
}

/// `output` without the two pieces, and whether each was there once.
fn without_own(output: &[u8]) -> (Vec<u8>, [bool; 2]) {
    let mut rest = output.to_vec();
    let there = [SCRIPT, FRAME].map(|piece| {
        let at = memchr::memmem::find(&rest, piece.as_bytes());
        at.map(|at| rest.drain(at..at + piece.len()));
        at.is_some()
    });
    let twice = memchr::memmem::find(&rest, OWN.as_bytes()).is_some();
    assert!(!twice, "{}", output.escape_ascii());
    (rest, there)
}

#[test]
fn not_a_byte_of_any_page_changes_however_it_is_cut() {
    parallel::each(&corpus::html5lib(), |input| {
        let whole = inserted(input, usize::MAX, true);
        let (rest, [script, _]) = without_own(&whole);
        assert!(rest == *input && script, "{}", whole.escape_ascii());
        for (personalise, size) in [true, false]
            .into_iter()
            .flat_map(|p| SIZES.map(|s| (p, s)))
        {
            let output = inserted(input, size, personalise);
            assert!(
                output == whole,
                "personalise: {personalise}, chunks of {size}\n{}\n{}",
                whole.escape_ascii(),
                output.escape_ascii()
            );
        }
    });
}

/// What html5lib's inputs stand in.
const AROUND: [(&str, &str); 4] = [
    ("", ""),
    (
        "<!doctype html><html><head><title>t</title>",
        "</head><body><p>x</p></body></html>",
    ),
    (
        "<!doctype html><html><head><title>t</title>",
        "<body class=b><p>x</p></body></html>",
    ),
    (
        "<!doctype html><html><head><title>t</title></head><body>",
        "<p>x</p></body></html>",
    ),
];

#[test]
fn a_browser_makes_the_same_of_the_page_as_without_it() {
    let corpus = corpus::html5lib();
    let pages: Vec<Vec<u8>> = AROUND
        .iter()
        .flat_map(|(before, after)| {
            corpus
                .iter()
                .map(|inside| [before.as_bytes(), inside, after.as_bytes()].concat())
        })
        .collect();
    let in_place = AtomicUsize::new(0);
    parallel::each(&pages, |page| {
        let output = inserted(page, usize::MAX, true);
        if output.ends_with(SCRIPT.as_bytes()) {
            // Inside of whatever the page left open.
            return;
        }
        in_place.fetch_add(1, Ordering::Relaxed);
        let (with, without) = (
            dom::shape_without(&output, OWN),
            dom::shape_without(page, OWN),
        );
        assert!(
            with == without,
            "{}\n{with}\n{without}",
            output.escape_ascii()
        );
        // Browsers take no script after a frameset, which ends the head without a tag.
        let frames = page.to_ascii_lowercase();
        let frames = memchr::memmem::find(&frames, b"<frameset").is_some();
        let own = dom::places(&output, OWN);
        assert!(frames || !own.is_empty(), "{}", output.escape_ascii());
    });
    let in_place = in_place.into_inner();
    assert!(in_place > 20_000, "only {in_place} pages have the places");
}

#[test]
fn on_real_pages_the_script_is_in_the_head_and_the_frame_first_in_the_body() {
    let mut pages = corpus::real_pages();
    pages.retain(|(_, page)| dom::count(page, "frameset") == 0);
    parallel::each(&pages, |(name, page)| {
        let output = inserted(page, 1000, true);
        let (rest, there) = without_own(&output);
        assert!(rest == *page && there == [true, true], "{name}: {there:?}");
        let own = dom::places(&output, OWN);
        let head = vec!["html".to_owned(), "head".to_owned()];
        let body = vec!["html".to_owned(), "body".to_owned()];
        assert_eq!(own, [(head, false), (body, true)], "{name}");
        assert_eq!(
            dom::shape_without(&output, OWN),
            dom::shape_without(page, OWN),
            "{name}"
        );
    });
}
