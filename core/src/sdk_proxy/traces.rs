//! What Sitecore's own clients send, and what the CDP must get: the requests of `@sitecore/engage` 1.4.3 (server and
//! browser), `@sitecore-cloudsdk` 0.6.1, `@sitecore-content-sdk` 2.1 and Boxever JS 1.4.8, as seen on the wire.

use url::Url;

use super::{Forward, Plan, Refusal, plan};
use crate::{
    config::{CdpSettings, Tag},
    request::{
        Target,
        fixture::{self, BROWSER_ID, Lines},
    },
};

const DIRECT: &str = "https://api-engage-eu.sitecorecloud.io";
const EDGE: &str = "https://edge-platform.sitecorecloud.io";
const JSON: (&str, &str) = ("content-type", "application/json");
const ENGAGE: (&str, &str) = ("x-library-version", "1.4.3");
const CLOUD: (&str, &str) = ("x-library-version", "0.6.1");
const CLOUD_EVENTS: (&str, &str) = ("x-client-software-id", "@sitecore-cloudsdk/events 0.6.1");
const CONTENT: (&str, &str) = ("x-library-version", "2.1.2");
const CONTENT_EVENTS: (&str, &str) = ("x-client-software-id", "@sitecore-content-sdk/events 2.1.2");
const CONTEXT: (&str, &str) = ("x-sitecore-contextid", "CTXID");
const CORRELATION: (&str, &str) = ("x-sc-correlation-id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
const VISITOR: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0");

/// One request of a client: method, path below the prefix, headers, body.
type Sent<'a> = (&'a str, &'a str, Lines<'a>, &'a str);

/// The requests of clients of the direct API. All carry the client key themselves: nothing may change.
const DIRECT_TRACES: &[Sent<'_>] = &[
    // Engage on a server: Node's fetch leaves the braces raw.
    (
        "GET",
        "/v1.2/browser/create.json?client_key=CLIENTKEY&message={}",
        &[ENGAGE],
        "",
    ),
    (
        "POST",
        "/v1.2/events",
        &[JSON, ENGAGE],
        r#"{"type":"VIEW","utm_campaign":"spring","ext":{"pageVariantId":"v1","a_b":1,"a_c":true,"list":[1,2]},"referrer":"https://ref.example/","browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","channel":"WEB","client_key":"CLIENTKEY","currency":"EUR","language":"EN","page":"home page","pos":"shop/ie"}"#,
    ),
    (
        "POST",
        "/v1.2/events",
        &[JSON, ENGAGE],
        r#"{"city":"Cork","dob":"1990-01-02T00:00","email":"a@b.example","firstname":"Ann","identifiers":[{"expiry_date":"2031-01-01T00:00","id":"7","provider":"CRM"}],"street":["Main Street"],"type":"IDENTITY","ext":{"consent":true},"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","channel":"WEB","client_key":"CLIENTKEY","currency":"EUR","language":"EN","page":"login","pos":"shop/ie"}"#,
    ),
    (
        "POST",
        "/v1.2/events",
        &[JSON, ENGAGE],
        r#"{"type":"ADD","product":{"type":"TOOL","item_id":"S1","orderedAt":"2031-01-01T00:00:00.000Z","quantity":1,"price":9.50},"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","channel":"WEB","client_key":"CLIENTKEY","pos":"shop/ie"}"#,
    ),
    (
        "POST",
        "/v2/callFlows",
        &[JSON, ENGAGE],
        r#"{"channel":"WEB","clientKey":"CLIENTKEY","currencyCode":"EUR","friendlyId":"home_hero","language":"EN","params":{"cart_total":10,"cart_items":["a"]},"pointOfSale":"shop/ie","browserId":"a38b230c-11eb-4cf9-8d5d-274e9f344925"}"#,
    ),
    (
        "POST",
        "/v2/callFlows",
        &[JSON, ENGAGE],
        r#"{"channel":"WEB","clientKey":"CLIENTKEY","currencyCode":"EUR","email":"a@b.example","friendlyId":"home_hero","pointOfSale":"shop/ie"}"#,
    ),
    (
        "POST",
        "/v2/callFlows",
        &[JSON, ENGAGE],
        r#"{"channel":"WEB","clientKey":"CLIENTKEY","currencyCode":"EUR","friendlyId":"home_hero","identifiers":{"id":"7","provider":"CRM"},"pointOfSale":"shop/ie"}"#,
    ),
    // Engage in a browser.
    (
        "POST",
        "/v1.2/events",
        &[JSON, ENGAGE, VISITOR],
        r#"{"type":"FORM","ext":{"formId":"f1","interactionType":"VIEWED"},"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","client_key":"CLIENTKEY","pos":"shop/ie"}"#,
    ),
    (
        "GET",
        "/v1.2/browser/a38b230c-11eb-4cf9-8d5d-274e9f344925/show.json?client_key=CLIENTKEY&api_token=CLIENTKEY",
        &[ENGAGE, VISITOR],
        "",
    ),
    // Boxever JS: script tags.
    (
        "GET",
        "/v1.2/browser/create.json?client_key=CLIENTKEY&message=%7B%7D&callback=jsonp1732239304123",
        &[VISITOR],
        "",
    ),
    (
        "GET",
        "/v1.2/browser/a38b230c-11eb-4cf9-8d5d-274e9f344925/show.json?client_key=CLIENTKEY&api_token=t&callback=jsonp1",
        &[VISITOR],
        "",
    ),
    (
        "GET",
        "/v1.2/event/create.json?client_key=CLIENTKEY&boxever_version=1.4.8&message=%7B%22type%22%3A%22VIEW%22%2C%22pos%22%3A%22shop%2Fie%22%2C%22browser_id%22%3A%22a38b230c-11eb-4cf9-8d5d-274e9f344925%22%7D&callback=jsonp2",
        &[VISITOR],
        "",
    ),
    (
        "GET",
        "/v2/callFlows?message=%7B%22clientKey%22%3A%22CLIENTKEY%22%2C%22friendlyId%22%3A%22home_hero%22%7D&callback=jsonp3",
        &[VISITOR],
        "",
    ),
    (
        "GET",
        "/v1.2/boxever-log-js-error.js?client_key=CLIENTKEY&message=%7B%22message%22%3A%22x%22%7D",
        &[VISITOR],
        "",
    ),
];

const CLOUD_VIEW: &str = r#"{"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","channel":"WEB","client_key":"","currency":"EUR","language":"EN","page":"home","pos":"","requested_at":"2026-11-22T01:35:06.248Z","type":"VIEW","ext":{"pageVariantId":"v_1","x":1},"sc_search":{"data":{"q":"s"},"metadata":{"ut_api_version":"1.0"}}}"#;
const CLOUD_FORM: &str = r#"{"type":"FORM","ext":{"componentInstanceId":"i1","formId":"F1","interactionType":"SUBMITTED"},"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","client_key":"","language":"EN","pos":"","requested_at":"2026-11-22T01:35:07.039Z"}"#;
const CLOUD_FLOW: &str = r#"{"channel":"WEB","clientKey":"","currencyCode":"USD","friendlyId":"embedded_abc_en","guestRef":"f7aabbca-1c1b-4fc2-be72-3e16294a4f03","language":"en","params":{"referrer":"r","utm":{"campaign":"c"},"geo":{"city":"Cork","country":"IE"}},"pointOfSale":"","variants":["v1","v2"],"browserId":"a38b230c-11eb-4cf9-8d5d-274e9f344925"}"#;
const BOT_VIEW: &str = r#"{"browser_id":"b9c3da31-723c-fb22-17e1-2c047b2e0aa9","channel":"bot","client_key":"","language":"en","page":"/p","pos":"","type":"VIEW","ext":{"sourceUserAgent":"Googlebot/2.1"}}"#;

/// The requests of clients of Edge, with path and body of the direct call that means the same.
const EDGE_TRACES: &[(Sent<'_>, &str, &str)] = &[
    // Cloud SDK: the context in the query.
    (
        (
            "GET",
            "/v1/events/v1.2/browser/create.json?sitecoreContextId=CTXID&client_key=",
            &[CLOUD],
            "",
        ),
        "/v1.2/browser/create.json?client_key=CLIENTKEY",
        "",
    ),
    (
        (
            "POST",
            "/v1/events/v1.2/events?sitecoreContextId=CTXID&siteId=siteA",
            &[JSON, CLOUD_EVENTS, CLOUD],
            CLOUD_VIEW,
        ),
        "/v1.2/events",
        r#"{"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","channel":"WEB","client_key":"CLIENTKEY","currency":"EUR","language":"EN","page":"home","pos":"shop/ie","requested_at":"2026-11-22T01:35:06.248Z","type":"VIEW","ext":{"pageVariantId":"v_1","x":1},"sc_search":{"data":{"q":"s"},"metadata":{"ut_api_version":"1.0"}}}"#,
    ),
    (
        (
            "POST",
            "/v1/events/v1.2/events?sitecoreContextId=CTXID&siteId=siteA",
            &[JSON, CLOUD_EVENTS, CLOUD, VISITOR],
            CLOUD_FORM,
        ),
        "/v1.2/events",
        r#"{"type":"FORM","ext":{"componentInstanceId":"i1","formId":"F1","interactionType":"SUBMITTED"},"browser_id":"a38b230c-11eb-4cf9-8d5d-274e9f344925","client_key":"CLIENTKEY","language":"EN","pos":"shop/ie","requested_at":"2026-11-22T01:35:07.039Z"}"#,
    ),
    (
        (
            "POST",
            "/v1/personalize?sitecoreContextId=CTXID&siteId=siteA",
            &[JSON, CLOUD, CORRELATION, VISITOR],
            CLOUD_FLOW,
        ),
        "/v2/callFlows",
        r#"{"channel":"WEB","clientKey":"CLIENTKEY","currencyCode":"USD","friendlyId":"embedded_abc_en","language":"en","params":{"referrer":"r","utm":{"campaign":"c"},"geo":{"city":"Cork","country":"IE"}},"pointOfSale":"shop/ie","browserId":"a38b230c-11eb-4cf9-8d5d-274e9f344925"}"#,
    ),
    (
        (
            "GET",
            "/v1/events/v1.2/browser/a38b230c-11eb-4cf9-8d5d-274e9f344925/show.json?sitecoreContextId=CTXID&client_key=&api_token=",
            &[CLOUD],
            "",
        ),
        "/v1.2/browser/a38b230c-11eb-4cf9-8d5d-274e9f344925/show.json?client_key=CLIENTKEY&api_token=CLIENTKEY",
        "",
    ),
    // Content SDK: the context in a header.
    (
        (
            "GET",
            "/v1/events/v1.2/browser/create.json?client_key=",
            &[JSON, CONTENT, CONTEXT],
            "",
        ),
        "/v1.2/browser/create.json?client_key=CLIENTKEY",
        "",
    ),
    (
        (
            "POST",
            "/v1/events/v1.2/events?siteId=siteA",
            &[JSON, CONTENT_EVENTS, CONTENT, CONTEXT],
            BOT_VIEW,
        ),
        "/v1.2/events",
        r#"{"browser_id":"b9c3da31-723c-fb22-17e1-2c047b2e0aa9","channel":"bot","client_key":"CLIENTKEY","language":"en","page":"/p","pos":"shop/ie","type":"VIEW","ext":{"sourceUserAgent":"Googlebot/2.1"}}"#,
    ),
    (
        (
            "POST",
            "/v1/personalize?siteId=siteA",
            &[
                JSON,
                ("x-library-version", "2.1.0"),
                CORRELATION,
                CONTEXT,
                VISITOR,
            ],
            r#"{"channel":"WEB","clientKey":"","friendlyId":"component_x*","language":"en","pointOfSale":"","variants":["c_default","c_v1"],"browserId":"a38b230c-11eb-4cf9-8d5d-274e9f344925"}"#,
        ),
        "/v2/callFlows",
        r#"{"channel":"WEB","clientKey":"CLIENTKEY","friendlyId":"component_x*","language":"en","pointOfSale":"shop/ie","browserId":"a38b230c-11eb-4cf9-8d5d-274e9f344925"}"#,
    ),
];

/// What crosses no proxy: a browser's, Cloudflare's and the site's own headers.
const PRIVATE: Lines<'_> = &[
    (
        "cookie",
        "ASP.NET_SessionId=x; bid_CLIENTKEY=a38b230c-11eb-4cf9-8d5d-274e9f344925",
    ),
    ("authorization", "Bearer x"),
    ("proxy-authorization", "Basic x"),
    ("origin", "https://shop.example"),
    ("referer", "https://shop.example/account?email=a@b.example"),
    ("sec-fetch-site", "same-origin"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-host", "evil.example"),
    ("forwarded", "for=203.0.113.7"),
    ("true-client-ip", "203.0.113.7"),
    ("cf-connecting-ip", "203.0.113.7"),
    ("cf-ray", "1"),
    ("host", "shop.example"),
    ("connection", "keep-alive"),
];

fn tenant(edge: bool) -> CdpSettings {
    let mut cdp = fixture::cdp();
    cdp.edge_context_id = edge.then(|| "CTXID".to_owned());
    cdp
}

fn planned(sent: Sent<'_>, cdp: &CdpSettings, extra: Lines<'_>) -> Plan {
    let (method, path, headers, _) = sent;
    let url = format!("https://shop.example/_cdp{path}");
    let headers: Vec<(&str, &str)> = headers.iter().chain(extra).copied().collect();
    plan(
        method,
        &Target::parse(&url),
        &headers,
        cdp,
        &fixture::site(),
    )
}

#[track_caller]
fn forward(plan: Plan) -> Forward {
    match plan {
        Plan::Forward(forward) => *forward,
        other => panic!("not forwarded: {other:?}"),
    }
}

/// Asserts that the upstream gets this method, URL, these headers (in any order) and this body.
#[track_caller]
fn assert_sent(forward: &Forward, sent: Sent<'_>, url: &str, headers: Lines<'_>, body: &str) {
    let (method, path, _, client_body) = sent;
    assert_eq!(
        (forward.method, forward.url.as_str()),
        (method, url),
        "{path}"
    );
    let mut got: Vec<(&str, &str)> = forward
        .headers
        .iter()
        .map(|(n, v)| (*n, v.as_str()))
        .collect();
    let mut expected = headers.to_vec();
    got.sort_unstable();
    expected.sort_unstable();
    assert_eq!(got, expected, "{path}");
    match &forward.body {
        Some(rules) => {
            let bytes = rules.apply(client_body.as_bytes()).unwrap();
            assert_eq!(std::str::from_utf8(&bytes).unwrap(), body, "{path}");
        }
        None => assert_eq!((method, body), ("GET", ""), "{path}"),
    }
}

#[test]
fn the_direct_api_gets_what_its_clients_send() {
    for sent in DIRECT_TRACES {
        let (_, path, headers, body) = *sent;
        // A base URL that ends in a slash makes the path begin with two.
        for slash in ["", "/"] {
            let slashed = format!("{slash}{path}");
            let sent = (sent.0, slashed.as_str(), headers, body);
            let forward = forward(planned(sent, &tenant(false), PRIVATE));
            assert_sent(&forward, sent, &format!("{DIRECT}{path}"), headers, body);
        }
    }
}

#[test]
fn edge_gets_what_its_clients_send_when_the_site_has_a_context() {
    for (sent, _, _) in EDGE_TRACES {
        let (_, path, headers, body) = *sent;
        let forward = forward(planned(*sent, &tenant(true), PRIVATE));
        assert_sent(&forward, *sent, &format!("{EDGE}{path}"), headers, body);
    }
}

#[test]
fn without_a_context_the_direct_api_gets_the_same_with_key_and_point_of_sale() {
    for (sent, path, body) in EDGE_TRACES {
        let headers: Vec<_> = sent
            .2
            .iter()
            .filter(|line| **line != CONTEXT)
            .copied()
            .collect();
        let forward = forward(planned(*sent, &tenant(false), PRIVATE));
        assert_sent(&forward, *sent, &format!("{DIRECT}{path}"), &headers, body);
    }
}

#[test]
fn a_client_that_names_no_context_gets_the_sites_own() {
    let sent: Sent<'_> = (
        "GET",
        "/v1/events/v1.2/browser/create.json?client_key=",
        &[],
        "",
    );
    let forwarded = forward(planned(sent, &tenant(true), &[]));
    let url = format!("{EDGE}/v1/events/v1.2/browser/create.json?client_key=");
    assert_sent(&forwarded, sent, &url, &[CONTEXT], "");
    let empty: Sent<'_> = ("POST", "/v1/personalize?sitecoreContextId=", &[JSON], "{}");
    let forwarded = forward(planned(empty, &tenant(true), &[]));
    let url = format!("{EDGE}/v1/personalize?sitecoreContextId=CTXID");
    assert_sent(&forwarded, empty, &url, &[JSON], "{}");
}

#[test]
fn empty_keys_are_filled_in_on_the_direct_paths_too() {
    #[rustfmt::skip]
    let cases: [(Sent<'_>, &str, &str); 4] = [
        (("GET", "/v1.2/browser/create.json?client_key=&message={}&x=%zz", &[], ""), "/v1.2/browser/create.json?client_key=CLIENTKEY&message={}&x=%zz", ""),
        (("POST", "/v1.2/events", &[JSON], r#"{"client_key":"", "pos":""}"#), "/v1.2/events", r#"{"client_key":"CLIENTKEY", "pos":"shop/ie"}"#),
        (("POST", "/v2/callFlows", &[JSON], r#"{"clientKey":"","pointOfSale":"","variants":[]}"#), "/v2/callFlows",
         r#"{"clientKey":"CLIENTKEY","pointOfSale":"shop/ie","variants":[]}"#),
        (("GET", "/v2/callFlows?message=%7B%22clientKey%22%3A%22%22%7D&callback=f", &[], ""),
         "/v2/callFlows?message=%7B%22clientKey%22%3A%22CLIENTKEY%22%7D&callback=f", ""),
    ];
    for (sent, path, body) in cases {
        let forward = forward(planned(sent, &tenant(true), &[]));
        assert_sent(&forward, sent, &format!("{DIRECT}{path}"), sent.2, body);
    }
}

#[test]
fn what_must_not_be_sent_is_refused() {
    let cross = ("sec-fetch-site", "cross-site");
    let create = "/v1.2/browser/create.json?client_key=CLIENTKEY";
    let edge_create = "/v1/events/v1.2/browser/create.json?client_key=";
    #[rustfmt::skip]
    let cases: &[(Sent<'_>, Refusal)] = &[
        (("GET", "/v1.2/browser/create.json?client_key=OTHER", &[], ""), Refusal::ForeignKey),
        (("GET", "/v1.2/event/create.json?message={\"client_key\":\"OTHER\"}", &[], ""), Refusal::ForeignKey),
        (("GET", "/v2/callFlows?message={\"clientKey\":\"OTHER\"}", &[], ""), Refusal::ForeignKey),
        (("GET", "/v1/events/v1.2/browser/create.json?client_key=OTHER", &[], ""), Refusal::ForeignKey),
        (("GET", "/v1/events/v1.2/browser/create.json?sitecoreContextId=OTHER", &[], ""), Refusal::ForeignKey),
        (("GET", edge_create, &[("x-sitecore-contextid", "OTHER")], ""), Refusal::ForeignKey),
        (("GET", "/v1.2/browser/create.json?callback=a.b", &[], ""), Refusal::Callback),
        (("GET", create, &[cross], ""), Refusal::CrossSite),
        (("OPTIONS", "/v1.2/events", &[cross], ""), Refusal::CrossSite),
        (("GET", create, &[("sec-gpc", "1")], ""), Refusal::NoConsent),
        (("POST", "/v1.2/events", &[("content-length", "262145")], ""), Refusal::TooLarge),
        (("GET", "/web-flow-libs/CLIENTKEY/web-version.min.js", &[], ""), Refusal::NoWebFlows),
        (("GET", "/web-flow-libs/OTHER/web-version.min.js", &[], ""), Refusal::ForeignKey),
        (("GET", "/library.js", &[], ""), Refusal::NotServed),
        (("GET", "/health", &[], ""), Refusal::NotServed),
        (("PUT", "/v1.2/events", &[], ""), Refusal::Method { allow: "POST, OPTIONS" }),
    ];
    for (sent, refusal) in cases {
        let plan = planned(*sent, &tenant(true), &[]);
        assert_eq!(plan, Plan::Refuse(*refusal), "{sent:?}");
    }
    let outside = Target::parse("https://shop.example/v1.2/events");
    let plan = plan(
        "POST",
        &outside,
        &vec![JSON],
        &tenant(false),
        &fixture::site(),
    );
    assert_eq!(plan, Plan::Refuse(Refusal::NotServed));
}

#[test]
fn bodies_are_checked_where_keys_are_not_filled_in() {
    let events = ("POST", "/v1/events/v1.2/events", &[JSON][..], "");
    let forwarded = forward(planned(events, &tenant(true), &[]));
    let rules = forwarded.body.unwrap();
    assert_eq!(
        rules.apply(br#"{"client_key":"OTHER"}"#),
        Err(Refusal::ForeignKey)
    );
    assert_eq!(rules.apply(b"<html>"), Err(Refusal::InvalidJson));
    let longest = (
        "POST",
        "/v1.2/events",
        &[("content-length", "262144")][..],
        "",
    );
    forward(planned(longest, &tenant(true), &[]));
}

#[test]
fn preflights_are_answered_here() {
    #[rustfmt::skip]
    let asked = [("origin", "https://m.shop.example"), ("sec-fetch-site", "same-site"), ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-client-software-id,x-library-version"), ("sec-gpc", "1")];
    let sent = ("OPTIONS", "/v1/events/v1.2/events?siteId=a", &asked[..], "");
    let Plan::Answer(answer) = planned(sent, &tenant(true), &[]) else {
        panic!("not answered");
    };
    let header = |name| {
        answer
            .headers
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(
        header("access-control-allow-origin"),
        Some("https://m.shop.example")
    );
    assert_eq!(
        header("access-control-allow-methods"),
        Some("POST, OPTIONS")
    );
    let allowed: Vec<&str> = header("access-control-allow-headers")
        .unwrap()
        .split(", ")
        .collect();
    for (name, _) in [JSON, ENGAGE, CLOUD_EVENTS, CORRELATION, CONTEXT] {
        assert!(allowed.contains(&name), "{name}");
    }
}

#[test]
fn scripts_of_web_experiences_come_from_the_configured_host() {
    let mut cdp = tenant(false);
    cdp.web_flow_endpoint = Some(Url::parse("https://flows.example").unwrap());
    let headers = [("if-none-match", "\"1\""), ("accept", "*/*"), VISITOR];
    for file in ["web-version.min.js", "version.min.js"] {
        let path = format!("/web-flow-libs/CLIENTKEY/{file}");
        let sent = ("GET", path.as_str(), &headers[..], "");
        let forward = forward(planned(sent, &cdp, PRIVATE));
        assert_sent(
            &forward,
            sent,
            &format!("https://flows.example{path}"),
            &headers,
            "",
        );
        let reply = forward
            .reply
            .headers(200, &vec![("cache-control", "max-age=60")])
            .unwrap();
        assert!(reply.contains(&("cache-control", "max-age=60".to_owned())));
    }
}

#[test]
fn the_url_of_that_script_is_first_party_through_either_door() {
    const FIRST_PARTY: &str =
        "https://shop.example/_cdp/web-flow-libs/CLIENTKEY/web-version.min.js";
    let sent: Sent<'_> = (
        "GET",
        "/v1/personalize/cdn-url?sitecoreContextId=CTXID&client_key=",
        &[VISITOR],
        "",
    );
    let mut cdp = tenant(false);
    assert_eq!(planned(sent, &cdp, &[]), Plan::Refuse(Refusal::NoWebFlows));
    cdp.web_flow_endpoint = Some(Url::parse("https://flows.example").unwrap());
    let Plan::Answer(answer) = planned(sent, &cdp, &[]) else {
        panic!("not answered");
    };
    assert_eq!((answer.status, answer.body.as_str()), (200, FIRST_PARTY));
    assert!(
        answer
            .headers
            .contains(&("content-type", "text/plain; charset=utf-8".to_owned()))
    );

    cdp.edge_context_id = Some("CTXID".to_owned());
    let forward = forward(planned(sent, &cdp, &[]));
    assert_sent(&forward, sent, &format!("{EDGE}{}", sent.1), &[VISITOR], "");
    assert!(!forward.reply.streams());
    let third_party = b"https://flows.example/web-flow-libs/CLIENTKEY/web-version.min.js";
    assert_eq!(
        forward.reply.body(third_party).unwrap(),
        FIRST_PARTY.as_bytes()
    );
}

#[test]
fn the_tags_library_comes_from_where_the_tag_says() {
    let mut site = fixture::site();
    site.tag = Tag::Engage {
        library_url: "https://cdn.example/engage.js?v=1".to_owned(),
    };
    let target = Target::parse("https://shop.example/_cdp/library.js?x=1");
    let forward = forward(plan(
        "GET",
        &target,
        &PRIVATE.to_vec(),
        &tenant(false),
        &site,
    ));
    assert_eq!(forward.url, "https://cdn.example/engage.js?v=1");
    assert_eq!(forward.headers, []);
}

#[test]
fn jsonp_answers_keep_the_type_that_the_cdp_gives_them() {
    let nosniff = ("x-content-type-options", "nosniff".to_owned());
    let upstream = vec![("content-type", "application/json")];
    for sent in DIRECT_TRACES {
        let forward = forward(planned(*sent, &tenant(false), &[]));
        let is_script = sent.1.contains("callback=") || sent.1.contains(".js?");
        let headers = forward.reply.headers(201, &upstream).unwrap();
        assert_eq!(!headers.contains(&nosniff), is_script, "{}", sent.1);
    }
    assert!(DIRECT_TRACES.iter().any(|sent| sent.1.contains(BROWSER_ID)));
}
