//! G: events, configuration and the platform itself: an instance of the Worker that is lost in the middle of a request.

use serde_json::{Value, json};
use xm_edge_tests::{
    End, Latch, Module, Reply, Response, World, WorldBuilder, assert_bytes, contains,
};

use crate::common::{
    VARIANT_B, assert_counted, assert_next_page_is_fine, assert_private, assert_shows, hero_page,
    hero_page_showing, hero_world, take_shown,
};

/// XM is where the route leads, as on Cloudflare without `XM_ORIGIN`: there the platform turns when the Worker is lost. The
/// budgets are short: a lost request ends when nothing of it is waited for any more.
fn trapping() -> World {
    let world = World::build()
        .without_var("XM_ORIGIN")
        .site(json!({"decision_budget_ms": 500, "id_budget_ms": 500}))
        .module(Module::Trapping)
        .start();
    world.page("/", Reply::html(hero_page().html()));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world
}

/// A visit of `/`, in whose n-th look at the clock the Worker is lost; 0: in none.
#[track_caller]
fn visit(world: &World, trapped: usize) -> Response {
    let host = world.origin_address().to_string();
    world
        .revisit("/")
        .header("Host", &host)
        .header("X-Trap", &trapped.to_string())
        .get()
}

/// The page came as XM sent it, from XM.
#[track_caller]
fn assert_xms_own(response: &Response) {
    assert_eq!((response.status, response.end), (200, End::Complete));
    assert_bytes(&response.body, hero_page().html().as_bytes(), "XM's page");
    assert_eq!(response.header("cache-control"), None, "XM's headers");
}

/// The same Worker decides for the next visitor. On a slow machine its budget may end first.
#[track_caller]
fn assert_next_is_fine(world: &World) {
    for _ in 0..20 {
        let response = visit(world, 0);
        assert_private(&response);
        if contains(&response.decoded(), VARIANT_B.as_bytes())
            && !take_shown(&response.decoded()).1.is_empty()
        {
            return assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
        }
        assert_bytes(
            &response.decoded(),
            hero_page().html().as_bytes(),
            "the default page",
        );
    }
    panic!("the next page is never personalised");
}

#[test]
fn an_instance_that_is_lost_before_the_headers_leave_is_xms_own_page() {
    let world = trapping();
    // In the gate, before XM is asked, while it is, behind its answer.
    for trapped in 1..=8 {
        assert_xms_own(&visit(&world, trapped));
        assert_next_is_fine(&world);
    }
    let lines = world.workerd.lines().all();
    let lost = lines.iter().filter(|line| line.contains("Critical"));
    assert_eq!(
        lost.count(),
        8,
        "each time the instance was lost: {lines:#?}"
    );
}

#[test]
fn ten_instances_that_are_lost_in_a_row_harm_nobody_behind_them() {
    let world = trapping();
    for _ in 0..10 {
        assert_xms_own(&visit(&world, 2));
    }
    assert_next_is_fine(&world);
}

#[test]
fn an_instance_that_is_lost_behind_the_headers_ends_its_page_and_no_later_one() {
    let world = trapping();
    let shown = hero_page_showing(VARIANT_B);
    let mut ended = 0;
    for trapped in [16, 19, 22, 24, 27] {
        let response = visit(&world, trapped);
        assert_eq!(response.status, 200);
        // What had left is the beginning of a page; nothing else comes behind it.
        let (plain, _) = take_shown(&response.decoded());
        let is_beginning = |page: &str| page.as_bytes().starts_with(&plain);
        assert!(
            is_beginning(&shown) || is_beginning(&hero_page().html()),
            "{trapped}: {}",
            String::from_utf8_lossy(&plain)
        );
        ended += usize::from(plain.len() < shown.len());
        assert_next_is_fine(&world);
    }
    assert!(ended > 0, "no instance was lost behind the headers");
}

#[test]
fn an_instance_that_is_lost_takes_no_page_along_whose_headers_have_not_left() {
    let world = trapping();
    let slow = Latch::new();
    world.page("/slow", Reply::html(hero_page().html()).hold(&slow));
    let host = world.origin_address().to_string();
    let beside = world.revisit("/slow").header("Host", &host).send();
    let _ = world
        .origin()
        .first("a request for /slow", |request| request.path() == "/slow");
    assert_xms_own(&visit(&world, 3));
    slow.open();
    assert_xms_own(&beside.finish());
    assert_next_is_fine(&world);
}

/// Nobody knows whether XM has it already: what must not be sent twice is not sent twice (RFC 9110 §9.2.2), and least of all
/// without its body.
#[test]
fn a_post_whose_instance_is_lost_is_not_sent_twice() {
    let world = trapping();
    world.page("/form", Reply::html("thanks"));
    let host = world.origin_address().to_string();
    let mut lost = 0;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        // Before XM has it, and behind its answer.
        for trapped in ["1", "2"] {
            let before = world.origin().all().len();
            let form = world.revisit("/form").method(method);
            let response = form
                .body("application/x-www-form-urlencoded", "a=b")
                .header("Host", &host)
                .header("X-Trap", trapped)
                .get();
            lost += usize::from(response.status == 500);
            let sent = &world.origin().all()[before..];
            assert!(sent.len() <= 1, "{method} was sent twice");
            assert!(sent.iter().all(|request| request.body() == b"a=b"));
        }
        assert_next_is_fine(&world);
    }
    assert_eq!(lost, 8, "no instance was lost");
}

/// The event of a page view, whose first try fails so: it is sent again, the same, and counted once.
#[track_caller]
fn assert_sent_again(first: Reply) {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let tries = std::sync::atomic::AtomicUsize::new(0);
    world.cdp.events_reply_with(move |_| {
        match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => first.clone(),
            _ => Reply::json(json!({"status": "OK"})).with_status(201),
        }
    });
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    let bodies = world.cdp.requests().wait_for("a second try", |all| {
        let tries: Vec<_> = all
            .iter()
            .filter(|request| request.path() == "/v1.2/events" && request.is_complete())
            .map(xm_edge_tests::Request::body)
            .collect();
        (tries.len() == 2).then_some(tries)
    });
    assert_eq!(
        bodies[0], bodies[1],
        "the receiver can tell that it is the same event"
    );
    assert_counted(&world, "accepted");
    assert_next_page_is_fine(&world);
}

macro_rules! sent_again {
    ($($name:ident: $first:expr;)+) => {
        $(
            #[test]
            fn $name() {
                assert_sent_again($first);
            }
        )+
    };
}

sent_again! {
    the_events_api_fails_after_it_has_stored: Reply::json(json!({"status": "OK"})).with_status(500);
    the_events_api_resets_after_it_has_stored: Reply::raw("").reset();
    the_events_api_closes_after_it_has_stored: Reply::raw("");
    the_events_api_is_busy: Reply::status(429);
    the_events_api_is_away: Reply::status(503);
}

/// A site of this configuration: every page is XM's own, counted so, never a 500, and health is red.
#[track_caller]
fn assert_passes(site: WorldBuilder) {
    let world = site.start();
    let html = hero_page().html();
    let reply = || Reply::html(&html).header("ETag", "\"xm\"");
    world.page("/", reply());
    for visit in [
        world.visit("/"),
        world.revisit("/"),
        world.revisit("/?sc_mode=edit"),
    ] {
        let response = visit.get();
        assert_eq!((response.status, response.end), (200, End::Complete));
        assert_bytes(&response.body, html.as_bytes(), "XM's page");
        assert_eq!(response.header("etag"), Some("\"xm\""));
    }
    assert_counted(&world, "config_invalid");
    assert!(world.cdp.requests().all().is_empty(), "the CDP was asked");
    let health = world.visit("/_cdp/health").get();
    assert_eq!(health.status, 503);
    assert!(
        health.text().contains("\"problems\":[{"),
        "{}",
        health.text()
    );
}

/// [`World::build`] with another value of `SITE`.
fn with_site(site: Value) -> WorldBuilder {
    World::build().var("SITE", site)
}

macro_rules! passes {
    ($($name:ident: $site:expr;)+) => {
        $(
            #[test]
            fn $name() {
                assert_passes($site);
            }
        )+
    };
}

passes! {
    a_site_that_is_a_list: with_site(json!([]));
    a_site_that_is_broken_json: with_site(json!("{\"channel\": "));
    a_site_with_an_unknown_key: World::build().site(json!({"decision_budget": 400}));
    a_site_with_a_budget_without_end: World::build().site(json!({"decision_budget_ms": 1e300}));
    a_client_key_with_a_line_break: World::build().var("CDP_CLIENT_KEY", json!("key\r\nHost: evil"));
    a_cdp_that_is_a_path: World::build().var("CDP_ENDPOINT", json!("/api"));
    sites_that_are_a_text: World::build().var("SITES", json!("all of them"));
}
