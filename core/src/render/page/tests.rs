//! When bytes leave and when somebody is asked: what whole pages in, whole pages out cannot show.

use super::{
    release::{MAX_FRAGMENTS, MAX_OUTCOMES},
    *,
};
use crate::{
    reason::BadMark,
    render::{ignored::IgnoredAt, outcome::ComponentResult},
};

mod inserting;
mod noting;
mod seen;

fn page_with(hold_limit: usize) -> Page {
    Page::new(PageSettings {
        guest: false,
        hold_limit,
        declared: Some(UTF_8),
        trusted_html: Vec::new(),
        personalise: true,
        insertion: None,
    })
}

fn page() -> Page {
    page_with(1_000)
}

fn out(page: &mut Page) -> String {
    String::from_utf8(page.take_output()).unwrap()
}

fn id(text: &str) -> FriendlyId {
    FriendlyId::parse(text).unwrap()
}

fn asked(page: &mut Page) -> Vec<String> {
    let mut asked = Vec::new();
    while let Some(wish) = page.next_wish(0) {
        asked.push(match wish {
            Wish::Guest => "(guest)".to_owned(),
            Wish::Flow(id) => id.to_string(),
            Wish::Fragment(path) => path.as_str().to_owned(),
        });
    }
    asked
}

fn decide(page: &mut Page, friendly_id: &str, json: &str) {
    page.decided(&id(friendly_id), Decision::read(200, json.as_bytes()), 10);
}

#[test]
fn bytes_before_an_undecided_component_leave_at_once_and_the_rest_in_one_piece() {
    let mut page = page();
    page.push(b"<body><p>before</p><div data-cdp-experience=a>x");
    assert_eq!(out(&mut page), "<body><p>before</p>");
    page.push(b"y</div><p>after</p><p>more");
    assert_eq!(out(&mut page), "", "the component holds what follows it");
    assert!(page.is_waiting());
    assert_eq!(asked(&mut page), ["a"]);
    decide(&mut page, "a", "{}");
    let shown = "<div data-cdp-shown=\"control\" data-cdp-experience=a>xy</div><p>after</p><p>more";
    assert_eq!(page.output_len(), shown.len());
    assert_eq!(out(&mut page), shown);
    assert!(!page.is_waiting() && !page.is_done());
    page.end(true);
    assert!(page.is_done());
}

#[test]
fn a_flow_is_asked_for_as_soon_as_the_start_tag_has_passed() {
    let mut page = page();
    page.push(b"<body><div data-cdp-experience=\"a\"");
    assert!(asked(&mut page).is_empty());
    page.push(b">");
    assert_eq!(asked(&mut page), ["a"]);
    page.push(b"<i data-cdp-experience=\"b\">");
    assert!(
        asked(&mut page).is_empty(),
        "whether b is on the page is not yet known"
    );
    page.push(b"</i></div>");
    assert_eq!(
        asked(&mut page),
        ["b"],
        "whatever a decides, b is on the page"
    );
}

#[test]
fn a_decision_that_is_known_already_is_shown_at_once_and_nobody_is_asked() {
    let mut page = page();
    let known = Decision::read(200, br#"{"variantId":"b"}"#);
    page.know(id("a"), known, 7);
    page.push(b"<p data-cdp-experience=a>x<template data-cdp-variant=b>B</template></p>");
    assert_eq!(asked(&mut page), [""; 0]);
    assert_eq!(
        out(&mut page),
        "<p data-cdp-shown=\"b\" data-cdp-experience=a>B</p>"
    );
    assert_eq!(page.outcomes()[0].flow_ms, 7);
}

#[test]
fn a_component_that_failed_while_open_streams_through() {
    let mut page = page();
    page.push(b"<div data-cdp-experience=a>one ");
    assert_eq!(out(&mut page), "");
    page.decided(&id("a"), Err(Failure::CdpError), 10);
    assert_eq!(out(&mut page), "<div data-cdp-experience=a>one ");
    page.push(b"two<i data-cdp-experience=b>three</i>");
    assert_eq!(out(&mut page), "two<i data-cdp-experience=b>three</i>");
    assert_eq!(asked(&mut page), ["a"], "b stays as authored with a");
    page.push(b"</div><i data-cdp-experience=c>four</i>");
    assert_eq!(out(&mut page), "</div>");
    assert_eq!(asked(&mut page), ["c"]);
    let outcomes: Vec<_> = page.outcomes().iter().map(|o| o.result).collect();
    assert_eq!(outcomes, [ComponentResult::Failed(Failure::CdpError)]);
}

#[test]
fn a_component_too_large_to_hold_streams_through_before_its_end() {
    let mut page = page_with(10);
    page.push(b"<div data-cdp-experience=a>0123456789");
    assert_eq!(out(&mut page), "", "the limit is not passed");
    page.push(b"0");
    assert_eq!(out(&mut page), "<div data-cdp-experience=a>01234567890");
    decide(&mut page, "a", "{}");
    page.push(b"1</div>");
    page.end(true);
    assert_eq!(out(&mut page), "1</div>");
    assert_eq!(page.outcomes().len(), 1);
    assert_eq!(
        page.outcomes()[0].result,
        ComponentResult::Failed(Failure::TooLarge)
    );
}

#[test]
fn reading_pauses_while_a_hold_limit_waits_behind_a_component() {
    let mut page = page_with(100);
    page.push(b"<i data-cdp-experience=a>x</i>");
    assert!(page.wants_bytes());
    let held = "<i data-cdp-experience=a>x</i>".len();
    page.push(&vec![b'x'; 99 - held]);
    assert!(page.wants_bytes(), "one byte less than the limit is held");
    page.push(b"x");
    assert!(!page.wants_bytes(), "enough is held");
    assert!(!page.has_ended());
    decide(&mut page, "a", "{}");
    assert!(page.wants_bytes());
    page.end(true);
    assert!(!page.wants_bytes(), "there is nothing more to read");
    assert!(page.has_ended());
}

#[test]
fn a_component_that_came_whole_is_too_large_from_the_first_byte_over_the_limit() {
    for (content, result) in [
        ("0123456789", ComponentResult::Control),
        ("0123456789a", ComponentResult::Failed(Failure::TooLarge)),
    ] {
        let mut page = page_with(10);
        page.push(format!("<div data-cdp-experience=a>{content}</div>").as_bytes());
        decide(&mut page, "a", "{}");
        assert_eq!(page.outcomes()[0].result, result, "{content}");
    }
}

#[test]
fn an_open_component_never_pauses_reading() {
    let mut page = page_with(100);
    page.push(b"<i data-cdp-experience=a>");
    for _ in 0..30 {
        page.push(b"<b>xx</b>");
        assert!(page.wants_bytes(), "its end must come, or its limit");
    }
}

#[test]
fn after_the_budget_nothing_is_asked_and_nothing_waits() {
    let mut page = page();
    page.push(b"<i data-cdp-experience=a>x</i><i data-cdp-experience=b>y");
    assert_eq!(asked(&mut page), ["a", "b"]);
    page.deadline(400);
    assert_eq!(
        out(&mut page),
        "<i data-cdp-experience=a>x</i><i data-cdp-experience=b>y"
    );
    decide(&mut page, "a", r#"{"variantId":"late"}"#);
    page.push(b"</i><i data-cdp-experience=c>z</i>");
    assert_eq!(out(&mut page), "</i><i data-cdp-experience=c>z</i>");
    assert!(asked(&mut page).is_empty());
    page.end(true);
    let results: Vec<_> = page
        .outcomes()
        .iter()
        .map(|o| (o.result, o.flow_ms))
        .collect();
    let timeout = ComponentResult::Failed(Failure::Timeout);
    assert_eq!(results, [(timeout, 400), (timeout, 400), (timeout, 0)]);
}

#[test]
fn a_decision_in_time_and_its_milliseconds() {
    let mut page = page();
    page.push(b"<i data-cdp-experience=a>x</i>");
    assert_eq!(page.next_wish(30), Some(Wish::Flow(id("a"))));
    page.decided(&id("a"), Decision::read(200, b"{}"), 75);
    assert_eq!(page.outcomes()[0].flow_ms, 45);
    assert_eq!(page.outcomes()[0].id, Some(ComponentId(0)));
}

#[test]
fn a_fragment_is_asked_for_once_its_component_is_decided_and_next() {
    let mut page = page();
    page.push(b"<i data-cdp-experience=a data-cdp-fragment=/f>x</i><i data-cdp-experience=b data-cdp-fragment=/f>y</i>");
    assert_eq!(asked(&mut page), ["a", "b"]);
    decide(&mut page, "b", r#"{"f":"/two"}"#);
    assert!(asked(&mut page).is_empty(), "a is first in the page");
    decide(&mut page, "a", r#"{"f":"/one"}"#);
    assert_eq!(asked(&mut page), ["/one"]);
    let one = FragmentPath::parse("/one").unwrap();
    page.fragment(&one, Ok((b"<b>1</b>".to_vec(), Some(UTF_8))), 20);
    let shown =
        "<i data-cdp-shown=\"control\" data-cdp-experience=a data-cdp-fragment=/f><b>1</b></i>";
    assert_eq!(out(&mut page), shown);
    assert_eq!(asked(&mut page), ["/two"]);
    page.deadline(400);
    assert_eq!(
        out(&mut page),
        "<i data-cdp-experience=b data-cdp-fragment=/f>y</i>"
    );
}

#[test]
fn fragments_that_show_each_other_come_to_an_end() {
    let mut page = page_with(1 << 20);
    let inside = |path: &str, next: usize| {
        let component = format!("<i data-cdp-experience=e{next} data-cdp-fragment=/f>{path}</i>");
        component.repeat(10).into_bytes()
    };
    page.push(&inside("/0", 0));
    for _ in 0..20 {
        for wish in asked(&mut page) {
            match wish.strip_prefix('e') {
                Some(number) => {
                    decide(
                        &mut page,
                        &wish,
                        &format!(r#"{{"f":"/{number}","variantId":"v"}}"#),
                    );
                }
                None => {
                    let number: usize = wish.trim_start_matches('/').parse().unwrap();
                    let path = FragmentPath::parse(&wish).unwrap();
                    page.fragment(&path, Ok((inside(&wish, number + 1), None)), 1);
                }
            }
        }
    }
    page.deadline(400);
    page.end(true);
    assert!(page.is_done());
    assert_eq!(page.fragments_shown, MAX_FRAGMENTS);
    assert!(page.outcomes().len() <= MAX_OUTCOMES + 100);
}

#[test]
fn a_fragment_that_leads_back_to_itself_is_shown_once() {
    let mut page = page();
    let component = "<i data-cdp-experience=a data-cdp-fragment=/f>x</i>";
    page.push(component.as_bytes());
    asked(&mut page);
    decide(&mut page, "a", r#"{"f":"/same"}"#);
    let path = FragmentPath::parse("/same").unwrap();
    page.fragment(&path, Ok((component.as_bytes().to_vec(), None)), 20);
    assert_eq!(
        out(&mut page),
        format!(
            "<i data-cdp-shown=\"control\" data-cdp-experience=a data-cdp-fragment=/f>{component}</i>"
        )
    );
    let results: Vec<_> = page.outcomes().iter().map(|o| o.result).collect();
    let too_many = ComponentResult::Failed(Failure::TooMany);
    assert_eq!(results, [ComponentResult::Variant, too_many]);
}

#[test]
fn what_nobody_decides_for_is_listed_with_the_reason_and_passes() {
    let html = "<body><i data-cdp-experience=a>x</i><i data-cdp-experience='?'>y</i><i data-cdp-guest>z</i>";
    let listed = |guest: bool| {
        let mut page = Page::new(PageSettings {
            guest,
            hold_limit: 1_000,
            declared: None,
            trusted_html: Vec::new(),
            personalise: false,
            insertion: None,
        });
        page.refuse(Failure::BreakerOpen);
        page.push(html.as_bytes());
        page.end(true);
        assert_eq!(out(&mut page), html);
        assert!(asked(&mut page).is_empty());
        let listed = page.outcomes().iter().map(|outcome| {
            let id = outcome.friendly_id.as_ref().map(ToString::to_string);
            (outcome.kind.label(), id, outcome.result.label())
        });
        listed.collect::<Vec<_>>()
    };
    let expected = [
        ("experience", Some("a".to_owned()), "breaker_open"),
        ("experience", None, "bad_friendly_id"),
        ("guest", None, "breaker_open"),
    ];
    assert_eq!(listed(true), expected);
    assert_eq!(
        listed(false),
        expected[..2],
        "a guest mark counts only where XM vouches for the visitor"
    );
}

#[test]
fn a_component_inside_of_a_guest_element_that_does_not_count_takes_its_values() {
    let mut page = page();
    let authored = "<i data-cdp-text=/t>own</i>";
    let inner = "<p data-cdp-experience=b><b data-cdp-text=/t>x</b></p>";
    page.push(
        format!("<section data-cdp-experience=a><div data-cdp-guest>{authored}{inner}{authored}</div></section>")
            .as_bytes(),
    );
    for name in ["a", "b"] {
        decide(&mut page, name, r#"{"t":"T"}"#);
    }
    let shown = out(&mut page);
    let inner = "<p data-cdp-shown=\"control\" data-cdp-experience=b><b data-cdp-text=/t>T</b></p>";
    assert!(
        shown.contains(&format!("{authored}{inner}{authored}")),
        "{shown}"
    );
}

#[test]
fn behind_a_guest_element_that_does_not_count_marks_count_again() {
    for inside in ["x", "<i data-cdp-text=/t>own</i>"] {
        let mut page = page();
        let guest = format!("<span data-cdp-guest>{inside}</span>");
        page.push(
            format!("<p data-cdp-experience=a>{guest}<b data-cdp-text=/t>x</b></p>").as_bytes(),
        );
        decide(&mut page, "a", r#"{"t":"T"}"#);
        let shown = out(&mut page);
        assert!(
            shown.ends_with(&format!("{guest}<b data-cdp-text=/t>T</b></p>")),
            "{shown}"
        );
    }
}

#[test]
fn behind_a_template_that_does_not_end_no_mark_counts() {
    let mut page = page();
    let html = "<div data-cdp-experience=a><p data-cdp-text=/t><template>x</div><i data-cdp-experience=b>y</i>";
    page.push(html.as_bytes());
    page.end(true);
    decide(&mut page, "a", r#"{"t":"T"}"#);
    assert_eq!(out(&mut page), html);
    assert_eq!(
        asked(&mut page),
        [""; 0],
        "to a browser, b is in the template"
    );
}

#[test]
fn where_a_block_ends_a_paragraph_what_failed_in_it_hides_no_marks() {
    for between in ["", "<i data-cdp-if=/t>"] {
        let mut page = page();
        let before = format!("<p data-cdp-text=/t>{between}<span data-cdp-experience=''>x");
        page.push(
            format!(
                "<section data-cdp-experience=a>{before}<div><b data-cdp-text=/t>y</b></div></section>"
            )
            .as_bytes(),
        );
        decide(&mut page, "a", r#"{"t":"T"}"#);
        let shown = out(&mut page);
        let after = format!("{before}<div><b data-cdp-text=/t>T</b></div></section>");
        assert!(shown.ends_with(&after), "{shown}");
    }
}

#[test]
fn a_component_is_shown_only_if_its_end_tag_is_a_browsers_too() {
    let end = |name: &str| format!("</{name}>");
    #[rustfmt::skip]
    let contents = [
        ("b", "x<b>y</b>z", true), ("b", "x<p>y<div>z</div>", true), ("span", "x<p>y</p>z", true), ("h1", "x<br>y<span>z</span>", true),
        ("b", "x<p>y", false), ("span", "x<li>y", false), ("h1", "x<br><h2>y</h2>", false), ("b", "x<i>y</b>z</i><b>z", true),
    ];
    for (name, content, is_shown) in contents {
        let mut page = page();
        let tag = format!("<{name} data-cdp-experience=a>");
        page.push(format!("<body>{tag}{content}{}<p>after", end(name)).as_bytes());
        page.end(true);
        decide(&mut page, "a", "{}");
        let shown = out(&mut page).contains("data-cdp-shown");
        assert_eq!(shown, is_shown, "{tag}{content}");
    }
}

#[test]
fn what_cannot_be_read_passes_as_it_comes() {
    let mut page = page();
    page.push(b"<body><i data-cdp-experience=a>x</i><select><style>");
    page.push(b"</style></select><i data-cdp-experience=b>y</i>");
    assert_eq!(out(&mut page), "<body>");
    page.push(b"z");
    decide(&mut page, "a", "{}");
    let rest = "<select><style></style></select><i data-cdp-experience=b>y</i>z";
    assert_eq!(
        out(&mut page),
        format!("<i data-cdp-shown=\"control\" data-cdp-experience=a>x</i>{rest}")
    );
    page.push(b"<p>");
    assert_eq!(out(&mut page), "<p>", "nothing is held any more");
    assert_eq!(asked(&mut page), ["a"]);
    page.end(true);
    assert_eq!(page.given_up_for(), Some(Failure::AmbiguousMarkup));
}

#[test]
fn a_page_that_is_read_to_its_end_or_broke_off_was_not_given_up() {
    for complete in [true, false] {
        let mut page = page();
        page.push(b"<body><i data-cdp-experience=a>x");
        page.end(complete);
        assert_eq!(page.given_up_for(), None);
    }
}

#[test]
fn thousands_of_marks_that_name_nothing_are_noted_a_bounded_number_of_times() {
    let mut page = page();
    page.push("<i data-cdp-experience=''>x</i>".repeat(20_000).as_bytes());
    page.end(true);
    assert_eq!(page.outcomes().len(), MAX_OUTCOMES);
    assert!(page.is_done());
}

#[test]
fn without_personalisation_facts_are_read_and_marks_are_not() {
    let mut page = Page::new(PageSettings {
        guest: false,
        personalise: false,
        insertion: None,
        hold_limit: 0,
        declared: None,
        trusted_html: Vec::new(),
    });
    let bytes = b"<html lang=de><meta name=cdp:page content='Start'><div data-cdp-experience=a>x";
    page.push(bytes);
    page.end(true);
    assert_eq!(page.take_output(), bytes);
    assert!(asked(&mut page).is_empty() && page.outcomes().is_empty());
    assert_eq!(page.facts().html_lang.as_deref(), Some("de"));
    assert_eq!(page.facts().page_name.as_deref(), Some("Start"));
}

#[test]
fn a_mark_that_a_decision_is_at_odds_with_is_told_by_place_to_who_asks() {
    let html = "<div data-cdp-experience=a data-cdp-attr-href=/x><b data-cdp-text=/t></b><i data-cdp-if=/none>y</i></div>";
    let ignored = |ask: bool| {
        let mut page = page();
        if ask {
            page.keep_places();
        }
        page.push(format!("<body>{html}").as_bytes());
        page.end(true);
        asked(&mut page);
        decide(
            &mut page,
            "a",
            r#"{"x": "javascript:1", "t": [], "variantId": null}"#,
        );
        let at = |tag: &str| "<body>".len() + html.find(tag).unwrap();
        let place = |reason, tag: &str, mark: &str| IgnoredAt {
            reason,
            fragment: None,
            tag: at(tag),
            mark: mark.to_owned(),
        };
        let expected = [
            place(BadMark::WrongType, "<b", "data-cdp-text"),
            place(BadMark::PointerUnresolved, "<i", "data-cdp-if"),
            place(BadMark::UrlRefused, "<div", "data-cdp-attr-href"),
        ];
        assert_eq!(page.ignored_marks().values().sum::<u32>(), 3);
        (page.ignored_at().to_vec(), expected)
    };
    let (told, expected) = ignored(true);
    assert_eq!(told, expected);
    assert!(ignored(false).0.is_empty(), "the Worker does not ask");
}

#[test]
fn a_mark_of_a_fragment_is_told_with_the_fragments_path() {
    let mut page = page();
    page.keep_places();
    page.push(b"<body><div data-cdp-experience=a data-cdp-fragment=/f>x</div>");
    page.end(true);
    asked(&mut page);
    decide(&mut page, "a", r#"{"f": "/part"}"#);
    asked(&mut page);
    let path = FragmentPath::parse("/part").unwrap();
    page.fragment(
        &path,
        Ok((b"<p><b data-cdp-text=/none>x</b></p>".to_vec(), None)),
        0,
    );
    let [ignored] = page.ignored_at() else {
        panic!("{:?}", page.ignored_at());
    };
    assert_eq!((ignored.fragment.as_ref(), ignored.tag), (Some(&path), 3));
}

#[test]
fn the_time_in_which_nothing_could_leave_is_known() {
    let mut page = page();
    page.push(b"<body><p data-cdp-experience=a>x</p><i>between</i><p data-cdp-experience=b>y</p>");
    asked(&mut page);
    page.tell_time(5);
    // Decides at 10; the second one holds from then on, and until the budget ends.
    decide(&mut page, "a", "{}");
    assert_eq!(page.held_ms(), 0, "the page still waits: for the next one");
    page.tell_time(50);
    page.deadline(100);
    assert_eq!(page.held_ms(), 95);
    page.tell_time(900);
    page.end(true);
    assert_eq!(page.held_ms(), 95, "nothing was waited for any more");
}

#[test]
fn a_decision_that_is_there_first_holds_nothing() {
    let mut page = page();
    page.know(id("a"), Decision::read(200, b"{}"), 3);
    page.push(b"<body><p data-cdp-experience=a>x</p>");
    page.tell_time(5);
    page.end(true);
    page.tell_time(80);
    assert_eq!(page.held_ms(), 0);
}
