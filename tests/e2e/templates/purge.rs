//! `POST /_cdp/purge`: XM has published.

use serde_json::{Value, json};
use xm_edge_tests::{Latch, Reply, Response, Visit, World};

use super::{SHARED, asked, label, shared};
use crate::common::hero_page;

const KEY: &str = "0123456789abcdef0123456789abcdef-key";

fn world() -> World {
    let world = World::build().var("XM_API_KEY", Value::from(KEY)).start();
    for path in ["/", "/products/shoe", "/products/hat"] {
        world.page(path, shared());
    }
    world
}

fn purge(world: &World, key: &str, body: &Value) -> Response {
    Visit::from_server(&world.workerd, "/_cdp/purge", key)
        .method("POST")
        .body("application/json", body.to_string())
        .get()
}

/// Visits all pages; how often XM was asked for each.
fn visit_all(world: &World, visits_before: usize) -> [usize; 3] {
    let paths = ["/", "/products/shoe?size=4", "/products/hat"];
    for (count, path) in paths.iter().enumerate() {
        drop(world.revisit(path).get());
        drop(label(world, visits_before + count + 1));
    }
    ["/", "/products/shoe", "/products/hat"].map(|path| asked(world, path))
}

#[test]
fn what_is_purged_is_asked_for_again_and_nothing_else() {
    let world = world();
    assert_eq!(visit_all(&world, 0), [1, 1, 1]);
    assert_eq!(visit_all(&world, 3), [1, 1, 1]);
    let purges = [
        (json!({ "paths": ["/products/*"] }), [1, 2, 2]),
        (json!({ "path": "/products/shoe" }), [1, 3, 2]),
        (json!({ "all": true }), [2, 4, 3]),
        (json!({ "paths": ["/elsewhere", "/"] }), [3, 4, 3]),
    ];
    for (number, (body, expected)) in purges.into_iter().enumerate() {
        let response = purge(&world, KEY, &body);
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(visit_all(&world, 6 + number * 3), expected, "{body}");
    }
}

#[test]
fn only_xms_server_may_purge_and_only_what_can_be_understood() {
    let world = world();
    let all = json!({ "all": true });
    for (key, body, status) in [
        ("wrong", &all, 401),
        (KEY, &json!({}), 400),
        (KEY, &json!({ "paths": [] }), 400),
        (KEY, &json!({ "paths": ["no-slash"] }), 400),
        (KEY, &json!({ "all": "yes" }), 400),
        (KEY, &json!({ "path": "/", "more": 1 }), 400),
    ] {
        let response = purge(&world, key, body);
        assert_eq!(response.status, status, "{body}: {}", response.text());
        assert_eq!(
            response.header("content-type"),
            Some("application/problem+json")
        );
    }
    let get = Visit::from_server(&world.workerd, "/_cdp/purge", KEY).get();
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let unset = World::start();
    assert_eq!(purge(&unset, KEY, &all).status, 503);
}

#[test]
fn a_page_that_xm_was_asked_for_before_the_purge_is_not_kept_after_it() {
    let world = world();
    let gate = Latch::new();
    let page = hero_page();
    let slow = Reply::html_stream()
        .part(page.top())
        .wait(&gate)
        .part(page.bottom());
    world.page("/", slow.header(SHARED.0, SHARED.1));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("TOP");
    assert_eq!(purge(&world, KEY, &json!({ "all": true })).status, 200);
    gate.open();
    drop(exchange.finish());
    drop(label(&world, 1));
    drop(world.revisit("/").get());
    assert_eq!(asked(&world, "/"), 2);
}
