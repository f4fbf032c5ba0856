//! The CDP answers each row of the wire contract as Sitecore's does.

mod support;

use serde_json::{Value, json};
use support::{KEY, Standin, merged};

#[test]
fn create_answers_201_with_new_refs_each_time_and_takes_raw_braces() {
    let standin = Standin::start();
    let first = standin.get(&format!(
        "/v1.2/browser/create.json?client_key={KEY}&message={{}}"
    ));
    assert_eq!(first.status, 201);
    let (one, two) = (
        first.json(),
        standin
            .get(&format!("/v1.2/browser/create.json?client_key={KEY}"))
            .json(),
    );
    assert_eq!(
        (&one["status"], &one["version"], &one["client_key"]),
        (&json!("OK"), &json!("1.2"), &json!(KEY))
    );
    for name in ["ref", "customer_ref"] {
        uuid::Uuid::parse_str(one[name].as_str().unwrap()).unwrap();
        assert_ne!(one[name], two[name]);
    }
    assert_eq!(
        standin.get("/received").json()["requests"][0]["query"],
        format!("client_key={KEY}&message={{}}")
    );
}

#[test]
fn a_wrong_key_is_401_everywhere() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    for reply in [
        standin.get("/v1.2/browser/create.json?client_key=wrong"),
        standin.get("/v1.2/browser/create.json?client_key="),
        standin.get(&format!(
            "/v1.2/browser/{browser}/show.json?client_key=wrong"
        )),
        standin.get("/v1.2/event/create.json?client_key=wrong&message={}"),
        standin.event(&browser, json!({"client_key": "wrong"})),
        standin.flow(&browser, "home_hero", json!({"clientKey": "wrong"})),
        standin.get("/v1/events/v1.2/browser/create.json?client_key="),
    ] {
        assert_eq!(reply.status, 401, "{}", reply.text());
        let body = reply.json();
        assert_eq!(body["version"], "1.2");
        assert!(
            body["error_msg"].is_string() && body["moreInfo"].is_string(),
            "{body}"
        );
    }
}

#[test]
fn show_names_the_guest_or_says_not_found() {
    let standin = Standin::start();
    let (browser, guest) = standin.browser();
    let shown = standin.get(&format!(
        "/v1.2/browser/{browser}/show.json?client_key={KEY}&api_token={KEY}"
    ));
    assert_eq!(
        (shown.status, &shown.json()["customer"]["ref"]),
        (200, &json!(guest))
    );
    let unknown = standin.get(&format!(
        "/v1.2/browser/11111111-1111-4111-8111-111111111111/show.json?client_key={KEY}"
    ));
    assert_eq!(
        (unknown.status, &unknown.json()["status"]),
        (404, &json!("NOT_FOUND"))
    );
}

#[test]
fn an_event_by_post_or_by_get_is_201_and_kept() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    let posted = standin.event(&browser, json!({"ext": {"a": 1}}));
    assert_eq!(
        (posted.status, &posted.json()["status"]),
        (201, &json!("OK"))
    );
    let got = standin.get(&format!(
        "/v1.2/event/create.json?client_key={KEY}&message=%7B%22channel%22:%22WEB%22,%22type%22:%22VIEW%22,%22pos%22:%22shop%2Fie%22,%22browser_id%22:%22{browser}%22%7D"
    ));
    assert_eq!(got.status, 201, "{}", got.text());
    let state = standin.state();
    assert_eq!(
        state["sessions"].as_array().unwrap().len(),
        1,
        "same channel, point of sale and browser"
    );
    assert_eq!(state["events"].as_array().unwrap().len(), 2);
    assert_eq!(state["events"][0]["ref"], posted.json()["ref"]);
    assert_eq!(state["events"][0]["arbitraryData"]["ext"]["a"], 1);
}

#[test]
fn an_event_without_type_or_browser_id_is_400_and_without_the_rest_is_not() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    for missing in ["type", "browser_id"] {
        let reply = standin.event(&browser, json!({missing: null}));
        assert_eq!(reply.status, 400, "{missing}");
        assert!(
            reply.json()["error_msg"]
                .as_str()
                .unwrap()
                .contains(missing)
        );
    }
    assert_eq!(
        standin.event(&browser, json!({"type": "IDENTITY"})).status,
        400,
        "no identifiers"
    );
    assert_eq!(
        standin.post("/v1.2/events", &json!([KEY])).status,
        401,
        "no object, so no key"
    );
    let bare = standin.event(
        &browser,
        json!({"channel": null, "language": null, "currency": null, "page": null}),
    );
    assert_eq!(bare.status, 201);
}

#[test]
fn an_unknown_browser_is_404_not_found_for_events_and_flows() {
    let standin = Standin::start();
    let nobody = "11111111-1111-4111-8111-111111111111";
    for reply in [
        standin.event(nobody, json!({})),
        standin.flow(nobody, "home_hero", json!({})),
    ] {
        assert_eq!(reply.status, 404);
        let body = reply.json();
        assert_eq!(
            (&body["status"], &body["error_msg"]),
            (
                &json!("NOT_FOUND"),
                &json!("Invalid browser id/ref specified")
            )
        );
    }
}

#[test]
fn an_unknown_point_of_sale_is_201_and_leaves_nothing() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    assert_eq!(
        standin.event(&browser, json!({"pos": "shop/typo"})).status,
        201
    );
    let state = standin.state();
    assert_eq!(
        (&state["events"], &state["droppedEvents"]),
        (&json!([]), &json!(1))
    );
}

#[test]
fn callbacks_get_jsonp_and_only_names_are_callbacks() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    let created = standin.get(&format!(
        "/v1.2/browser/create.json?client_key={KEY}&message=%7B%7D&callback=jsonp123"
    ));
    assert_eq!(
        (created.status, created.header("content-type")),
        (201, Some("application/javascript"))
    );
    assert!(
        created.text().starts_with("jsonp123({") && created.text().ends_with("})"),
        "{}",
        created.text()
    );
    let call = json!({"clientKey": KEY, "channel": "WEB", "pointOfSale": "shop/ie", "friendlyId": "home_hero", "browserId": browser});
    let flow = standin.get(&format!(
        "/v2/callFlows?callback=cb&message={}",
        call.to_string().replace('"', "%22")
    ));
    assert_eq!(flow.text(), r#"cb({"variantId":"home_hero_default"})"#);
    let evil = standin.get(&format!(
        "/v1.2/browser/create.json?client_key={KEY}&callback=alert(1)//"
    ));
    assert_eq!(evil.status, 400);
}

#[test]
fn call_flows_refuses_what_sitecore_refuses() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    let refused = [
        json!({"language": ""}),
        json!({"email": "j@d.ie"}),
        json!({"identifiers": {"provider": "email", "id": "j@d.ie"}}),
        json!({"browserId": null}),
        json!({"friendlyId": "Home-Hero"}),
        json!({"friendlyId": "home*"}),
        json!({"friendlyId": null}),
        json!({"channel": null}),
        json!({"pointOfSale": ""}),
        json!({"browserId": null, "identifiers": [{"provider": "email", "id": "j@d.ie"}]}),
    ];
    for more in refused {
        let reply = standin.flow(&browser, "home_hero", more.clone());
        assert_eq!(reply.status, 400, "{more}: {}", reply.text());
        let body = reply.json();
        assert_eq!(body["status"], 400);
        for name in ["code", "message", "developerMessage", "moreInfoUrl"] {
            assert!(body.get(name).is_some(), "{name} in {body}");
        }
    }
    assert_eq!(standin.state()["events"], json!([]), "nothing ran");
    let sparse = standin.flow(
        &browser,
        "home_hero",
        json!({"language": null, "currencyCode": null}),
    );
    assert_eq!(sparse.status, 200, "as one of the SDKs leaves them out");
}

#[test]
fn a_flow_that_does_not_apply_says_so_with_200() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    for friendly_id in ["nobody_knows_me", "not_found_help"] {
        let reply = standin.flow(&browser, friendly_id, json!({}));
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({"message": "No flow executed"})),
            "{friendly_id}"
        );
    }
    assert_eq!(standin.state()["events"], json!([]), "no exposure either");
}

#[test]
fn each_run_is_one_exposure_in_the_browsers_session() {
    let standin = Standin::start();
    let (browser, guest) = standin.browser();
    standin.event(&browser, json!({}));
    standin.flow(&browser, "home_hero", json!({}));
    standin.flow(&browser, "home_hero", json!({}));
    let state = standin.state();
    let kinds: Vec<&Value> = state["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert_eq!(kinds, ["VIEW", "TRACKING", "TRACKING"]);
    assert_eq!(state["sessions"].as_array().unwrap().len(), 1);
    let execution = &state["events"][1]["arbitraryData"]["flowExecution"];
    assert_eq!(
        (&execution["flowFriendlyId"], &execution["guestRef"]),
        (&json!("home_hero"), &json!(guest))
    );
}

#[test]
fn runs_by_e_mail_are_sessions_of_their_own_for_the_same_guest() {
    let standin = Standin::start();
    for _ in 0..2 {
        let reply = standin.flow(
            "",
            "home_hero",
            json!({"browserId": null, "email": "jane@example.com"}),
        );
        assert_eq!(
            reply.json()["variantId"],
            "hero_returning",
            "an identified guest"
        );
    }
    let state = standin.state();
    assert_eq!(
        (
            state["sessions"].as_array().unwrap().len(),
            state["guests"].as_array().unwrap().len()
        ),
        (2, 1)
    );
}

#[test]
fn edge_takes_empty_keys_a_context_id_a_star_and_a_list_of_variants() {
    let standin = Standin::start();
    let created =
        standin.get("/v1/events/v1.2/browser/create.json?sitecoreContextId=ctx&client_key=");
    assert_eq!(created.status, 201);
    let created = created.json();
    let browser = created["ref"].as_str().unwrap();
    let shown = standin.get(&format!(
        "/v1/events/v1.2/browser/{browser}/show.json?sitecoreContextId=ctx&client_key=&api_token="
    ));
    assert_eq!(shown.json()["customer"]["ref"], created["customer_ref"]);
    let event = json!({"type": "VIEW", "channel": "WEB", "browser_id": browser, "client_key": "", "pos": ""});
    let by_header = [
        ("content-type", "application/json"),
        ("x-sitecore-contextid", "ctx"),
    ];
    let sent = standin.send(
        "POST",
        standin.cdp,
        "/v1/events/v1.2/events?siteId=s",
        &by_header,
        Some(&event.to_string()),
    );
    assert_eq!(sent.status, 201);
    assert_eq!(
        standin.state()["events"].as_array().unwrap().len(),
        1,
        "kept although the point of sale was empty"
    );
    let call = json!({"channel": "WEB", "clientKey": "", "pointOfSale": "", "friendlyId": "home_he*", "browserId": browser, "language": "en"});
    let personalize = |more| {
        standin.post(
            "/v1/personalize?sitecoreContextId=ctx&siteId=s",
            &merged(call.clone(), more),
        )
    };
    assert_eq!(
        personalize(json!({})).json(),
        json!({"variantId": "home_hero_default"})
    );
    assert_eq!(
        personalize(json!({"variants": ["home_hero_default"]})).json()["variantId"],
        "home_hero_default"
    );
    assert_eq!(
        personalize(json!({"variants": ["other"]})).json(),
        json!({"message": "No matching variant"})
    );
    let url = standin
        .get("/v1/personalize/cdn-url?sitecoreContextId=ctx&client_key=")
        .text();
    assert_eq!(
        url,
        format!(
            "http://{}/web-flow-libs/{KEY}/web-version.min.js",
            standin.cdp
        )
    );
    let script = standin.get(&format!("/web-flow-libs/{KEY}/web-version.min.js"));
    assert_eq!(
        (script.status, script.header("content-type")),
        (200, Some("application/javascript"))
    );
}

#[test]
fn preflights_are_204_and_answers_may_be_read_from_anywhere() {
    let standin = Standin::start();
    let wanted = "content-type,x-library-version";
    let headers = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", wanted),
    ];
    for path in ["/v1.2/events", "/v2/callFlows", "/v1/personalize"] {
        let reply = standin.send("OPTIONS", standin.cdp, path, &headers, None);
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        assert_eq!(reply.header("access-control-allow-headers"), Some(wanted));
        assert!(
            reply
                .header("access-control-allow-methods")
                .unwrap()
                .contains("POST")
        );
    }
    let (browser, _) = standin.browser();
    assert_eq!(
        standin
            .event(&browser, json!({}))
            .header("access-control-allow-origin"),
        Some("*")
    );
    assert_eq!(
        standin.get("/state").header("access-control-allow-origin"),
        None,
        "the stand-in's own pages are nobody else's"
    );
}

#[test]
fn unknown_paths_and_methods_are_json_errors() {
    let standin = Standin::start();
    assert_eq!(standin.get("/v3/nothing").json()["status"], 404);
    assert_eq!(
        standin
            .send("DELETE", standin.cdp, "/v1.2/events", &[], None)
            .status,
        405
    );
}
