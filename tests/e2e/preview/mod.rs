//! Promise: a signed, expiring link shows a page with the variants of somebody's choice, with a panel that says why; nobody is
//! counted, nothing is asked of the CDP where something is chosen, and no cache keeps it (product §7).

mod beside;
mod leaving_no_trace;
mod links;
mod making;
mod panel;

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use xm_edge_core::preview::{Link, PreviewKey, token};
use xm_edge_tests::{Reply, Response, Visit, World, WorldBuilder};

use crate::common::hero_page;

/// The secret of every world here.
const KEY: &str = "a preview key of the tests";

fn build() -> WorldBuilder {
    World::build().var("PREVIEW_KEY", json!(KEY))
}

/// A site with [`hero_page`] at `/`.
fn world() -> World {
    world_with(json!({}))
}

fn world_with(site: Value) -> World {
    let world = build().site(site).start();
    world.page("/", Reply::html(hero_page().html()));
    world
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A token for the page at `path` of the world's own host, which holds for another `left_s` seconds.
fn token(world: &World, path: &str, show: &[(&str, &str)], left_s: i64) -> String {
    let url = format!("http://{}{path}", world.workerd.address());
    signed(&url, show, left_s, KEY)
}

fn signed(url: &str, show: &[(&str, &str)], left_s: i64, key: &str) -> String {
    let expires_at = now_s().checked_add_signed(left_s).unwrap();
    let (link, _) = Link::new(url, show.iter().copied(), expires_at).unwrap();
    token::sign(&link, &PreviewKey::read(Some(key)).unwrap()).unwrap()
}

/// A person without any other cookie who sees `target` with this token.
fn preview<'w>(world: &'w World, target: &str, token: &str) -> Visit<'w> {
    world.visit(target).cookies(&format!("cdp_preview={token}"))
}

/// The page without the overlay, and the overlay. The page is a preview.
#[track_caller]
fn split(response: &Response) -> (Vec<u8>, String) {
    let body = response.decoded();
    let find = |text: &str| xm_edge_tests::find(&body, text.as_bytes());
    let start = find("<cdp-preview>").unwrap_or_else(|| panic!("no overlay: {}", response.text()));
    const END: &str = "</cdp-preview>";
    let end = find(END).unwrap() + END.len();
    let page = [&body[..start], &body[end..]].concat();
    (page, String::from_utf8(body[start..end].to_vec()).unwrap())
}

/// Nothing of the preview is in the answer.
#[track_caller]
fn assert_ordinary(response: &Response) {
    assert!(
        !response.text().contains("cdp-preview"),
        "{}",
        response.text()
    );
    assert_eq!(response.header("x-robots-tag"), None);
}
