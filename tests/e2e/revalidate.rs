//! Promise: with `browser_cache = "revalidate"` a browser may keep its own page, and is told when nothing in it changed:
//! neither XM's body nor a decision (product §9).

use serde_json::{Value, json};
use xm_edge_tests::{Reply, Response, World};

use crate::common::{VARIANT_B, hero_page, hero_page_showing, hero_world_with};

fn world() -> World {
    let world = hero_world_with(json!({ "browser_cache": "revalidate" }));
    world.cdp.decide("hero", json!({ "variantId": "b" }));
    world
}

fn etag(response: &Response) -> String {
    assert_eq!(
        response.headers.all("cache-control"),
        ["private, no-cache"],
        "shared caches keep nothing, the browser asks each time"
    );
    let tags = response.headers.all("etag");
    assert_eq!(tags.len(), 1);
    tags[0].to_string()
}

fn again(world: &World, etag: &str) -> Response {
    world.revisit("/").header("If-None-Match", etag).get()
}

#[test]
fn the_same_page_is_not_sent_twice() {
    let world = world();
    let first = world.revisit("/").get();
    assert_eq!(first.status, 200);
    assert!(first.text().contains(VARIANT_B));
    let tag = etag(&first);
    let second = again(&world, &tag);
    assert_eq!(second.status, 304);
    assert_eq!(second.body, b"");
    assert_eq!(etag(&second), tag);
    assert_eq!(again(&world, &format!("W/{tag}, \"x\"")).status, 304);
}

#[test]
fn another_decision_is_another_page() {
    let world = world();
    let tag = etag(&world.revisit("/").get());
    world.cdp.decide("hero", json!({ "variantId": "a" }));
    let second = again(&world, &tag);
    assert_eq!(second.status, 200);
    assert_ne!(etag(&second), tag);
    assert!(second.text().contains("Variant A"));
}

#[test]
fn a_failed_decision_is_another_page_than_a_variant() {
    let world = world();
    let tag = etag(&world.revisit("/").get());
    world.cdp.decide("hero", Value::Null);
    let second = again(&world, &tag);
    assert_eq!(second.status, 200);
    assert_eq!(second.text(), hero_page().html());
}

#[test]
fn another_page_of_xm_is_another_page() {
    let world = world();
    let tag = etag(&world.revisit("/").get());
    let changed = hero_page().html().replace("before", "sooner");
    world.page("/", Reply::html(changed));
    let second = again(&world, &tag);
    assert_eq!(second.status, 200);
    assert!(second.text().contains("<p>sooner</p>"));
}

#[test]
fn each_view_counts_though_the_page_is_not_sent_again() {
    let world = world();
    let tag = etag(&world.revisit("/").get());
    assert_eq!(again(&world, &tag).status, 304);
    world.cdp.requests().wait_for("two views", |all| {
        let views = all
            .iter()
            .filter(|request| request.path() == "/v1.2/events");
        (views.count() == 2).then_some(())
    });
}

#[test]
fn xms_own_validators_never_reach_the_browser() {
    let world = world();
    let reply = Reply::html(hero_page().html()).header("ETag", "\"xm\"");
    world.page("/", reply);
    let first = world.revisit("/").get();
    assert_ne!(etag(&first), "\"xm\"");
    assert_eq!(again(&world, "\"xm\"").status, 200);
}

#[test]
fn a_page_that_broke_off_has_no_tag() {
    let world = world();
    let html = hero_page().html();
    let cut = Reply::html(&html[..html.len() / 2])
        .declare_length(html.len())
        .cut();
    world.page("/", cut);
    let response = world.revisit("/").get();
    assert_eq!(response.headers.all("etag"), Vec::<&str>::new());
    assert_eq!(response.headers.all("cache-control"), ["private, no-store"]);
}

#[test]
fn bots_have_the_default_page_without_a_tag() {
    let world = world();
    let bot = world
        .visit("/")
        .header("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)")
        .get();
    assert_eq!(bot.headers.all("etag"), Vec::<&str>::new());
    assert_ne!(bot.text(), hero_page_showing(VARIANT_B));
}
