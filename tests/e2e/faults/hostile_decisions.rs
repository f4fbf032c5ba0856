//! E: hostile decisions. Shapes and payload lists are proved natively (`tests/properties.rs`, `cases/`) and in `marks.rs`; here
//! is that nothing of a decision becomes a header, a log line of its own, or a mark.

use serde_json::json;
use xm_edge_tests::{Page, Reply, World, assert_bytes, component};

use crate::common::{
    assert_next_page_is_fine, assert_origin_bytes, assert_shows, hero_page, hero_world_with,
    take_shown,
};

/// What no header may carry.
const BREAKS: [&str; 7] = [
    "/b\r\nSet-Cookie: stolen=1",
    "/b\nX-Evil: 1",
    "/b\u{0}",
    "/b\u{85}X-Evil: 1",
    "/b\u{2028}",
    "\t/b",
    "/b\u{7f}",
];

#[test]
fn a_redirect_with_line_breaks_sets_no_header() {
    let site = json!({"page_experiences": [{"path": "/", "experience": "home"}]});
    let world = hero_world_with(site);
    for target in BREAKS {
        world.cdp.decide("home", json!({"redirect": target}));
        let response = world.revisit("/").get();
        // Refused, or a location that is plain: never a header of its own.
        assert_eq!(response.header("x-evil"), None, "{target:?}");
        let cookies = response.headers.all("set-cookie").join("\n");
        assert!(!cookies.contains("stolen"), "{target:?}: {cookies}");
        match response.header("location") {
            None => {
                let (plain, _) = take_shown(&response.decoded());
                assert!(!plain.is_empty(), "{target:?}");
            }
            Some(location) => {
                assert!(
                    location.bytes().all(|byte| byte.is_ascii_graphic()),
                    "{target:?}: {location:?}"
                );
                assert!(location.starts_with("/b"), "{target:?}: {location:?}");
            }
        }
    }
    assert_next_page_is_fine(&world);
}

#[test]
fn a_redirect_of_64_kb_is_refused() {
    let site = json!({"page_experiences": [{"path": "/", "experience": "home"}]});
    let world = hero_world_with(site);
    let target = format!("/b?{}", "x".repeat(64 * 1024));
    world.cdp.decide("home", json!({"redirect": target}));
    world.cdp.flow("hero", Reply::status(500));
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    assert_next_page_is_fine(&world);
}

/// A component whose `p` takes the decision's text.
fn text_page() -> Page {
    Page::with(component("hero", "<p data-cdp-text=\"/t\">DEFAULT</p>"))
}

#[test]
fn a_text_cannot_write_a_log_line() {
    let world = World::start();
    world.page("/", Reply::html(text_page().html()));
    let text = "\r\n{\"route\":\"forged\"}\r\n\u{1b}[2J";
    world
        .cdp
        .decide("hero", json!({"t": text, "variantId": text}));
    let response = world.revisit("/").get();
    assert_eq!(response.status, 200);
    assert_next_page_is_fine(&world);
    let lines = world.workerd.lines().all();
    assert!(
        lines
            .iter()
            .all(|line| !line.contains("forged") && !line.contains('\u{1b}')),
        "{lines:#?}"
    );
}

#[test]
fn a_text_of_200_kb_arrives_whole() {
    let world = World::start();
    world.page("/", Reply::html(text_page().html()));
    let text = "wörds & more ".repeat(15_000);
    world.cdp.decide("hero", json!({"t": text}));
    let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
    let expected = text_page()
        .html()
        .replace("DEFAULT", &text.replace('&', "&amp;"));
    assert_bytes(&plain, expected.as_bytes(), "the page");
    assert_eq!(shown.len(), 1);
    assert_next_page_is_fine(&world);
}

#[test]
fn a_text_of_our_own_marks_asks_for_nothing() {
    let world = World::start();
    world.page("/", Reply::html(text_page().html()));
    let marks =
        "<i data-cdp-experience=\"other\" data-cdp-goal=\"G\"><template data-cdp-variant=\"n\">";
    world.cdp.decide("hero", json!({"t": marks}));
    let response = world.revisit("/").get();
    let escaped = marks.replace('<', "&lt;").replace('>', "&gt;");
    let (plain, _) = take_shown(&response.decoded());
    let seen = String::from_utf8(plain).unwrap();
    assert!(
        seen.contains(&escaped) || seen.contains(&escaped.replace('"', "&quot;")),
        "{seen}"
    );
    assert_next_page_is_fine(&world);
    let asked: Vec<_> = world.cdp.flows();
    assert!(
        asked.iter().all(|flow| flow["friendlyId"] != "other"),
        "{asked:?}"
    );
}

#[test]
fn a_decision_that_names_hosts_makes_no_call() {
    let evil = xm_edge_tests::Server::start(|_| Reply::html("evil"));
    let url = evil.url();
    let world = World::start();
    let content = "<p data-cdp-text=\"/t\">DEFAULT</p>";
    let page = Page::with(format!(
        "<div data-cdp-experience=\"hero\" data-cdp-fragment=\"/path\">{content}</div>"
    ));
    world.page("/", Reply::html(page.html()));
    for path in [
        url.clone(),
        url.replace("http:", ""),
        url.replace("http://", "/\\"),
        format!("/@{}", evil.address()),
        format!("/..//{}/", evil.address()),
    ] {
        let decision = json!({"path": path, "redirect": url, "target": url, "variantId": url});
        world.cdp.decide("hero", decision);
        let response = world.revisit("/").get();
        assert_eq!(response.status, 200, "{path}");
        assert!(!response.text().contains("evil<"), "{path}");
    }
    assert!(evil.requests().all().is_empty(), "a decision named a host");
    assert_shows_default_of(&world);
}

/// The page without any call is the authored one.
#[track_caller]
fn assert_shows_default_of(world: &World) {
    world.page("/", Reply::html(text_page().html()));
    world.cdp.decide("hero", json!({"t": "fine"}));
    assert_shows(
        &world.revisit("/").get(),
        text_page().html().replace("DEFAULT", "fine"),
        &["control"],
    );
}
