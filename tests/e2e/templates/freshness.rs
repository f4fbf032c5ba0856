//! A kept page that is no longer fresh (RFC 9111 §4, RFC 5861). Ages of nought need no waiting.

use serde_json::json;
use xm_edge_tests::{Reply, Request, World};

use super::{asked, fill, label, world_with};
use crate::common::{VARIANT_B, assert_shows, hero_page, hero_page_showing};

fn html(control: &str) -> Reply {
    Reply::html(hero_page().html()).header("Cache-Control", control)
}

/// XM's new page.
fn changed(control: &str) -> Reply {
    Reply::html(hero_page().html().replace("before", "sooner")).header("Cache-Control", control)
}

/// The `count`th request for `/` at XM.
fn request(world: &World, count: usize) -> Request {
    world.origin().wait_for("another request at XM", |all| {
        let mut of_page = all.iter().filter(|request| request.path() == "/");
        of_page.nth(count - 1).cloned()
    })
}

#[test]
fn a_stale_page_is_served_at_once_and_refreshed_behind_it() {
    let control = "max-age=0, stale-while-revalidate=600";
    let world = world_with(json!({}), html(control).header("ETag", "\"v1\""));
    assert_eq!(fill(&world), "kept");
    world.page("/", changed(control).header("ETag", "\"v2\""));
    let stale = world.revisit("/").get();
    assert_eq!(label(&world, 2), "stale");
    assert_shows(&stale, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(
        request(&world, 2).headers.get("if-none-match"),
        Some("\"v1\"")
    );
    // The next visitor, or the one after, has the new page.
    let mut count = 2;
    loop {
        let text = world.revisit("/").get().text();
        count += 1;
        assert_eq!(label(&world, count), "stale");
        if text.contains("<p>sooner</p>") {
            break;
        }
        assert!(count < 500, "never refreshed");
    }
}

#[test]
fn a_page_that_must_be_asked_for_costs_a_304_and_no_body() {
    let control = "public, no-cache";
    for (name, value, condition) in [
        ("ETag", "W/\"1\"", "if-none-match"),
        (
            "Last-Modified",
            "Mon, 01 Jan 2024 00:00:00 GMT",
            "if-modified-since",
        ),
    ] {
        let world = world_with(json!({}), html(control).header(name, value));
        assert_eq!(fill(&world), "kept");
        let validator = value.to_owned();
        world.page_with("/", move |request| {
            assert_eq!(request.headers.get(condition), Some(validator.as_str()));
            Reply::status(304)
                .header("Cache-Control", control)
                .header(name, &validator)
        });
        for count in 2..=3 {
            assert_shows(
                &world.revisit("/").get(),
                hero_page_showing(VARIANT_B),
                &["b"],
            );
            assert_eq!(
                (label(&world, count).as_str(), asked(&world, "/")),
                ("revalidated", count)
            );
        }
        // What a visitor's browser holds is of no interest to XM.
        world.page("/", changed(control).header(name, value));
        let visit = world.revisit("/").header("If-None-Match", "\"mine\"");
        assert!(visit.get().text().contains("sooner"));
        assert_eq!(label(&world, 4), "kept");
    }
}

#[test]
fn a_kept_page_stands_in_for_an_xm_that_fails() {
    let control = "max-age=0, stale-if-error=600";
    let failing = [
        Reply::status(500).part("oops"),
        Reply::status(503)
            .header("Content-Type", "text/html")
            .part("<p>busy"),
        Reply::raw("").reset(),
    ];
    for reply in failing {
        let world = world_with(json!({}), html(control).header("ETag", "\"1\""));
        assert_eq!(fill(&world), "kept");
        world.page("/", reply);
        assert_shows(
            &world.revisit("/").get(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
        assert_eq!(label(&world, 2), "stale_on_error");
        world.page("/", changed(control));
        assert!(world.revisit("/").get().text().contains("sooner"));
    }
}

#[test]
fn without_leave_no_stale_page_hides_an_error() {
    for control in [
        "public, no-cache",
        "max-age=0, must-revalidate, stale-if-error=600",
    ] {
        let world = world_with(json!({}), html(control).header("ETag", "\"1\""));
        assert_eq!(fill(&world), "kept");
        world.page("/", Reply::status(503).part("busy"));
        assert_eq!(world.revisit("/").get().status, 503, "{control}");
    }
}

#[test]
fn a_page_that_becomes_private_is_forgotten() {
    let control = "max-age=0, stale-while-revalidate=600";
    let world = world_with(json!({}), html(control));
    assert_eq!(fill(&world), "kept");
    world.page("/", html("private"));
    drop(world.revisit("/").get());
    assert_eq!(label(&world, 2), "stale");
    let mut count = 2;
    loop {
        drop(world.revisit("/").get());
        count += 1;
        if label(&world, count) == "-" {
            break;
        }
        assert!(count < 500, "never forgotten");
    }
}

#[test]
fn a_refresh_that_fails_changes_nothing() {
    let control = "max-age=0, stale-while-revalidate=600";
    let world = world_with(json!({}), html(control));
    assert_eq!(fill(&world), "kept");
    world.page("/", Reply::status(500).part("oops"));
    for count in 2..=4 {
        assert_shows(
            &world.revisit("/").get(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
        assert_eq!(label(&world, count), "stale");
    }
}
