//! Promise: Sitecore's own libraries work through the site's own host: the documented calls reach the CDP as they were
//! sent, and nothing else does (product §7, cdp-api §11).

use serde_json::{Value, json};
use xm_edge_tests::{
    CLIENT_KEY, End, Latch, RETURNING_ID, Reply, Request, Response, Server, Visit, World,
    assert_bytes,
};

use crate::{common::settle, encodings::gzip};

const JSON: &str = "application/json";

/// A call of a library in the page.
fn call<'w>(world: &'w World, method: &str, path: &str, body: &str) -> Visit<'w> {
    let visit = world
        .revisit(&format!("/_cdp{path}"))
        .method(method)
        .header("Accept", "*/*")
        .header("Sec-Fetch-Site", "same-origin")
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty")
        .header("X-Library-Version", "1.4.3")
        .without("Upgrade-Insecure-Requests")
        .without("Sec-Fetch-User");
    if method == "POST" {
        visit.body(JSON, body)
    } else {
        visit
    }
}

/// The one request that the CDP got.
#[track_caller]
fn only_request(world: &World) -> Request {
    let all = world.cdp.requests().all();
    assert_eq!(
        all.len(),
        1,
        "{:?}",
        all.iter().map(|r| &r.target).collect::<Vec<_>>()
    );
    all[0].clone()
}

/// Nothing reached the CDP or XM.
#[track_caller]
fn assert_refused(world: &World, response: &Response, statuses: &[u16], what: &str) {
    assert!(
        statuses.contains(&response.status),
        "{what}: {} {}",
        response.status,
        response.text()
    );
    assert!(
        world.cdp.requests().all().is_empty(),
        "{what} reached the CDP"
    );
    assert!(world.origin().all().is_empty(), "{what} reached XM");
}

/// With the key of the test site in the place of `KEY`.
fn keyed(text: &str) -> String {
    text.replace("KEY", CLIENT_KEY).replace("BID", RETURNING_ID)
}

#[test]
fn calls_of_the_direct_api_arrive_byte_for_byte() {
    let calls = [
        (
            "GET",
            "/v1.2/browser/create.json?client_key=KEY&message={}",
            "",
        ),
        (
            "GET",
            "/v1.2/browser/create.json?client_key=KEY&message=%7B%7D&callback=jsonp17",
            "",
        ),
        (
            "GET",
            "/v1.2/browser/BID/show.json?client_key=KEY&api_token=KEY",
            "",
        ),
        (
            "GET",
            "/v1.2/event/create.json?client_key=KEY&boxever_version=1.4.8&message=%7B%22type%22%3A%22VIEW%22%2C%22pos%22%3A%22shop%2Fie%22%2C%22browser_id%22%3A%22BID%22%7D&callback=jsonp2",
            "",
        ),
        (
            "GET",
            "/v2/callFlows?message=%7B%22clientKey%22%3A%22KEY%22%2C%22friendlyId%22%3A%22f%22%7D&callback=jsonp3",
            "",
        ),
        (
            "POST",
            "/v1.2/events",
            r#"{"type":"VIEW","utm_campaign":"c1","ext":{"pageVariantId":"var1","a_b":1,"a_c":true,"arr":[1,2]},"referrer":"https://ref.test/","browser_id":"BID","channel":"WEB","client_key":"KEY","currency":"EUR","language":"EN","page":"home page","pos":"shop/ie"}"#,
        ),
        (
            "POST",
            "/v1.2/events",
            r#"{"type":"FORM","ext":{"formId":"form1","interactionType":"VIEWED"},"browser_id":"BID","client_key":"KEY","pos":"shop/ie"}"#,
        ),
        (
            "POST",
            "/v2/callFlows",
            r#"{"channel":"WEB","clientKey":"KEY","currencyCode":"EUR","friendlyId":"home","identifiers":{"id":"1","provider":"BXLP"},"pointOfSale":"shop/ie", "n": 1.50e1}"#,
        ),
    ];
    for (method, path, body) in calls {
        for slash in ["", "/"] {
            let (path, body) = (keyed(path), keyed(body));
            let world = World::start();
            let answer = r#"{"status":"OK", "ref":"x"}"#;
            let reply = Reply::status(201).header("Content-Type", JSON).part(answer);
            world.cdp.create(reply.clone());
            world.cdp.events_reply(reply.clone());
            world.cdp.any_flow(move |_| reply.clone());
            let response = call(&world, method, &format!("{slash}{path}"), &body).get();
            assert_eq!(response.status, 201, "{path}: {}", response.text());
            assert_bytes(&response.decoded(), answer.as_bytes(), &path);
            let request = only_request(&world);
            assert_eq!(
                (request.method.as_str(), request.target.as_str()),
                (method, path.as_str())
            );
            assert_bytes(&request.body(), body.as_bytes(), &path);
            assert_eq!(request.headers.get("x-library-version"), Some("1.4.3"));
        }
    }
}

#[test]
fn calls_of_edge_become_those_of_the_direct_api_with_their_keys_filled_in() {
    let calls = [
        (
            "GET",
            "/v1/events/v1.2/browser/create.json?sitecoreContextId=CTX&client_key=",
            "",
            "/v1.2/browser/create.json?client_key=KEY",
            "",
        ),
        (
            "POST",
            "/v1/events/v1.2/events?sitecoreContextId=CTX&siteId=a",
            r#"{"browser_id":"BID","channel":"WEB","client_key":"","pos":"","type":"VIEW"}"#,
            "/v1.2/events",
            r#"{"browser_id":"BID","channel":"WEB","client_key":"KEY","pos":"shop/ie","type":"VIEW"}"#,
        ),
        (
            "POST",
            "/v1/personalize?siteId=a",
            r#"{"channel":"WEB","clientKey":"","friendlyId":"f","pointOfSale":"","variants":["v1"],"browserId":"BID"}"#,
            "/v2/callFlows",
            r#"{"channel":"WEB","clientKey":"KEY","friendlyId":"f","pointOfSale":"shop/ie","browserId":"BID"}"#,
        ),
    ];
    for (method, path, body, target, expected) in calls {
        let world = World::start();
        let visit = call(&world, method, path, &keyed(body)).header("X-Sitecore-ContextId", "CTX");
        assert!(visit.get().status < 300, "{path}");
        let request = only_request(&world);
        assert_eq!(request.target, keyed(target));
        assert_bytes(&request.body(), keyed(expected).as_bytes(), path);
        assert_eq!(request.headers.get("x-sitecore-contextid"), None);
    }
}

#[test]
fn answers_and_errors_of_the_cdp_arrive_as_they_are() {
    let not_found =
        r#"{"status":"NOT_FOUND","version":"1.2","error_msg":"Invalid browser id/ref specified"}"#;
    let cases = [
        (201, JSON, r#"{"status":"OK","ref":"x"}"#),
        (400, JSON, r#"{"status":400,"code":0,"message":"bad"}"#),
        (401, JSON, r#"{"status":401}"#),
        (404, JSON, not_found),
        (429, JSON, "{}"),
        (500, "text/html", "<h1>boom</h1>"),
        (204, JSON, ""),
        (200, "application/javascript", "jsonp1({\"a\":1})"),
    ];
    for (status, kind, body) in cases {
        let world = World::start();
        let mut reply = Reply::status(status)
            .header("Content-Type", kind)
            .header("Set-Cookie", "cdp=1");
        if !body.is_empty() {
            reply = reply.part(body);
        }
        world.cdp.any_flow(move |_| reply.clone());
        let flow = keyed(r#"{"clientKey":"KEY","friendlyId":"f"}"#);
        let response = call(&world, "POST", "/v2/callFlows", &flow).get();
        assert_eq!(response.status, status, "{}", response.text());
        assert_bytes(&response.decoded(), body.as_bytes(), "the CDP's answer");
        if status != 204 {
            assert_eq!(response.header("content-type"), Some(kind));
        }
        assert!(!response.headers.has("set-cookie"), "a cookie of the CDP");
    }
}

#[test]
fn a_cdp_that_is_gone_or_redirects_is_a_bad_gateway() {
    let elsewhere = Server::start(|_| Reply::json(json!({"ref": "x"})));
    let redirect = Reply::status(302).header("Location", &elsewhere.url());
    for reply in [Reply::raw("").reset(), redirect] {
        let world = World::start();
        world.cdp.events_reply(reply);
        let event = keyed(r#"{"type":"VIEW","client_key":"KEY"}"#);
        let response = call(&world, "POST", "/v1.2/events", &event).get();
        assert_eq!(response.status, 502, "{}", response.text());
        assert_eq!(
            response.header("content-type"),
            Some("application/problem+json")
        );
        assert!(!response.headers.has("location"));
    }
    assert!(elsewhere.requests().all().is_empty(), "followed");
}

#[test]
fn what_is_not_on_the_list_reaches_nobody() {
    let paths = [
        "/v1.2/browser/../guests",
        "/v1.2/%2e%2e/v2/guests",
        "/v1.2%2fevents",
        "/v1.2/browser/BID%2fshow.json",
        "/v1.2/browser/x/show.json",
        "/v1.2\\events",
        "/v2/guests?email=a",
        "/v2.1/guests",
        "/v2/callFlows/",
        "/v1.2",
        "/v1/events/v2/callFlows",
        "/web-flow-libs/KEY/../../v2/guests",
        "/web-flow-libs/KEY/web-version.min.js",
        "/http://evil.example/v1.2/events",
        "/V1.2/events",
    ];
    for path in paths {
        let world = World::start();
        let response = call(&world, "GET", &keyed(path), "").get();
        assert_refused(&world, &response, &[404], path);
    }
    for (method, path) in [
        ("PUT", "/v1.2/events"),
        ("DELETE", "/v2/callFlows"),
        ("GET", "/v1.2/events"),
        ("POST", "/v1.2/browser/create.json"),
    ] {
        let world = World::start();
        let response = call(&world, method, path, "{}").get();
        assert_refused(&world, &response, &[405], path);
        assert!(response.headers.has("allow"));
    }
}

#[test]
fn keys_of_other_tenants_are_refused() {
    let calls = [
        ("GET", "/v1.2/browser/create.json?client_key=OTHER", ""),
        (
            "GET",
            "/v1.2/browser/create.json?client_key=KEY&client_key=OTHER",
            "",
        ),
        ("GET", "/v1.2/browser/create.json?client%5Fkey=OTHER", ""),
        (
            "POST",
            "/v1.2/events",
            r#"{"type":"VIEW","client_key":"OTHER"}"#,
        ),
        (
            "POST",
            "/v1.2/events",
            r#"{"type":"VIEW","client\u005fkey":"OTHER"}"#,
        ),
        (
            "POST",
            "/v2/callFlows",
            r#"{"clientKey":"KEY","clientKey":"OTHER"}"#,
        ),
    ];
    for (method, path, body) in calls {
        let world = World::start();
        let response = call(&world, method, &keyed(path), &keyed(body)).get();
        assert_refused(&world, &response, &[403], path);
    }
}

#[test]
fn nothing_private_reaches_the_cdp_but_the_user_agent() {
    let world = World::start();
    let event = keyed(r#"{"type":"VIEW","client_key":"KEY"}"#);
    let visit = call(&world, "POST", "/v1.2/events", &event)
        .cookies("session=SECRET")
        .header("Authorization", "Bearer SECRET")
        .header("Proxy-Authorization", "Basic SECRET")
        .header("X-Forwarded-For", "203.0.113.7")
        .header("CF-Connecting-IP", "203.0.113.7")
        .header("True-Client-IP", "203.0.113.7")
        .header("Forwarded", "for=203.0.113.7")
        .header("Referer", "https://shop.example/?email=SECRET")
        .user_agent("Mozilla/5.0 UA-of-visitor");
    assert_eq!(visit.get().status, 201);
    let headers = only_request(&world).headers;
    for (name, value) in &headers.0 {
        assert!(
            !value.contains("SECRET") && !value.contains("203.0.113.7"),
            "{name}: {value}"
        );
    }
    assert_eq!(headers.get("user-agent"), Some("Mozilla/5.0 UA-of-visitor"));
}

#[test]
fn a_preflight_is_answered_without_the_cdp() {
    let world = World::start();
    let host = format!("http://{}", world.workerd.address());
    let response = call(&world, "OPTIONS", "/v1.2/events", "")
        .header("Origin", &host)
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "content-type,x-library-version",
        )
        .get();
    assert_refused(&world, &response, &[204], "a preflight");
    assert_eq!(
        response.header("access-control-allow-origin"),
        Some(host.as_str())
    );
    let allowed = response.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("x-library-version"), "{allowed}");
    let cross = call(&world, "OPTIONS", "/v1.2/events", "")
        .header("Origin", "https://evil.example")
        .header("Sec-Fetch-Site", "cross-site");
    assert_refused(&world, &cross.get(), &[403], "a foreign preflight");
}

#[test]
fn who_did_not_consent_calls_nobody() {
    let world = World::start();
    let create = keyed("/v1.2/browser/create.json?client_key=KEY&message={}");
    let response = call(&world, "GET", &create, "")
        .header("Sec-GPC", "1")
        .get();
    assert_refused(&world, &response, &[403], "a denial");
}

#[test]
fn a_body_that_is_too_large_or_no_json_is_refused() {
    let world = World::start();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(256 * 1024));
    let response = call(&world, "POST", "/v1.2/events", &large).get();
    assert_refused(&world, &response, &[413], "a large body");
    for body in ["", "[]", "<html>", "{"] {
        let response = call(&world, "POST", "/v1.2/events", body).get();
        assert_refused(&world, &response, &[400], body);
    }
}

#[test]
fn scripts_of_web_experiences_come_from_their_host() {
    let script = "console.log(1)";
    let libraries = Server::start(move |_| {
        Reply::status(200)
            .header("Content-Type", "application/javascript")
            .header("Cache-Control", "max-age=60")
            .header("ETag", "\"1\"")
            .part(script)
    });
    let world = World::build()
        .var("WEB_FLOW_ENDPOINT", Value::from(libraries.url()))
        .start();
    let path = keyed("/web-flow-libs/KEY/web-version.min.js");
    let response = call(&world, "GET", &path, "").get();
    assert_eq!(response.status, 200);
    assert_bytes(&response.decoded(), script.as_bytes(), "the script");
    assert_eq!(response.header("cache-control"), Some("max-age=60"));
    let asked = libraries.requests().all();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].target, path);
    assert_eq!(asked[0].headers.get("cookie"), None);
    let foreign = call(&world, "GET", "/web-flow-libs/OTHER/web-version.min.js", "").get();
    assert_refused(&world, &foreign, &[403], "a foreign key");
}

/// The body of a flow's call.
fn flow() -> String {
    keyed(r#"{"clientKey":"KEY","friendlyId":"f"}"#)
}

#[test]
fn a_cdp_that_hangs_is_a_gateway_timeout_and_is_let_go() {
    // All at once: each lasts as long as the limit.
    let scripts = Server::start(|_| Reply::silence());
    let world = World::build()
        .var("WEB_FLOW_ENDPOINT", Value::from(scripts.url()))
        .start();
    let [silent, stalled, lost] = [Latch::new(), Latch::new(), Latch::new()];
    world.cdp.create(Reply::raw("").hang_until_closed(&silent));
    let half = Reply::status(200)
        .header("Content-Type", JSON)
        .declare_length(100)
        .part("{\"variantId\":")
        .hang_until_closed(&stalled);
    world.cdp.any_flow(move |_| half.clone());
    world
        .cdp
        .events_reply(Reply::raw("").hang_until_closed(&lost));
    let calls = [
        (
            "GET",
            "/v1.2/browser/create.json?client_key=KEY",
            String::new(),
        ),
        ("POST", "/v2/callFlows", flow()),
        (
            "POST",
            "/v1.2/events",
            keyed(r#"{"type":"VIEW","client_key":"KEY"}"#),
        ),
        (
            "GET",
            "/web-flow-libs/KEY/web-version.min.js",
            String::new(),
        ),
    ];
    let exchanges: Vec<_> = calls
        .iter()
        .map(|(method, path, body)| call(&world, method, &keyed(path), body).send())
        .collect();
    for (exchange, (_, path, _)) in exchanges.into_iter().zip(&calls) {
        let response = exchange.finish();
        assert_eq!(response.status, 504, "{path}: {}", response.text());
        assert_eq!(
            response.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
    }
    silent.wait("the CDP's connection closing that never answered");
    stalled.wait("the CDP's connection closing that stopped in the middle");
    lost.wait("the CDP's connection closing that took an event and said nothing");
}

#[test]
fn a_visitor_who_leaves_takes_a_decision_along_but_not_an_event() {
    let world = World::start();
    let [event, decision] = [Latch::new(), Latch::new()];
    world
        .cdp
        .events_reply(Reply::raw("").hang_until_closed(&event));
    world
        .cdp
        .flow("f", Reply::raw("").hang_until_closed(&decision));
    let view = keyed(r#"{"type":"VIEW","client_key":"KEY","browser_id":"BID"}"#);
    let sends_an_event = call(&world, "POST", "/v1.2/events", &view).send();
    let waits_for_a_decision = call(&world, "POST", "/v2/callFlows", &flow()).send();
    let _ = world.cdp.wait_for_event("VIEW");
    let _ = world.cdp.wait_for_flow("f");
    sends_an_event.abort();
    waits_for_a_decision.abort();
    decision.wait("the connection closing that nobody waits for");
    world
        .cdp
        .events_reply(Reply::json(json!({"status": "OK"})).with_status(201));
    settle(&world);
    assert!(!event.is_open(), "an event was given up");
}

#[test]
fn an_answer_that_breaks_off_is_a_bad_gateway_and_not_half_of_it() {
    for reply in [
        Reply::status(200)
            .declare_length(100)
            .part("{\"half\":")
            .cut(),
        Reply::status(200).chunked().part("{\"half\":").reset(),
    ] {
        let world = World::start();
        let reply = reply.header("Content-Type", JSON);
        world.cdp.any_flow(move |_| reply.clone());
        let response = call(&world, "POST", "/v2/callFlows", &flow()).get();
        assert_eq!(
            (response.status, response.end),
            (502, End::Complete),
            "{}",
            response.text()
        );
    }
}

#[test]
fn a_compressed_answer_arrives_whole_or_not_at_all() {
    let plain = r#"{"variantId":"b"}"#;
    let whole = gzip(plain);
    for (body, status) in [(whole.as_slice(), 200), (&whole[..whole.len() - 12], 502)] {
        let world = World::start();
        let reply = Reply::status(200)
            .header("Content-Type", JSON)
            .header("Content-Encoding", "gzip")
            .part(body);
        world.cdp.any_flow(move |_| reply.clone());
        let response = call(&world, "POST", "/v2/callFlows", &flow()).get();
        assert_eq!((response.status, response.end), (status, End::Complete));
        if status == 200 {
            assert_bytes(&response.decoded(), plain.as_bytes(), "the answer");
        }
    }
}

#[test]
fn an_answer_may_have_a_mebibyte() {
    const MIB: usize = 1024 * 1024;
    for (bytes, status) in [(MIB, 200), (MIB + 1, 502)] {
        for chunked in [false, true] {
            let world = World::start();
            let large = format!("\"{}\"", "x".repeat(bytes - 2));
            let reply = Reply::status(200).header("Content-Type", JSON).part(&large);
            let reply = if chunked { reply.chunked() } else { reply };
            world.cdp.any_flow(move |_| reply.clone());
            let response = call(&world, "POST", "/v2/callFlows", &flow()).get();
            assert_eq!(response.status, status, "{bytes} bytes, chunked: {chunked}");
            if status == 200 {
                assert_bytes(&response.decoded(), large.as_bytes(), "the answer");
            }
        }
    }
}
