//! When what is put in leaves, and what waits for it.

use super::*;
use crate::insertion::Detector;

const SCRIPT: &str = "<script>own</script>";
const FRAME: &str = "<noscript>own</noscript>";

fn page() -> Page {
    page_with_insertion(true)
}

fn page_with_insertion(personalise: bool) -> Page {
    Page::new(PageSettings {
        guest: false,
        hold_limit: 1_000,
        declared: Some(UTF_8),
        trusted_html: Vec::new(),
        personalise,
        insertion: Some(Insertion {
            head: SCRIPT.to_owned(),
            body: FRAME.to_owned(),
            carried: Detector::new(&[&["CARRIED"]]),
        }),
    })
}

#[test]
fn the_head_leaves_at_once_and_its_end_with_the_first_that_may_be_seen() {
    for personalise in [true, false] {
        let mut page = page_with_insertion(personalise);
        page.push(b"<html><head><title>t</title>");
        assert_eq!(out(&mut page), "<html><head><title>t</title>");
        page.push(b"<link rel=x></head>\n<body><!-- c --><script>a</scr");
        assert_eq!(out(&mut page), "<link rel=x>");
        page.push(b"ipt>");
        assert_eq!(out(&mut page), "", "there may be a snippet");
        page.push(b"<h1>");
        let rest = format!("{SCRIPT}</head>\n<body>{FRAME}<!-- c --><script>a</script><h1>");
        assert_eq!(out(&mut page), rest);
        page.push(b"x");
        assert_eq!(out(&mut page), "x");
    }
}

#[test]
fn a_snippet_at_the_start_of_the_body_is_seen_before_the_verdict() {
    let mut page = page();
    page.push(b"<head></head><body>");
    assert_eq!(out(&mut page), "<head>");
    page.push(b"<noscript>CARRIED</noscript>");
    page.push(b"<p>");
    assert_eq!(
        out(&mut page),
        "</head><body><noscript>CARRIED</noscript><p>"
    );
    page.push(b"</body>");
    page.end(true);
    assert_eq!(out(&mut page), "</body>");
    assert!(!page.is_doubled());
}

#[test]
fn a_snippet_further_down_is_told_and_nothing_waits_for_it() {
    let mut page = page();
    page.push(b"<head></head><body><p>");
    let put_in = format!("<head>{SCRIPT}</head><body>{FRAME}<p>");
    assert_eq!(out(&mut page), put_in);
    page.push(b"CARR");
    assert!(!page.is_doubled());
    page.push(b"IED");
    assert_eq!(out(&mut page), "CARRIED");
    assert!(page.is_doubled());
}

#[test]
fn what_waits_for_the_verdict_is_bounded() {
    let mut page = page();
    page.push(b"<head></head><body><script>");
    let line = "0123456789abcdef".repeat(64);
    let mut waited = 0;
    while page.output_len() < 100 {
        page.push(line.as_bytes());
        waited += line.len();
        assert!(waited <= 17 * 1024);
    }
    assert!(waited > 15 * 1024, "only {waited} bytes were looked at");
    let left = out(&mut page);
    assert!(left.starts_with(&format!("<head>{SCRIPT}</head><body>{FRAME}<script>0123")));
}

#[test]
fn a_waiting_component_does_not_keep_the_head_and_the_verdict_keeps_no_decision() {
    let mut page = page();
    page.push(b"<head></head><body><noscript>a</noscript>");
    assert_eq!(out(&mut page), "<head>");
    page.push(b"<i data-cdp-experience=a>x</i><p>y");
    let head = format!("{SCRIPT}</head><body>{FRAME}<noscript>a</noscript>");
    assert_eq!(out(&mut page), head);
    assert_eq!(asked(&mut page), ["a"]);
    decide(&mut page, "a", "{}");
    let rest = "<i data-cdp-shown=\"control\" data-cdp-experience=a>x</i><p>y";
    assert_eq!(out(&mut page), rest);
}

#[test]
fn a_component_that_is_asked_for_while_the_verdict_is_open() {
    let mut page = page();
    page.push(b"<head></head><body><style data-cdp-experience=a></style><!--");
    assert_eq!(out(&mut page), "<head>");
    assert_eq!(asked(&mut page), ["a"]);
    decide(&mut page, "a", "{}");
    assert_eq!(out(&mut page), "");
    page.push(b"--><p>");
    assert!(out(&mut page).starts_with(&format!(
        "{SCRIPT}</head><body>{FRAME}<style data-cdp-shown"
    )));
}

#[test]
fn a_page_that_broke_off_gets_what_was_decided_and_no_more() {
    let mut decided = page();
    decided.push(b"<head></head><body><p>");
    decided.end(false);
    let put_in = format!("<head>{SCRIPT}</head><body>{FRAME}<p>");
    assert_eq!(out(&mut decided), put_in);
    for before in [
        "<head></head>",
        "<head></head><body><!-- x",
        "<p>fragment",
        "",
    ] {
        let mut page = page();
        page.push(before.as_bytes());
        page.end(false);
        assert_eq!(out(&mut page), before);
        assert!(page.is_done());
    }
}

#[test]
fn what_cannot_be_read_passes_with_what_was_located_before() {
    let mut behind = page();
    behind.push(b"<head><select><style></style></select></head><body>x");
    behind.push(b"y");
    behind.end(true);
    let bytes = "<head><select><style></style></select></head><body>xy";
    assert_eq!(out(&mut behind), format!("{bytes}{SCRIPT}"));
    let mut cut = page();
    cut.push(b"<head><select><style></style></select></head><body>");
    cut.end(false);
    assert!(!out(&mut cut).contains("own"));
    let mut before = page();
    before.push(b"<head></head><body><select><style></style></select>");
    before.end(true);
    let rest = "<select><style></style></select>";
    assert_eq!(
        out(&mut before),
        format!("<head>{SCRIPT}</head><body>{FRAME}{rest}")
    );
}

#[test]
fn a_page_of_nothing_but_tags_gets_both_at_its_end() {
    let mut page = page();
    page.push(b"<head></head><body>");
    page.end(true);
    assert_eq!(
        out(&mut page),
        format!("<head>{SCRIPT}</head><body>{FRAME}")
    );
    assert!(page.is_done());
}
