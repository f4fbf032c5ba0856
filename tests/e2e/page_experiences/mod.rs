//! Promise: a rule lets a flow decide on the page as a whole, before its headers: the default page, another one of XM under the
//! same URL, or a redirect within the site (product §8). Nobody else's page waits for that, and whatever fails is the default
//! page.

mod asking;
mod paths;
mod redirects;

use serde_json::{Value, json};
use xm_edge_tests::{End, Page, Reply, Response, World, WorldBuilder};

use crate::common::{assert_bytes_of, assert_private, cookies_set};

/// XM's page at `/`.
pub fn home() -> String {
    Page::with("<p>the default page</p>").html()
}

/// XM's page at `/home-b`.
pub fn other() -> String {
    Page::with("<p>the other page</p>").html()
}

/// A site where the flow `home` decides on `/`.
pub fn builder(site: Value) -> WorldBuilder {
    let rules = json!({"page_experiences": [{"path": "/", "experience": "home"}]});
    World::build().site(rules).site(site)
}

/// XM's pages, each with a cookie that names it.
pub fn pages(world: &World) {
    let named = |html: String, name: &str| {
        let cookie = format!("xm_{name}=1; Path=/");
        Reply::html(html).header("Set-Cookie", &cookie)
    };
    world.page("/", named(home(), "home"));
    world.page("/home-b", named(other(), "other"));
}

/// [`builder`] with [`pages`], where the flow decides this.
pub fn world_deciding(decision: Value) -> World {
    let world = builder(json!({})).start();
    pages(&world);
    world.cdp.decide("home", decision);
    world
}

/// The page came whole and is XM's default one, without a trace of another.
#[track_caller]
pub fn assert_home(response: &Response) {
    assert_page(response, &home(), "xm_home");
}

/// The page came whole and is XM's other one, without a trace of the default one.
#[track_caller]
pub fn assert_other(response: &Response) {
    assert_page(response, &other(), "xm_other");
}

#[track_caller]
fn assert_page(response: &Response, html: &str, cookie: &str) {
    assert_eq!((response.status, response.end), (200, End::Complete));
    assert_bytes_of(response, html);
    assert_private(response);
    let cookies = cookies_set(response);
    let xms: Vec<_> = cookies
        .iter()
        .filter(|name| name.starts_with("xm_"))
        .collect();
    assert_eq!(xms, [cookie], "the cookies of XM");
}

/// The log's entry about the page as a whole.
pub fn logged(world: &World, result: &str) -> Value {
    let of_page = |line: &Value| {
        let entries = line["components"].as_array().cloned().unwrap_or_default();
        let mut entries = entries.into_iter();
        entries.find(|entry| {
            let kind = entry["kind"].as_str().unwrap_or_default();
            kind.starts_with("page_") && entry["result"] == result
        })
    };
    let line = world.log_line(&format!("of a page that is {result}"), |line| {
        of_page(line).is_some()
    });
    of_page(&line).unwrap()
}
