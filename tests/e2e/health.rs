//! Promise: an invalid configuration is reported whole, by key, and never breaks the site (product §10, §12).

use serde_json::{Value, json};
use xm_edge_tests::{End, Reply, World, WorldBuilder, assert_bytes};

use crate::common::hero_page;

fn health(world: &World) -> (u16, Value) {
    let response = world
        .visit("/_cdp/health")
        .header("Accept", "application/json")
        .get();
    assert!(
        response
            .header("content-type")
            .unwrap_or_default()
            .contains("json"),
        "{:?}",
        response.headers
    );
    assert!(world.origin().all().is_empty(), "health went to XM");
    (
        response.status,
        serde_json::from_slice(&response.decoded()).expect("health is JSON"),
    )
}

/// A site with five mistakes.
fn broken() -> WorldBuilder {
    World::build()
        .var("CDP_ENDPOINT", json!("not a url"))
        .without_var("POINT_OF_SALE")
        .site(json!({"decision_budget_ms": "soon", "nonsense": 1, "page_views": "sometimes"}))
}

#[test]
fn health_is_green_for_a_good_configuration() {
    let (status, body) = health(&World::start());
    assert_eq!(
        (status, &body["ok"], &body["problems"]),
        (200, &json!(true), &json!([]))
    );
}

#[test]
fn health_names_every_problem_by_key() {
    let (status, body) = health(&broken().start());
    assert_eq!((status, &body["ok"]), (503, &json!(false)));
    let problems = body["problems"].as_array().expect("problems");
    let mut keys: Vec<_> = problems
        .iter()
        .map(|problem| problem["key"].as_str().unwrap_or_default())
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "CDP_ENDPOINT",
            "POINT_OF_SALE",
            "SITE.decision_budget_ms",
            "SITE.nonsense",
            "SITE.page_views"
        ]
    );
    assert!(
        problems.iter().all(|problem| problem["problem"]
            .as_str()
            .is_some_and(|text| text.len() > 10)),
        "{body}"
    );
}

#[test]
fn a_broken_configuration_passes_pages_through() {
    let world = broken().start();
    let html = hero_page().html();
    world.page(
        "/",
        Reply::html(&html)
            .header("Cache-Control", "public, max-age=60")
            .header("ETag", "\"x\""),
    );
    for visit in [world.visit("/"), world.revisit("/")] {
        let response = visit.get();
        assert_eq!((response.status, response.end), (200, End::Complete));
        assert_bytes(&response.body, html.as_bytes(), "page");
        assert_eq!(response.header("cache-control"), Some("public, max-age=60"));
        assert_eq!(response.header("etag"), Some("\"x\""));
        assert_eq!(response.header("set-cookie"), None);
    }
    assert!(world.cdp.requests().all().is_empty());
    let _ = world.log_line("that names the problem", |line| {
        line.to_string().contains("config_invalid")
    });
}

#[test]
fn a_site_without_any_cdp_settings_passes_pages_through() {
    let world = World::build()
        .without_var("CDP_ENDPOINT")
        .without_var("CDP_CLIENT_KEY")
        .without_var("POINT_OF_SALE")
        .without_var("SITE")
        .start();
    let html = hero_page().html();
    world.page("/", Reply::html(&html));
    assert_bytes(&world.visit("/").get().body, html.as_bytes(), "page");
    let (status, body) = {
        let response = world.visit("/_cdp/health").get();
        (
            response.status,
            serde_json::from_slice::<Value>(&response.decoded()).unwrap(),
        )
    };
    assert_eq!((status, &body["ok"]), (503, &json!(false)));
}

#[test]
fn health_is_never_cached() {
    let response = World::start().visit("/_cdp/health").get();
    assert!(
        response
            .header("cache-control")
            .unwrap_or_default()
            .contains("no-store"),
        "{:?}",
        response.headers
    );
}
