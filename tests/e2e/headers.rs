//! Promise: a page that could differ by visitor leaves private, without XM's validators, and with every other header
//! as XM sent it; for every shape of the same URL (product §9, faults F).

use serde_json::{Value, json};
use xm_edge_tests::{Reply, Response, Visit, World};

use crate::common::{assert_private, hero_page, hero_world_with};

/// What XM says about the page; the first half must go.
fn cached_by_xm() -> Reply {
    Reply::html(hero_page().html())
        .header(
            "Cache-Control",
            "public, max-age=600, s-maxage=3600, stale-while-revalidate=60",
        )
        .header("ETag", "\"abc\"")
        .header("Last-Modified", "Sun, 01 Nov 2026 08:00:00 GMT")
        .header("Expires", "Sun, 01 Nov 2037 08:00:00 GMT")
        .header("Age", "17")
        .header("Surrogate-Control", "max-age=86400")
        .header("CDN-Cache-Control", "max-age=86400")
        .header("Cloudflare-CDN-Cache-Control", "max-age=86400")
        .header("Content-MD5", "Q2hlY2sgSW50ZWdyaXR5IQ==")
        .header(
            "Digest",
            "sha-256=4REjxQ4yrqUVicfSKYNO/cF9zNj5ANbzgDZt3/h3Qxo=",
        )
        .header(
            "Content-Digest",
            "sha-256=:4REjxQ4yrqUVicfSKYNO/cF9zNj5ANbzgDZt3/h3Qxo=:",
        )
        .header(
            "Repr-Digest",
            "sha-256=:4REjxQ4yrqUVicfSKYNO/cF9zNj5ANbzgDZt3/h3Qxo=:",
        )
        .header(
            "Set-Cookie",
            "ASP.NET_SessionId=xyz; path=/; HttpOnly; SameSite=Lax",
        )
        .header(
            "Set-Cookie",
            "SC_ANALYTICS_GLOBAL_COOKIE=0a1b|True; expires=Tue, 01-Nov-2036 08:00:00 GMT; path=/",
        )
        .header("Set-Cookie", "empty=; Max-Age=0")
        .header(
            "Content-Security-Policy",
            "default-src 'self'; script-src 'nonce-r4nd0m'",
        )
        .header("Content-Language", "en-IE")
        .header("Link", "</a.css>; rel=preload; as=style")
        .header("Link", "</b.js>; rel=preload; as=script")
        .header("Vary", "Accept-Encoding, User-Agent")
        .header("X-AspNet-Version", "4.0.30319")
        .header("X-Empty", "")
        .header("X-Latin", "caf\u{e9}")
        .header("X-Frame-Options", "SAMEORIGIN")
}

#[track_caller]
fn assert_rules(response: &Response) {
    assert_eq!(response.status, 200);
    assert_private(response);
    for (name, values) in [
        (
            "content-security-policy",
            "default-src 'self'; script-src 'nonce-r4nd0m'",
        ),
        ("content-language", "en-IE"),
        ("content-type", "text/html; charset=utf-8"),
        (
            "link",
            "</a.css>; rel=preload; as=style, </b.js>; rel=preload; as=script",
        ),
        ("vary", "Accept-Encoding, User-Agent"),
        ("x-aspnet-version", "4.0.30319"),
        ("x-empty", ""),
        ("x-frame-options", "SAMEORIGIN"),
    ] {
        assert_eq!(response.headers.all(name).join(", "), values, "{name}");
    }
    assert!(
        response.headers.has("x-latin"),
        "a header with a byte beyond ASCII was lost"
    );
    let cookies: Vec<_> = response
        .headers
        .all("set-cookie")
        .into_iter()
        .filter(|line| !line.starts_with("bid_"))
        .collect();
    assert_eq!(
        cookies,
        [
            "ASP.NET_SessionId=xyz; path=/; HttpOnly; SameSite=Lax",
            "SC_ANALYTICS_GLOBAL_COOKIE=0a1b|True; expires=Tue, 01-Nov-2036 08:00:00 GMT; path=/",
            "empty=; Max-Age=0",
        ],
        "every cookie of XM, unchanged and in order"
    );
}

/// Sends one visit to a page that XM lets everyone cache, and checks all rules.
#[track_caller]
fn assert_shape(site: Value, decision: Reply, visit: impl for<'a> Fn(Visit<'a>) -> Visit<'a>) {
    let world = hero_world_with(site);
    world.page("/", cached_by_xm());
    world.cdp.flow("hero", decision);
    assert_rules(&visit(world.revisit("/")).get());
}

fn shown() -> Reply {
    Reply::json(json!({"variantId": "b"}))
}

#[test]
fn rules_hold_for_a_shown_variant() {
    assert_shape(json!({}), shown(), |visit| visit);
}

#[test]
fn rules_hold_for_control() {
    assert_shape(
        json!({}),
        Reply::json(json!({"variantId": "hero_default"})),
        |visit| visit,
    );
}

#[test]
fn rules_hold_for_a_timeout() {
    assert_shape(
        json!({"decision_budget_ms": 200}),
        Reply::silence(),
        |visit| visit,
    );
}

#[test]
fn rules_hold_for_a_failed_decision() {
    assert_shape(json!({}), Reply::status(500), |visit| visit);
}

#[test]
fn rules_hold_for_a_new_visitor() {
    assert_shape(json!({}), shown(), |visit| visit.without("Cookie"));
}

#[test]
fn rules_hold_for_a_bot() {
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    assert_shape(json!({}), shown(), |visit| visit.user_agent(googlebot));
}

#[test]
fn rules_hold_for_a_prefetch() {
    assert_shape(json!({}), shown(), |visit| {
        visit.header("Sec-Purpose", "prefetch")
    });
}

#[test]
fn rules_hold_without_consent() {
    assert_shape(json!({"consent": {"mode": "off"}}), shown(), |visit| {
        visit.without("Cookie")
    });
}

#[test]
fn rules_hold_under_global_privacy_control() {
    assert_shape(json!({}), shown(), |visit| visit.header("Sec-GPC", "1"));
}

#[test]
fn xms_length_is_gone_from_every_shape() {
    let world = hero_world_with(json!({}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let shapes = [
        ("human", world.revisit("/")),
        (
            "bot",
            world
                .visit("/")
                .user_agent("Googlebot/2.1 (+http://www.google.com/bot.html)"),
        ),
        (
            "prefetch",
            world.visit("/").header("Sec-Purpose", "prefetch"),
        ),
        ("privacy", world.visit("/").header("Sec-GPC", "1")),
    ];
    let lengths = shapes.map(|(shape, visit)| (shape, visit.get().headers.content_length()));
    assert!(
        lengths.iter().all(|(_, length)| length.is_none()),
        "{lengths:?}"
    );
}

#[test]
fn conditional_headers_do_not_reach_xm_on_a_personalised_route() {
    let world = hero_world_with(json!({}));
    world.page("/", cached_by_xm());
    let conditional = CONDITIONAL
        .iter()
        .fold(world.revisit("/"), |visit, (name, value)| {
            visit.header(name, value)
        });
    assert_rules(&conditional.get());
    let seen = world.origin_headers("/");
    for (name, _) in CONDITIONAL {
        assert_eq!(seen.get(name), None, "{name} reached XM");
    }
}

#[test]
fn conditional_headers_reach_xm_where_nothing_is_personalised() {
    let world = World::start();
    world.page(
        "/logo.png",
        Reply::status(304)
            .header("ETag", "\"abc\"")
            .header("Cache-Control", "public, max-age=60"),
    );
    let image = world
        .visit("/logo.png")
        .header("Sec-Fetch-Dest", "image")
        .header("Sec-Fetch-Mode", "no-cors");
    let response = CONDITIONAL
        .iter()
        .fold(image, |visit, (name, value)| visit.header(name, value))
        .get();
    assert_eq!(
        (
            response.status,
            response.header("etag"),
            response.body.len()
        ),
        (304, Some("\"abc\""), 0)
    );
    assert_eq!(response.header("cache-control"), Some("public, max-age=60"));
    let seen = world.origin_headers("/logo.png");
    for (name, value) in CONDITIONAL {
        assert_eq!(seen.get(name), Some(value), "{name}");
    }
}

const CONDITIONAL: [(&str, &str); 4] = [
    ("If-None-Match", "\"abc\""),
    ("If-Modified-Since", "Sun, 01 Nov 2026 08:00:00 GMT"),
    ("If-Match", "\"abc\""),
    ("If-Unmodified-Since", "Sun, 01 Nov 2026 08:00:00 GMT"),
];

#[test]
fn the_visitors_headers_reach_xm_and_nothing_is_made_up() {
    let world = hero_world_with(json!({}));
    drop(
        world
            .revisit("/")
            .header("X-Custom", "caf\u{e9}")
            .header("Accept-Language", "de-AT,de;q=0.7")
            .get(),
    );
    let seen = world.origin_headers("/");
    assert_eq!(seen.get("accept-language"), Some("de-AT,de;q=0.7"));
    assert!(seen.has("x-custom"));
    assert!(
        seen.get("user-agent")
            .unwrap_or_default()
            .contains("Chrome/")
    );
    assert_eq!(seen.get("authorization"), None);
}

#[test]
fn server_timing_is_sent_in_debug_only() {
    for (debug, expected) in [(false, false), (true, true)] {
        let world = hero_world_with(json!({"debug": debug}));
        let response = world.revisit("/").get();
        assert_eq!(
            response.headers.has("server-timing"),
            expected,
            "debug = {debug}"
        );
    }
}

#[test]
fn many_large_cookies_of_xm_survive_in_order() {
    let world = hero_world_with(json!({}));
    let lines: Vec<String> = (0..20)
        .map(|n| format!("c{}={}; path=/", n % 7, "v".repeat(1000 + n)))
        .collect();
    let reply = lines
        .iter()
        .fold(Reply::html(hero_page().html()), |reply, line| {
            reply.header("Set-Cookie", line)
        });
    world.page("/", reply);
    let response = world.revisit("/").get();
    let cookies = response.headers.all("set-cookie");
    assert_eq!(
        cookies
            .iter()
            .filter(|line| !line.starts_with("bid_"))
            .collect::<Vec<_>>(),
        lines.iter().collect::<Vec<_>>()
    );
}

#[test]
fn xms_own_server_timing_survives() {
    let world = hero_world_with(json!({}));
    world.page(
        "/",
        Reply::html(hero_page().html()).header("Server-Timing", "xm;dur=12"),
    );
    assert_eq!(
        world.revisit("/").get().header("server-timing"),
        Some("xm;dur=12")
    );
}
