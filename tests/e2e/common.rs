//! What many promises have in common: a page with one component, and the checks that every failure shares.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use xm_edge_tests::{
    End, Page, RETURNING_ID, Reply, Response, Visit, World, assert_bytes, component, find, variant,
    visitor_cookie,
};

/// Headers that a page which could differ by visitor must not carry.
pub const STRIPPED: [&str; 11] = [
    "ETag",
    "Last-Modified",
    "Expires",
    "Age",
    "Surrogate-Control",
    "CDN-Cache-Control",
    "Cloudflare-CDN-Cache-Control",
    "Content-MD5",
    "Digest",
    "Content-Digest",
    "Repr-Digest",
];

/// Default content of [`hero_page`].
pub const DEFAULT: &str = "\n<h1>Welcome</h1> <p>to &quot;us&quot;\n";

/// What variant `b` of [`hero_page`] shows.
pub const VARIANT_B: &str = "<h1>Welcome back</h1>";

/// A page with one component `hero`: default content with an implied end tag inside, and two variants.
pub fn hero_page() -> Page {
    let content = format!(
        "{DEFAULT}{}{}",
        variant("a", "<h1>Variant A</h1>"),
        variant("b", VARIANT_B)
    );
    Page::with(format!(
        "<p>before</p>{}<p>after</p>",
        component("hero", &content)
    ))
}

/// [`hero_page`] as it must look with this content, but for `data-cdp-shown`.
pub fn hero_page_showing(content: &str) -> String {
    hero_page().around(&format!(
        "<p>before</p>{}<p>after</p>",
        component("hero", content)
    ))
}

/// A site with [`hero_page`] at `/`.
pub fn hero_world() -> World {
    hero_world_with(json!({}))
}

/// A site with [`hero_page`] at `/` and these settings.
pub fn hero_world_with(site: Value) -> World {
    let world = World::build().site(site).start();
    world.page("/", Reply::html(hero_page().html()));
    world
}

/// `fetch(target, {method: "POST", body})` of a page of the site.
pub fn post<'w>(world: &'w World, target: &str, kind: &str, body: impl AsRef<[u8]>) -> Visit<'w> {
    let origin = format!("http://{}", world.workerd.address());
    world
        .revisit(target)
        .method("POST")
        .header("Accept", "*/*")
        .header("Origin", &origin)
        .header("Referer", &format!("{origin}/shop/shoe?email=x@y.example"))
        .header("Sec-Fetch-Site", "same-origin")
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty")
        .without("Sec-Fetch-User")
        .without("Upgrade-Insecure-Requests")
        .body(kind, body)
}

/// The body without its `data-cdp-shown` attributes, and their values in order.
pub fn take_shown(html: &[u8]) -> (Vec<u8>, Vec<String>) {
    const ATTRIBUTE: &[u8] = b" data-cdp-shown=\"";
    let (mut rest, mut plain, mut shown) = (html, Vec::new(), Vec::new());
    while let Some(at) = find(rest, ATTRIBUTE) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at + ATTRIBUTE.len()..];
        let end = find(rest, b"\"").expect("data-cdp-shown has no closing quote");
        shown.push(String::from_utf8_lossy(&rest[..end]).into_owned());
        rest = &rest[end + 1..];
    }
    plain.extend_from_slice(rest);
    (plain, shown)
}

/// The page came whole, shows `expected` and names these results in `data-cdp-shown`.
#[track_caller]
pub fn assert_shows(response: &Response, expected: impl AsRef<[u8]>, shown: &[&str]) {
    assert_eq!((response.status, response.end), (200, End::Complete));
    let (plain, results) = take_shown(&response.decoded());
    assert_bytes(&plain, expected.as_ref(), "the personalised page");
    assert_eq!(results, shown, "data-cdp-shown");
    assert_private(response);
}

/// What happened is counted: a log line has this label as a value, at any depth.
#[track_caller]
pub fn assert_counted(world: &World, label: &str) {
    let line = world.log_line(&format!("that names {label}"), |line| holds(line, label));
    assert!(!line.is_null());
}

/// Whether a JSON value contains this text as a value, at any depth.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Array(list) => list.iter().any(|item| holds(item, text)),
        Value::Object(map) => map.values().any(|item| holds(item, text)),
        _ => false,
    }
}

/// The fault is over: the same Worker answers another page of the same site, personalised. On a slow machine a short budget may end
/// first; then, too, the page is whole.
#[track_caller]
pub fn assert_next_page_is_fine(world: &World) {
    let page = |content: &str| Page::with(component("next", content));
    let authored = page(&format!("DEFAULT{}", variant("n", "NEXT"))).html();
    world.page("/next", Reply::html(&authored));
    world.cdp.decide("next", json!({"variantId": "n"}));
    for _ in 0..20 {
        let response = world.revisit("/next").get();
        let (_, shown) = take_shown(&response.decoded());
        if shown == ["n"] {
            return assert_shows(&response, page("NEXT").html(), &["n"]);
        }
        assert_default(&response, &authored);
    }
    panic!("the next page is never personalised");
}

/// The page came whole and is exactly what XM sent, but never shared.
#[track_caller]
pub fn assert_origin_bytes(response: &Response, origin: impl AsRef<[u8]>) {
    assert_eq!((response.status, response.end), (200, End::Complete));
    assert_bytes(
        &response.decoded(),
        origin.as_ref(),
        "the page after a failure",
    );
    assert_private(response);
}

/// The decoded body is this.
#[track_caller]
pub fn assert_bytes_of(response: &Response, expected: &str) {
    assert_bytes(&response.decoded(), expected.as_bytes(), "the body");
}

/// The page came whole and is the default one: XM's bytes, with or without the variants' templates.
#[track_caller]
pub fn assert_default(response: &Response, origin: &str) {
    assert_eq!((response.status, response.end), (200, End::Complete));
    let body = response.decoded();
    if body != without_templates(origin).as_bytes() {
        assert_bytes(&body, origin.as_bytes(), "the default page");
    }
    assert_private(response);
}

/// No shared cache may keep this response, and nothing of it says that the bytes are XM's own.
#[track_caller]
pub fn assert_private(response: &Response) {
    assert_eq!(
        response.headers.all("cache-control"),
        ["private, no-store"],
        "Cache-Control"
    );
    for name in STRIPPED {
        assert_eq!(response.header(name), None, "{name} survived");
    }
    // A length that the runtime itself found out is true; XM's could be stale.
    let length = response.headers.content_length();
    assert!(
        length.is_none_or(|length| length == response.body.len()),
        "a stale Content-Length"
    );
}

/// The names of cookies that the response sets, in order.
pub fn cookies_set(response: &Response) -> Vec<String> {
    let name = |line: &&str| line.split('=').next().unwrap_or_default().trim().to_owned();
    response
        .headers
        .all("set-cookie")
        .iter()
        .map(name)
        .collect()
}

/// The value of the id cookie that the response sets.
pub fn id_set(response: &Response) -> Option<String> {
    let prefix = format!("bid_{}=", xm_edge_tests::CLIENT_KEY);
    let lines = response.headers.all("set-cookie");
    let line = lines.iter().find_map(|line| line.strip_prefix(&prefix))?;
    line.split(';').next().map(str::to_owned)
}

/// After-work has had its turn: a later page view, whose decision and VIEW this waits for, is through. Then asserts
/// that the CDP was asked nothing but that.
#[track_caller]
pub fn assert_cdp_was_not_asked(world: &World) {
    settle(world);
    let asked: Vec<String> = world
        .cdp
        .requests()
        .all()
        .iter()
        .filter(|request| !is_of_settling(&request.json()))
        .map(|request| format!("{} {} {}", request.method, request.target, request.json()))
        .collect();
    assert!(asked.is_empty(), "the CDP was asked: {asked:#?}");
}

/// Waits until the after-work of everything before has had its turn.
#[track_caller]
pub fn settle(world: &World) {
    settle_as(world, &visitor_cookie(RETURNING_ID));
}

/// [`settle`] by a visitor with these cookies, who must be one that is decided for and counted.
#[track_caller]
pub fn settle_as(world: &World, cookies: &str) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    // Each its own name: waiting must not find an earlier one.
    let name = format!("{SETTLING}{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let path = format!("/{name}");
    let page = Page::with(component(&name, ""));
    let page = page.head(&format!("<meta name=\"cdp:page\" content=\"{name}\">"));
    world.page(&path, Reply::html(page.html()));
    drop(world.visit(&path).cookies(cookies).get());
    let _ = world.cdp.wait_for_flow(&name);
    world
        .cdp
        .requests()
        .first("the VIEW of a later page", |request| {
            let body = request.json();
            body["type"] == "VIEW" && body["page"] == name.as_str()
        });
}

/// The events that the CDP got so far, without those of [`settle`].
pub fn sent_events(world: &World) -> Vec<Value> {
    let mut events = world.cdp.events();
    events.retain(|event| !is_of_settling(event));
    events
}

/// The types of [`sent_events`], in order.
pub fn event_types(world: &World) -> Vec<String> {
    let kind = |event: &Value| event["type"].as_str().unwrap_or_default().to_owned();
    sent_events(world).iter().map(kind).collect()
}

/// How page name and friendly id of a page view of [`settle`] begin.
const SETTLING: &str = "settle_";

/// Whether a request to the CDP belongs to [`settle`].
pub fn is_of_settling(body: &Value) -> bool {
    let named = |key: &str| {
        body[key]
            .as_str()
            .is_some_and(|name| name.starts_with(SETTLING))
    };
    named("friendlyId") || named("page")
}

/// `html` without `<template data-cdp-variant…>…</template>` (not nested in tests that use this).
fn without_templates(html: &str) -> String {
    let mut rest = html;
    let mut out = String::new();
    while let Some(at) = rest.find("<template data-cdp-variant") {
        out.push_str(&rest[..at]);
        let end = rest[at..]
            .find("</template>")
            .expect("a template without an end");
        rest = &rest[at + end + "</template>".len()..];
    }
    out.push_str(rest);
    out
}
