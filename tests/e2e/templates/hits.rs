//! A page that is kept.

use serde_json::json;
use xm_edge_tests::{
    CLIENT_KEY, End, Latch, Page, Reply, Visit, World, assert_bytes, component, variant,
    visitor_cookie,
};

use super::{SHARED, asked, fill, label, shared, world_with};
use crate::common::{
    VARIANT_B, assert_origin_bytes, assert_shows, hero_page, hero_page_showing, take_shown,
};

const OTHER_ID: &str = "b38b230c-11eb-4cf9-8d5d-274e9f344925";

fn other<'w>(world: &'w World, target: &str) -> Visit<'w> {
    world.visit(target).cookies(&visitor_cookie(OTHER_ID))
}

#[test]
fn the_next_visitor_costs_xm_nothing_and_gets_a_page_of_their_own() {
    let world = world_with(json!({}), shared());
    world.cdp.flow_with("hero", |request| {
        let is_other = String::from_utf8_lossy(&request.body()).contains(OTHER_ID);
        Reply::json(json!({ "variantId": if is_other { "a" } else { "b" } }))
    });
    assert_eq!(fill(&world), "kept");
    // XM is gone.
    world.page("/", Reply::status(500));
    let first = world.revisit("/").get();
    assert_shows(&first, hero_page_showing(VARIANT_B), &["b"]);
    let second = other(&world, "/").get();
    assert_shows(&second, hero_page_showing("<h1>Variant A</h1>"), &["a"]);
    assert_eq!(
        (label(&world, 2), label(&world, 3)),
        ("memory".into(), "memory".into())
    );
    assert_eq!(asked(&world, "/"), 1);
    // Each page view has its own flow and its own VIEW.
    assert_eq!(world.cdp.flows().len(), 3);
}

#[test]
fn a_hit_has_the_bytes_and_headers_of_the_page_that_streamed() {
    let head = "<script>if (1 < 2) {}</script>";
    let pages = [
        Page::with("nothing is marked").html(),
        Page::with(component("hero", "a<b>c")).html(),
        Page::with("<ul><li data-cdp-experience=hero>implied<li>end</ul>").html(),
        Page::with(component(
            "two",
            &component("hero", &variant("b", "<i>&amp;</i>")),
        ))
        .head(head)
        .html(),
        "\u{feff}<p data-cdp-experience=hero data-cdp-text=/t>x".to_owned() + "</p>tail",
        "<a data-cdp-goal=X>goal</a><p data-cdp-experience=hero data-cdp-text=/t>é</p>".to_owned(),
    ];
    for (number, page) in pages.iter().enumerate() {
        for site in [
            json!({}),
            json!({ "tag": { "kind": "gtm", "container_id": "GTM-ABC123" } }),
            json!({ "browser_cache": "revalidate" }),
        ] {
            let reply = Reply::html(page)
                .header(SHARED.0, SHARED.1)
                .header("X-Powered-By", "ASP.NET")
                .header("Link", "</a.css>; rel=preload")
                .header("Link", "</b.css>; rel=preload")
                .header("ETag", "\"1\"");
            let world = world_with(site, reply);
            world
                .cdp
                .decide("hero", json!({ "variantId": "b", "t": "<é>" }));
            let streamed = world.revisit("/").get();
            assert_eq!(label(&world, 1), "kept", "page {number}");
            let hit = world.revisit("/").get();
            assert_eq!(label(&world, 2), "memory", "page {number}");
            assert_bytes(&hit.body, &streamed.body, "a hit");
            for name in [
                "cache-control",
                "etag",
                "link",
                "x-powered-by",
                "content-type",
                "set-cookie",
            ] {
                assert_eq!(hit.headers.all(name), streamed.headers.all(name), "{name}");
            }
            assert_eq!(hit.header("age"), None);
        }
    }
}

#[test]
fn whoever_is_not_decided_for_gets_xms_bytes_from_the_template() {
    let world = world_with(json!({}), shared());
    fill(&world);
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let visits = [
        world.visit("/").user_agent(googlebot),
        world.visit("/").header("Sec-GPC", "1"),
        world.visit("/").header("Sec-Purpose", "prefetch"),
    ];
    for visit in visits {
        assert_origin_bytes(&visit.get(), hero_page().html());
    }
    assert_eq!(asked(&world, "/"), 1);
    assert_eq!(world.cdp.flows().len(), 1);
}

#[test]
fn a_new_visitor_gets_an_id_and_a_decision_on_a_hit() {
    let world = world_with(json!({}), shared());
    fill(&world);
    let hit = world.visit("/").get();
    assert_shows(&hit, hero_page_showing(VARIANT_B), &["b"]);
    let cookie = hit.header("set-cookie").unwrap_or_default().to_owned();
    assert!(
        cookie.starts_with(&format!("bid_{CLIENT_KEY}=")),
        "{cookie}"
    );
    assert_eq!(asked(&world, "/"), 1);
}

#[test]
fn all_flows_of_a_hit_are_asked_before_any_has_answered() {
    let ids = ["one", "two", "three"];
    let body: String = ids.map(|id| component(id, &variant("b", id))).concat();
    let reply = Reply::html(Page::with(&body).html()).header(SHARED.0, SHARED.1);
    let world = world_with(json!({}), reply);
    fill(&world);
    let before = world.cdp.flows().len();
    let gate = Latch::new();
    for id in ids {
        let reply = Reply::json(json!({ "variantId": "b" })).hold(&gate);
        world.cdp.flow(id, reply);
    }
    let mut exchange = world.revisit("/").send();
    // What stands before the first component has left, and everybody has been asked.
    exchange.wait_for("TOP");
    world.cdp.requests().wait_for("three flows at once", |all| {
        let flows = all.iter().filter(|call| call.path().ends_with("callFlows"));
        (flows.count() == before + 3).then_some(())
    });
    gate.open();
    let response = exchange.finish();
    assert_eq!(take_shown(&response.body).1, ["b", "b", "b"]);
    assert_eq!(asked(&world, "/"), 1);
}

#[test]
fn a_cdp_that_fails_leaves_a_hit_as_authored() {
    let world = world_with(json!({}), shared());
    fill(&world);
    world.cdp.flow("hero", Reply::status(500));
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
}

#[test]
fn a_page_that_came_compressed_or_in_pieces_is_kept_whole() {
    let html = hero_page().html();
    let half = html.len() / 2;
    let chunked = Reply::html_stream().part(&html[..half]).part(&html[half..]);
    for reply in [chunked, gzipped(&html)] {
        let world = world_with(json!({}), reply.header(SHARED.0, SHARED.1));
        assert_eq!(fill(&world), "kept");
        let hit = world.revisit("/").get();
        assert_shows(&hit, hero_page_showing(VARIANT_B), &["b"]);
        assert_eq!(hit.header("content-encoding"), None);
        assert_eq!(asked(&world, "/"), 1);
    }
}

fn gzipped(text: &str) -> Reply {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    Reply::status(200)
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Content-Encoding", "gzip")
        .part(encoder.finish().unwrap())
}

#[test]
fn pages_differ_by_query_and_by_the_language_cookie_of_xm() {
    let world = World::start();
    world.page_with("/", |request| {
        let cookie = request.headers.get("cookie").unwrap_or_default();
        let language = if cookie.contains("shop#lang=de") {
            "de"
        } else {
            "en"
        };
        Reply::html(format!("{language} {}", request.target)).header(SHARED.0, SHARED.1)
    });
    let german = format!("{}; shop#lang=de", visitor_cookie(OTHER_ID));
    for (count, (target, cookies, expected)) in [
        ("/", visitor_cookie(OTHER_ID), "en /"),
        ("/?a=1", visitor_cookie(OTHER_ID), "en /?a=1"),
        ("/", german.clone(), "de /"),
        ("/", visitor_cookie(OTHER_ID), "en /"),
        ("/", german, "de /"),
    ]
    .into_iter()
    .enumerate()
    {
        let response = world.visit(target).cookies(&cookies).get();
        assert_eq!(
            (response.text(), response.end),
            (expected.to_owned(), End::Complete)
        );
        let expected = if count < 3 { "kept" } else { "memory" };
        assert_eq!(label(&world, count + 1), expected, "visit {count}");
    }
    assert_eq!(world.origin().all().len(), 3);
}

#[test]
fn many_who_come_at_once_ask_xm_once() {
    let world = world_with(json!({}), shared());
    let gate = Latch::new();
    world.page("/", shared().hold(&gate));
    let visits: Vec<_> = (0..8).map(|_| world.revisit("/").send()).collect();
    world
        .origin()
        .first("a request for the page", |request| request.path() == "/");
    gate.open();
    for visit in visits {
        assert_shows(&visit.finish(), hero_page_showing(VARIANT_B), &["b"]);
    }
    assert_eq!(asked(&world, "/"), 1);
    assert_eq!(
        world.cdp.flows().len(),
        8,
        "each has a decision of their own"
    );
}

#[test]
fn a_leader_who_leaves_does_not_take_the_others_along() {
    let world = world_with(json!({}), shared());
    let gate = Latch::new();
    let page = hero_page();
    let slow = Reply::html_stream().part(page.top()).wait(&gate).part("x");
    world.page("/", slow.header(SHARED.0, SHARED.1));
    let mut leader = world.revisit("/").send();
    leader.wait_for("TOP");
    world.page("/", shared());
    std::thread::scope(|scope| {
        let follower = scope.spawn(|| world.revisit("/").get());
        leader.abort();
        assert_shows(
            &follower.join().unwrap(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
    });
    gate.open();
}
