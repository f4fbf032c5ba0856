//! Values that a decision puts into the page: texts, attributes, addresses, HTML, in every charset.

use std::sync::atomic::{AtomicUsize, Ordering};

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_1252,
};
use serde_json::json;
use xm_edge_core::render::PageSettings;

use crate::native::{
    answers::{Answer, Answers},
    data, dom, parallel,
    run::{Timing, run},
};

/// Elements that take the value as text, with what must stand around them.
const TEXTS: [(&str, &str, &str); 15] = [
    ("", "div", ""),
    ("", "p", ""),
    ("", "h2", ""),
    ("<ul>", "li", "</ul>"),
    ("<dl>", "dd", "</dl>"),
    ("<table><tr>", "td", "</tr></table>"),
    ("<select>", "option", "</select>"),
    ("", "button", ""),
    ("<a href=/>", "span", "</a>"),
    ("", "textarea", ""),
    ("", "pre", ""),
    ("<svg>", "text", "</svg>"),
    ("<svg>", "title", "</svg>"),
    ("<math>", "mi", "</math>"),
    ("<p><b>", "i", "</b></p>"),
];
/// Attributes that take the value as it is: in each way in which a page may have written them before.
const ATTRIBUTES: [(&str, &str, &str); 10] = [
    ("img", "alt", "alt=x"),
    ("a", "title", "title='x'"),
    ("input", "value", "value=\"x\""),
    ("input", "placeholder", "placeholder"),
    ("div", "aria-label", ""),
    ("div", "class", "CLASS = x"),
    ("div", "data-x", "data-x='' data-x=2"),
    ("label", "for", ""),
    ("td", "headers", ""),
    ("circle", "fill", "fill=red"),
];

fn settings(declared: Option<&'static Encoding>) -> PageSettings {
    PageSettings {
        guest: false,
        hold_limit: 1 << 20,
        declared,
        trusted_html: vec!["html".to_owned()],
        personalise: true,
        insertion: None,
    }
}

/// Bytes in the charset; what is not declared is read as windows-1252, as browsers do.
fn decoded(bytes: &[u8], charset: Option<&'static Encoding>) -> String {
    let charset = charset.unwrap_or(WINDOWS_1252);
    charset.decode_without_bom_handling(bytes).0.into_owned()
}

/// What of a value a tree can hold, written in `charset`.
fn normal(value: &str, charset: Option<&'static Encoding>) -> String {
    let is_control = |c: char| {
        // As references, HTML reads these as other characters; where a charset has no bytes for them they are gone.
        matches!(c, '\u{80}'..='\u{9F}')
            && charset != Some(UTF_8)
            && charset.is_none_or(|charset| {
                let text = c.to_string();
                let (bytes, _, unmappable) = charset.encode(&text);
                unmappable || charset.decode_without_bom_handling(&bytes).0 != text
            })
    };
    let normal = |c: char| {
        if c == '\0' || is_control(c) {
            '\u{FFFD}'
        } else {
            c
        }
    };
    value.chars().map(normal).collect()
}

/// All texts and attributes on one page: in the component itself, in a template and in a fragment.
fn page() -> String {
    let mut inside = String::new();
    for (index, (before, tag, after)) in TEXTS.iter().enumerate() {
        inside += &format!("{before}<{tag} id=t{index} data-cdp-text=/v>x</{tag}>{after}");
    }
    for (index, (tag, name, authored)) in ATTRIBUTES.iter().enumerate() {
        let svg = if *tag == "circle" { "<svg>" } else { "" };
        let table = if *tag == "td" { "<table><tr>" } else { "" };
        inside += &format!(
            "{svg}{table}<{tag} id=a{index} {authored} data-cdp-attr-{name}=/v></{tag}>{}{}",
            svg.replace('<', "</"),
            if table.is_empty() {
                ""
            } else {
                "</tr></table>"
            },
        );
    }
    format!(
        "<!DOCTYPE html><html><head><title id=title data-cdp-experience=x data-cdp-text=/v>x</title></head><body>\
         <main data-cdp-experience=x>{inside}</main>\
         <section data-cdp-experience=y>old<template data-cdp-variant=b><b id=variant data-cdp-text=/v title=x data-cdp-attr-title=/v>x</b>\
         </template></section>\
         <section data-cdp-experience=z data-cdp-fragment=/f>old</section>\
         <section id=shown data-cdp-experience=shown data-cdp-text=/v>old</section>\
         <footer>&copy; rest</footer></body></html>"
    )
}

fn answers(value: &str) -> Answers {
    let fragment = b"<b id=fragment data-cdp-text=/v title=x data-cdp-attr-title=/v>x</b>".to_vec();
    Answers::default()
        .decide("x", &json!({ "v": value }))
        .decide("y", &json!({"variantId": "b", "v": value}))
        .decide("z", &json!({"f": "/fragment", "v": value}))
        .decide("shown", &json!({"variantId": value, "v": value}))
        .fragment("/fragment", Answer::Is((fragment, Some(UTF_8))))
}

fn written(page: &str, answers: &Answers, charset: Option<&'static Encoding>) -> Vec<u8> {
    let settings = settings(charset);
    let page = page.as_bytes();
    run(
        &settings,
        page,
        &[page.len()],
        true,
        answers,
        Timing::AtOnce,
    )
    .output
}

fn whole(page: &str, answers: &Answers, charset: Option<&'static Encoding>) -> String {
    decoded(&written(page, answers, charset), charset)
}

/// Where the tree must hold the value.
fn places() -> Vec<String> {
    let texts = (0..TEXTS.len()).map(|index| format!("t{index}"));
    let attributes = ATTRIBUTES.iter().enumerate();
    let attributes = attributes.map(|(index, (_, name, _))| format!("a{index} {name}"));
    let more = [
        "title",
        "variant",
        "variant title",
        "fragment",
        "fragment title",
        "shown",
    ];
    texts
        .chain(attributes)
        .chain(more.map(str::to_owned))
        .collect()
}

#[test]
fn no_payload_changes_the_page_and_each_is_shown_as_it_is() {
    let charsets = [
        Some(UTF_8),
        None,
        Some(WINDOWS_1252),
        Some(SHIFT_JIS),
        Some(GB18030),
        Some(EUC_JP),
        Some(EUC_KR),
        Some(BIG5),
        Some(KOI8_R),
    ];
    let (page, places) = (page(), places());
    let benign = dom::shape_of(&whole(&page, &answers("benign"), Some(UTF_8)));
    let checks = AtomicUsize::new(0);
    let payloads: Vec<(usize, String)> = data::payloads().into_iter().enumerate().collect();
    parallel::each(&payloads, |(index, payload)| {
        let answers = answers(payload);
        let plain = written(&page, &answers, Some(UTF_8));
        for (turn, charset) in charsets.iter().enumerate() {
            let name = charset.map_or("undeclared", Encoding::name);
            // What is ASCII is the same bytes in every charset, and so the same page.
            if payload.is_ascii() && !payload.contains('\0') && turn > 0 {
                if turn == 1 + index % (charsets.len() - 1) {
                    let other = written(&page, &answers, *charset);
                    assert!(other == plain && other.is_ascii(), "{payload:?} in {name}");
                }
                continue;
            }
            let output = match turn {
                0 => decoded(&plain, *charset),
                _ => whole(&page, &answers, *charset),
            };
            let (shape, found) = dom::shape_and_values(&output);
            assert_eq!(shape, benign, "{payload:?} in {name}");
            let expected = normal(payload, *charset);
            for place in &places {
                let found = found.get(place);
                assert_eq!(
                    found,
                    Some(&expected),
                    "{payload:?} in {name} at {place}\n{output}"
                );
            }
            checks.fetch_add(places.len(), Ordering::Relaxed);
        }
    });
    let checks = checks.into_inner();
    println!("{} payloads, {checks} values", payloads.len());
    assert!(checks > 150_000, "only {checks} values");
}

#[test]
fn a_variant_id_is_stamped_as_it_is_and_changes_nothing_else() {
    let page =
        "<body><p id=shown data-cdp-experience=shown data-cdp-text=/v>old</p><footer>rest</footer>";
    let benign = dom::shape_of(&whole(page, &answers("benign"), Some(UTF_8)));
    let stamped = AtomicUsize::new(0);
    parallel::each(&data::payloads(), |payload| {
        let output = whole(page, &answers(payload), Some(UTF_8));
        assert_eq!(dom::shape_of(&output), benign, "{payload:?}");
        let shown = dom::attribute_of(&output, "shown", "data-cdp-shown");
        let is_id = payload.len() <= 256 && !payload.ends_with("_default");
        let expected = if is_id {
            normal(payload, Some(UTF_8))
        } else {
            "control".to_owned()
        };
        assert_eq!(shown, Some(expected), "{payload:?}");
        stamped.fetch_add(usize::from(is_id), Ordering::Relaxed);
    });
    assert!(stamped.into_inner() > 4_500);
}

#[test]
fn a_payload_as_an_address_is_placed_whole_or_not_at_all() {
    let page = "<body data-cdp-experience=x><a id=a href=/authored data-cdp-attr-href=/v>x</a>\
        <img id=i src=/authored data-cdp-attr-src=/v><form id=f action=/authored data-cdp-attr-action=/v></form></body>";
    let benign = dom::shape_of(&whole(page, &answers("/benign"), Some(UTF_8)));
    let placed = AtomicUsize::new(0);
    parallel::each(&data::payloads(), |payload| {
        let output = whole(page, &answers(payload), Some(UTF_8));
        assert_eq!(dom::shape_of(&output), benign, "{payload:?}");
        for (id, name) in [("a", "href"), ("i", "src"), ("f", "action")] {
            let value = dom::attribute_of(&output, id, name).expect("the attribute");
            if value == "/authored" {
                continue;
            }
            placed.fetch_add(1, Ordering::Relaxed);
            assert_eq!(value, normal(payload, Some(UTF_8)));
            let site = url::Url::parse("https://www.example.com/").expect("a site");
            let scheme = site.join(&value).map(|url| url.scheme().to_owned());
            let fits = ["https", "http", "mailto", "tel"];
            assert!(
                scheme.is_err() || fits.contains(&&*scheme.unwrap_or_default()),
                "{value:?}"
            );
        }
    });
    assert!(placed.into_inner() > 3_000);
}

#[test]
fn a_payload_as_trusted_html_stays_inside_its_element() {
    let hosts = [
        ("", "div", ""),
        ("", "p", ""),
        ("<p>", "span", "</p>"),
        ("<ul>", "li", "</ul>"),
        ("<table><tr>", "td", "</tr></table>"),
        ("", "a", ""),
        ("<a href=/>", "b", "</a>"),
        ("<form>", "button", "</form>"),
        ("", "h1", ""),
        ("<svg>", "g", "</svg>"),
        ("<svg><foreignObject>", "i", "</foreignObject></svg>"),
        ("<math>", "mrow", "</math>"),
        ("", "svg", ""),
        ("", "select", ""),
        ("", "textarea", ""),
        ("", "title", ""),
    ];
    let page = hosts.iter().fold("<body>".to_owned(), |page, (before, host, after)| {
        page + &format!(
            "<section>{before}<{host} data-host data-cdp-experience=html data-cdp-html=/v>old</{host}>{after}</section>"
        )
    });
    let page = page + "<p>rest</p><footer>f</footer>";
    let benign = Answers::default().decide("html", &json!({"v": "benign"}));
    let benign = dom::shape_around(whole(&page, &benign, None).as_bytes());
    let mut payloads = data::payloads();
    // A few of them inside of markup that is sound.
    let inside = data::payloads().into_iter().step_by(4);
    payloads.extend(inside.map(|payload| format!("<b>{payload}</b>")));
    let taken = AtomicUsize::new(0);
    parallel::each(&payloads, |payload| {
        let answers = Answers::default().decide("html", &json!({ "v": payload }));
        let settings = settings(Some(UTF_8));
        let seen = run(
            &settings,
            page.as_bytes(),
            &[page.len()],
            true,
            &answers,
            Timing::AtOnce,
        );
        let shown = seen
            .outcomes
            .iter()
            .filter(|(_, result, _)| result == "bound");
        let shown = shown.count();
        if shown == 0 {
            return;
        }
        taken.fetch_add(shown, Ordering::Relaxed);
        let shape = dom::shape_around(&seen.output);
        assert_eq!(
            shape,
            benign,
            "{payload:?}\n{}",
            String::from_utf8_lossy(&seen.output)
        );
    });
    let taken = taken.into_inner();
    println!("{taken} taken as HTML");
    assert!(taken > 10_000, "only {taken}");
}
