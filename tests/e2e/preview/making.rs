//! XM's server has links made, for instance by a button of its ribbon; nobody else does.

use serde_json::{Value, json};
use xm_edge_tests::{Reply, Response, Visit, World};

use super::{build, split};
use crate::common::hero_page;

const XM_KEY: &str = "preview:k3y-of-the-ribbon k3y-of-everything read:k3y-of-a-report";

fn world() -> World {
    let world = build().var("XM_API_KEY", json!(XM_KEY)).start();
    world.page("/", Reply::html(hero_page().html()));
    world
}

fn ask<'w>(world: &'w World, key: &str, body: impl AsRef<[u8]>) -> Visit<'w> {
    Visit::from_server(&world.workerd, "/_cdp/preview", key)
        .method("POST")
        .body("application/json", body)
}

#[track_caller]
fn problem(response: &Response, status: u16) -> String {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    response.text()
}

#[test]
fn a_link_that_xms_server_had_made_shows_the_page() {
    let world = world();
    let url = format!("http://{}/?x=1", world.workerd.address());
    let body = json!({"url": url, "show": {"hero": "b"}, "expires_s": 3600}).to_string();
    for key in ["k3y-of-the-ribbon", "k3y-of-everything"] {
        let made = ask(&world, key, &body).get();
        assert_eq!(
            (made.status, made.header("cache-control")),
            (201, Some("no-store")),
            "{}",
            made.text()
        );
        let answer: Value = serde_json::from_slice(&made.decoded()).unwrap();
        let expires_at = answer["expires_at"].as_str().unwrap();
        assert!(
            expires_at.len() == 20 && expires_at.ends_with('Z'),
            "{expires_at}"
        );
        let link = answer["url"].as_str().unwrap();
        let path = link
            .strip_prefix(&format!("http://{}", world.workerd.address()))
            .unwrap();
        let followed = world.visit(path).get();
        assert_eq!(
            (followed.status, followed.header("location")),
            (303, Some(url.as_str()))
        );
        let line = followed.headers.all("set-cookie")[0].to_owned();
        let page = world
            .visit("/?x=1")
            .cookies(line.split(';').next().unwrap())
            .get();
        assert!(split(&page).1.contains("Chosen in this preview."));
    }
    assert!(world.cdp.requests().all().is_empty());
}

#[test]
fn pages_and_strangers_get_none() {
    let world = world();
    let body = json!({"url": "https://shop.example/"}).to_string();
    let ask = |key: &str| ask(&world, key, &body);
    problem(
        &ask("k3y-of-everything")
            .header("Sec-Fetch-Site", "same-origin")
            .get(),
        403,
    );
    problem(
        &ask("k3y-of-everything")
            .header("Origin", "https://shop.example")
            .get(),
        403,
    );
    let scope = problem(&ask("k3y-of-a-report").get(), 403);
    assert!(scope.contains("needs the scope preview"), "{scope}");
    problem(&ask("another").get(), 401);
    problem(&ask("x").without("Authorization").get(), 401);
    problem(
        &ask("k3y-of-everything")
            .header("Content-Type", "text/plain")
            .get(),
        415,
    );
    let get = ask("k3y-of-everything").method("PUT").get();
    problem(&get, 405);
    assert_eq!(get.header("allow"), Some("GET, HEAD, POST"));
}

#[test]
fn hostile_bodies_are_refused_by_field_and_repeat_nothing() {
    let world = world();
    let deep = format!("{}1{}", "{\"show\":".repeat(1_500), "}".repeat(1_500));
    let large = format!("{{\"url\":\"https://a.example/{}\"}}", "x".repeat(20_000));
    #[rustfmt::skip]
    let cases: [(&str, u16, &str); 9] = [
        ("", 400, "body"), ("\u{0}\u{1}", 400, "body"), ("[]", 400, "body"), (&deep, 400, "body"), (&large, 413, "16 KiB"),
        (r#"{"url":"javascript:alert(1)"}"#, 400, "url"), (r#"{"url":"https://a.example/","show":{"<b>":"x"}}"#, 400, "show"),
        (r#"{"url":"https://a.example/","expires_s":1e300}"#, 400, "expires_s"), (r#"{"url":"https://a.example/secret.css"}"#, 400, "static_file"),
    ];
    for (body, status, names) in cases {
        let text = problem(&ask(&world, "k3y-of-everything", body).get(), status);
        assert!(text.contains(names), "{text}");
        assert!(
            !text.contains("alert") && !text.contains("secret"),
            "{text}"
        );
    }
    let broken: &[u8] = b"{\"url\":\"\xff\xfe\"}";
    problem(&ask(&world, "k3y-of-everything", broken).get(), 400);
}

#[test]
fn without_the_secrets_the_operator_is_told_which() {
    let body = json!({"url": "https://shop.example/"}).to_string();
    let no_callers = build().start();
    let text = problem(&ask(&no_callers, "x", &body).get(), 503);
    assert!(text.contains("XM_API_KEY"), "{text}");
    let no_key = World::build().var("XM_API_KEY", json!(XM_KEY)).start();
    let text = problem(&ask(&no_key, "k3y-of-everything", &body).get(), 503);
    assert!(text.contains("PREVIEW_KEY"), "{text}");
    problem(&ask(&no_key, "another", &body).get(), 401);
}
