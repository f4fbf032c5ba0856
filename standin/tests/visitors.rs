//! What the CDP decides for whom: rules, identity, time, experiments, force.

mod support;

use serde_json::{Value, json};
use support::Standin;

#[test]
fn the_hero_follows_campaign_identity_visits_and_page_views() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    let hero = |more: Value| standin.flow(&browser, "home_hero", more).json();
    assert_eq!(hero(json!({}))["variantId"], "home_hero_default");
    assert_eq!(
        hero(json!({"params": {"utm": {"campaign": "summer"}}}))["variantId"],
        "hero_summer"
    );
    assert_eq!(
        hero(json!({"params": {"utm_campaign": "summer"}}))["variantId"],
        "hero_summer",
        "as one SDK flattens it"
    );
    for _ in 0..3 {
        standin.event(&browser, json!({}));
    }
    assert_eq!(hero(json!({}))["eyebrow"], "Page 4 of your visit");
    standin.post("/clock", &json!({"advance_ms": 21 * 60 * 1000}));
    assert_eq!(
        hero(json!({}))["variantId"],
        "hero_returning",
        "a second visit after 21 minutes"
    );
    let identity = json!({"type": "IDENTITY", "firstname": "Jane", "identifiers": [{"provider": "email", "id": "jane@example.com"}]});
    assert_eq!(standin.event(&browser, identity).status, 201);
    assert_eq!(hero(json!({}))["headline"], "Welcome back, Jane");
}

#[test]
fn a_browser_that_identifies_as_a_known_guest_is_that_guest_from_then_on() {
    let standin = Standin::start();
    let ((phone, known), (laptop, anonymous)) = (standin.browser(), standin.browser());
    let identity = json!({"type": "IDENTITY", "identifiers": [{"provider": "email", "id": "jane@example.com"}]});
    standin.event(&phone, identity.clone());
    standin.event(&laptop, identity);
    let shown = standin
        .get(&format!(
            "/v1.2/browser/{laptop}/show.json?client_key={}",
            support::KEY
        ))
        .json();
    assert_eq!(shown["customer"]["ref"], known);
    let state = standin.state();
    let retired = state["guests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|guest| guest["ref"] == anonymous)
        .unwrap();
    assert_eq!(
        (&retired["guestType"], &retired["mergedInto"]),
        (&json!("retired"), &json!(known))
    );
}

#[test]
fn an_experiment_gives_a_guest_the_same_arm_every_time_and_its_allocation_counts() {
    let standin = Standin::start();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..60 {
        let (browser, _) = standin.browser();
        let first = standin
            .flow(&browser, "summer_landing_test", json!({}))
            .json();
        assert_eq!(
            first,
            standin
                .flow(&browser, "summer_landing_test", json!({}))
                .json()
        );
        let arm = first["test"]["variant"]
            .as_str()
            .unwrap_or("outside")
            .to_owned();
        *seen.entry(arm).or_default() += 1;
    }
    // 40 %, 40 %, 20 %: that one of the three stays empty among 60 has a probability below 0.00001.
    assert_eq!(
        seen.keys().collect::<Vec<_>>(),
        ["outside", "summer_landing_test_default", "summer_price"]
    );
}

#[test]
fn force_edit_and_reset_change_what_everybody_gets() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    let hero = || standin.flow(&browser, "home_hero", json!({})).json();
    assert_eq!(
        standin
            .put(
                "/flows/home_hero/force",
                &json!({"force": "summer campaign"})
            )
            .status,
        200
    );
    assert_eq!(hero()["variantId"], "hero_summer");
    assert_eq!(
        standin
            .put("/flows/home_hero/force", &json!({"force": "none"}))
            .status,
        200
    );
    assert_eq!(hero(), json!({"message": "No flow executed"}));
    assert_eq!(
        standin
            .put("/flows/home_hero/force", &json!({"force": "no such rule"}))
            .status,
        400
    );
    let flow = json!({"friendlyId": "home_hero", "name": "mine", "type": "experience", "default": {"anything": [1]}});
    assert_eq!(standin.put("/flows/home_hero", &flow).status, 200);
    assert_eq!(hero(), json!({"anything": [1]}));
    for (bad, named) in [
        (
            json!({"friendlyId": "home_hero", "name": "x", "type": "experience", "rulez": []}),
            "rulez",
        ),
        (
            json!({"friendlyId": "other", "name": "x", "type": "experience"}),
            "friendlyId",
        ),
        (
            json!({"friendlyId": "home_hero", "name": "x", "type": "experiment", "allocation": 100, "arms": []}),
            "arms",
        ),
    ] {
        let reply = standin.put("/flows/home_hero", &bad);
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains(named), "{}", reply.text());
    }
    standin.put(
        "/settings",
        &json!({"latency": {"cdp_ms": 1}, "faults": {"xm": "status=500"}}),
    );
    assert_eq!(standin.post("/reset", &json!(null)).status, 204);
    let state = standin.state();
    for name in ["browsers", "guests", "sessions", "events"] {
        assert_eq!(state[name], json!([]), "{name}");
    }
    assert_eq!(standin.get("/received").json()["requests"], json!([]));
    assert_eq!(standin.get("/settings").json()["latency"]["cdp_ms"], 0);
    assert_eq!(standin.get("/settings").json()["faults"]["xm"], "");
    assert_eq!(standin.get("/flows/home_hero").json()["name"], "Home: hero");
}
