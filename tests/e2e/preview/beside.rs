//! What else decides on a page steps aside for a preview: rules of whole pages, shadow mode, an open breaker.

use serde_json::json;
use xm_edge_tests::{Page, Reply, World, assert_bytes, visitor_cookie};

use super::{build, preview, split, token, world_with};
use crate::common::{VARIANT_B, hero_page, hero_page_showing, take_shown};

/// The preview at `/` shows variant `b`.
#[track_caller]
fn assert_previews_b(world: &World, cookies: &str) {
    let token = token(world, "/", &[("hero", "b")], 600);
    let shown = world
        .visit("/")
        .cookies(&format!("{cookies}; cdp_preview={token}"))
        .get();
    assert_eq!(shown.status, 200);
    let (page, _) = split(&shown);
    let (page, stamped) = take_shown(&page);
    assert_eq!(stamped, ["b"]);
    assert_bytes(&page, hero_page_showing(VARIANT_B).as_bytes(), "the page");
    assert_eq!(
        shown.header("cache-control"),
        Some("private, no-store"),
        "whatever XM says"
    );
}

#[test]
fn a_preview_is_never_led_to_another_page_and_runs_no_flow_of_a_rule() {
    let rules = json!({"page_experiences": [{"path": "/", "experience": "home"}]});
    for decision in [json!({"redirect": "/b"}), json!({"path": "/b"})] {
        let world = world_with(rules.clone());
        world.page("/b", Reply::html(Page::with("another").html()));
        world.cdp.decide("home", decision);
        assert_previews_b(&world, &visitor_cookie(xm_edge_tests::RETURNING_ID));
        assert_eq!(world.cdp.requests().all().len(), 0, "nobody was asked");
        assert_eq!(world.origin().all().len(), 1, "no other page was");
    }
}

#[test]
fn in_shadow_mode_a_marketer_sees_the_preview_and_nobody_else_anything() {
    let world = build().site(json!({"shadow": true})).start();
    world.page(
        "/",
        Reply::html(hero_page().html()).header("Cache-Control", "public"),
    );
    assert_previews_b(&world, "a=b");
    let other = world.revisit("/").get();
    assert_bytes(&other.decoded(), hero_page().html().as_bytes(), "the page");
    assert_eq!(other.header("cache-control"), Some("public"));
}

#[test]
fn a_preview_shows_what_is_chosen_while_the_cdp_is_away() {
    let world = world_with(json!({}));
    world.cdp.flow("hero", Reply::status(500));
    for _ in 0..15 {
        drop(world.revisit("/").get());
    }
    let asked = world.cdp.flows().len();
    assert_eq!(asked, 10, "the breaker is open");
    assert_previews_b(&world, &visitor_cookie(xm_edge_tests::RETURNING_ID));
    // And says of the others why they show the default.
    let token = token(&world, "/", &[], 600);
    let cookies = format!(
        "{}; cdp_preview={token}",
        visitor_cookie(xm_edge_tests::RETURNING_ID)
    );
    let (_, panel) = split(&world.visit("/").cookies(&cookies).get());
    assert!(panel.contains("breaker_open"), "{panel}");
    drop(preview(&world, "/", &token).get());
    assert_eq!(world.cdp.flows().len(), asked);
}
