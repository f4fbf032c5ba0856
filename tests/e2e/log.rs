//! Promise: one structured log line per page says what happened, and never to whom (product §9).

use std::time::Duration;

use serde_json::json;
use xm_edge_tests::{NEW_BROWSER_ID, RETURNING_ID, Reply, World};

use crate::common::{hero_page, hero_world, settle};

#[test]
fn a_page_is_one_json_line_with_its_components_and_results() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    drop(world.revisit("/").get());
    let line = world.log_line("of the page", |line| line.to_string().contains("\"hero\""));
    assert!(line.to_string().contains("\"variant\""), "{line}");
    settle(&world);
    let lines = world.workerd.lines().all();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("\"hero\""))
            .count(),
        1,
        "{lines:#?}"
    );
}

#[test]
fn a_control_is_logged_as_control() {
    let world = hero_world();
    drop(world.revisit("/").get());
    let line = world.log_line("of the page", |line| line.to_string().contains("\"hero\""));
    assert!(line.to_string().contains("\"control\""), "{line}");
}

#[test]
fn a_page_that_had_to_wait_for_a_decision_says_how_long() {
    let world = hero_world();
    let pause = Duration::from_millis(60);
    let decision = json!({"variantId": "b"}).to_string();
    let late = Reply::status(200).header("Content-Type", "application/json");
    world
        .cdp
        .flow("hero", late.pause(pause).part(decision).chunked());
    drop(world.revisit("/").get());
    let line = world.log_line("of the page", |line| line["route"] == "page");
    // The runtime's clock may tick a little before the harness has paused.
    let held = line["held_ms"].as_u64().unwrap();
    assert!(
        (50..=line["ms"].as_u64().unwrap()).contains(&held),
        "{line}"
    );
}

#[test]
fn a_pass_through_is_logged_by_its_reason() {
    let world = World::start();
    let html = || Reply::html(hero_page().html());
    let cases = [
        ("/page?sc_mode=edit", html(), "editing"),
        (
            "/page",
            Reply::status(200)
                .header("Content-Type", "text/plain")
                .part("x"),
            "not_html",
        ),
        ("/page", html().with_status(500), "status"),
        (
            "/page",
            html().header("Content-Disposition", "attachment"),
            "attachment",
        ),
        (
            "/page",
            html().header("Cache-Control", "no-transform"),
            "no_transform",
        ),
        ("/page", html().without("Content-Type"), "no_content_type"),
        (
            "/page",
            html()
                .without("Content-Type")
                .header("Content-Type", "text/html; charset=utf-16"),
            "charset",
        ),
    ];
    for (target, reply, reason) in cases {
        world.page(target.split('?').next().unwrap(), reply);
        drop(world.revisit(target).get());
        let quoted = format!("\"{reason}\"");
        let _ = world.log_line(&format!("that names {reason}"), |line| {
            line.to_string().contains(&quoted)
        });
    }
}

#[test]
fn a_log_never_says_who() {
    let world = hero_world();
    let secrets = [
        "SECRETCOOKIE",
        "jane@example.com",
        "jane%40example.com",
        "SECRETDECISION",
        "SECRETREFERRER",
    ];
    let decision = json!({"variantId": "b", "text": "SECRETDECISION", "email": "jane@example.com"});
    let visit = |world: &World, cookies: &str| {
        let target = "/?email=jane%40example.com&q=jane@example.com";
        let visit = world
            .visit(target)
            .header("Referer", "https://other.example/SECRETREFERRER");
        drop(
            visit
                .header("Authorization", "Basic SECRETCOOKIE")
                .cookies(cookies)
                .get(),
        );
    };
    world.cdp.decide("hero", decision);
    visit(&world, "s=SECRETCOOKIE");
    visit(
        &world,
        &format!(
            "s=SECRETCOOKIE; {}",
            xm_edge_tests::visitor_cookie(RETURNING_ID)
        ),
    );
    // Failures must be as discreet.
    world
        .cdp
        .flow("hero", Reply::status(500).part("SECRETDECISION"));
    visit(&world, &xm_edge_tests::visitor_cookie(RETURNING_ID));
    world.cdp.flow(
        "hero",
        Reply::status(200).part("{\"SECRETDECISION\":\"jane@example.com\""),
    );
    visit(&world, &xm_edge_tests::visitor_cookie(RETURNING_ID));
    world.cdp.create(Reply::status(500).part("SECRETDECISION"));
    visit(&world, "s=SECRETCOOKIE");
    settle(&world);
    let lines = world.workerd.lines().all();
    assert!(lines.len() > 5, "{lines:#?}");
    for line in lines {
        for secret in secrets.iter().chain(&[NEW_BROWSER_ID, RETURNING_ID]) {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}
