//! Product §10: kill switch and rollout by percentage in KV, without a deploy. A switch that cannot be read is not taken for "on".

use std::collections::HashSet;

use serde_json::json;
use xm_edge_tests::{End, Kv, Latch, Reply, Response, World, assert_bytes, visitor_cookie};

use super::{health, line_of_page, page_lines};
use crate::common::{
    VARIANT_B, assert_default, assert_origin_bytes, assert_shows, hero_page, hero_page_showing,
    post,
};

/// A site with a KV that answers so, a page with cache headers, and a variant for everybody.
fn world(kv: Reply) -> World {
    let world = World::build().kv(kv).start();
    world.page("/", xm_page());
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world
}

fn xm_page() -> Reply {
    Reply::html(hero_page().html())
        .header("Cache-Control", "public, max-age=60")
        .header("ETag", "\"x\"")
        .header("CDP-Event", "{\"type\":\"SIGNUP\"}")
}

/// The page is XM's own, as if the Worker were not there, but for what XM says to the Worker alone.
#[track_caller]
fn assert_untouched(response: &Response) {
    assert_eq!((response.status, response.end), (200, End::Complete));
    assert_bytes(&response.decoded(), hero_page().html().as_bytes(), "page");
    assert_eq!(response.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(response.header("etag"), Some("\"x\""));
    assert_eq!(response.header("set-cookie"), None);
    assert_eq!(response.header("cdp-event"), None);
}

#[test]
fn without_the_key_everything_is_on() {
    let world = world(Kv::no_key());
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    let asked = world.kv().requests().all();
    assert_eq!(asked.len(), 1, "one read for many pages");
    assert!(
        asked[0].target.starts_with("/rollout?") && asked[0].target.contains("cache_ttl=30"),
        "{}",
        asked[0].target
    );
    let rollout = &health(&world).1["rollout"];
    assert_eq!(
        (&rollout["source"], &rollout["enabled"], &rollout["percent"]),
        (&json!("kv"), &json!(true), &json!(100))
    );
}

#[test]
fn without_the_binding_health_says_nothing_of_a_rollout() {
    assert_eq!(health(&World::start()).1.get("rollout"), None);
}

#[test]
fn the_kill_switch_makes_every_page_xms_own() {
    let world = world(Kv::text(r#"{"enabled": false}"#));
    // The first page of an isolate hears of it while XM renders, the next ones know.
    for number in 1..=2 {
        for visit in [world.visit("/"), world.revisit("/")] {
            assert_untouched(&visit.get());
        }
        assert_eq!(line_of_page(&world, number)["route"], "switched_off");
    }
    // A conditional request is XM's to answer.
    drop(world.revisit("/").header("If-None-Match", "\"x\"").get());
    let asked = world.origin().all();
    assert_eq!(
        asked.last().unwrap().headers.get("if-none-match"),
        Some("\"x\"")
    );
    let head = world.revisit("/").method("HEAD").get();
    assert_eq!(head.header("cache-control"), Some("public, max-age=60"));
    assert!(
        world.cdp.requests().all().is_empty(),
        "no id, flow or event"
    );
    assert_eq!(health(&world).1["rollout"]["enabled"], json!(false));
    // What is no page view goes on.
    let sent = post(
        &world,
        "/_cdp/event",
        "application/json",
        r#"{"type":"SIGNUP"}"#,
    )
    .get();
    assert_eq!(sent.status, 202);
    let _ = world.cdp.wait_for_event("SIGNUP");
}

#[test]
fn the_first_page_waits_for_kv_while_xm_renders_and_xm_is_not_delayed() {
    let world = World::build().kv(Kv::text(r#"{"enabled": false}"#)).start();
    let xm_is_asked = Latch::new();
    world
        .kv()
        .answers(Kv::text(r#"{"enabled": false}"#).hold(&xm_is_asked));
    let asked = xm_is_asked.clone();
    world.page_with("/", move |_| {
        asked.open();
        xm_page()
    });
    // Were XM asked only after KV, KV would not answer, and the page would be for an unknown rollout.
    assert_untouched(&world.visit("/").get());
    assert_eq!(line_of_page(&world, 1)["route"], "switched_off");
    assert!(world.cdp.requests().all().is_empty());
}

#[test]
fn a_kv_that_hangs_is_not_taken_for_on_and_not_waited_for() {
    let world = world(Reply::silence());
    for number in 1..=3 {
        assert_untouched(&world.revisit("/").get());
        assert_eq!(line_of_page(&world, number)["route"], "rollout_unknown");
    }
    assert!(world.cdp.requests().all().is_empty());
    assert_eq!(health(&world).1["rollout"]["source"], json!(null));
}

#[test]
fn a_kv_that_fails_is_not_taken_for_on_and_is_read_again() {
    let world = world(Reply::status(500));
    assert_untouched(&world.revisit("/").get());
    let (status, told) = health(&world);
    assert_eq!(
        (status, &told["rollout"]["kv"]),
        (200, &json!("unreachable"))
    );
    world.kv().answers(Kv::text(r#"{"percent": 100}"#));
    while world.cdp.flows().is_empty() {
        drop(world.revisit("/").get());
    }
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    let told = page_lines(&world).len();
    let warned = world.workerd.lines().all();
    assert_eq!(
        warned
            .iter()
            .filter(|line| line.contains("unreachable"))
            .count(),
        1,
        "of {told} pages"
    );
}

#[test]
fn nonsense_that_was_never_good_is_not_taken_for_on_and_named_by_health() {
    let world = world(Kv::text(r#"{"enabled": "no", "procent": 5}"#));
    assert_untouched(&world.revisit("/").get());
    assert_eq!(line_of_page(&world, 1)["route"], "rollout_unknown");
    let (status, told) = health(&world);
    assert_eq!((status, &told["ok"]), (503, &json!(false)));
    let keys: Vec<_> = told["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["CONFIG.rollout.enabled", "CONFIG.rollout.procent"]);
}

#[test]
fn a_switch_takes_effect_without_a_deploy() {
    let world = world(Kv::no_key());
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    world.kv().answers(Kv::text(r#"{"enabled": false}"#));
    while world.revisit("/").get().header("etag").is_none() {}
    assert_untouched(&world.revisit("/").get());
}

#[test]
fn nonsense_leaves_the_last_good_one_in_force_and_is_told_once() {
    let world = world(Kv::text(r#"{"enabled": false}"#));
    assert_untouched(&world.revisit("/").get());
    world.kv().answers(Kv::text("{\"enabled\": true"));
    while health(&world).0 == 200 {
        assert_untouched(&world.revisit("/").get());
    }
    assert_untouched(&world.revisit("/").get());
    let (_, told) = health(&world);
    assert_eq!(told["problems"][0]["key"], "CONFIG.rollout");
    assert_eq!(told["rollout"]["enabled"], json!(false));
    let lines = world.workerd.lines().all();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("rollout invalid"))
            .count(),
        1
    );
}

#[test]
fn a_flow_that_is_off_does_not_run() {
    let world = world(Kv::text(r#"{"off": ["hero"]}"#));
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    let line = line_of_page(&world, 1);
    assert_eq!(line["components"][0]["result"], "switched_off", "{line}");
    assert!(world.cdp.flows().is_empty());
    let _ = world.cdp.wait_for_event("VIEW");
}

#[test]
fn who_is_not_in_the_rollout_gets_the_default_page_and_is_counted() {
    let world = world(Kv::text(r#"{"percent": 0}"#));
    for number in 1..=2 {
        assert_default(&world.revisit("/").get(), &hero_page().html());
        assert_eq!(
            line_of_page(&world, number)["personalisation"],
            "not_in_rollout"
        );
    }
    let new = world.visit("/").get();
    assert_default(&new, &hero_page().html());
    assert!(crate::common::id_set(&new).is_some());
    let _ = world.cdp.wait_for_event("VIEW");
    assert!(world.cdp.flows().is_empty());
}

#[test]
fn a_growing_percentage_only_adds_visitors() {
    let admitted = |percent: u32| -> HashSet<u32> {
        let world = world(Kv::text(&format!("{{\"percent\": {percent}}}")));
        let shown = |number: &u32| {
            let id = format!(
                "{:08x}-3d7b-4f6e-9a2c-5b4d3c2e1f00",
                number.wrapping_mul(0x9E37_79B9)
            );
            let response = world.visit("/").cookies(&visitor_cookie(&id)).get();
            crate::common::assert_private(&response);
            !crate::common::take_shown(&response.decoded()).1.is_empty()
        };
        (0..60).filter(shown).collect()
    };
    let (few, many) = (admitted(30), admitted(70));
    assert!(few.is_subset(&many), "somebody was taken out");
    assert!(
        (5..30).contains(&few.len()) && (30..56).contains(&many.len()),
        "{} and {}",
        few.len(),
        many.len()
    );
    assert_eq!(few, admitted(30), "the same visitors each time");
}

#[test]
fn the_kill_switch_holds_for_whole_pages_and_in_shadow_mode() {
    let rule = json!({"page_experiences": [{"path": "/", "experience": "home"}]});
    for site in [rule, json!({"shadow": true})] {
        let world = World::build()
            .kv(Kv::text(r#"{"enabled": false}"#))
            .site(site)
            .start();
        world.page("/", xm_page());
        world.page("/b", xm_page());
        world.cdp.decide("home", json!({"redirect": "/b"}));
        world.cdp.decide("hero", json!({"variantId": "b"}));
        for number in 1..=2 {
            assert_untouched(&world.revisit("/").get());
            assert_eq!(line_of_page(&world, number)["route"], "switched_off");
        }
        assert_eq!(world.cdp.requests().all().len(), 0, "nobody was asked");
    }
}
