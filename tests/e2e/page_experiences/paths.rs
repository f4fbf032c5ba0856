//! Another page of XM under the visitor's own URL.

use std::time::Duration;

use serde_json::{Value, json};
use xm_edge_tests::{Latch, Page, RETURNING_ID, Reply, component, variant, visitor_cookie};

use super::{assert_home, assert_other, builder, home, logged, other, pages, world_deciding};
use crate::common::{assert_bytes_of, cookies_set, sent_events, settle};

#[test]
fn another_page_is_served_under_the_same_url() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let visit = world
        .revisit("/?x=1&utm_source=a+b")
        .header("If-None-Match", "\"home\"")
        .header("Accept-Language", "de");
    assert_other(&visit.get());
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(
        (&view["page"], &view["ext"]),
        (&json!("/"), &json!({"home": "/home-b"}))
    );
    // Not in the log: a path is a value of the decision.
    assert_eq!(logged(&world, "path").get("shown"), None);
    let request = world
        .origin()
        .first("the other page", |r| r.path() == "/home-b");
    assert_eq!(request.target, "/home-b?x=1&utm_source=a+b");
    let same = [
        "cookie",
        "user-agent",
        "accept",
        "accept-language",
        "accept-encoding",
        "x-xm-edge-hops",
        "x-forwarded-host",
    ];
    let default = world.origin_headers("/");
    for name in same {
        assert_eq!(request.headers.get(name), default.get(name), "{name}");
    }
    assert!(!request.headers.has("if-none-match"));
}

#[test]
fn a_variant_id_names_what_is_shown() {
    let world = world_deciding(json!({"path": "/home-b", "variantId": "b", "redirect": ""}));
    assert_other(&world.revisit("/").get());
    assert_eq!(
        world.cdp.wait_for_event("VIEW")["ext"],
        json!({"home": "b"})
    );
    assert_eq!(logged(&world, "path")["shown"], "b");
}

#[test]
fn a_control_is_the_default_page() {
    for (decision, shown) in [
        (json!({}), "control"),
        (json!({"message": "No flow executed"}), "control"),
        (json!({"variantId": "home_default", "path": ""}), "control"),
        (json!({"variantId": "b"}), "b"),
    ] {
        let world = world_deciding(decision);
        assert_home(&world.revisit("/").get());
        assert_eq!(
            world.cdp.wait_for_event("VIEW")["ext"],
            json!({"home": shown})
        );
        assert_eq!(logged(&world, "control")["shown"], shown);
    }
}

#[test]
fn what_is_no_page_is_not_shown() {
    let replies: [(&str, Reply); 9] = [
        ("not found", Reply::html("<p>no</p>").with_status(404)),
        ("an error", Reply::html("<p>no</p>").with_status(500)),
        (
            "a redirect",
            Reply::status(302).header("Location", "/login"),
        ),
        ("created", Reply::html("<p>no</p>").with_status(201)),
        ("JSON", Reply::json(json!({}))),
        (
            "no body",
            Reply::status(200).header("Content-Type", "text/html"),
        ),
        ("a reset", Reply::raw("").reset()),
        ("no HTTP", Reply::raw("SSH-2.0\r\n\r\n")),
        (
            "an unknown coding",
            Reply::html("x").header("Content-Encoding", "zstd"),
        ),
    ];
    for (what, reply) in replies {
        let world = world_deciding(json!({"path": "/home-b"}));
        world.page("/home-b", reply.header("Set-Cookie", "xm_other=1"));
        assert_home(&world.revisit("/").get());
        assert_eq!(logged(&world, "path_failed").get("shown"), None, "{what}");
        let view = world.cdp.wait_for_event("VIEW");
        assert_eq!(view.get("ext"), None, "{what}");
    }
}

#[test]
fn a_page_that_never_answers_is_given_up() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let closed = Latch::new();
    world.page("/home-b", Reply::raw("").hang_until_closed(&closed));
    assert_home(&world.revisit("/").get());
    closed.wait("the other page's connection closing");
    let _ = logged(&world, "path_failed");
}

#[test]
fn the_back_office_is_not_served() {
    let world = world_deciding(json!({}));
    for path in [
        "/sitecore/login",
        "/x/../sitecore",
        "//evil.example/",
        "/\\x",
        "http://x/",
        "/_cdp/health",
        "/b#c",
        "b",
    ] {
        world.cdp.decide("home", json!({"path": path}));
        assert_home(&world.revisit("/").get());
    }
    let _ = logged(&world, "path_refused");
    settle(&world);
    let asked = world.origin().all();
    assert!(
        !asked
            .iter()
            .any(|request| request.path().contains("sitecore"))
    );
}

#[test]
fn the_default_page_is_let_go() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let (closed, shown) = (Latch::new(), Latch::new());
    world.page(
        "/",
        Reply::html_stream()
            .part("<p>home")
            .hang_until_closed(&closed),
    );
    let rest = Reply::html_stream()
        .part("<p>the other")
        .wait(&shown)
        .part("</p>");
    world.page("/home-b", rest);
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>the other");
    // While the page still streams, the connection is free for its components.
    closed.wait("the default page's connection closing");
    shown.open();
    assert_eq!(exchange.finish().text(), "<p>the other</p>");
}

#[test]
fn only_what_xm_tells_with_the_page_that_is_served_is_told() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let telling = |html: String, kind: &str| {
        Reply::html(html).header("CDP-Event", &json!({"type": kind}).to_string())
    };
    world.page("/", telling(home(), "DEFAULT_SEEN"));
    world.page("/home-b", telling(other(), "OTHER_SEEN"));
    let response = world.revisit("/").get();
    assert_bytes_of(&response, &other());
    assert!(!response.headers.has("cdp-event"));
    let _ = world.cdp.wait_for_event("OTHER_SEEN");
    settle(&world);
    let events = sent_events(&world);
    assert!(
        events.iter().all(|event| event["type"] != "DEFAULT_SEEN"),
        "{events:?}"
    );
}

#[test]
fn the_pages_components_are_decided_and_no_flow_is_asked_twice() {
    let world = world_deciding(json!({"path": "/home-b", "variantId": "b", "greeting": "Hello"}));
    let hero = component("hero", &variant("x", "<h1>X</h1>"));
    let own = component("home", "<p data-cdp-text=\"/greeting\">Hi</p>");
    let page = Page::with(format!("{hero}{own}"));
    world.page("/home-b", Reply::html(page.html()));
    world.cdp.decide("hero", json!({"variantId": "x"}));
    let response = world.revisit("/").get();
    let text = response.text();
    assert!(
        text.contains("<h1>X</h1>") && text.contains(">Hello</p>"),
        "{text}"
    );
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view["ext"], json!({"home": "b", "hero": "x"}));
    settle(&world);
    let flows = world.cdp.flows();
    let asked = |id: &str| flows.iter().filter(|flow| flow["friendlyId"] == id).count();
    assert_eq!((asked("home"), asked("hero")), (1, 1));
    assert_eq!(
        world
            .origin()
            .all()
            .iter()
            .filter(|r| r.path() == "/")
            .count(),
        1
    );
}

#[test]
fn a_flow_that_failed_is_not_asked_again_by_the_page() {
    let world = builder(json!({})).start();
    let page = Page::with(component("home", "<p>default</p>"));
    world.page("/", Reply::html(page.html()));
    world.cdp.flow("home", Reply::status(500));
    assert_bytes_of(&world.revisit("/").get(), &page.html());
    let _ = logged(&world, "cdp_error");
    settle(&world);
    let flows = world.cdp.flows();
    let asked = flows.iter().filter(|flow| flow["friendlyId"] == "home");
    assert_eq!(asked.count(), 1);
}

#[test]
fn the_same_path_is_not_fetched_twice() {
    let world = world_deciding(json!({"path": "/"}));
    assert_home(&world.revisit("/").get());
    assert_eq!(
        world.cdp.wait_for_event("VIEW")["ext"],
        json!({"home": "/"})
    );
    assert_eq!(world.origin().all().len(), 1);
}

#[test]
fn a_browser_that_holds_the_one_page_is_not_told_that_it_holds_the_other() {
    let world = builder(json!({"browser_cache": "revalidate"})).start();
    pages(&world);
    let again = |etag: &str| world.revisit("/").header("If-None-Match", etag).get();
    let tag = |etag: Option<&str>| etag.expect("an ETag").to_owned();
    world.cdp.decide("home", json!({}));
    let home_tag = tag(world.revisit("/").get().header("etag"));
    assert_eq!(again(&home_tag).status, 304);
    world.cdp.decide("home", json!({"path": "/home-b"}));
    let changed = again(&home_tag);
    assert_eq!(changed.status, 200);
    assert_bytes_of(&changed, &other());
    let other_tag = tag(changed.header("etag"));
    assert_eq!(again(&other_tag).status, 304);
    world.cdp.decide("home", json!({"redirect": "/b"}));
    assert_eq!(again(&other_tag).status, 302);
}

#[test]
fn a_page_too_large_for_its_etag_is_the_other_one_all_the_same() {
    let world = builder(json!({"browser_cache": "revalidate"})).start();
    pages(&world);
    let filler = "f".repeat(9 * 1024 * 1024);
    let marked = component("hero", &variant("x", "X"));
    let large = Page::with(format!("{marked}{filler}")).html();
    world.page("/home-b", Reply::html(&large));
    world.cdp.decide("home", json!({"path": "/home-b"}));
    world.cdp.decide("hero", json!({"variantId": "x"}));
    assert_bytes_of(&world.revisit("/").get(), &large);
    // That page was seen; what was rendered of it was not.
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view["ext"], json!({"home": "/home-b"}));
}

#[test]
fn a_broken_coding_of_the_other_page_is_never_shared() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let broken = Reply::html("plain").header("Content-Encoding", "gzip");
    world.page(
        "/home-b",
        broken.header("Cache-Control", "public, max-age=600"),
    );
    let response = world.revisit("/").get();
    assert_eq!(response.body, b"plain", "unread");
    assert_eq!(response.headers.all("cache-control"), ["private, no-store"]);
}

#[test]
fn xm_may_be_down_for_the_default_page() {
    let world = world_deciding(json!({"path": "/home-b"}));
    world.page("/", Reply::raw("").reset());
    assert_other(&world.revisit("/").get());
    world.cdp.decide("home", json!({}));
    assert_eq!(world.revisit("/").get().status, 502);
}

#[test]
fn with_a_budget_from_xm_components_have_all_of_it_behind_the_pages_own() {
    let world =
        builder(json!({"decision_budget_ms": 400, "decision_budget_from": "origin"})).start();
    let given_up = Latch::new();
    world
        .cdp
        .flow("home", Reply::raw("").hang_until_closed(&given_up));
    let page = Page::with(component("hero", &variant("x", "<h1>X</h1>")));
    // XM answers when the flow's time is over.
    world.page("/", Reply::html(page.html()).hold(&given_up));
    world.cdp.decide("hero", json!({"variantId": "x"}));
    assert!(world.revisit("/").get().text().contains("<h1>X</h1>"));
    let _ = logged(&world, "timeout");
}

#[test]
fn a_page_of_another_length_has_no_length_of_the_default_one() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let long = Page::with("x".repeat(200_000)).html();
    world.page(
        "/home-b",
        Reply::html(&long).pause(Duration::from_millis(20)),
    );
    assert_bytes_of(&world.revisit("/").get(), &long);
    let entry: Value = logged(&world, "path");
    assert_eq!(entry["friendly_id"], "home");
    let named = world
        .visit("/")
        .cookies(&visitor_cookie(RETURNING_ID))
        .get();
    assert!(cookies_set(&named).iter().all(|name| name != "xm_home"));
}
