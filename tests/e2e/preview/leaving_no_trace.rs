//! A preview leaves no trace: no flow where something is chosen, no event, no id, no copy in any cache; and whoever has no
//! link that holds sees the ordinary page.

use serde_json::json;
use xm_edge_tests::{Latch, RETURNING_ID, Reply, Visit, World, assert_bytes, visitor_cookie};

use super::{KEY, assert_ordinary, preview, signed, split, token, world, world_with};
use crate::common::{
    DEFAULT, VARIANT_B, assert_cdp_was_not_asked, assert_private, assert_shows, cookies_set,
    event_types, hero_page, hero_page_showing, post, settle, take_shown,
};

/// The visit shows variant `b` of the hero, and is a preview.
#[track_caller]
fn shows_b(visit: &Visit<'_>) {
    let response = visit.get();
    let (page, _) = split(&response);
    let (plain, shown) = take_shown(&page);
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "the page");
    assert_eq!(shown, ["b"]);
    assert_eq!(response.status, 200);
    assert_private(&response);
    assert_eq!(response.headers.all("x-robots-tag"), ["noindex, nofollow"]);
    assert_eq!(cookies_set(&response), Vec::<String>::new());
}

#[test]
fn a_chosen_variant_is_shown_and_the_cdp_hears_of_nothing() {
    let world = world();
    let token = token(&world, "/", &[("hero", "b")], 60);
    shows_b(&preview(&world, "/", &token));
    shows_b(&preview(&world, "/?any=query", &token));
    let returning = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    shows_b(&world.visit("/").cookies(&returning));
    assert_cdp_was_not_asked(&world);
    let line = world.log_line("of the page", |line| line["route"] == "page");
    assert_eq!(
        (&line["preview"], &line["id"]),
        (&json!(true), &json!("no_id"))
    );
    assert_eq!(line.get("view"), None);
    assert!(!line.to_string().contains(&token), "{line}");
}

#[test]
fn the_default_content_can_be_chosen() {
    let world = world();
    let token = token(&world, "/", &[("hero", "control")], 60);
    let (page, overlay) = split(&preview(&world, "/", &token).get());
    let (plain, shown) = take_shown(&page);
    assert_bytes(&plain, hero_page_showing(DEFAULT).as_bytes(), "the page");
    assert_eq!(shown, ["control"]);
    assert!(overlay.contains("Chosen in this preview."), "{overlay}");
    assert_cdp_was_not_asked(&world);
}

#[test]
fn consent_bots_and_gpc_do_not_keep_a_preview_from_who_has_the_link() {
    let consent = json!({"consent": {"mode": "cookie", "cookie": "C", "id": "1", "personalisation": "1", "analytics": "1"}});
    let world = world_with(consent);
    let token = token(&world, "/", &[("hero", "b")], 60);
    let visit = || preview(&world, "/", &token);
    shows_b(&visit());
    shows_b(&visit().header("Sec-GPC", "1"));
    shows_b(&visit().user_agent("Mozilla/5.0 (compatible; Googlebot/2.1)"));
    shows_b(&visit().header("Sec-Purpose", "prefetch"));
    // Who has withdrawn keeps the cookie as it is: a preview changes nothing.
    let withdrawn = format!("{}; C=0; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    shows_b(&world.visit("/").cookies(&withdrawn));
    let asked = world.cdp.requests().all();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn what_is_not_chosen_is_decided_for_the_browsers_own_id_and_not_counted_as_a_view() {
    let world = world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let token = token(&world, "/", &[], 60);
    let cookies = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    let response = world.visit("/").cookies(&cookies).get();
    let (page, overlay) = split(&response);
    assert_bytes(
        &take_shown(&page).0,
        hero_page_showing(VARIANT_B).as_bytes(),
        "the page",
    );
    assert_eq!(cookies_set(&response), Vec::<String>::new());
    assert!(overlay.contains("as an exposure of yours"), "{overlay}");
    assert!(overlay.contains("What the CDP answered"), "{overlay}");
    assert_eq!(
        world.cdp.wait_for_flow("hero").json()["browserId"],
        RETURNING_ID
    );
    settle(&world);
    assert_eq!(event_types(&world), Vec::<String>::new());
}

#[test]
fn who_has_no_id_gets_the_default_content_and_no_id() {
    let world = world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let token = token(&world, "/", &[("other", "x")], 60);
    let response = preview(&world, "/", &token).get();
    let (page, overlay) = split(&response);
    assert_bytes(&page, hero_page().html().as_bytes(), "the page");
    assert_eq!(cookies_set(&response), Vec::<String>::new());
    assert!(
        overlay.contains("Result: no_id") && overlay.contains("Chosen, and not on this page"),
        "{overlay}"
    );
    assert_cdp_was_not_asked(&world);
}

#[test]
fn nobody_is_asked_for_who_has_not_agreed_though_the_id_is_there() {
    let consent = json!({"consent": {"mode": "cookie", "cookie": "C", "id": "1", "personalisation": "2", "analytics": "1"}});
    let world = world_with(consent);
    let token = token(&world, "/", &[], 60);
    let cookies = format!("{}; C=1; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    let (page, overlay) = split(&world.visit("/").cookies(&cookies).get());
    assert_bytes(&page, hero_page().html().as_bytes(), "the page");
    assert!(overlay.contains("may not be personalised for"), "{overlay}");
    assert!(world.cdp.requests().all().is_empty());
}

#[test]
fn what_xm_tells_with_a_previewed_page_is_not_passed_on() {
    let world = world_with(json!({"goals": [{"path": "/", "event": "SEEN"}]}));
    let event = r#"{"type":"IDENTITY","identifiers":[{"provider":"email","id":"j@d.ie"}]}"#;
    let logout = r#"{"type":"FORCE_CLOSE"}"#;
    let html = hero_page().html();
    world.page(
        "/",
        Reply::html(&html)
            .header("CDP-Event", event)
            .header("CDP-Event", logout),
    );
    world.page(
        "/gone",
        Reply::status(302)
            .header("Location", "/")
            .header("CDP-Event", event),
    );
    let all = token(&world, "/*", &[("hero", "b")], 60);
    let cookies = format!("{}; cdp_preview={all}", visitor_cookie(RETURNING_ID));
    shows_b(&world.visit("/").cookies(&cookies));
    let redirect = world.visit("/gone").cookies(&cookies).get();
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (302, Some("/"))
    );
    for response in [redirect, world.visit("/").cookies(&cookies).get()] {
        assert_eq!(response.header("cdp-event"), None);
        assert_eq!(cookies_set(&response), Vec::<String>::new());
    }
    assert_cdp_was_not_asked(&world);
}

#[test]
fn neither_tag_nor_beacon_counts_a_preview() {
    let tag = json!({"tag": {"kind": "gtm", "container_id": "GTM-ABC123"}});
    let world = world_with(tag);
    let html = hero_page()
        .html()
        .replace("<p>after</p>", "<p data-cdp-goal=\"SIGNUP\">after</p>");
    world.page("/", Reply::html(&html));
    let ordinary = world.revisit("/").get().text();
    assert!(ordinary.contains("gtm.js") && ordinary.contains("beacon.js"));
    let token = token(&world, "/", &[("hero", "b")], 60);
    let returning = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    for cookies in [returning, format!("cdp_preview={token}")] {
        let text = world.visit("/").cookies(&cookies).get().text();
        assert!(
            !text.contains("gtm.js") && !text.contains("beacon.js"),
            "{text}"
        );
        assert!(!text.contains("googletagmanager"), "{text}");
    }
}

#[test]
fn what_the_pages_own_scripts_send_is_not_passed_on_either() {
    let world = world();
    let token = token(&world, "/shop/*", &[("hero", "b")], 60);
    let event = json!({"type": "SIGNUP"}).to_string();
    // `post` comes from /shop/shoe; the second visitor is there without a preview.
    let previewing = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    let ordinary = visitor_cookie(RETURNING_ID);
    let send = |path: &str, cookies: &str| {
        post(&world, path, "application/json", &event)
            .cookies(cookies)
            .get()
    };
    let ignored = send("/_cdp/event", &previewing);
    assert_eq!(
        (ignored.status, ignored.text().contains("ignored")),
        (202, true),
        "{}",
        ignored.text()
    );
    assert_eq!(send("/_cdp/v1.2/events", &previewing).status, 403);
    assert!(world.cdp.requests().all().is_empty());
    assert!(send("/_cdp/event", &ordinary).text().contains("accepted"));
    let elsewhere =
        post(&world, "/_cdp/event?path=/cart", "application/json", &event).cookies(&previewing);
    assert!(
        elsewhere.get().text().contains("accepted"),
        "a page that is no preview counts"
    );
    // What is accepted may overtake what was accepted before.
    world.cdp.requests().wait_for("both SIGNUPs", |all| {
        let signups = all.iter().filter(|call| call.json()["type"] == "SIGNUP");
        (signups.count() >= 2).then_some(())
    });
    settle(&world);
    assert_eq!(event_types(&world), ["SIGNUP", "SIGNUP"]);
}

#[test]
fn no_cache_keeps_it_and_no_condition_is_met() {
    let world = world_with(json!({"browser_cache": "revalidate"}));
    let shared = Reply::html(hero_page().html())
        .header("Cache-Control", "public, s-maxage=600")
        .header("CDN-Cache-Control", "max-age=600")
        .header("ETag", "\"xm\"")
        .header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        .header("X-Robots-Tag", "all");
    world.page("/", shared);
    let token = token(&world, "/", &[("hero", "b")], 60);
    for etag in ["*", "\"xm\"", "W/\"xm\""] {
        let visit = preview(&world, "/", &token).header("If-None-Match", etag);
        shows_b(&visit.header("If-Modified-Since", "Fri, 01 Jan 2027 00:00:00 GMT"));
    }
    let sent = world.origin_headers("/");
    assert_eq!(
        (
            sent.all("if-none-match").len(),
            sent.all("if-modified-since").len()
        ),
        (0, 0)
    );
    let ordinary = world.revisit("/").get();
    assert_eq!(ordinary.header("cache-control"), Some("private, no-cache"));
    assert_eq!(ordinary.header("x-robots-tag"), Some("all"));
    assert!(!ordinary.text().contains("cdp-preview"));
}

#[test]
fn xm_gets_every_cookie_but_the_previews() {
    let world = world();
    let token = token(&world, "/", &[("hero", "b")], 60);
    let cookies = format!(
        "website#lang=en;a=\"1\" ; cdp_preview={token}; SC_ANALYTICS_GLOBAL_COOKIE=abc|True;; x"
    );
    shows_b(&world.visit("/").cookies(&cookies));
    let sent = world.origin_headers("/");
    assert_eq!(
        sent.all("cookie"),
        ["website#lang=en;a=\"1\" ; SC_ANALYTICS_GLOBAL_COOKIE=abc|True;; x"]
    );
}

#[test]
fn a_cookie_that_does_not_hold_here_is_no_preview() {
    let world = world();
    world.page("/other", Reply::html(hero_page().html()));
    world.cdp.decide("hero", json!({"variantId": "a"}));
    let good = token(&world, "/other", &[("hero", "b")], 60);
    let over = token(&world, "/", &[("hero", "b")], 0);
    let other_site = signed("https://shop.example/", &[("hero", "b")], 60, KEY);
    let other_key = signed(
        &format!("http://{}/", world.workerd.address()),
        &[("hero", "b")],
        60,
        "another key, as long as it must be",
    );
    let here = token(&world, "/", &[("hero", "b")], 60);
    let tampered = format!("{}x", &here[..here.len() - 1]);
    let none = String::new();
    #[rustfmt::skip]
    let cases = [(&good, false), (&over, true), (&other_site, false), (&other_key, true), (&tampered, true), (&none, true)];
    for (token, removed) in cases {
        let cookies = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
        let response = world.visit("/").cookies(&cookies).get();
        assert_shows(&response, hero_page_showing("<h1>Variant A</h1>"), &["a"]);
        assert_ordinary(&response);
        let lines = response.headers.all("set-cookie");
        let ends = lines
            .iter()
            .any(|line| line.starts_with("cdp_preview=;") && line.ends_with("Max-Age=0"));
        assert_eq!(ends, removed, "{lines:?}");
    }
    settle(&world);
    assert_eq!(event_types(&world), ["VIEW"; 6]);
}

#[test]
fn without_a_key_no_cookie_is_a_preview() {
    for key in [None, Some("too short")] {
        let mut built = World::build();
        if let Some(key) = key {
            built = built.var("PREVIEW_KEY", json!(key));
        }
        let world = built.start();
        world.page("/", Reply::html(hero_page().html()));
        world.cdp.decide("hero", json!({"variantId": "a"}));
        let token = token(&world, "/", &[("hero", "b")], 60);
        let cookies = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
        let response = world.visit("/").cookies(&cookies).get();
        assert_shows(&response, hero_page_showing("<h1>Variant A</h1>"), &["a"]);
        assert_eq!(
            world.origin_headers("/").all("cookie"),
            [visitor_cookie(RETURNING_ID)]
        );
        let health = world.visit("/_cdp/health").get();
        assert!(
            health.status == 200 && health.text().contains("PREVIEW_KEY"),
            "{}",
            health.text()
        );
    }
}

#[test]
fn editing_modes_and_what_is_no_page_stay_as_they_are() {
    let world = world();
    let html = hero_page().html();
    let reply = Reply::html(&html).header("Cache-Control", "public, max-age=60");
    world.page("/", reply);
    world.page(
        "/x.json",
        Reply::status(200)
            .header("Content-Type", "application/json")
            .part("{}"),
    );
    let all = token(&world, "/*", &[("hero", "b")], 60);
    let response = preview(&world, "/?sc_mode=edit", &all).get();
    assert_bytes(&response.decoded(), html.as_bytes(), "the editor's page");
    assert_eq!(response.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(preview(&world, "/x.json", &all).get().text(), "{}");
    assert_cdp_was_not_asked(&world);
}

#[test]
fn the_page_streams_as_ever_and_other_bytes_do_not_change() {
    let world = world();
    let first = Latch::new();
    let token = token(&world, "/", &[("hero", "b")], 60);
    let html = hero_page().html();
    let (head, body) = html.split_at(html.find("<p>before").unwrap());
    world.page(
        "/",
        Reply::html_stream()
            .part(head)
            .wait(&first)
            .byte_by_byte(body),
    );
    let mut exchange = preview(&world, "/", &token).send();
    let _ = exchange.wait_for("<header>TOP</header>");
    first.open();
    let (page, overlay) = split(&exchange.finish());
    let (plain, _) = take_shown(&page);
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "the page");
    assert!(overlay.is_ascii());
}

#[test]
fn a_page_that_breaks_off_keeps_every_byte_and_gets_no_overlay() {
    let world = world();
    let html = hero_page().html();
    let half = &html[..html.find("</template>").unwrap()];
    world.page(
        "/",
        Reply::html_stream()
            .declare_length(html.len())
            .part(half)
            .cut(),
    );
    let token = token(&world, "/", &[("hero", "b")], 60);
    let response = preview(&world, "/", &token).get();
    assert_bytes(&response.decoded(), half.as_bytes(), "the page");
}
