//! Promise: when XM fails in the middle, every byte that came is delivered, and when it fails before, the visitor gets
//! an answer (faults B). What the runtime makes of the end is the runtime's: it closes a body that it streams through
//! a Worker as if it were complete (workerd#6818), so these tests accept any end but a hang.

use std::time::Duration;

use serde_json::json;
use xm_edge_tests::{Latch, Reply, Response, Server, World, assert_bytes, contains};

use crate::common::{
    VARIANT_B, assert_private, hero_page, hero_page_showing, hero_world, take_shown,
};

/// The page up to (without) `mark`.
fn until(mark: &str) -> String {
    let html = hero_page().html();
    html[..html.find(mark).unwrap()].to_owned()
}

/// Sends the page up to `mark` by each way of failing; gives the answers.
fn cut_at(mark: &str) -> Vec<Response> {
    let sent = until(mark);
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let ways = [
        Reply::html(&sent).declare_length(100_000).cut(),
        Reply::html_stream().part(&sent).cut(),
        Reply::html(&sent).declare_length(sent.len() + 1).cut(),
    ];
    ways.into_iter()
        .map(|way| {
            world.page("/", way);
            world.revisit("/").get()
        })
        .collect()
}

#[test]
fn xm_is_cut_before_the_component() {
    for response in cut_at("<div class=\"hero\"") {
        assert_bytes(
            &response.decoded(),
            until("<div class=\"hero\"").as_bytes(),
            "what XM sent",
        );
        assert_private(&response);
    }
}

#[test]
fn xm_is_cut_inside_the_components_start_tag() {
    for response in cut_at("-experience=") {
        assert_bytes(
            &response.decoded(),
            until("-experience=").as_bytes(),
            "what XM sent",
        );
    }
}

#[test]
fn xm_is_cut_inside_the_component() {
    for mark in [
        "<h1>Welcome",
        "</h1>",
        "<template data-cdp-variant=\"b\"",
        "Welcome back",
        "</div><p>after",
    ] {
        for response in cut_at(mark) {
            assert_bytes(&response.decoded(), until(mark).as_bytes(), "what XM sent");
        }
    }
}

#[test]
fn xm_is_cut_behind_the_component() {
    for response in cut_at("<footer>") {
        let (plain, shown) = take_shown(&response.decoded());
        let whole = hero_page_showing(VARIANT_B);
        assert_bytes(
            &plain,
            &whole.as_bytes()[..whole.find("<footer>").unwrap()],
            "what XM sent, personalised",
        );
        assert_eq!(shown, ["b"]);
    }
}

#[test]
fn xm_is_cut_at_once() {
    let world = hero_world();
    world.page("/", Reply::html("").declare_length(1000).cut());
    assert_bytes(&world.revisit("/").get().decoded(), b"", "nothing");
}

#[test]
fn xm_resets_in_the_middle() {
    let world = hero_world();
    let reset = Latch::new();
    world.page(
        "/",
        Reply::html_stream()
            .part(until("<div class=\"hero\""))
            .wait(&reset)
            .reset(),
    );
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>before</p>");
    reset.open();
    assert_bytes(
        &exchange.finish().decoded(),
        until("<div class=\"hero\"").as_bytes(),
        "what XM sent",
    );
}

#[test]
fn xm_is_cut_inside_a_component_that_is_still_undecided() {
    let world = hero_world();
    world.cdp.flow("hero", Reply::silence());
    let sent = until("</div><p>after");
    world.page("/", Reply::html(&sent).declare_length(100_000).cut());
    // No decision can place what never came: the budget (10 s here) need not be waited for.
    assert_bytes(
        &world.revisit("/").get().decoded(),
        sent.as_bytes(),
        "what XM sent",
    );
}

#[test]
fn a_cut_is_logged() {
    let world = hero_world();
    world.page(
        "/",
        Reply::html(until("</h1>")).declare_length(100_000).cut(),
    );
    drop(world.revisit("/").get());
    let _ = world.log_line("that says the origin was cut", |line| {
        contains(line.to_string().as_bytes(), "origin_truncated")
    });
}

#[test]
fn xm_fails_before_its_head() {
    let world = hero_world();
    for failure in [
        Reply::raw(""),
        Reply::raw("").reset(),
        Reply::raw("garbage\r\n\r\n"),
    ] {
        world.page("/", failure);
        let response = world.revisit("/").get();
        assert!((500..600).contains(&response.status), "{}", response.status);
    }
    // The next page is fine.
    world.page("/", Reply::html(hero_page().html()));
    assert_eq!(world.revisit("/").get().status, 200);
}

#[test]
fn xm_refuses_the_connection() {
    let gone = Server::start(|_| Reply::silence()).url();
    let world = World::build().var("XM_ORIGIN", json!(gone)).start();
    let response = world.revisit("/").get();
    assert!((500..600).contains(&response.status), "{}", response.status);
}

#[test]
fn xm_sends_an_empty_page() {
    let world = hero_world();
    world.page("/", Reply::html(""));
    let response = world.revisit("/").get();
    assert_eq!((response.status, response.body.len()), (200, 0));
}

#[test]
fn xm_pauses_in_the_middle_of_a_tag() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let html = hero_page().html();
    let (first, second) = html.split_at(html.find("-experience=").unwrap());
    world.page(
        "/",
        Reply::html_stream()
            .part(first)
            .pause(Duration::from_millis(50))
            .part(second),
    );
    let (plain, _) = take_shown(&world.revisit("/").get().decoded());
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "page");
}

#[test]
fn xm_speaks_http_1_0_without_a_length() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let head = "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
    world.page("/", Reply::raw(format!("{head}{}", hero_page().html())));
    let (plain, _) = take_shown(&world.revisit("/").get().decoded());
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "page");
}

#[test]
fn xm_sends_trailers() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let html = hero_page().html();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTrailer: Digest\r\nTransfer-Encoding: chunked\r\n\r\n";
    world.page(
        "/",
        Reply::raw(format!(
            "{head}{:x}\r\n{html}\r\n0\r\nDigest: x\r\n\r\n",
            html.len()
        )),
    );
    let response = world.revisit("/").get();
    let (plain, _) = take_shown(&response.decoded());
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "page");
}
