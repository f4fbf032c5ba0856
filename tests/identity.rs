//! Without a decision the page is the origin's, byte for byte, whatever the markup, the charset and the cutting.
//!
//! Inputs: the html5lib tests, plain and with every start tag marked as a component, and pages of real sites.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use encoding_rs::Encoding;
use serde_json::{Value, json};
use xm_edge_core::render::{Page, PageSettings};

use native::{
    answers::Answers,
    corpus, cuts, dom, parallel,
    run::{Timing, run},
};

mod native;

/// Fewer than the cases have: there are thousands of inputs here.
const SIZES: [usize; 8] = [1, 2, 3, 5, 7, 16, 64, usize::MAX];

/// Marks of every kind for one start tag.
const MARKS: &str = " data-cdp-experience=x data-cdp-text=/t data-cdp-html=/h data-cdp-if=/i data-cdp-attr-title=/t data-cdp-fragment=/f";

fn settings(personalise: bool) -> PageSettings {
    PageSettings {
        guest: false,
        hold_limit: 256 * 1024,
        declared: None,
        trusted_html: Vec::new(),
        personalise,
        insertion: None,
    }
}

/// The output of a page view in which nothing is ever decided.
fn undecided<'c>(settings: PageSettings, chunks: impl Iterator<Item = &'c [u8]>) -> Vec<u8> {
    let mut page = Page::new(settings);
    let mut output = Vec::new();
    for chunk in chunks {
        page.push(chunk);
        output.append(&mut page.take_output());
    }
    page.end(true);
    if !page.is_done() {
        page.deadline(400);
    }
    assert!(page.is_done());
    output.append(&mut page.take_output());
    output
}

fn chunks(input: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    input.chunks(size.min(input.len().max(1)))
}

#[track_caller]
fn assert_same(input: &[u8], output: &[u8], how: &str) {
    assert!(
        input == output,
        "{how}\n--- input\n{}\n--- output\n{}",
        input.escape_ascii(),
        output.escape_ascii()
    );
}

/// `input` with marks on everything that looks like a start tag.
fn marked(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() * 2);
    let mut rest = input;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        let name = rest[at + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let (tag, after) = rest.split_at(at + 1 + name);
        out.extend_from_slice(tag);
        if name > 0 && tag[at + 1].is_ascii_alphabetic() {
            out.extend_from_slice(MARKS.as_bytes());
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

#[test]
fn html5lib_inputs_pass_unchanged_in_chunks_of_any_size() {
    parallel::each(&corpus::html5lib(), |input| {
        for size in SIZES {
            for personalise in [true, false] {
                let output = undecided(settings(personalise), chunks(input, size));
                assert_same(input, &output, &format!("chunks of {size}"));
            }
        }
    });
}

#[test]
fn html5lib_inputs_full_of_undecided_components_pass_unchanged() {
    parallel::each(&corpus::html5lib(), |input| {
        let input = marked(input);
        for size in SIZES {
            let output = undecided(settings(true), chunks(&input, size));
            assert_same(&input, &output, &format!("chunks of {size}"));
        }
    });
}

/// The charsets that browsers read and in which ASCII is ASCII.
#[test]
fn html5lib_inputs_pass_unchanged_in_every_charset_that_holds_ascii() {
    let labels = [
        "utf-8",
        "ibm866",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "windows-874",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "x-mac-cyrillic",
        "gbk",
        "gb18030",
        "big5",
        "euc-jp",
        "shift_jis",
        "euc-kr",
    ];
    let inputs: Vec<(usize, Vec<u8>)> = corpus::html5lib().into_iter().enumerate().collect();
    parallel::each(&inputs, |(number, input)| {
        let label = labels[number % labels.len()];
        let declared = Encoding::for_label(label.as_bytes());
        assert!(declared.is_some(), "{label}");
        for (input, size) in [(input.clone(), 3), (marked(input), 7)] {
            let settings = PageSettings {
                declared,
                ..settings(true)
            };
            let output = undecided(settings, chunks(&input, size));
            assert_same(&input, &output, &format!("{label}, chunks of {size}"));
        }
    });
}

#[test]
fn html5lib_inputs_pass_unchanged_in_every_cut_into_three_pieces() {
    let mut short = corpus::html5lib();
    short.retain(|input| input.len() <= 80);
    parallel::each(&short, |input| {
        for first in 0..=input.len() {
            for second in first..=input.len() {
                let pieces = [&input[..first], &input[first..second], &input[second..]];
                let output = undecided(settings(true), pieces.into_iter());
                assert_same(input, &output, &format!("cut at {first} and {second}"));
            }
        }
    });
}

#[test]
fn real_pages_pass_unchanged_in_every_charset_and_cutting() {
    let charsets = [
        None,
        Some("utf-8"),
        Some("windows-1252"),
        Some("gb18030"),
        Some("shift_jis"),
        Some("euc-kr"),
        Some("big5"),
        Some("koi8-r"),
    ];
    let sizes = [11, 64, 255, 1000, 4096, 16_384, 65_536, usize::MAX];
    parallel::each(&corpus::real_pages(), |(name, page)| {
        for (label, size) in charsets.iter().zip(&sizes) {
            let declared = label.and_then(|label| Encoding::for_label(label.as_bytes()));
            for personalise in [true, false] {
                let settings = PageSettings {
                    guest: false,
                    declared,
                    ..settings(personalise)
                };
                let output = undecided(settings, chunks(page, *size));
                assert!(output == *page, "{name} in {label:?}, chunks of {size}");
            }
        }
    });
}

const FOOTER: &str = "<footer class=\"component\"><p>© Northmere</p></footer></body></html>";

/// Runs a page whose only component is `x`, which shows the text `T`.
fn with_text(page: &[u8], decision: &Value, size: usize) -> Vec<u8> {
    run(
        &settings(true),
        page,
        &cuts::of_size(page.len(), size),
        true,
        &Answers::default().decide("x", decision),
        Timing::AtOnce,
    )
    .output
}

#[test]
fn what_follows_a_marked_element_that_is_not_closed_is_never_lost() {
    let decisions = [
        json!({"t": "T", "i": true}),
        json!({"variantId": "b"}),
        json!({"i": false}),
    ];
    let corpus = corpus::html5lib();
    let probes: Vec<(&str, &Vec<u8>)> = ["p", "div", "li", "td", "span"]
        .into_iter()
        .flat_map(|tag| corpus.iter().map(move |fragment| (tag, fragment)))
        .collect();
    let changed = AtomicUsize::new(0);
    parallel::each(&probes, |(tag, fragment)| {
        let mut page = format!("<!DOCTYPE html><html><body><{tag}{MARKS}>").into_bytes();
        page.extend_from_slice(b"<template data-cdp-variant=b>B</template>");
        page.extend_from_slice(fragment);
        page.extend_from_slice(FOOTER.as_bytes());
        for (index, decision) in decisions.iter().enumerate() {
            let output = with_text(&page, decision, [usize::MAX, 7, 64][index]);
            if output == page {
                continue;
            }
            changed.fetch_add(1, Ordering::Relaxed);
            let footers = dom::count(&page, "footer");
            // A fragment that ends inside a tag makes the footer's start tag a part of that tag.
            let tail = ["</footer></body></html>", FOOTER][footers.min(1)];
            assert!(
                output.ends_with(tail.as_bytes()) && dom::count(&output, "footer") == footers,
                "{decision}\n{}\n{}",
                page.escape_ascii(),
                output.escape_ascii()
            );
        }
    });
    let changed = changed.into_inner();
    assert!(changed > 20, "only {changed} changed: is anything spliced?");
}

#[test]
fn what_follows_a_component_stays_where_a_browser_puts_it() {
    /// Fragments after which a browser puts the footer elsewhere, and why.
    const EXPECTED: [(&str, &str); 3] = [
        (
            "<isindex",
            "html5ever counts an element that the HTML Standard dropped",
        ),
        (
            "<body><body>",
            "a second <body> closes elements for lol_html",
        ),
        (
            "</foreignObject><p>",
            "an end tag of SVG inside a paragraph of HTML inside SVG",
        ),
    ];
    let corpus = corpus::html5lib();
    let probes: Vec<(&str, &Vec<u8>)> = ["p", "div", "li", "td", "span", "b", "x-y"]
        .into_iter()
        .flat_map(|tag| corpus.iter().map(move |fragment| (tag, fragment)))
        .collect();
    let changed = AtomicUsize::new(0);
    let met = EXPECTED.map(|_| AtomicBool::new(false));
    parallel::each(&probes, |(tag, fragment)| {
        let (before, after) = match *tag {
            "td" => ("<table><tbody><tr>", "</tr></tbody></table>"),
            _ => ("", ""),
        };
        let mut page = format!("<!DOCTYPE html><html><body>{before}<{tag}{MARKS}>").into_bytes();
        page.extend_from_slice(fragment);
        page.extend_from_slice(format!("</{tag}>{after}{FOOTER}").as_bytes());
        let output = with_text(&page, &json!({"t": "T"}), usize::MAX);
        if output == page {
            return;
        }
        changed.fetch_add(1, Ordering::Relaxed);
        if dom::place(&page, "footer") != dom::place(&output, "footer") {
            let text = String::from_utf8_lossy(fragment);
            let listed = EXPECTED.iter().position(|(part, _)| text.contains(part));
            let listed = listed.unwrap_or_else(|| {
                panic!("{}\n{}", page.escape_ascii(), output.escape_ascii());
            });
            met[listed].store(true, Ordering::Relaxed);
        }
    });
    for (met, (part, why)) in met.into_iter().zip(EXPECTED) {
        assert!(met.into_inner(), "{part} is right now, no longer: {why}");
    }
    let changed = changed.into_inner();
    assert!(
        changed > 40_000,
        "only {changed} of the components were shown"
    );
}
