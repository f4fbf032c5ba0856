//! Product §8: decisions used again, and the last one in place of one that fails. Each for its own visitor alone.

use serde_json::{Value, json};
use xm_edge_tests::{RETURNING_ID, Reply, World, visitor_cookie};

use super::{health, line_of_page};
use crate::common::{
    VARIANT_B, assert_default, assert_origin_bytes, assert_shows, hero_page, hero_page_showing,
    hero_world_with,
};

const OTHER: &str = "11111111-3d7b-4f6e-9a2c-5b4d3c2e1f00";

fn component(world: &World, page: usize) -> Value {
    line_of_page(world, page)["components"][0].clone()
}

fn assert_b(world: &World, target: &str) {
    assert_shows(
        &world.revisit(target).get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn a_decision_is_used_again_by_its_own_visitor_alone() {
    let world = hero_world_with(json!({"reuse_decisions_s": 600}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_b(&world, "/");
    assert_eq!(component(&world, 1).get("source"), None);
    world.cdp.decide("hero", json!({"variantId": "a"}));
    assert_b(&world, "/");
    assert_b(&world, "/?x=1");
    assert_eq!(component(&world, 2)["source"], "reused");
    assert_eq!(world.cdp.flows().len(), 1);
    let a = hero_page_showing("<h1>Variant A</h1>");
    assert_shows(
        &world.visit("/").cookies(&visitor_cookie(OTHER)).get(),
        &a,
        &["a"],
    );
    assert_shows(&world.revisit("/?utm_campaign=c").get(), &a, &["a"]);
    assert_shows(&world.revisit("/?utm_campaign=d").get(), &a, &["a"]);
    assert_eq!(world.cdp.flows().len(), 4);
}

#[test]
fn only_good_decisions_are_used_again() {
    let world = hero_world_with(json!({"reuse_decisions_s": 600}));
    for reply in [
        Reply::status(500),
        Reply::json(json!([])),
        Reply::json(json!({"variantId": "b"})).with_status(404),
    ] {
        world.cdp.flow("hero", reply);
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    }
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_b(&world, "/");
    assert_eq!(world.cdp.flows().len(), 4);
}

#[test]
fn without_consent_nothing_is_used_again() {
    let consent = json!({"mode": "cookie", "cookie": "c", "id": "i", "personalisation": "p", "analytics": "a"});
    let world = hero_world_with(
        json!({"reuse_decisions_s": 600, "reuse_on_failure_s": 600, "consent": consent}),
    );
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let visit = |granted: &str| {
        let cookies = format!("{}; c={granted}", visitor_cookie(RETURNING_ID));
        world.visit("/").cookies(&cookies).get()
    };
    assert_shows(&visit("ipa"), hero_page_showing(VARIANT_B), &["b"]);
    assert_default(&visit("ia"), &hero_page().html());
    assert_shows(&visit("ipa"), hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(world.cdp.flows().len(), 1);
}

#[test]
fn the_last_decision_stands_in_for_one_that_fails() {
    let world = hero_world_with(json!({"reuse_on_failure_s": 600}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_b(&world, "/");
    world.cdp.flow("hero", Reply::status(500));
    assert_b(&world, "/");
    let line = component(&world, 2);
    assert_eq!(
        (&line["source"], &line["failure"]),
        (&json!("last"), &json!("cdp_error")),
        "{line}"
    );
    assert_eq!(world.cdp.flows().len(), 2, "the flow is asked all the same");
    // Of somebody else there is none.
    assert_origin_bytes(
        &world.visit("/").cookies(&visitor_cookie(OTHER)).get(),
        hero_page().html(),
    );
    // With the breaker open nobody is asked, and it still stands in.
    while health(&world).1["breakers"]["host"]["state"] == "closed" {
        assert_b(&world, "/");
    }
    let asked = world.cdp.flows().len();
    assert_b(&world, "/");
    assert_eq!(world.cdp.flows().len(), asked);
    let _ = world.log_line("that a breaker is open", |line| {
        line["components"][0]["failure"] == "breaker_open"
    });
}

#[test]
fn the_last_decision_is_placed_at_the_end_of_the_budget() {
    let world = hero_world_with(json!({"reuse_on_failure_s": 600, "decision_budget_ms": 1_500}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    // However slow the machine, sooner or later a decision comes in time.
    let mut shown = String::new();
    while !shown.contains("Welcome back") {
        shown = world.revisit("/").get().text();
    }
    for reply in [
        Reply::silence(),
        Reply::status(200)
            .part("{\"variant")
            .declare_length(100)
            .hang(),
    ] {
        world.cdp.flow("hero", reply);
        assert_b(&world, "/");
        let _ = world.log_line("that the flow was too late", |line| {
            line["components"][0]["failure"] == "timeout"
        });
    }
}

#[test]
fn who_is_forgotten_by_the_cdp_is_not_remembered_here() {
    let world = hero_world_with(json!({"reuse_on_failure_s": 600}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_b(&world, "/");
    let unknown = json!({"status": "NOT_FOUND", "error_msg": "Invalid browser id/ref specified"});
    world
        .cdp
        .flow("hero", Reply::json(unknown).with_status(404));
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
}
