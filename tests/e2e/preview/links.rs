//! Following a link, choosing another variant, leaving; and links that do not work.

use serde_json::json;
use xm_edge_tests::{End, Reply, Response, Visit, World};

use super::{KEY, assert_ordinary, preview, signed, split, token, world};
use crate::common::hero_page;

fn follow<'w>(world: &'w World, query: &str) -> Visit<'w> {
    world.visit(&format!("/_cdp/preview?{query}"))
}

/// The cookie that the answer sets, as the browser sends it back.
#[track_caller]
fn cookie(response: &Response) -> String {
    let lines = response.headers.all("set-cookie");
    let line = lines
        .first()
        .unwrap_or_else(|| panic!("{} {}", response.status, response.text()));
    line.split(';').next().unwrap().to_owned()
}

#[track_caller]
fn assert_traceless(response: &Response) {
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("x-robots-tag"), Some("noindex, nofollow"));
    assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(response.end, End::Complete);
}

#[test]
fn a_link_sets_the_cookie_and_leads_to_the_page_which_is_then_a_preview() {
    let world = world();
    let token = token(&world, "/?utm=1", &[("hero", "b")], 60);
    let response = follow(&world, &format!("token={token}")).get();
    assert_eq!(response.status, 303);
    assert_traceless(&response);
    let page = format!("http://{}/?utm=1", world.workerd.address());
    assert_eq!(response.header("location"), Some(page.as_str()));
    let line = response.headers.all("set-cookie")[0].to_owned();
    let (value, attributes) = line.split_once("; ").unwrap();
    assert_eq!(value, format!("cdp_preview={token}"));
    let age = attributes
        .strip_prefix("HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=")
        .unwrap();
    assert!((1..=60).contains(&age.parse::<u32>().unwrap()), "{line}");
    let page = world.visit("/?utm=1").cookies(&cookie(&response)).get();
    assert!(split(&page).1.contains("aria-pressed=\"true\">b<"));
    assert!(
        world
            .origin()
            .all()
            .iter()
            .all(|request| request.path() == "/"),
        "the endpoint went to XM"
    );
    let head = follow(&world, &format!("token={token}"))
        .method("HEAD")
        .get();
    assert_eq!(
        (head.status, head.header("location")),
        (303, response.header("location"))
    );
}

#[test]
fn another_variant_is_a_click_away_and_so_is_the_way_out() {
    let world = world();
    let first = token(&world, "/", &[("hero", "b")], 60);
    let choose = |cookie: &str, more: &str| {
        let token = cookie.strip_prefix("cdp_preview=").unwrap();
        follow(&world, &format!("token={token}&at=%2F%3Fx%3D1&{more}")).get()
    };
    let shown = |cookie: &str| {
        let page = world.visit("/?x=1").cookies(cookie).get();
        let text = page.text();
        let (_, rest) = text.split_once("data-cdp-shown=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let start = format!("cdp_preview={first}");
    let mut current = start.clone();
    for (choice, expected) in [
        ("hero%3Da", "a"),
        ("hero%3Dcontrol", "control"),
        ("hero%3Db", "b"),
    ] {
        let response = choose(&current, &format!("show={choice}"));
        assert_traceless(&response);
        assert!(response.header("location").unwrap().ends_with("/?x=1"));
        current = cookie(&response);
        assert_eq!(shown(&current), expected);
    }
    let response = choose(&current, "show=hero%3D");
    let undecided = world.visit("/").cookies(&cookie(&response)).get();
    assert!(split(&undecided).1.contains("Result: no_id"));
    let response = choose(&start, "leave=1");
    assert_eq!(response.status, 303);
    assert_eq!(
        response.headers.all("set-cookie"),
        [
            "cdp_preview=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0",
            "cdp_preview=; HttpOnly; SameSite=Lax; Secure; Path=/_cdp/; Max-Age=0"
        ]
    );
    assert!(world.cdp.requests().all().is_empty());
    assert_ordinary(&world.visit("/").get());
}

#[test]
fn a_section_is_previewed_page_by_page() {
    let world = world();
    world.page("/shoes/red", Reply::html(hero_page().html()));
    world.page("/shoes/", Reply::html(hero_page().html()));
    let token = token(&world, "/shoes/*", &[("hero", "b")], 60);
    let response = follow(&world, &format!("token={token}")).get();
    assert!(response.header("location").unwrap().ends_with("/shoes/"));
    assert!(response.headers.all("set-cookie")[0].contains("; Path=/shoes/;"));
    for path in ["/shoes/", "/shoes/red?x"] {
        split(&preview(&world, path, &token).get());
    }
    assert_ordinary(&preview(&world, "/", &token).get());
}

#[test]
fn a_link_that_does_not_work_says_what_to_do() {
    let world = world();
    let good = token(&world, "/", &[("hero", "b")], 60);
    let over = token(&world, "/", &[("hero", "b")], -1);
    let other = signed("https://shop.example/", &[], 60, KEY);
    let cases = [
        (format!("token={over}"), 410, "This preview is over"),
        (format!("token={other}"), 403, "another site"),
        (
            format!("token={}", &good[1..]),
            403,
            "not complete, or not ours",
        ),
        (format!("token={good}x"), 403, "not complete, or not ours"),
        ("token=".to_owned(), 403, "not complete"),
        (String::new(), 403, "not complete"),
        (format!("token={good}&show=hero"), 400, "cannot be shown"),
        (format!("token={}", "a".repeat(8_000)), 403, "not complete"),
    ];
    for (query, status, says) in cases {
        let response = follow(&world, &query).get();
        assert_eq!(response.status, status, "{query}");
        assert_traceless(&response);
        assert!(
            response
                .header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
        assert!(response.text().contains(says), "{}", response.text());
        assert!(response.headers.all("set-cookie").is_empty());
    }
    // The same link, followed on another host of the Worker.
    let foreign = follow(&world, &format!("token={good}"))
        .header("Host", "m.shop.example")
        .get();
    assert!(foreign.status == 403 && foreign.text().contains("another site"));
    assert!(world.origin().all().is_empty());
}

#[test]
fn without_a_key_the_operator_is_told_what_to_set() {
    for (key, says) in [
        (None, "is missing"),
        (Some("fifteen letters"), "fewer than 16"),
    ] {
        let mut built = World::build();
        if let Some(key) = key {
            built = built.var("PREVIEW_KEY", json!(key));
        }
        let world = built.start();
        let response = follow(&world, &format!("token={}", token(&world, "/", &[], 60))).get();
        assert_eq!(response.status, 503);
        assert!(
            response.text().contains(says) && response.text().contains("PREVIEW_KEY"),
            "{}",
            response.text()
        );
    }
}

#[test]
fn style_sheet_and_script_are_first_party_and_kept() {
    let world = world();
    let token = token(&world, "/", &[], 60);
    let (_, overlay) = split(&preview(&world, "/", &token).get());
    for (attribute, kind) in [("href=\"", "text/css"), ("src=\"", "text/javascript")] {
        let (_, rest) = overlay.split_once(attribute).unwrap();
        let url = rest.split('"').next().unwrap();
        let path = url
            .strip_prefix(&format!("http://{}", world.workerd.address()))
            .unwrap();
        let response = world.visit(path).get();
        assert_eq!(response.status, 200);
        assert!(response.header("content-type").unwrap().starts_with(kind));
        assert!(
            response
                .header("cache-control")
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(world.visit(path).method("POST").get().status, 405);
    }
}
