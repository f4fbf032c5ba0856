//! What the overlay says of a page.

use encoding_rs::UTF_8;

use super::*;
use crate::{
    decision::Decision,
    preview::{Choice, Link},
    reason::Failure,
    render::{PageSettings, Wish},
    template::FriendlyId,
};

const NOW: u64 = 1_800_000_000;

/// Friendly ids, and a variant or the JSON of a decision.
type Pairs<'p> = &'p [(&'p str, &'p str)];

fn settings(show: &[(&str, &str)], visitor: Visitor, csp: Option<&str>) -> Settings {
    let (link, _) = Link::new(
        "https://shop.example/shoes",
        show.iter().copied(),
        NOW + 7_199,
    )
    .unwrap();
    let preview = Rc::new(Preview {
        link,
        token: "a.b".to_owned(),
    });
    Settings {
        preview,
        base: "https://shop.example/_cdp".to_owned(),
        page: "/shoes?a=\"><script>".to_owned(),
        csp: csp.map(str::to_owned),
        visitor,
        now_s: NOW,
    }
}

/// The page as it leaves in a preview, where the CDP answers `decisions`.
fn leave(html: &str, settings: &Settings, decisions: &[(&str, &str)]) -> String {
    let mut page = Page::new(PageSettings {
        hold_limit: 100_000,
        declared: Some(UTF_8),
        trusted_html: Vec::new(),
        guest: false,
        personalise: true,
        insertion: None,
    });
    page.keep_notes();
    for (id, choice) in settings.preview.link.show.iter() {
        let variant = match choice {
            Choice::Control => None,
            Choice::Variant(variant) => Some(variant.clone()),
        };
        page.know(id.clone(), Ok(Decision::set(variant)), 0);
    }
    let mut overlay = Overlay::new(settings.clone());
    page.push(html.as_bytes());
    page.end(true);
    while let Some(wish) = page.next_wish(5) {
        if let Wish::Flow(id) = wish {
            let answer = decisions.iter().find(|(known, _)| *known == id.as_str());
            let answer = answer.map_or(Err(Failure::NoBrowserId), |(_, json)| {
                Decision::read(200, json.as_bytes())
            });
            page.decided(&id, answer, 128);
        }
    }
    let mut out = overlay.pass(page.take_output());
    out.extend(overlay.finish(&page));
    String::from_utf8(out).unwrap()
}

const HERO: &str = "<body><div data-cdp-experience=hero>d<template data-cdp-variant=a>A</template>\
                    <template data-cdp-variant=b>B</template></div></body>";

/// The overlay without its first element, and the page without the overlay.
#[track_caller]
fn split(left: &str) -> (String, String) {
    let (before, rest) = left.split_once("<cdp-preview>").unwrap();
    let (overlay, behind) = rest.split_once("</cdp-preview>").unwrap();
    (overlay.to_owned(), format!("{before}{behind}"))
}

#[track_caller]
fn says(overlay: &str, expected: &[&str]) {
    for text in expected {
        assert!(overlay.contains(text), "{text:?} is not in {overlay}");
    }
}

#[test]
fn a_choice_is_shown_as_chosen_and_every_other_can_be_made() {
    let left = leave(HERO, &settings(&[("hero", "b")], Visitor::Known, None), &[]);
    let (overlay, page) = split(&left);
    assert_eq!(
        page,
        "<body><div data-cdp-shown=\"b\" data-cdp-experience=hero>B</div></body>"
    );
    says(
        &overlay,
        &[
            "1 of 1 chosen",
            "<h2>hero</h2>",
            "1 h 59 min left",
            "data-until=\"1800007199\"",
            "<span class=\"shown\">b</span> Chosen in this preview.</p><p class=\"facts\">Result: variant &middot; held the page for 0 ms",
            "<button name=\"show\" value=\"hero=\" aria-pressed=\"false\">As the CDP decides</button>",
            "<button name=\"show\" value=\"hero=control\" aria-pressed=\"false\">Default content</button>",
            "<button name=\"show\" value=\"hero=a\" aria-pressed=\"false\">a</button>",
            "<button name=\"show\" value=\"hero=b\" aria-pressed=\"true\">b</button>",
            "The CDP was not asked.",
            "name=\"token\" value=\"a.b\"",
            "Start over",
        ],
    );
    assert!(!overlay.contains("What the CDP answered"));
}

#[test]
fn a_decision_of_the_cdp_is_told_with_its_times_and_counts() {
    let left = leave(
        HERO,
        &settings(&[], Visitor::Known, None),
        &[("hero", r#"{"variantId":"a","x":"<b>"}"#)],
    );
    let (overlay, _) = split(&left);
    says(
        &overlay,
        &[
            "1 component<",
            "The CDP chose it for you.",
            "decided in 123 ms",
            "held the page for",
            "as an exposure of yours",
            "class=\"now\">a<span class=\"sr\"> (shown now)</span>",
            "What the CDP answered",
            "<pre>{&#x22;variantId&#x22;:&#x22;a&#x22;,&#x22;x&#x22;:&#x22;&#x3C;b&#x3E;&#x22;}</pre>",
        ],
    );
    assert!(!overlay.contains("Start over"));
}

#[test]
fn why_the_default_content_is_shown_is_told() {
    #[rustfmt::skip]
    let cases: &[(Pairs<'_>, Visitor, Pairs<'_>, &[&str])] = &[
        (&[("hero", "control")], Visitor::Known, &[], &["Chosen in this preview.", "Result: control", "aria-pressed=\"true\">Default content"]),
        (&[("hero", "gone")], Visitor::Known, &[], &["This preview chooses gone, and this page has no such variant.", "value=\"hero=gone\" aria-pressed=\"true\""]),
        (&[], Visitor::Known, &[("hero", r#"{"variantId":"gone"}"#)], &["The CDP chose gone, and XM has written no such variant."]),
        (&[], Visitor::Known, &[("hero", "{}")], &["The CDP chose it for you.", "class=\"now\">Default content"]),
        (&[], Visitor::Known, &[("hero", "[]")], &["Result: invalid_decision", "no JSON object", "was asked for your own browser"]),
        (&[], Visitor::WithoutId, &[], &["Result: no_id", "a preview makes none", "The CDP was not asked"]),
        (&[], Visitor::WithoutConsent, &[], &["Result: no_id", "may not be personalised for"]),
        (&[("promo", "x")], Visitor::WithoutId, &[], &["Chosen, and not on this page", "<span class=\"count\">promo</span>: x", "value=\"promo=\""]),
    ];
    for (show, visitor, decisions, expected) in cases {
        let left = leave(HERO, &settings(show, *visitor, None), decisions);
        says(&split(&left).0, expected);
    }
}

#[test]
fn the_same_id_is_listed_once_with_its_places_and_nested_ones_are_indented() {
    let page = "<body><p data-cdp-experience=hero>1<template data-cdp-variant=a>A</template></p><p data-cdp-experience=hero>2\
        <i data-cdp-experience=inner><em data-cdp-text=title>x</em></i></p><b data-cdp-experience=\"\">y</b><i data-cdp-experience=open>\
        </body>";
    let left = leave(
        page,
        &settings(
            &[("hero", "control"), ("inner", "control")],
            Visitor::Known,
            None,
        ),
        &[],
    );
    let (overlay, _) = split(&left);
    assert_eq!(overlay.matches("<h2>hero</h2>").count(), 1);
    says(
        &overlay,
        &[
            "\">1. <span class=\"shown\">default content</span>",
            "\">2. <span",
            "<li class=\"item d1\" data-id=\"inner\">",
            "A component without a friendly id",
            "Correct the mark in XM.",
            "no end tag of its own",
            "Marks that were left alone",
            "1 &times; pointer_syntax",
        ],
    );
}

#[test]
fn a_page_without_components_says_so() {
    let left = leave("<body>x</body>", &settings(&[], Visitor::Known, None), &[]);
    let (overlay, page) = split(&left);
    says(
        &overlay,
        &["no components", "XM has marked no component on this page."],
    );
    assert_eq!(page, "<body>x</body>");
}

#[test]
fn nothing_in_it_leaves_its_place_whatever_xm_and_the_link_say() {
    let html = "<body><div data-cdp-experience=hero>d<template data-cdp-variant=\"&quot;><script>alert(1)</script>\">A</template>\
                <template data-cdp-variant=\"größe\u{1f600}\">B</template></div></body>";
    let left = leave(
        html,
        &settings(
            &[("hero", "</template><img onerror=x>")],
            Visitor::Known,
            None,
        ),
        &[],
    );
    let (overlay, _) = split(&left);
    assert!(overlay.is_ascii());
    for (text, times) in [
        ("<script", 1),
        ("</template>", 1),
        ("<img", 0),
        ("alert(1)</", 0),
        ("<link", 1),
    ] {
        assert_eq!(overlay.matches(text).count(), times, "{text}: {overlay}");
    }
    says(
        &overlay,
        &[
            "gr&#xF6;&#xDF;e&#x1F600;",
            "value=\"/shoes?a=&#x22;&#x3E;&#x3C;script&#x3E;\"",
        ],
    );
}

#[test]
fn the_policys_nonces_are_on_style_sheet_and_script() {
    let csp = "default-src 'none'; script-src 'nonce-s1'; style-src 'nonce-c1'";
    let (overlay, _) = split(&leave(
        HERO,
        &settings(&[], Visitor::WithoutId, Some(csp)),
        &[],
    ));
    says(&overlay, &["nonce=\"c1\">", "async nonce=\"s1\"></script>"]);
    let (plain, _) = split(&leave(HERO, &settings(&[], Visitor::WithoutId, None), &[]));
    assert!(!plain.contains("nonce") && !plain.contains("style="));
    assert_eq!(
        plain.matches("https://").count(),
        3,
        "style sheet, form, script: {plain}"
    );
    assert_eq!(
        plain.matches("https://shop.example/_cdp/preview").count(),
        3
    );
}

#[test]
fn a_page_that_breaks_off_gets_none() {
    let mut overlay = Overlay::new(settings(&[], Visitor::Known, None));
    let mut out = overlay.pass(b"<p>x</body></ht".to_vec());
    out.extend(overlay.give_up());
    assert_eq!(out, b"<p>x</body></ht");
}

#[test]
fn its_files_are_small_and_ascii() {
    for (path, most) in [("/preview.js", 6_144), ("/preview.css", 7_168)] {
        let asset = asset_at(path).unwrap();
        assert!(asset.bytes.is_ascii() && asset.bytes.len() <= most);
    }
    assert!(asset_at("/preview").is_none() && asset_paths().count() == 2);
    assert!(FriendlyId::parse("hero").is_some());
}
