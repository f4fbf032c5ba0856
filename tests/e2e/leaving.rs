//! Promise: a visitor who leaves costs nothing more: XM and the CDP are let go (faults D8).

use serde_json::json;
use xm_edge_tests::{Latch, Reply};

use crate::common::{VARIANT_B, assert_shows, hero_page, hero_page_showing, hero_world};

#[test]
fn a_visitor_who_leaves_in_the_middle_closes_xms_connection() {
    let world = hero_world();
    let closed = Latch::new();
    let html = hero_page().html();
    let first = &html[..html.find("<div class").unwrap()];
    world.page(
        "/",
        Reply::html_stream().part(first).hang_until_closed(&closed),
    );
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>before</p>");
    exchange.abort();
    closed.wait("XM's connection closing");
}

#[test]
fn a_visitor_who_leaves_before_the_head_harms_nobody() {
    let world = hero_world();
    let left = Latch::new();
    world.page("/", Reply::html(hero_page().html()).hold(&left));
    let exchange = world.revisit("/").send();
    let _ = world
        .origin()
        .first("a request at XM", |request| request.path() == "/");
    exchange.abort();
    left.open();
    world.page("/", Reply::html(hero_page().html()));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn a_visitor_who_leaves_at_an_undecided_component_harms_nobody() {
    let world = hero_world();
    let left = Latch::new();
    world
        .cdp
        .flow("hero", Reply::json(json!({"variantId": "b"})).hold(&left));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>before</p>");
    let _ = world.cdp.wait_for_flow("hero");
    exchange.abort();
    left.open();
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}
