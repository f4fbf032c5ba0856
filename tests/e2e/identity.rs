//! Promise: one browser id per visitor, from the CDP, in the cookie that Sitecore's SDKs use, and never at the price
//! of the page (product §5, §12).

use serde_json::{Value, json};
use xm_edge_tests::{
    CLIENT_KEY, Latch, NEW_BROWSER_ID, RETURNING_ID, Reply, Response, Server, World, visitor_cookie,
};

use crate::common::{
    VARIANT_B, assert_default, assert_shows, cookies_set, hero_page, hero_page_showing, hero_world,
    hero_world_with, id_set, is_of_settling, settle,
};

/// The id cookie's value and its attributes, sorted.
fn id_cookie(response: &Response) -> Vec<String> {
    let name = format!("bid_{CLIENT_KEY}=");
    let lines: Vec<_> = response
        .headers
        .all("set-cookie")
        .into_iter()
        .filter(|line| line.starts_with(&name))
        .collect();
    assert_eq!(lines.len(), 1, "exactly one id cookie: {lines:?}");
    let mut parts: Vec<String> = lines[0]
        .split(';')
        .map(|part| part.trim().to_owned())
        .collect();
    parts.sort();
    parts
}

fn expected_cookie(id: &str, more: &[&str]) -> Vec<String> {
    let mut parts = vec![
        format!("bid_{CLIENT_KEY}={id}"),
        "Max-Age=63072000".to_owned(),
        "Path=/".to_owned(),
        "SameSite=None".to_owned(),
        "Secure".to_owned(),
    ];
    parts.extend(more.iter().map(|&part| part.to_owned()));
    parts.sort();
    parts
}

#[test]
fn a_new_visitor_gets_one_id_for_cookie_decision_and_view() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let response = world.visit("/").get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(
        id_cookie(&response),
        expected_cookie(NEW_BROWSER_ID, &["HttpOnly"])
    );
    assert_eq!(
        world.cdp.wait_for_flow("hero").json()["browserId"],
        NEW_BROWSER_ID
    );
    assert_eq!(
        world.cdp.wait_for_event("VIEW")["browser_id"],
        NEW_BROWSER_ID
    );
    let creates = world.cdp.creates();
    assert_eq!(creates.len(), 1, "one id per visitor");
    assert!(
        creates[0]
            .target
            .contains(&format!("client_key={CLIENT_KEY}")),
        "{}",
        creates[0].target
    );
}

#[test]
fn the_id_is_asked_for_while_xm_is_asked() {
    let world = hero_world();
    let both_asked = Latch::new();
    world.page("/", Reply::html(hero_page().html()).hold(&both_asked));
    world.cdp.create(created(NEW_BROWSER_ID).hold(&both_asked));
    let exchange = world.visit("/").send();
    let _ = world.cdp.wait_for_create();
    let _ = world
        .origin()
        .first("a request at XM", |request| request.path() == "/");
    both_asked.open();
    assert_eq!(id_set(&exchange.finish()).as_deref(), Some(NEW_BROWSER_ID));
}

#[test]
fn an_id_that_takes_too_long_leaves_the_default_page_and_no_trace() {
    let world = hero_world_with(json!({"id_budget_ms": 100}));
    let page_is_out = Latch::new();
    world.cdp.create(created(NEW_BROWSER_ID).hold(&page_is_out));
    let response = world.visit("/").get();
    page_is_out.open();
    assert_default(&response, &hero_page().html());
    assert_no_trace(&world, &response);
}

#[test]
fn an_id_that_never_comes_leaves_the_default_page_and_no_trace() {
    let world = hero_world_with(json!({"id_budget_ms": 100}));
    world.cdp.create(Reply::silence());
    let response = world.visit("/").get();
    assert_default(&response, &hero_page().html());
    assert_no_trace(&world, &response);
}

#[test]
fn a_create_json_that_fails_leaves_the_default_page_and_no_trace() {
    let elsewhere = Server::start(|_| created(NEW_BROWSER_ID));
    let refs = |value: Value| Reply::json(json!({"status": "OK", "ref": value})).with_status(201);
    let faults = [
        ("500", created(NEW_BROWSER_ID).with_status(500)),
        ("401", created(NEW_BROWSER_ID).with_status(401)),
        ("html", Reply::html("<p>no</p>")),
        ("empty", Reply::status(201)),
        ("null", Reply::json(Value::Null)),
        ("no ref", Reply::json(json!({"status": "OK"}))),
        ("a number", refs(json!(7))),
        (
            "attribute injection",
            refs(json!(format!("{NEW_BROWSER_ID}; Domain=evil.example"))),
        ),
        (
            "line break",
            refs(json!(format!("{NEW_BROWSER_ID}\r\nX-Evil: 1"))),
        ),
        ("too long", refs(json!("a".repeat(5000)))),
        ("reset", Reply::raw("").reset()),
        (
            "redirect",
            Reply::status(302).header("Location", &elsewhere.url()),
        ),
    ];
    let world = hero_world();
    for (fault, reply) in faults {
        world.cdp.create(reply);
        let response = world.visit("/").get();
        assert_default(&response, &hero_page().html());
        assert_eq!(id_set(&response), None, "{fault}");
        assert_eq!(response.header("x-evil"), None, "{fault}");
    }
    assert!(
        elsewhere.requests().all().is_empty(),
        "a redirect was followed"
    );
    settle(&world);
    assert!(
        world.cdp.flows().iter().all(is_of_settling),
        "a flow without an id"
    );
    assert!(
        world.cdp.events().iter().all(is_of_settling),
        "an event without an id"
    );
}

#[test]
fn a_returning_visitor_keeps_the_id_and_the_cookie_is_refreshed() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let response = world.revisit("/").get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(
        id_cookie(&response),
        expected_cookie(RETURNING_ID, &["HttpOnly"])
    );
    assert_eq!(
        world.cdp.wait_for_flow("hero").json()["browserId"],
        RETURNING_ID
    );
    assert_eq!(world.cdp.wait_for_event("VIEW")["browser_id"], RETURNING_ID);
    assert!(world.cdp.creates().is_empty(), "the visitor had an id");
}

#[test]
fn an_id_cookie_with_a_bad_value_is_replaced_by_a_new_id() {
    let world = hero_world();
    for value in [
        "",
        "garbage",
        "%00",
        "\"\"",
        "a38b230c-11eb-4cf9-8d5d",
        &"f".repeat(5000),
    ] {
        let response = world.visit("/").cookies(&visitor_cookie(value)).get();
        assert_eq!(
            id_set(&response).as_deref(),
            Some(NEW_BROWSER_ID),
            "for {value:?}"
        );
    }
    assert!(
        world
            .cdp
            .flows()
            .iter()
            .all(|flow| flow["browserId"] == NEW_BROWSER_ID)
    );
}

#[test]
fn a_bad_id_cookie_beside_a_good_one_is_ignored_singly() {
    let world = hero_world();
    let cookies = format!(
        "{}; {}",
        visitor_cookie("garbage"),
        visitor_cookie(RETURNING_ID)
    );
    let response = world.visit("/").cookies(&cookies).get();
    assert_eq!(id_set(&response).as_deref(), Some(RETURNING_ID));
    assert!(world.cdp.creates().is_empty());
}

#[test]
fn the_visitors_other_cookies_reach_xm_byte_by_byte() {
    let world = hero_world();
    let others = "ASP.NET_SessionId=abc; website#lang=en; SC_ANALYTICS_GLOBAL_COOKIE=0a1b2c|True; q=\"x y\"; =nameless; \
                  novalue; a=1; a=2; caf\u{e9}=\u{e9}; pct=%zz;two=no space";
    let cookies = format!("{others}; {}", visitor_cookie(RETURNING_ID));
    drop(world.visit("/").cookies(&cookies).get());
    let seen = world.origin_headers("/");
    let seen = seen.all("cookie").join("; ");
    assert!(seen.starts_with(others), "XM saw {seen:?}");
}

#[test]
fn three_hundred_cookies_hide_no_id() {
    let world = hero_world();
    let crowd = (0..300)
        .map(|n| format!("cookie_{n}=value{n}"))
        .collect::<Vec<_>>()
        .join("; ");
    let response = world
        .visit("/")
        .cookies(&format!("{crowd}; {}", visitor_cookie(RETURNING_ID)))
        .get();
    assert_eq!(id_set(&response).as_deref(), Some(RETURNING_ID));
    assert!(
        world
            .origin_headers("/")
            .get("cookie")
            .unwrap_or_default()
            .starts_with(&crowd)
    );
}

#[test]
fn no_cookie_of_the_site_reaches_the_cdp() {
    let world = hero_world();
    drop(world.visit("/").cookies("session=SECRET").get());
    let _ = world.cdp.wait_for_event("VIEW");
    for request in world.cdp.requests().all() {
        assert_eq!(request.headers.get("cookie"), None, "{}", request.target);
        assert_eq!(
            request.headers.get("authorization"),
            None,
            "{}",
            request.target
        );
    }
}

#[test]
fn the_id_cookie_is_for_the_whole_domain_only_where_configured() {
    let world = hero_world_with(json!({"cookie_domain": "shop.example"}));
    let response = world.revisit("/").header("Host", "www.shop.example").get();
    let cookie = id_cookie(&response);
    let domain: Vec<_> = cookie
        .iter()
        .filter_map(|part| part.strip_prefix("Domain="))
        .collect();
    assert!(
        matches!(domain[..], ["shop.example" | ".shop.example"]),
        "{cookie:?}"
    );
}

#[test]
fn scripts_may_read_the_id_cookie_only_where_a_tag_is_configured() {
    let tag = json!({"tag": {"kind": "engage", "library_url": "https://cdn.example/engage.js"}});
    let world = hero_world_with(tag);
    assert_eq!(
        id_cookie(&world.revisit("/").get()),
        expected_cookie(RETURNING_ID, &[])
    );
}

#[test]
fn a_page_without_components_gets_its_visitor_an_id_too() {
    let world = World::start();
    world.page(
        "/",
        Reply::html("<!DOCTYPE html><html lang=en><p>plain</p></html>"),
    );
    let response = world.visit("/").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    // Setting the cookie makes the response private, marked or not.
    assert_eq!(response.headers.all("cache-control"), ["private, no-store"]);
}

#[test]
fn an_id_that_the_cdp_calls_unknown_is_replaced_at_the_next_page_view() {
    let world = hero_world();
    let unknown = json!({"status": "NOT_FOUND", "version": "1.2", "error_msg": "Invalid browser id/ref specified"});
    let by_id = move |request: &xm_edge_tests::Request| {
        let known = request.json()["browserId"] == NEW_BROWSER_ID;
        if known {
            Reply::json(json!({"variantId": "b"}))
        } else {
            Reply::json(unknown.clone()).with_status(404)
        }
    };
    world.cdp.flow_with("hero", by_id);
    drop(world.revisit("/").get());
    let _ = world.cdp.wait_for_event("VIEW");
    let response = world.revisit("/").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
}

fn created(id: &str) -> Reply {
    Reply::json(json!({"status": "OK", "version": "1.2", "client_key": CLIENT_KEY, "ref": id}))
        .with_status(201)
}

/// No id cookie, no flow, no event.
#[track_caller]
fn assert_no_trace(world: &World, response: &Response) {
    assert_eq!(cookies_set(response), [""; 0]);
    settle(world);
    assert_eq!(
        world
            .cdp
            .flows()
            .iter()
            .filter(|flow| flow["friendlyId"] == "hero")
            .count(),
        0,
        "a flow"
    );
    assert!(world.cdp.events().iter().all(is_of_settling), "an event");
}
