//! Promise: with `shadow = true` the visitor gets XM's own answer, to the byte and header, as if the Worker were not there, and
//! the log says what they would have got (product §12).

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use xm_edge_tests::{
    End, Latch, Module, Page, RETURNING_ID, Reply, Response, Visit, World, assert_bytes, component,
    variant, visitor_cookie,
};

use crate::{
    common::{hero_page, post},
    encodings::gzip,
};

/// A Worker that does nothing: what XM's own answer looks like behind the runtime.
const PASS_THROUGH: &str = r#"
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    return fetch(new Request(env.XM_ORIGIN + url.pathname + url.search, request));
  },
};
"#;

fn shadow_with(site: Value) -> World {
    let world = World::build()
        .site(json!({"shadow": true}))
        .site(site)
        .start();
    world.page("/", Reply::html(hero_page().html()));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world
}

fn shadow() -> World {
    shadow_with(json!({}))
}

/// The next log line about a page in shadow mode that has this.
#[track_caller]
fn line(world: &World, key: &str, value: &str) -> Value {
    world.log_line(&format!("in shadow mode, {key} {value}"), |line| {
        line["shadow"] == true && line[key] == value
    })
}

/// After-work has had its turn: a later page view has come to its end.
fn settle_shadow(world: &World) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let id = format!("later_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let page = Page::with(component(&id, ""));
    world.page("/later", Reply::html(page.html()));
    drop(world.revisit("/later").get());
    let _ = world.log_line("of a later page", |line| line.to_string().contains(&id));
}

fn lines(response: &Response) -> Vec<String> {
    let line = |(name, value): &(String, String)| format!("{}: {value}", name.to_lowercase());
    response.headers.0.iter().map(line).collect()
}

/// Both worlds answer the same request with the same status, header lines and body bytes.
#[track_caller]
fn assert_untouched(reply: &Reply, change: impl Fn(Visit<'_>) -> Visit<'_>) -> Response {
    let plain = World::build()
        .module(Module::Script(PASS_THROUGH.to_owned()))
        .start();
    let world = shadow_with(json!({
        "page_experiences": [{"path": "/", "experience": "home"}],
        "tag": {"kind": "gtm", "container_id": "GTM-1"},
        "debug": true,
    }));
    world.cdp.decide("home", json!({"variantId": "h"}));
    for one in [&plain, &world] {
        one.page("/", reply.clone());
    }
    let expected = change(plain.revisit("/")).get();
    let response = change(world.revisit("/")).get();
    assert_eq!(response.status, expected.status);
    assert_eq!(lines(&response), lines(&expected));
    assert_eq!(response.end, expected.end);
    assert_bytes(&response.body, &expected.body, "the body in shadow mode");
    // XM was asked as without the Worker, but for the mark that it has passed.
    let asked = |world: &World| {
        let mut headers = world.origin_headers("/").0;
        headers.retain(|(name, _)| {
            let ours = [
                "host",
                "x-xm-edge-hops",
                "x-forwarded-host",
                "x-forwarded-proto",
            ];
            !ours.contains(&name.to_lowercase().as_str())
        });
        headers
    };
    assert_eq!(asked(&world), asked(&plain));
    response
}

fn page() -> Reply {
    Reply::html(hero_page().html())
        .header("Cache-Control", "public, max-age=600")
        .header("ETag", "\"x\"")
        .header("Last-Modified", "Mon, 02 Nov 2026 00:00:00 GMT")
        .header("Set-Cookie", "a=1; Path=/")
        .header("Set-Cookie", "b=2")
        .header("X-Custom", "y")
}

#[test]
fn a_page_is_xms_own_with_every_header_and_its_length() {
    let response = assert_untouched(&page(), |visit| visit);
    let length = hero_page().html().len();
    assert_eq!(response.headers.content_length(), Some(length));
    assert_eq!(response.header("etag"), Some("\"x\""));
    assert_eq!(response.headers.all("set-cookie"), ["a=1; Path=/", "b=2"]);
}

#[test]
fn a_chunked_page_is_xms_own() {
    let html = hero_page().html();
    let (first, last) = html.split_at(200);
    drop(assert_untouched(&page().chunked(), |visit| visit));
    let parts = Reply::html_stream().part(first).part("").part(last);
    drop(assert_untouched(&parts, |visit| visit));
}

#[test]
fn a_compressed_page_is_xms_own_byte_for_byte() {
    let coded = gzip(hero_page().html());
    let reply = Reply::html(&coded)
        .header("Content-Encoding", "gzip")
        .header("ETag", "\"x\"");
    let response = assert_untouched(&reply, |visit| visit);
    assert_eq!(response.body, coded);
    let chunks = Reply::html_stream()
        .header("Content-Encoding", "gzip")
        .byte_by_byte(&coded);
    drop(assert_untouched(&chunks, |visit| visit));
    // For a visitor who takes no gzip the runtime decodes it, as it would anyway.
    drop(assert_untouched(&reply, |visit| {
        visit.without("Accept-Encoding")
    }));
    // What cannot be read is none the less XM's own.
    for coding in ["zstd", "br", "gzip"] {
        let odd = Reply::html("not coded at all").header("Content-Encoding", coding);
        drop(assert_untouched(&odd, |visit| visit));
    }
}

#[test]
fn conditional_requests_and_head_are_between_the_browser_and_xm() {
    let not_modified = Reply::status(304).header("ETag", "\"x\"");
    let response = assert_untouched(&not_modified, |visit| {
        visit
            .header("If-None-Match", "\"x\"")
            .header("If-Modified-Since", "Mon, 02 Nov 2026 00:00:00 GMT")
    });
    assert_eq!(
        (response.status, response.header("etag")),
        (304, Some("\"x\""))
    );
    let head = assert_untouched(&page(), |visit| visit.method("HEAD"));
    assert_eq!(
        head.headers.content_length(),
        Some(hero_page().html().len())
    );
}

#[test]
fn every_other_answer_is_xms_own() {
    let replies = [
        Reply::status(302)
            .header("Location", "/x")
            .header("Cache-Control", "public"),
        Reply::html("<p>no</p>").with_status(404),
        Reply::html("").with_status(500),
        Reply::json(json!({"a": 1})).header("ETag", "\"x\""),
        Reply::html("<p>cut").declare_length(100).cut(),
        Reply::status(200).part("no type"),
    ];
    for reply in replies {
        drop(assert_untouched(&reply, |visit| visit));
    }
    drop(assert_untouched(&page(), |visit| visit.without("Cookie")));
    drop(assert_untouched(&page(), |visit| {
        visit.user_agent("Googlebot/2.1")
    }));
    drop(assert_untouched(&page(), |visit| {
        visit.header("Sec-Purpose", "prefetch")
    }));
}

#[test]
fn the_log_says_what_would_have_been_shown() {
    let world = shadow();
    assert_eq!(world.revisit("/").get().text(), hero_page().html());
    let line = line(&world, "body", "complete");
    let hero = &line["components"][0];
    let expected =
        json!({"kind": "experience", "friendly_id": "hero", "result": "variant", "shown": "b"});
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&hero[key], value, "{line}");
    }
    assert!(hero["ms"].is_u64());
    assert_eq!(
        (&line["route"], &line["id"]),
        (&json!("page"), &json!("known"))
    );
    assert_eq!(
        world.cdp.wait_for_flow("hero").json()["browserId"],
        RETURNING_ID
    );
    settle_shadow(&world);
    assert_eq!(
        world.cdp.events(),
        Vec::<Value>::new(),
        "a VIEW in shadow mode"
    );
}

#[test]
fn a_compressed_page_is_looked_at_too() {
    let world = shadow();
    let coded = gzip(hero_page().html());
    world.page("/", Reply::html(&coded).header("Content-Encoding", "gzip"));
    assert_eq!(world.revisit("/").get().body, coded);
    assert_eq!(
        line(&world, "body", "complete")["components"][0]["shown"],
        "b"
    );
}

#[test]
fn a_failure_is_logged_as_it_would_have_been() {
    let world = shadow_with(json!({"decision_budget_ms": 300}));
    world.cdp.flow("hero", Reply::silence());
    assert_eq!(world.revisit("/").get().text(), hero_page().html());
    let line = line(&world, "body", "complete");
    assert_eq!(line["components"][0]["result"], "timeout", "{line}");
    assert_eq!(line["components"][0].get("shown"), None);
}

#[test]
fn no_byte_waits_for_a_decision() {
    let world = shadow_with(json!({"page_experiences": [{"path": "/", "experience": "home"}]}));
    let decided = Latch::new();
    for id in ["hero", "home"] {
        world
            .cdp
            .flow(id, Reply::json(json!({"variantId": "b"})).hold(&decided));
    }
    // All of it, though the first component is undecided, and though the page as a whole is.
    assert_eq!(world.revisit("/").get().text(), hero_page().html());
    let _ = world.cdp.wait_for_flow("home");
    decided.open();
    let line = line(&world, "body", "complete");
    let results: Vec<_> = line["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["result"])
        .collect();
    assert_eq!(results, ["control", "variant"], "{line}");
}

#[test]
fn a_page_as_a_whole_is_decided_for_the_log_alone() {
    for (decision, result, shown) in [
        (
            json!({"redirect": "/b", "variantId": "r"}),
            "redirect",
            json!("r"),
        ),
        (
            json!({"path": "/home-b", "variantId": "p"}),
            "path",
            json!("p"),
        ),
        (json!({"path": "/home-b"}), "path", Value::Null),
    ] {
        let world = shadow_with(json!({"page_experiences": [{"path": "/", "experiment": "home"}]}));
        let decided = Latch::new();
        world.cdp.flow("home", Reply::json(decision).hold(&decided));
        let response = world.revisit("/").get();
        assert_eq!(
            (response.status, response.text()),
            (200, hero_page().html())
        );
        // As long as it is undecided whether they would have got this page, its components are asked for by nobody.
        settle_shadow(&world);
        decided.open();
        let line = line(&world, "body", "unread");
        let entries = line["components"].as_array().unwrap();
        assert_eq!(
            entries.len(),
            1,
            "components of a page that they would not have got: {line}"
        );
        assert_eq!(
            (&entries[0]["kind"], &entries[0]["result"]),
            (&json!("page_experiment"), &json!(result))
        );
        assert_eq!(entries[0]["shown"], shown);
        settle_shadow(&world);
        let asked: Vec<Value> = world
            .cdp
            .flows()
            .iter()
            .map(|f| f["friendlyId"].clone())
            .collect();
        assert!(!asked.contains(&json!("hero")), "{asked:?}");
        assert!(world.origin().all().iter().all(|r| r.path() != "/home-b"));
    }
}

#[test]
fn a_flow_that_is_the_pages_and_a_components_runs_once() {
    let world = shadow_with(json!({"page_experiences": [{"path": "/", "experience": "hero"}]}));
    drop(world.revisit("/").get());
    let line = line(&world, "body", "complete");
    assert_eq!(line["components"][0]["shown"], "b", "{line}");
    assert_eq!(line["components"][1]["shown"], "b", "{line}");
    settle_shadow(&world);
    let asked = world.cdp.flows();
    assert_eq!(
        asked.iter().filter(|f| f["friendlyId"] == "hero").count(),
        1
    );
}

#[test]
fn who_brings_no_id_gets_none_and_is_not_asked_for() {
    let world = shadow();
    let response = world.visit("/").get();
    assert_eq!(response.headers.all("set-cookie"), [""; 0]);
    let line = line(&world, "id", "shadow");
    assert_eq!(
        (&line["body"], line.get("components")),
        (&json!("unread"), None)
    );
    settle_shadow(&world);
    assert_eq!(world.cdp.creates().len(), 0);
    assert_eq!(world.cdp.flows().len(), 1, "the later page's alone");
}

#[test]
fn who_does_not_consent_is_not_asked_for() {
    let consent = json!({"mode": "cookie", "cookie": "consent", "id": "i:1", "personalisation": "p:1", "analytics": "a:1"});
    let world = shadow_with(json!({ "consent": consent }));
    let id = visitor_cookie(RETURNING_ID);
    for cookies in [
        id.clone(),
        format!("{id}; consent=i:1,a:1"),
        format!("{id}; consent=p:1"),
    ] {
        let response = world.visit("/").cookies(&cookies).get();
        assert_eq!(
            response.headers.all("set-cookie"),
            [""; 0],
            "not even a withdrawn id is expired"
        );
    }
    drop(
        world
            .visit("/")
            .cookies(&format!("{id}; consent=i:1,p:1"))
            .get(),
    );
    let _ = line(&world, "body", "complete");
    assert_eq!(world.cdp.flows().len(), 1);
}

#[test]
fn bots_and_prefetches_leave_nothing() {
    let world = shadow_with(json!({"bots": "count"}));
    drop(
        world
            .revisit("/")
            .user_agent("Mozilla/5.0 (compatible; Googlebot/2.1)")
            .get(),
    );
    let _ = line(&world, "id", "bot");
    drop(world.revisit("/").header("Sec-Purpose", "prefetch").get());
    let _ = line(&world, "id", "prefetch");
    settle_shadow(&world);
    assert_eq!(world.cdp.events(), Vec::<Value>::new());
    assert_eq!(world.cdp.flows().len(), 1, "the later page's alone");
}

#[test]
fn what_xm_tells_is_told_and_never_leaves() {
    let world = shadow();
    let told = page()
        .header("CDP-Event", r#"{"type":"SIGNUP"}"#)
        .header("CDP-Guest", "authenticated");
    world.page("/", told);
    let response = world.revisit("/").get();
    assert_eq!(response.text(), hero_page().html());
    assert!(!response.headers.has("cdp-event") && !response.headers.has("cdp-guest"));
    assert_eq!(
        response.headers.content_length(),
        Some(hero_page().html().len())
    );
    for (name, value) in [("etag", "\"x\""), ("cache-control", "public, max-age=600")] {
        assert_eq!(response.header(name), Some(value));
    }
    assert_eq!(response.headers.all("set-cookie"), ["a=1; Path=/", "b=2"]);
    assert_eq!(
        world.cdp.wait_for_event("SIGNUP")["browser_id"],
        RETURNING_ID
    );
    let _ = line(&world, "body", "complete");
    // HEAD, too.
    let head = world.revisit("/").method("HEAD").get();
    assert!(!head.headers.has("cdp-event"));
    assert_eq!(head.header("etag"), Some("\"x\""));
}

#[test]
fn what_is_told_of_a_visitor_without_an_id_makes_no_guest() {
    let world =
        shadow_with(json!({"goals": [{"path": "/form", "method": "POST", "event": "SENT"}]}));
    let told = || page().header("CDP-Event", r#"{"type":"SIGNUP"}"#);
    world.page("/", told());
    world.page("/form", told());
    for response in [
        world.visit("/").get(),
        post(&world, "/form", "text/plain", "x")
            .without("Cookie")
            .get(),
    ] {
        assert!(!response.headers.has("cdp-event"));
        assert_eq!(response.headers.all("set-cookie"), ["a=1; Path=/", "b=2"]);
        assert_eq!(
            response.header("cache-control"),
            Some("public, max-age=600")
        );
    }
    // With an id a form's goal counts, and a logout leaves the cookie alone.
    let logout = page().header("CDP-Event", r#"{"type":"LOGOUT"}"#);
    world.page("/form", logout);
    let response = post(&world, "/form", "text/plain", "x").get();
    assert_eq!(response.headers.all("set-cookie"), ["a=1; Path=/", "b=2"]);
    let _ = world.cdp.wait_for_event("SENT");
    settle_shadow(&world);
    assert_eq!(world.cdp.creates().len(), 0);
    assert_eq!(world.cdp.events().len(), 1);
}

#[test]
fn a_page_too_large_is_not_looked_at_and_comes_whole() {
    let large = Page::with(format!(
        "{}{}",
        "x".repeat(3 * 1024 * 1024),
        component("hero", "x")
    ))
    .html();
    for reply in [Reply::html(&large), Reply::html(&large).chunked()] {
        let world = shadow();
        world.page("/", reply);
        let response = world.revisit("/").get();
        assert_eq!(response.end, End::Complete);
        assert_bytes(&response.body, large.as_bytes(), "a large page");
        let _ = line(&world, "body", "too_large");
        assert_eq!(world.cdp.flows(), Vec::<Value>::new());
    }
}

#[test]
fn a_visitor_who_takes_the_page_slowly_gets_all_of_it() {
    let world = shadow();
    let rest = Latch::new();
    let filler = "y".repeat(1_500_000);
    let html = Page::with(format!("{}{filler}", component("hero", &variant("b", "B")))).html();
    let (first, last) = html.split_at(1000);
    world.page(
        "/",
        Reply::html_stream().part(first).part(last).signal(&rest),
    );
    let exchange = world.revisit("/").send();
    // The page was looked at to its end while the visitor has read nothing of it.
    let line = line(&world, "body", "complete");
    assert_eq!(line["components"][0]["shown"], "b");
    rest.wait("XM sending all of it");
    let response = exchange.finish();
    assert_bytes(&response.body, html.as_bytes(), "the page");
}

#[test]
fn what_waits_for_a_slow_visitor_is_bounded() {
    let world = shadow();
    let all = Latch::new();
    let part = "z".repeat(1024 * 1024);
    let mut reply = Reply::html_stream().part("<p>begun</p>");
    for _ in 0..64 {
        reply = reply.part(&part);
    }
    world.page("/", reply.signal(&all));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>begun</p>");
    let _ = line(&world, "body", "too_large");
    // Nobody pulls any more, however long it takes: XM still has most of it to send.
    settle_shadow(&world);
    assert!(!all.is_open(), "64 MiB waited in memory");
    let response = exchange.finish();
    assert_eq!(response.end, End::Complete);
    assert_eq!(response.body.len(), 64 * part.len() + "<p>begun</p>".len());
}

#[test]
fn a_page_that_does_not_end_is_not_looked_at_for_ever() {
    let world = shadow();
    let closed = Latch::new();
    let html = hero_page().html();
    let begun = &html[..html.find("<footer>").unwrap()];
    let hanging = Reply::html_stream().part(begun).hang_until_closed(&closed);
    world.page("/", hanging);
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>after</p>");
    // The visitor leaves, of which the platform says nothing.
    exchange.abort();
    let line = line(&world, "body", "unfinished");
    assert_eq!(line["components"][0]["shown"], "b", "{line}");
    closed.wait("XM's connection closing");
}

#[test]
fn xm_that_is_down_is_a_bad_gateway_as_ever() {
    let world = shadow();
    world.page("/", Reply::raw("").reset());
    assert_eq!(world.revisit("/").get().status, 502);
}
