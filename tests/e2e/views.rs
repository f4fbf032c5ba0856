//! Promise: every page view of a consenting human is one VIEW, with what the CDP needs to know, and never at the price
//! of a byte (product §6, cdp-api §2).

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use xm_edge_tests::{CLIENT_KEY, Latch, Page, RETURNING_ID, Reply, World};

use crate::common::{
    VARIANT_B, assert_shows, hero_page, hero_page_showing, hero_world, hero_world_with,
    is_of_settling, settle,
};

#[test]
fn a_view_says_what_the_cdp_needs_to_know() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let visit =
        world.revisit("/products/shoe?utm_source=mail&utm_campaign=a%20b+c&UTM_Medium=x&gclid=1");
    world.page(
        "/products/shoe",
        Reply::html(hero_page().lang("en-IE").html()),
    );
    drop(
        visit
            .header("Referer", "https://www.google.com/search?q=shoe")
            .get(),
    );
    let view = world.cdp.wait_for_event("VIEW");
    let expected = json!({
        "type": "VIEW",
        "browser_id": RETURNING_ID,
        "client_key": CLIENT_KEY,
        "channel": "WEB",
        "pos": "shop/ie",
        "language": "EN",
        "currency": "EUR",
        "page": "/products/shoe",
        "utm_source": "mail",
        "utm_campaign": "a b c",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&view[key], value, "{key} in {view}");
    }
    assert!(
        view["referrer"]
            .as_str()
            .unwrap_or_default()
            .starts_with("https://www.google.com/"),
        "{view}"
    );
    assert_eq!(view.get("gclid"), None);
    let time = view["requested_at"].as_str().unwrap_or_default();
    assert!(
        time.len() == 24 && time.ends_with('Z') && time.as_bytes()[10] == b'T',
        "requested_at {time:?}"
    );
    let request = world
        .cdp
        .requests()
        .all()
        .into_iter()
        .find(|request| request.json()["type"] == "VIEW")
        .unwrap();
    assert_eq!(
        (request.method.as_str(), request.headers.get("content-type")),
        ("POST", Some("application/json"))
    );
}

#[test]
fn a_view_names_the_variants_that_were_shown() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    drop(world.revisit("/").get());
    let view = world.cdp.wait_for_event("VIEW");
    let ext = view["ext"]
        .as_object()
        .unwrap_or_else(|| panic!("no ext in {view}"));
    assert!(
        ext.iter()
            .any(|(key, value)| key.contains("hero") && value == "b"),
        "{view}"
    );
}

#[test]
fn a_view_names_the_page_as_its_meta_does() {
    let world = World::start();
    world.page(
        "/x",
        Reply::html(
            Page::with("")
                .head("<meta name=\"cdp:page\" content=\"Tom &amp; Jerry\">")
                .html(),
        ),
    );
    drop(world.revisit("/x").get());
    assert_eq!(world.cdp.wait_for_event("VIEW")["page"], "Tom & Jerry");
}

#[test]
fn a_referrer_of_the_same_site_is_no_entry() {
    let world = hero_world();
    drop(
        world
            .revisit("/")
            .header("Host", "www.shop.example")
            .header("Referer", "http://www.shop.example/before")
            .get(),
    );
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view.get("referrer"), None, "{view}");
}

#[test]
fn a_page_view_is_one_view_with_or_without_components() {
    let world = hero_world();
    world.page(
        "/plain",
        Reply::html("<!DOCTYPE html><html lang=en><p>plain</p></html>"),
    );
    drop(world.revisit("/").get());
    drop(world.revisit("/plain").get());
    drop(world.revisit("/plain").get());
    settle(&world);
    let mut pages: Vec<String> = world
        .cdp
        .events()
        .iter()
        .filter(|event| !is_of_settling(event))
        .map(|event| event["page"].to_string())
        .collect();
    pages.sort();
    assert_eq!(pages, ["\"/\"", "\"/plain\"", "\"/plain\""]);
}

#[test]
fn the_view_is_sent_behind_the_page() {
    let world = hero_world();
    let rest = Latch::new();
    let html = hero_page().html();
    let (first, last) = html.split_at(html.find("<footer>").unwrap());
    world.page("/", Reply::html_stream().part(first).wait(&rest).part(last));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>after</p>");
    // Another page view comes and goes while this one still streams.
    settle(&world);
    assert!(
        world.cdp.events().iter().all(is_of_settling),
        "the VIEW of a page that is not out yet"
    );
    rest.open();
    assert_shows(&exchange.finish(), hero_page_showing(VARIANT_B), &["b"]);
    let _ = world.cdp.requests().first("the VIEW", |request| {
        request.is_complete() && request.json()["page"] == "/"
    });
}

#[test]
fn a_page_whose_decision_failed_is_a_view_all_the_same() {
    let world = hero_world();
    world.cdp.flow("hero", Reply::status(500));
    drop(world.revisit("/").get());
    let view = world.cdp.wait_for_event("VIEW");
    assert!(
        !view["ext"].to_string().contains("hero"),
        "a variant that nobody saw: {view}"
    );
}

#[test]
fn an_events_endpoint_that_hangs_delays_no_byte() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world.cdp.events_reply(Reply::silence());
    for _ in 0..3 {
        assert_shows(
            &world.revisit("/").get(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
    }
}

/// Bodies of the VIEWs so far.
fn views(all: &[xm_edge_tests::Request]) -> Vec<Value> {
    let bodies = all
        .iter()
        .filter(|request| request.is_complete())
        .map(xm_edge_tests::Request::json);
    bodies
        .filter(|body| body["type"] == "VIEW" && !is_of_settling(body))
        .collect()
}

#[test]
fn a_view_that_the_cdp_could_not_take_is_sent_again_the_same() {
    let world = hero_world();
    let tries = AtomicUsize::new(0);
    world
        .cdp
        .events_reply_with(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
            // It may have been stored all the same: only equal bodies let the CDP tell.
            0 => Reply::raw("").reset(),
            1 => Reply::status(503),
            _ => Reply::json(json!({"status": "OK"})).with_status(201),
        });
    drop(world.revisit("/").get());
    let tries = world.cdp.requests().wait_for("three tries", |all| {
        Some(views(all)).filter(|views| views.len() == 3)
    });
    assert!(tries.iter().all(|view| *view == tries[0]), "{tries:#?}");
}

#[test]
fn a_view_that_the_cdp_refuses_is_not_sent_again() {
    let world = hero_world();
    world
        .cdp
        .events_reply(Reply::json(json!({"status": "BAD_REQUEST"})).with_status(400));
    drop(world.revisit("/").get());
    let _ = world.cdp.wait_for_event("VIEW");
    world.cdp.events_reply(Reply::status(201));
    settle(&world);
    assert_eq!(views(&world.cdp.requests().all()).len(), 1);
}

#[test]
fn the_browser_sends_the_views_where_so_configured() {
    let world = hero_world_with(json!({"page_views": "browser"}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    let _ = world.log_line("of the page", |line| line.to_string().contains("hero"));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    assert!(world.cdp.events().is_empty());
}

#[test]
fn a_decision_asks_as_the_cdp_expects() {
    let world = hero_world();
    drop(world.revisit("/?utm_source=mail").get());
    let request = world.cdp.wait_for_flow("hero");
    assert_eq!(
        (request.method.as_str(), request.headers.get("content-type")),
        ("POST", Some("application/json"))
    );
    let body = request.json();
    let expected = json!({
        "clientKey": CLIENT_KEY,
        "channel": "WEB",
        "language": "EN",
        "currencyCode": "EUR",
        "pointOfSale": "shop/ie",
        "friendlyId": "hero",
        "browserId": RETURNING_ID,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&body[key], value, "{key} in {body}");
    }
    assert_eq!(
        (body.get("email"), body.get("identifiers")),
        (None, None),
        "exactly one identity"
    );
}

#[test]
fn a_hostile_query_is_bounded_and_never_costs_the_page() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let many: String = (0..200)
        .map(|n| format!("&utm_x{n}={}", "v".repeat(50)))
        .collect();
    let target = format!(
        "/?utm_source=%00%0d%0a&utm_campaign=%ff%zz&utm_a.b=1&utm_type=EVIL&utm_=&browser_id=evil&type=EVIL{many}"
    );
    assert_shows(
        &world.revisit(&target).get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(
        (&view["browser_id"], &view["type"]),
        (&json!(RETURNING_ID), &json!("VIEW"))
    );
    assert!(
        view.to_string().len() < 16 * 1024,
        "{} bytes",
        view.to_string().len()
    );
    assert_eq!(world.origin().all()[0].target, target);
}

#[test]
fn a_user_agent_of_any_bytes_costs_nothing() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
    for agent in [
        format!("{chrome} \u{e9}\u{ff}\u{80}"),
        format!("{chrome} {}", "x".repeat(6000)),
    ] {
        assert_shows(
            &world.revisit("/").user_agent(&agent).get(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
    }
}
