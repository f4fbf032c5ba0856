//! Promise: a page of XM that may be shared is asked for once and rendered from its compiled template after that, byte for byte
//! as if it had streamed; a page that may not be shared is never kept (product §3; RFC 9111).

mod freshness;
mod hits;
mod never_kept;
mod purge;

use serde_json::{Value, json};
use xm_edge_tests::{Reply, World};

use crate::common::hero_page;

/// XM lets everybody have it for ten minutes.
const SHARED: (&str, &str) = ("Cache-Control", "public, max-age=600");

/// [`hero_page`] as XM lets it be shared.
fn shared() -> Reply {
    Reply::html(hero_page().html()).header(SHARED.0, SHARED.1)
}

/// A site with `reply` at `/`, and `b` decided.
fn world_with(site: Value, reply: Reply) -> World {
    let world = World::build().site(site).start();
    world.page("/", reply);
    world.cdp.decide("hero", json!({ "variantId": "b" }));
    world
}

/// How often XM was asked for `path`.
fn asked(world: &World, path: &str) -> usize {
    let all = world.origin().all();
    all.iter().filter(|request| request.path() == path).count()
}

/// Visits `/` for the first time and waits until the page's line says what became of it.
#[track_caller]
fn fill(world: &World) -> String {
    let first = world.revisit("/").get();
    assert_eq!(first.status, 200);
    label(world, 1)
}

/// What the `count`th page's line says of its template; `-` where it says nothing.
fn label(world: &World, count: usize) -> String {
    let line = world.workerd.lines().wait_for("the page's line", |lines| {
        let pages = lines.iter().filter_map(|line| {
            let line = serde_json::from_str::<Value>(line).ok()?;
            (line["route"] == "page").then_some(line)
        });
        pages.into_iter().nth(count - 1)
    });
    line["template"].as_str().unwrap_or("-").to_owned()
}
