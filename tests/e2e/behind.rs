//! Promise: the client-side tag and the beacon come at the end of the body, once, with the page's own nonce; not a byte of the
//! page moves for them (product §6, §7).

use serde_json::{Value, json};
use xm_edge_tests::{RETURNING_ID, Reply, Response, World, visitor_cookie};

use crate::common::{hero_page, hero_world_with};

const MARK: &str = "<a href=\"/brochure\" data-cdp-goal=\"BROCHURE\">Brochure</a>";
const LIBRARY: &str = "https://cdn.example/sitecore-engage-v.1.4.3.min.js";

fn engage() -> Value {
    json!({ "tag": { "kind": "engage", "library_url": LIBRARY } })
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><title>t</title></head><body>{body}</body></html>\r\n"
    )
}

fn get(world: &World, html: &str) -> Response {
    world.page("/", Reply::html(html));
    world.revisit("/").get()
}

/// What comes at the end of the body of a page that is otherwise as XM sent it.
#[track_caller]
fn behind(response: &Response, html: &str) -> String {
    let text = response.text();
    let end = html.rfind("</body>").unwrap_or(html.len());
    let added = text
        .strip_prefix(&html[..end])
        .and_then(|rest| rest.strip_suffix(&html[end..]));
    added.expect("the page itself changed").to_owned()
}

#[test]
fn the_beacon_comes_with_marked_goals_alone() {
    let world = hero_world_with(json!({}));
    let marked = page(MARK);
    let added = behind(&get(&world, &marked), &marked);
    assert!(added.starts_with("<script src=\"http://"), "{added}");
    assert!(added.contains("/_cdp/beacon.js?v="), "{added}");
    assert_eq!(added.matches("<script").count(), 1);
    let plain = page("nothing marked");
    assert_eq!(behind(&get(&world, &plain), &plain), "");
}

#[test]
fn the_beacon_is_served_first_party_and_small() {
    let world = hero_world_with(json!({}));
    let script = world.visit("/_cdp/beacon.js").get();
    assert_eq!(script.status, 200);
    assert!(script.body.len() <= 2048, "{} bytes", script.body.len());
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    let tag = script.header("etag").unwrap().to_owned();
    for name in ["goals", "beacon"] {
        let again = world
            .visit(&format!("/_cdp/{name}.js"))
            .header("If-None-Match", &tag)
            .get();
        assert_eq!((again.status, again.body.len()), (304, 0), "{name}");
    }
}

#[test]
fn the_tag_points_at_the_first_party_path_and_carries_the_pages_nonce() {
    let world = hero_world_with(engage());
    let html = page("x");
    let csp = "default-src 'self'; script-src 'nonce-r4nd0m'";
    world.page(
        "/",
        Reply::html(&html).header("Content-Security-Policy", csp),
    );
    let response = world.revisit("/").get();
    let added = behind(&response, &html);
    assert!(added.contains("nonce=\"r4nd0m\""), "{added}");
    assert!(added.contains("/_cdp"), "{added}");
    assert!(added.contains(LIBRARY), "{added}");
    assert_eq!(response.headers.all("content-security-policy"), [csp]);
}

#[test]
fn a_page_that_carries_the_tag_gets_no_second_one() {
    let world = hero_world_with(engage());
    let html = page(&format!("<script async src=\"{LIBRARY}\"></script>"));
    assert_eq!(behind(&get(&world, &html), &html), "");
}

#[test]
fn who_may_not_be_counted_gets_neither() {
    let world = hero_world_with(engage());
    let html = page(MARK);
    world.page("/", Reply::html(&html));
    let bot = world
        .visit("/")
        .header("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)");
    for visit in [
        bot,
        world.visit("/").header("Sec-GPC", "1"),
        world.visit("/").header("Sec-Purpose", "prefetch"),
    ] {
        assert_eq!(behind(&visit.get(), &html), "");
    }
}

#[test]
fn goals_count_without_decisions_and_with_views_of_the_browser() {
    let consent =
        json!({ "mode": "cookie", "cookie": "consent", "id": "id", "analytics": "analytics" });
    let world = hero_world_with(json!({ "consent": consent, "page_views": "browser" }));
    let html = page(MARK);
    world.page("/", Reply::html(&html));
    let id = visitor_cookie(RETURNING_ID);
    let agreed = world
        .visit("/")
        .cookies(&format!("{id}; consent=id,analytics"));
    assert!(behind(&agreed.get(), &html).contains("/_cdp/beacon.js"));
}

#[test]
fn a_page_that_broke_off_gets_nothing_behind_it() {
    let world = hero_world_with(engage());
    let html = hero_page().html();
    world.page(
        "/",
        Reply::html(&html[..200]).declare_length(html.len()).cut(),
    );
    let response = world.revisit("/").get();
    assert!(!response.text().contains(LIBRARY));
}
