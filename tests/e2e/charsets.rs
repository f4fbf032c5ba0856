//! Promise: bytes outside what is replaced never change, in any ASCII-compatible charset, and what is placed is
//! readable in the page's charset (product §2, faults B14).

use serde_json::json;
use xm_edge_tests::{Page, Reply, World, assert_bytes, component, find};

use crate::common::take_shown;

/// A page whose component shows `/text`, with `raw` bytes around and inside.
fn marked(raw: &[u8]) -> (Vec<u8>, impl Fn(&[u8]) -> Vec<u8>) {
    let page = Page::with("");
    let (top, bottom) = (page.top().into_bytes(), page.bottom().into_bytes());
    let open = b"<div data-cdp-experience=\"hero\"><b>".to_vec();
    let raw = raw.to_vec();
    let build = move |text: &[u8]| {
        let mark = b"</b><i data-cdp-text=\"/text\">".as_slice();
        [
            &top,
            raw.as_slice(),
            &open,
            &raw,
            mark,
            text,
            b"</i></div>",
            &raw,
            &bottom,
        ]
        .concat()
    };
    (build(b"default"), build)
}

fn shown(charset: &str, raw: &[u8], text: &str) -> (Vec<u8>, impl Fn(&[u8]) -> Vec<u8>) {
    let world = World::start();
    let (html, expected) = marked(raw);
    let content_type = format!("text/html; charset={charset}");
    world.page(
        "/",
        Reply::status(200)
            .header("Content-Type", &content_type)
            .part(html),
    );
    world.cdp.decide("hero", json!({"text": text}));
    let response = world.revisit("/").get();
    assert_eq!(response.header("content-type"), Some(content_type.as_str()));
    (take_shown(&response.decoded()).0, expected)
}

#[test]
fn a_windows_1252_page_shows_what_its_charset_has_as_bytes() {
    let (body, expected) = shown(
        "windows-1252",
        b"caf\xe9 \x80\x99 \x81",
        "cr\u{e8}me \u{2013} \u{20ac}5",
    );
    assert_bytes(&body, &expected(b"cr\xe8me \x96 \x805"), "page");
}

#[test]
fn a_windows_1252_page_shows_what_its_charset_lacks_as_references() {
    let (body, expected) = shown("windows-1252", b"caf\xe9", "\u{4e2d} \u{1f600} & <b>");
    assert_bytes(
        &body,
        &expected(b"&#20013; &#128512; &amp; &lt;b&gt;"),
        "page",
    );
}

#[test]
fn a_gb2312_page_shows_what_its_charset_has_as_bytes() {
    let (body, expected) = shown("gb2312", b"\xc4\xe3\xba\xc3 \xff", "\u{4e2d}\u{6587}");
    assert_bytes(&body, &expected(b"\xd6\xd0\xce\xc4"), "page");
}

#[test]
fn a_gb2312_page_shows_what_its_charset_lacks_as_references() {
    let (body, expected) = shown("gb2312", b"\xc4\xe3\xba\xc3", "\u{1f600}");
    assert_bytes(&body, &expected(b"&#128512;"), "page");
}

#[test]
fn invalid_utf_8_outside_the_replaced_range_stays() {
    let (body, expected) = shown("utf-8", b"\xff\xfe \xc3( \xf0\x9f", "\u{1f600}\u{e9}");
    assert_bytes(&body, &expected("\u{1f600}\u{e9}".as_bytes()), "page");
}

#[test]
fn a_byte_order_mark_stays() {
    let world = World::start();
    let html = [b"\xef\xbb\xbf".as_slice(), marked(b"x").0.as_slice()].concat();
    world.page("/", Reply::html(&html));
    world.cdp.decide("hero", json!({"text": "default"}));
    assert_bytes(
        &take_shown(&world.revisit("/").get().decoded()).0,
        &html,
        "page",
    );
}

/// What a component shows for `é中` on a page with this content type and these bytes in front.
fn placed(content_type: &str, front: &[u8], head: &str) -> Vec<u8> {
    let world = World::start();
    let open = "<i data-cdp-text=\"/text\">";
    let page = Page::with(component("hero", &format!("{open}default</i>"))).head(head);
    let html = [front, page.html().as_bytes()].concat();
    world.page(
        "/",
        Reply::status(200)
            .header("Content-Type", content_type)
            .part(html),
    );
    world.cdp.decide("hero", json!({"text": "\u{e9}\u{4e2d}"}));
    let body = world.revisit("/").get().decoded();
    let start = find(&body, open.as_bytes()).expect("the component") + open.len();
    let end = find(&body[start..], b"</i>").expect("the component's end");
    body[start..start + end].to_vec()
}

const REFERENCES: &[u8] = b"&#233;&#20013;";
const UTF_8: &[u8] = "\u{e9}\u{4e2d}".as_bytes();

#[test]
fn a_page_that_names_no_charset_gets_plain_ascii() {
    // Without a charset the page may be in any: ASCII with references reads the same in all of them.
    assert_bytes(&placed("text/html", b"", ""), REFERENCES, "placed text");
}

#[test]
fn a_charset_that_only_the_page_names_is_never_misread() {
    let placed = placed("text/html", b"", "<meta charset=windows-1252>");
    assert!(
        placed == REFERENCES || placed == b"\xe9&#20013;",
        "{placed:?}"
    );
}

#[test]
fn a_page_that_contradicts_its_header_is_never_misread() {
    let placed = placed(
        "text/html; charset=utf-8",
        b"",
        "<meta charset=windows-1252>",
    );
    assert!(placed == REFERENCES || placed == UTF_8, "{placed:?}");
}

#[test]
fn a_byte_order_mark_that_contradicts_the_header_is_never_misread() {
    // Browsers believe the mark (Encoding Standard, BOM sniff).
    let placed = placed("text/html; charset=windows-1252", b"\xef\xbb\xbf", "");
    assert!(placed == REFERENCES || placed == UTF_8, "{placed:?}");
}
