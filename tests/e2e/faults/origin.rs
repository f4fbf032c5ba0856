//! B: XM. What is not in `cuts.rs`, `encodings.rs`, `charsets.rs` and `pass_through.rs`: framing that lies, every status, answers
//! that nobody asked for.

use std::time::Duration;

use serde_json::json;
use xm_edge_tests::{End, Latch, Page, Reply, Response, World, assert_bytes, component, variant};

use crate::{
    common::{
        VARIANT_B, assert_counted, assert_next_page_is_fine, assert_origin_bytes, assert_private,
        assert_shows, event_types, hero_page, hero_page_showing, hero_world, hero_world_with,
        settle, take_shown,
    },
    encodings::gzip,
};

/// The flow of [`hero_page`] decides, so that whatever stays as authored does so for XM's fault.
fn world() -> World {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world
}

/// XM's answer with everything that a personalised page loses.
fn cacheable(reply: Reply) -> Reply {
    reply
        .header("Cache-Control", "public, max-age=600")
        .header("ETag", "\"abc\"")
        .header("X-Xm", "yes")
}

/// XM's answer reaches the visitor unread, is counted by this label, nobody is asked, and the next page is fine.
#[track_caller]
fn assert_untouched(reply: Reply, status: u16, body: impl AsRef<[u8]>, label: &str) -> Response {
    let world = world();
    world.page("/", cacheable(reply));
    let response = world.revisit("/").get();
    assert_eq!((response.status, response.end), (status, End::Complete));
    assert_bytes(&response.body, body.as_ref(), "what XM sent");
    assert_eq!(response.header("x-xm"), Some("yes"));
    assert_eq!(response.header("etag"), Some("\"abc\""));
    assert_counted(&world, label);
    assert_next_page_is_fine(&world);
    let asked = world.cdp.flows();
    assert!(
        asked.iter().all(|flow| flow["friendlyId"] != "hero"),
        "{asked:?}"
    );
    response
}

macro_rules! untouched {
    ($($name:ident: $label:literal, $status:expr, $reply:expr, $body:expr;)+) => {
        $(
            #[test]
            fn $name() {
                drop(assert_untouched($reply, $status, $body, $label));
            }
        )+
    };
}

/// A page in this media type.
fn typed(media_type: &str) -> Reply {
    Reply::status(200)
        .header("Content-Type", media_type)
        .part(hero_page().html())
}

fn html() -> String {
    hero_page().html()
}

untouched! {
    xm_answers_304_to_who_asked_without_conditions: "status", 304, Reply::status(304), "";
    xm_answers_416: "range", 416, Reply::html("no such range").with_status(416).header("Content-Range", "bytes */5"), "no such range";
    xm_answers_500_without_a_body: "status", 500, Reply::status(500), "";
    xm_answers_599: "status", 599, Reply::html(html()).with_status(599), html();
    xm_answers_999: "status", 999, Reply::html(html()).with_status(999), html();
    xm_answers_201: "status", 201, Reply::html(html()).with_status(201), html();
    xm_says_nothing_of_a_type: "no_content_type", 200, Reply::status(200).part(html()), html();
    xm_says_an_empty_type: "no_content_type", 200, typed(""), html();
    xm_says_a_type_that_only_begins_like_html: "not_html", 200, typed("text/html5"), html();
    xm_says_two_types: "not_html", 200, typed("text/html").header("Content-Type", "text/plain"), html();
    xm_says_an_empty_charset_and_another: "charset", 200, typed("text/html; charset=hz-gb-2312"), html();
    xm_says_utf_16be: "charset", 200, typed("text/html; charset=utf-16be"), html();
    xm_sends_deflate: "encoding", 200, Reply::html(b"x\x9c\x03").header("Content-Encoding", "deflate"), b"x\x9c\x03";
    xm_sends_zstd: "encoding", 200, Reply::html(b"\x28\xb5\x2f\xfd").header("Content-Encoding", "zstd"), b"\x28\xb5\x2f\xfd";
    xm_sends_gzip_in_br: "encoding", 200, Reply::html(b"\x0b\x02").header("Content-Encoding", "gzip, br"), b"\x0b\x02";
    xm_sends_half_a_page_as_a_range: "range", 200, Reply::html("half").header("Content-Range", "bytes 0-3/100"), "half";
}

#[test]
fn xm_answers_any_status_of_an_error() {
    let world = world();
    for status in 400..=599 {
        world.page("/", cacheable(Reply::html(html()).with_status(status)));
        let response = world.revisit("/").get();
        assert_eq!((response.status, response.end), (status, End::Complete));
        assert_bytes(&response.body, html().as_bytes(), &status.to_string());
        assert_eq!(response.header("etag"), Some("\"abc\""), "{status}");
    }
    assert!(world.cdp.flows().is_empty());
    assert_next_page_is_fine(&world);
}

/// The page is HTML whatever the spelling of its type, and is personalised.
#[test]
fn xm_spells_html_as_browsers_read_it() {
    let world = world();
    for media_type in [
        "TEXT/HTML;CHARSET=\"UTF-8\"",
        " text/html ;charset=utf-8",
        "text/html; charset=",
        "text/html; charset=utf8; charset=latin1",
        "text/html;",
        "application/xhtml+xml; charset=utf-8",
    ] {
        world.page("/", typed(media_type));
        let response = world.revisit("/").get();
        let (plain, _) = take_shown(&response.decoded());
        assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), media_type);
    }
}

/// XM's page framed by hand.
fn framed(framing: &str, body: &str) -> Reply {
    Reply::raw(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Xm: yes\r\n{framing}\r\n\r\n{body}"
    ))
}

/// Whatever XM says of its length, ours is never a stale one, and what leaves is the beginning of the page, or a clean error.
#[track_caller]
fn assert_framing(framing: &str) -> Response {
    let world = world();
    world.page("/", framed(framing, &html()));
    let response = world.revisit("/").get();
    let (plain, shown) = take_shown(&response.decoded());
    if response.status == 200 {
        let whole = if shown.is_empty() {
            html()
        } else {
            hero_page_showing(VARIANT_B)
        };
        assert!(
            whole.as_bytes().starts_with(&plain),
            "{framing}: {}",
            String::from_utf8_lossy(&plain)
        );
        assert_private(&response);
    } else {
        assert_eq!(response.status, 502, "{framing}");
        assert!(response.text().starts_with("Bad gateway"), "{framing}");
    }
    assert_fine_behind_a_lie(&world);
    response
}

/// As [`assert_next_page_is_fine`]. What XM has sent too much of stands on a connection that the runtime may use once more: that
/// one page is XM's bad gateway, and never a mixture.
#[track_caller]
fn assert_fine_behind_a_lie(world: &World) {
    world.page("/behind", Reply::html(html()));
    let response = world.revisit("/behind").get();
    if response.status == 502 {
        assert!(response.text().starts_with("Bad gateway"));
    } else {
        let (plain, _) = take_shown(&response.decoded());
        assert_bytes(
            &plain,
            hero_page_showing(VARIANT_B).as_bytes(),
            "the page behind",
        );
    }
    assert_next_page_is_fine(world);
}

#[test]
fn xm_says_a_length_that_is_too_small() {
    let html = html();
    let said = html.find("</h1>").unwrap();
    let response = assert_framing(&format!("Content-Length: {said}"));
    assert_bytes(
        &response.decoded(),
        &html.as_bytes()[..said],
        "what XM said it sent",
    );
}

#[test]
fn xm_says_a_length_that_is_too_large() {
    let response = assert_framing(&format!("Content-Length: {}", html().len() + 1000));
    let (plain, shown) = take_shown(&response.decoded());
    assert_bytes(
        &plain,
        hero_page_showing(VARIANT_B).as_bytes(),
        "all that came",
    );
    assert_eq!(shown, ["b"]);
}

/// What cannot be a length is no answer.
#[track_caller]
fn assert_refused(framing: &str) {
    assert_eq!(assert_framing(framing).status, 502, "{framing}");
}

#[test]
fn xm_says_a_negative_length() {
    assert_refused("Content-Length: -5");
}

#[test]
fn xm_says_a_length_that_is_no_number() {
    assert_refused("Content-Length: many");
}

#[test]
fn xm_says_two_lengths() {
    let length = html().len();
    let shorter = length - 9;
    assert_refused(&format!(
        "Content-Length: {length}\r\nContent-Length: {shorter}"
    ));
}

#[test]
fn xm_says_a_length_and_chunks() {
    let world = world();
    let html = html();
    let body = format!("{:x}\r\n{html}\r\n0\r\n\r\n", html.len());
    world.page(
        "/",
        framed("Content-Length: 7\r\nTransfer-Encoding: chunked", &body),
    );
    let response = world.revisit("/").get();
    if response.status == 200 {
        let (plain, _) = take_shown(&response.decoded());
        let whole = hero_page_showing(VARIANT_B);
        assert!(whole.as_bytes().starts_with(&plain) || html.as_bytes().starts_with(&plain));
    } else {
        assert_eq!(response.status, 502);
    }
    assert_next_page_is_fine(&world);
}

#[test]
fn xm_sends_chunks_that_are_none() {
    let world = world();
    world.page("/", framed("Transfer-Encoding: chunked", &html()));
    let response = world.revisit("/").get();
    // The headers were there, and no byte of a body: a page that was cut at once.
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_private(&response);
    assert_counted(&world, "origin_truncated");
    assert_fine_behind_a_lie(&world);
}

#[test]
fn xm_sends_early_hints_first() {
    let world = world();
    let length = html().len();
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    let page = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{}",
        html()
    );
    world.page("/", Reply::raw(format!("{hints}{page}")));
    // workerd by itself hands the hints out as the answer, and they pass.
    let mut exchange = world.revisit("/").send();
    let (status, _) = exchange.head();
    assert!(matches!(status, 103 | 200), "{status}");
    drop(exchange);
    assert_fine_behind_a_lie(&world);
}

#[test]
fn xm_sends_one_byte() {
    let world = world();
    world.page("/", Reply::html("x"));
    assert_origin_bytes(&world.revisit("/").get(), "x");
    assert_next_page_is_fine(&world);
}

#[test]
fn xm_sends_empty_chunks_of_nothing_but_time() {
    let world = world();
    let gate = Latch::new();
    let html = html();
    let (first, second) = html.split_at(html.find("<main>").unwrap());
    world.page(
        "/",
        Reply::html_stream()
            .part(first)
            .part("")
            .wait(&gate)
            .part("")
            .part(second),
    );
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("</header>");
    gate.open();
    assert_shows(&exchange.finish(), hero_page_showing(VARIANT_B), &["b"]);
}

#[test]
fn xm_answers_after_the_whole_budget() {
    let world = hero_world_with(json!({"decision_budget_ms": 300}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let page = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}",
        html()
    );
    let slow = Reply::raw("").pause(Duration::from_millis(500)).part(page);
    world.page("/", slow);
    assert_origin_bytes(&world.revisit("/").get(), html());
    assert_counted(&world, "timeout");
    assert_next_page_is_fine(&world);
}

/// Sends the page up to `mark` and fails so: every byte arrives, the cut is counted and is no success.
#[track_caller]
fn assert_cut(mark: &str, way: impl FnOnce(Reply, usize) -> Reply) {
    let world = world();
    let html = html();
    let sent = &html[..html.find(mark).unwrap()];
    let reply = Reply::html(sent);
    world.page("/", way(reply, sent.len()));
    let response = world.revisit("/").get();
    let (plain, shown) = take_shown(&response.decoded());
    let expected = if shown.is_empty() {
        sent.to_owned()
    } else {
        let whole = hero_page_showing(VARIANT_B);
        whole[..whole.find(mark).unwrap()].to_owned()
    };
    assert_bytes(&plain, expected.as_bytes(), "what XM sent");
    assert_counted(&world, "origin_truncated");
    assert_next_page_is_fine(&world);
    settle(&world);
    // The next page's own VIEW is the only one.
    assert_eq!(
        event_types(&world),
        ["VIEW"],
        "a page that broke off was counted"
    );
}

#[test]
fn xm_is_cut_one_byte_before_the_end_of_its_length() {
    assert_cut("\n</html>", |reply, sent| {
        reply.declare_length(sent + 1).cut()
    });
}

#[test]
fn xm_is_cut_in_a_component_by_a_close_in_chunks() {
    assert_cut("Welcome back", |reply, _| reply.chunked().cut());
}

#[test]
fn xm_resets_in_a_component() {
    // The reset must not overtake the bytes.
    let pause = Duration::from_millis(100);
    assert_cut("Welcome back", |reply, _| {
        reply.chunked().pause(pause).reset()
    });
}

#[test]
fn xm_ends_its_chunks_in_the_middle_of_a_size() {
    let world = world();
    let sent = html();
    let sent = &sent[..sent.find("<div").unwrap()];
    let body = format!("{:x}\r\n{sent}\r\n1f", sent.len());
    world.page("/", framed("Transfer-Encoding: chunked", &body));
    assert_bytes(
        &world.revisit("/").get().decoded(),
        sent.as_bytes(),
        "what XM sent",
    );
    assert_counted(&world, "origin_truncated");
    assert_next_page_is_fine(&world);
}

#[test]
fn a_page_that_is_no_gzip_leaves_as_xm_sent_it() {
    let world = world();
    world.page("/", Reply::html(html()).header("Content-Encoding", "gzip"));
    let response = world.revisit("/").get();
    assert_eq!(response.status, 200);
    assert_bytes(&response.body, html().as_bytes(), "what XM sent");
    assert_counted(&world, "encoding");
    assert_next_page_is_fine(&world);
}

/// XM sends these bytes as gzip; gives what the visitor gets of the page, without the marks of what was shown.
fn gzipped(world: &World, bytes: &[u8]) -> Vec<u8> {
    world.page("/", Reply::html(bytes).header("Content-Encoding", "gzip"));
    let response = world.revisit("/").get();
    assert_eq!(response.status, 200);
    assert_private(&response);
    take_shown(&response.decoded()).0
}

#[test]
fn gzip_that_breaks_off_is_counted_and_what_was_read_is_delivered() {
    let world = world();
    let bytes = gzip(html());
    let plain = gzipped(&world, &bytes[..bytes.len() - 40]);
    let is_beginning = |page: &str| page.as_bytes().starts_with(&plain);
    assert!(!plain.is_empty());
    assert!(
        is_beginning(&html()) || is_beginning(&hero_page_showing(VARIANT_B)),
        "{}",
        String::from_utf8_lossy(&plain)
    );
    assert_counted(&world, "origin_truncated");
    assert_next_page_is_fine(&world);
}

#[test]
fn garbage_behind_gzip_is_counted_and_the_page_is_whole() {
    let world = world();
    let plain = gzipped(&world, &[&gzip(html())[..], b"garbage"].concat());
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "the page");
    assert_counted(&world, "origin_truncated");
    assert_next_page_is_fine(&world);
}

#[test]
fn two_gzip_members_are_one_page() {
    let world = world();
    let html = html();
    let (first, second) = html.split_at(html.find("<h1>").unwrap());
    let plain = gzipped(&world, &[gzip(first), gzip(second)].concat());
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "the page");
    assert_next_page_is_fine(&world);
}

#[test]
fn twenty_cookies_of_four_kilobytes_survive_in_order() {
    let world = world();
    let line = |number: usize| match number {
        0 => {
            "SC_ANALYTICS_GLOBAL_COOKIE=0a1b2c|True; expires=Tue, 01-Nov-2036 08:00:00 GMT; path=/"
                .to_owned()
        }
        1 => "__Host-session=abc; Path=/; Secure; HttpOnly".to_owned(),
        2 => "empty=; Max-Age=0".to_owned(),
        _ => format!("c{}=\"{}\"; path=/", number % 7, "v".repeat(4000 + number)),
    };
    let lines: Vec<String> = (0..20).map(line).collect();
    let reply = lines.iter().fold(Reply::html(html()), |reply, line| {
        reply.header("Set-Cookie", line)
    });
    world.page("/", reply);
    let response = world.revisit("/").get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    let mut cookies = response.headers.all("set-cookie");
    cookies.retain(|line| !line.starts_with("bid_"));
    assert_eq!(cookies, lines);
    assert_next_page_is_fine(&world);
}

#[test]
fn a_policy_with_nonces_and_digests_is_never_broken_by_a_change() {
    let world = world();
    let policy = "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; require-trusted-types-for 'script'";
    let reply = Reply::html(html())
        .header("Content-Security-Policy", policy)
        .header("Content-MD5", "Q2hlY2sgSW50ZWdyaXR5IQ==")
        .header("Digest", "sha-256=x")
        .header("Signature", "sig=:x:");
    world.page("/", reply);
    let response = world.revisit("/").get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(response.headers.all("content-security-policy"), [policy]);
    assert!(
        !response.text().contains("<script"),
        "an inline script that the policy would refuse"
    );
    assert_next_page_is_fine(&world);
}

#[test]
fn components_that_xm_sends_twice_are_decided_once() {
    let content = format!("D{}", variant("b", "B"));
    let world = world();
    let one = Page::with(component("hero", &content));
    world.page("/", Reply::html(format!("{0}{0}", one.html())));
    let expected = one.around(&component("hero", "B"));
    assert_shows(
        &world.revisit("/").get(),
        format!("{expected}{expected}"),
        &["b", "b"],
    );
    assert_eq!(world.cdp.flows().len(), 1);
    assert_next_page_is_fine(&world);
}
