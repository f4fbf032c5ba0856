//! Promise: everything is bounded: connections, what is held, the wait, and a route that leads back to itself
//! (product §3, §4).

use std::{fmt::Write as _, time::Duration};

use serde_json::json;
use xm_edge_tests::{Latch, Page, Reply, World, assert_bytes, component, variant};

use crate::common::{
    VARIANT_B, assert_origin_bytes, assert_shows, hero_page, hero_page_showing, hero_world_with,
    take_shown,
};

#[test]
fn twelve_decisions_and_xm_never_use_more_than_six_connections() {
    let world = World::start();
    let all_answered = Latch::new();
    let ids: Vec<String> = (0..12).map(|number| format!("flow_{number}")).collect();
    let mut body = String::new();
    let mut expected = String::new();
    for id in &ids {
        let _ = writeln!(body, "{}", component(id, &variant("v", "VARIANT")));
        let _ = writeln!(expected, "{}", component(id, "VARIANT"));
    }
    let page = Page::with(body.clone());
    world.page(
        "/",
        Reply::html_stream()
            .part(page.top())
            .part(body)
            .wait(&all_answered)
            .part(page.bottom()),
    );
    // Every answer takes a while, so that as many run at once as ever do.
    world.cdp.any_flow(|_| {
        Reply::status(200)
            .pause(Duration::from_millis(40))
            .part(json!({"variantId": "v"}).to_string())
    });
    let exchange = world.revisit("/").send();
    for id in &ids {
        let _ = world.cdp.wait_for_flow(id);
    }
    // XM's connection is the sixth until here.
    all_answered.open();
    assert_shows(&exchange.finish(), page.around(&expected), &["v"; 12]);
    assert_eq!(world.cdp.flows().len(), 12, "one call per friendly id");
    let most = world.cdp.most_in_flight();
    assert!(
        (2..=5).contains(&most),
        "{most} at once beside XM's own connection"
    );
}

#[test]
fn ten_fragments_and_their_decisions_never_use_more_than_six_connections() {
    let world = World::start();
    let ids: Vec<String> = (0..10).map(|number| format!("flow_{number}")).collect();
    let open = |id: &str| format!("<div data-cdp-experience=\"{id}\" data-cdp-fragment=\"/path\">");
    let body = |content: &str| {
        ids.iter()
            .map(|id| format!("{}{content}</div>\n", open(id)))
            .collect::<String>()
    };
    let page = Page::with(body("default"));
    let slow = |reply: Reply, body: &str| reply.pause(Duration::from_millis(40)).part(body);
    world.page("/", Reply::html(page.html()));
    let fragment = Reply::status(200)
        .header("Content-Type", "text/html; charset=utf-8")
        .chunked();
    world.page("/fragment", slow(fragment, "FROM XM"));
    world.cdp.any_flow(move |_| {
        slow(
            Reply::status(200),
            &json!({"path": "/fragment"}).to_string(),
        )
    });
    let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
    assert_bytes(&plain, page.around(&body("FROM XM")).as_bytes(), "page");
    assert_eq!(shown.len(), 10);
    // Each side's peak is a lower bound of what they share.
    let most = (world.cdp.most_in_flight(), world.most_in_flight_at_origin());
    assert!(most.0 <= 6 && most.1 <= 6, "{most:?} at once");
}

/// A page whose component holds exactly this many bytes between its tags.
fn heavy(bytes: usize) -> Page {
    let variant = variant("b", "B");
    Page::with(format!(
        "<p>before</p>{}<p>after</p>",
        component(
            "hero",
            &format!("{}{variant}", "x".repeat(bytes - variant.len()))
        )
    ))
}

#[test]
fn a_component_as_large_as_the_hold_limit_is_decided() {
    let world = hero_world_with(json!({"hold_limit_kib": 4}));
    let page = heavy(4 * 1024);
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let expected = page.around(&format!(
        "<p>before</p>{}<p>after</p>",
        component("hero", "B")
    ));
    assert_shows(&world.revisit("/").get(), expected, &["b"]);
}

#[test]
fn a_component_one_byte_larger_than_the_hold_limit_is_not_waited_for() {
    let world = hero_world_with(json!({"hold_limit_kib": 4}));
    let page = heavy(4 * 1024 + 1);
    let page_is_out = Latch::new();
    world.page("/", Reply::html(page.html()));
    world.cdp.flow(
        "hero",
        Reply::json(json!({"variantId": "b"})).hold(&page_is_out),
    );
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>after</p>");
    page_is_out.open();
    assert_origin_bytes(&exchange.finish(), page.html());
    let _ = world.log_line("that names too_large", |line| {
        line.to_string().contains("\"too_large\"")
    });
}

#[test]
fn a_large_page_behind_an_undecided_component_is_never_lost() {
    let world = World::start();
    let decided = Latch::new();
    let tail = "<p>0123456789 abcdefghijklmnopqrstuvwxyz</p>\n".repeat(40_000);
    let page = Page::with(format!(
        "{}{tail}",
        component("hero", &format!("D{}", variant("b", "B")))
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.flow(
        "hero",
        Reply::json(json!({"variantId": "b"})).hold(&decided),
    );
    let exchange = world.revisit("/").send();
    let _ = world.cdp.wait_for_flow("hero");
    decided.open();
    let (plain, shown) = take_shown(&exchange.finish().decoded());
    if shown.is_empty() {
        assert_bytes(&plain, page.html().as_bytes(), "page");
    } else {
        assert_bytes(
            &plain,
            page.around(&format!("{}{tail}", component("hero", "B")))
                .as_bytes(),
            "page",
        );
    }
}

#[test]
fn the_budget_counts_from_the_start_of_the_request() {
    let world = hero_world_with(json!({"decision_budget_ms": 100}));
    let html = hero_page().html();
    let (first, rest) = html.split_at(html.find("<main>").unwrap());
    world.page(
        "/",
        Reply::html_stream()
            .part(first)
            .pause(Duration::from_millis(400))
            .part(rest),
    );
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_origin_bytes(&world.revisit("/").get(), html);
}

#[test]
fn the_budget_counts_from_xms_answer_where_so_configured() {
    let world =
        hero_world_with(json!({"decision_budget_ms": 2000, "decision_budget_from": "origin"}));
    let slow = Latch::new();
    world.page("/", Reply::html(hero_page().html()).hold(&slow));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let exchange = world.revisit("/").send();
    let _ = world
        .origin()
        .first("a request at XM", |request| request.path() == "/");
    std::thread::sleep(Duration::from_millis(2100));
    slow.open();
    assert_shows(&exchange.finish(), hero_page_showing(VARIANT_B), &["b"]);
}

#[test]
fn an_origin_that_is_the_worker_itself_is_answered() {
    // Without XM_ORIGIN the origin is the request's own host: here the Worker.
    let world = World::build().without_var("XM_ORIGIN").start();
    for target in ["/", "/sitecore/x", "/a.css"] {
        let response = world.revisit(target).get();
        assert!(response.status >= 400, "{target}: {}", response.status);
    }
    let response = world
        .visit("/form")
        .method("POST")
        .body("text/plain", "x")
        .get();
    assert!(response.status >= 400, "{}", response.status);
}

#[test]
fn a_thousand_components_harm_nobody() {
    let world = World::start();
    let content = component("many", &format!("D{}", variant("v", "V")));
    let page = Page::with(content.repeat(1000));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("many", json!({"variantId": "v"}));
    let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
    let decided = component("many", "V").repeat(shown.len()) + &content.repeat(1000 - shown.len());
    assert_bytes(&plain, page.around(&decided).as_bytes(), "page");
    assert_eq!(world.cdp.flows().len(), 1);
}

#[test]
fn a_page_that_exhausts_the_parser_is_not_lost() {
    let content = format!("D{}", variant("b", "B"));
    let hero = |content: &str| component("hero", content);
    for (what, bulk) in [
        ("200,000 open elements", "<div>".repeat(200_000)),
        (
            "an endless attribute",
            format!("<p title=\"{}", "x".repeat(5_000_000)),
        ),
        (
            "100,000 attributes",
            format!("<p{}>", " a=b".repeat(100_000)),
        ),
        ("stray end tags", "</p></div></x>".repeat(100_000)),
        ("a million <", "<".repeat(1_000_000)),
        (
            "an endless comment",
            format!("<!-- {}", "- ".repeat(1_000_000)),
        ),
    ] {
        let world = World::start();
        let page = Page::with(format!("{}{bulk}{}", hero(&content), hero(&content)));
        world.page("/", Reply::html(page.html()));
        world.cdp.decide("hero", json!({"variantId": "b"}));
        let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
        // The component in front is shown; the one behind may be as authored.
        let behind = if shown.len() == 2 {
            hero("B")
        } else {
            hero(&content)
        };
        assert_bytes(
            &plain,
            page.around(&format!("{}{bulk}{behind}", hero("B")))
                .as_bytes(),
            what,
        );
    }
}
