//! Promise: bots, prefetches and visitors who did not consent get the default page and leave no trace (product §4, §12,
//! faults D).

use serde_json::{Value, json};
use xm_edge_tests::{NEW_BROWSER_ID, RETURNING_ID, Response, Visit, World, visitor_cookie};

use crate::common::{
    VARIANT_B, assert_cdp_was_not_asked, assert_default, assert_shows, cookies_set, hero_page,
    hero_page_showing, hero_world, hero_world_with, id_set, is_of_settling, settle, settle_as,
};

const GOOGLEBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/141.0.0.0 Safari/537.36";

/// The visit gets the default page, no id, no flow and no event.
#[track_caller]
fn assert_unknown(world: &World, visit: &Visit<'_>) {
    let response = visit.get();
    assert_default(&response, &hero_page().html());
    assert_eq!(id_set(&response), None, "an id was set");
    assert_cdp_was_not_asked(world);
}

#[test]
fn a_bot_gets_the_default_page_and_leaves_no_trace() {
    let agents = [
        GOOGLEBOT,
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    ];
    let world = hero_world();
    for agent in agents {
        assert_unknown(&world, &world.visit("/").user_agent(agent));
    }
}

#[test]
fn a_bot_with_an_id_cookie_is_a_bot_all_the_same() {
    let world = hero_world();
    assert_unknown(&world, &world.revisit("/").user_agent(GOOGLEBOT));
}

#[test]
fn browsers_are_no_bots() {
    let agents = [
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "Mozilla/5.0 (Linux; Android 10; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    ];
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    for agent in agents {
        assert_shows(
            &world.revisit("/").user_agent(agent).get(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
    }
}

#[test]
fn a_bot_is_counted_once_where_the_site_counts_bots() {
    let world = hero_world_with(json!({"bots": "count"}));
    let response = world.visit("/").user_agent(GOOGLEBOT).get();
    assert_default(&response, &hero_page().html());
    assert_eq!(id_set(&response), None);
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view["channel"], "bot");
    assert_eq!(view["client_key"], xm_edge_tests::CLIENT_KEY);
    assert!(
        view["browser_id"].as_str().is_some_and(|id| id.len() == 36),
        "{view}"
    );
    settle(&world);
    let of_the_bot = world
        .cdp
        .events()
        .iter()
        .filter(|event| !is_of_settling(event))
        .count();
    assert_eq!(of_the_bot, 1, "one VIEW");
    assert!(world.cdp.creates().is_empty(), "an id for a bot");
    assert!(
        world.cdp.flows().iter().all(is_of_settling),
        "a flow for a bot"
    );
}

#[test]
fn a_prefetch_gets_the_default_page_and_leaves_no_trace() {
    let world = hero_world();
    for (name, value) in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Purpose", "prefetch;anonymous-client-ip"),
        ("Purpose", "prefetch"),
        ("X-Moz", "prefetch"),
    ] {
        let response = world.revisit("/").header(name, value).get();
        assert_default(&response, &hero_page().html());
    }
    assert_cdp_was_not_asked(&world);
}

#[test]
fn global_privacy_control_means_no_id_no_flow_no_event() {
    let world = hero_world();
    assert_unknown(&world, &world.visit("/").header("Sec-GPC", "1"));
}

#[test]
fn global_privacy_control_stops_a_returning_visitor_too() {
    let world = hero_world();
    assert_default(
        &world.revisit("/").header("Sec-GPC", "1").get(),
        &hero_page().html(),
    );
    assert_cdp_was_not_asked(&world);
}

#[test]
fn consent_off_means_no_id_no_flow_no_event() {
    let world = hero_world_with(json!({"consent": {"mode": "off"}}));
    for _ in 0..2 {
        let response = world.visit("/").get();
        assert_default(&response, &hero_page().html());
        assert_eq!(cookies_set(&response), [""; 0]);
    }
    assert!(world.cdp.requests().all().is_empty());
}

/// A site that asks a cookie, and what its visitors granted.
fn asking() -> Value {
    let consent = json!({
        "mode": "cookie",
        "cookie": "OptanonConsent",
        "id": "C0001:1",
        "personalisation": "C0003:1",
        "analytics": "C0002:1",
    });
    json!({"consent": consent})
}

/// The consent cookie as OneTrust writes it: percent-encoded.
fn granting(groups: &str) -> String {
    let encoded = groups.replace(':', "%3A").replace(',', "%2C");
    format!(
        "OptanonConsent=isGpcEnabled=0&datestamp=Sun+Nov+22+2026&groups={encoded}&AwaitingReconsent=false"
    )
}

/// What a new visitor with this consent cookie leaves behind: cookie set, flows and events.
fn trace(groups: &str) -> (Response, usize, usize) {
    let world = hero_world_with(asking());
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let response = world.visit("/").cookies(&granting(groups)).get();
    let full = format!(
        "{}; {}",
        granting("C0001:1,C0002:1,C0003:1"),
        visitor_cookie(RETURNING_ID)
    );
    settle_as(&world, &full);
    let count = |values: Vec<Value>| values.iter().filter(|value| !is_of_settling(value)).count();
    (
        response,
        count(world.cdp.flows()),
        count(world.cdp.events()),
    )
}

#[test]
fn without_the_consent_cookie_nothing_is_granted() {
    let world = hero_world_with(asking());
    let response = world.visit("/").get();
    assert_default(&response, &hero_page().html());
    assert_eq!(cookies_set(&response), [""; 0]);
    assert!(world.cdp.requests().all().is_empty());
}

#[test]
fn consent_to_everything_is_everything() {
    let (response, flows, events) = trace("C0001:1,C0002:1,C0003:1");
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(
        (id_set(&response).as_deref(), flows, events),
        (Some(NEW_BROWSER_ID), 1, 1)
    );
}

#[test]
fn consent_to_the_id_alone_is_no_decision_and_no_event() {
    let (response, flows, events) = trace("C0001:1,C0002:0,C0003:0");
    assert_default(&response, &hero_page().html());
    assert_eq!(
        (id_set(&response).as_deref(), flows, events),
        (Some(NEW_BROWSER_ID), 0, 0)
    );
}

#[test]
fn consent_without_analytics_is_a_decision_and_no_event() {
    let (response, flows, events) = trace("C0001:1,C0002:0,C0003:1");
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(
        (id_set(&response).as_deref(), flows, events),
        (Some(NEW_BROWSER_ID), 1, 0)
    );
}

#[test]
fn consent_without_personalisation_is_an_event_and_no_decision() {
    let (response, flows, events) = trace("C0001:1,C0002:1,C0003:0");
    assert_default(&response, &hero_page().html());
    assert_eq!(
        (id_set(&response).as_deref(), flows, events),
        (Some(NEW_BROWSER_ID), 0, 1)
    );
}

#[test]
fn consent_without_an_id_is_nothing() {
    let (response, flows, events) = trace("C0001:0,C0002:1,C0003:1");
    assert_default(&response, &hero_page().html());
    assert_eq!((cookies_set(&response), flows, events), (Vec::new(), 0, 0));
}

#[test]
fn a_withdrawn_consent_expires_the_id_cookie() {
    let world = hero_world_with(asking());
    let cookies = format!(
        "{}; {}",
        granting("C0001:0,C0002:0,C0003:0"),
        visitor_cookie(RETURNING_ID)
    );
    let response = world.visit("/").cookies(&cookies).get();
    assert_default(&response, &hero_page().html());
    assert_eq!(
        cookies_set(&response),
        [format!("bid_{}", xm_edge_tests::CLIENT_KEY)]
    );
    let line = response.header("set-cookie").unwrap();
    assert_eq!(id_set(&response).as_deref(), Some(""), "{line}");
    for attribute in ["Max-Age=0", "Path=/", "Secure", "SameSite=None"] {
        assert!(
            line.split("; ").any(|part| part == attribute),
            "{attribute} in {line}"
        );
    }
    assert!(world.cdp.requests().all().is_empty());
}

#[test]
fn global_privacy_control_yields_to_an_explicit_grant() {
    let world = hero_world_with(asking());
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let cookies = format!(
        "{}; {}",
        granting("C0001:1,C0002:1,C0003:1"),
        visitor_cookie(RETURNING_ID)
    );
    let response = world
        .visit("/")
        .cookies(&cookies)
        .header("Sec-GPC", "1")
        .get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(world.cdp.wait_for_event("VIEW")["browser_id"], RETURNING_ID);
}
