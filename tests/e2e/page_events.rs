//! Promise: a page sends events and identities to its own host, `POST /_cdp/event` and `POST /_cdp/identity`. What is
//! accepted reaches the CDP; what is not is answered by a problem that names the field (product §6, §7, §12).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use xm_edge_tests::{
    CLIENT_KEY, NEW_BROWSER_ID, RETURNING_ID, Reply, Response, Visit, World, visitor_cookie,
};

use crate::common::{
    assert_cdp_was_not_asked, cookies_set, event_types, id_set, post, sent_events, settle,
    settle_as,
};

const EVENT: &str = "/_cdp/event";
const IDENTITY: &str = "/_cdp/identity";
const JSON: &str = "application/json";

fn signup() -> String {
    json!({"type": "SIGNUP", "ext": {"plan": "gold"}}).to_string()
}

#[track_caller]
fn assert_accepted(response: &Response) -> String {
    assert_eq!(response.status, 202, "{}", response.text());
    let body: Value = serde_json::from_slice(&response.body).expect("not JSON");
    assert_eq!(body["status"], "accepted", "{body}");
    assert_eq!(response.header("cache-control"), Some("no-store"));
    body["id"].as_str().expect("no id").to_owned()
}

/// A problem document (RFC 9457) with this status; gives it.
#[track_caller]
fn problem(response: &Response, status: u16) -> Value {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let document: Value = serde_json::from_slice(&response.body).expect("not JSON");
    assert_eq!(document["status"], status, "{document}");
    for member in ["type", "title", "detail"] {
        let text = document[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{member} in {document}");
    }
    document
}

/// The fields that a problem document names, in order.
fn fields(document: &Value) -> Vec<String> {
    let errors = document["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            assert!(
                error["problem"].as_str().is_some_and(|text| text.len() > 5),
                "{error}"
            );
            error["field"].as_str().unwrap_or_default().to_owned()
        })
        .collect()
}

#[test]
fn an_event_reaches_the_cdp_with_what_the_edge_knows() {
    let world = World::start();
    let id = assert_accepted(&post(&world, EVENT, JSON, signup()).get());
    assert_eq!(id.len(), 36);
    let event = world.cdp.wait_for_event("SIGNUP");
    let expected = json!({
        "type": "SIGNUP",
        "browser_id": RETURNING_ID,
        "client_key": CLIENT_KEY,
        "channel": "WEB",
        "pos": "shop/ie",
        "language": "EN",
        "currency": "EUR",
        "page": "/shop/shoe",
        "ext": {"plan": "gold"},
    });
    let mut rest = event.as_object().unwrap().clone();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(rest.remove(key).as_ref(), Some(value), "{key} in {event}");
    }
    let at = rest.remove("requested_at").unwrap();
    let at = at.as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
    assert!(rest.is_empty(), "unknown fields {rest:?}");
    let request = world
        .cdp
        .requests()
        .first("the event", |request| request.path() == "/v1.2/events");
    assert_eq!(
        (request.method.as_str(), request.headers.get("content-type")),
        ("POST", Some(JSON))
    );
    assert!(
        request
            .headers
            .get("user-agent")
            .is_some_and(|agent| agent.contains("Chrome/141")),
        "the visitor's own user agent"
    );
    for private in [
        "cookie",
        "authorization",
        "referer",
        "origin",
        "x-forwarded-for",
    ] {
        assert!(!request.headers.has(private), "{private} at the CDP");
    }
    assert!(world.origin().all().is_empty(), "XM was asked");
}

#[test]
fn every_form_in_which_a_page_sends_json_is_taken() {
    let world = World::start();
    let kinds = [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "text/plain;charset=UTF-8",
        "text/plain",
    ];
    for (n, kind) in kinds.iter().enumerate() {
        let name = format!("FORM_{n}");
        let body = json!({"type": name}).to_string();
        assert_accepted(&post(&world, EVENT, kind, body).get());
        let _ = world.cdp.wait_for_event(&name);
    }
    // `new Blob([…])` without a type.
    let untyped = post(&world, EVENT, JSON, r#"{"type":"UNTYPED"}"#).without("Content-Type");
    assert_accepted(&untyped.get());
    let _ = world.cdp.wait_for_event("UNTYPED");
    // A base URL with a slash at its end.
    assert_accepted(&post(&world, "/_cdp//event", JSON, r#"{"type":"SLASHED"}"#).get());
    let _ = world.cdp.wait_for_event("SLASHED");
}

#[test]
fn a_body_in_pieces_is_read_whole() {
    let world = World::start();
    let visit = post(&world, EVENT, JSON, "")
        .without("Content-Length")
        .header("Transfer-Encoding", "chunked");
    let mut exchange = visit.send();
    for byte in signup().bytes() {
        exchange.write(format!("1\r\n{}\r\n", char::from(byte)).as_bytes());
    }
    exchange.write(b"0\r\n\r\n");
    assert_accepted(&exchange.finish());
    assert_eq!(world.cdp.wait_for_event("SIGNUP")["ext"]["plan"], "gold");
}

#[test]
fn every_type_of_the_catalogue_is_taken() {
    let world = World::start();
    let product = json!({"type": "FOOD", "item_id": "SKU1", "name": "X", "orderedAt": "2030-01-01T00:00:00.000Z", "quantity": 1,
                         "price": 9.5, "productId": "P1", "currency": "EUR", "referenceId": "R1"});
    let order = json!({"referenceId": "O1", "orderedAt": "2030-01-01T00:00:00.000Z", "status": "PURCHASED", "currencyCode": "EUR",
                       "price": 9.5, "paymentType": "Card", "cardType": "Visa",
                       "orderItems": [{"type": "FOOD", "referenceId": "R1", "orderedAt": "2030-01-01T00:00:00.000Z",
                                       "status": "PURCHASED", "currencyCode": "EUR", "price": 9.5, "name": "X",
                                       "productId": "P1", "quantity": 1}]});
    let events = [
        json!({"type": "VIEW", "page": "home", "utm_source": "mail", "referrer": "https://ref.example/"}),
        json!({"type": "IDENTITY", "identifiers": [{"provider": "CRM", "id": "7", "expiry_date": "2030-01-01T00:00"}],
               "email": "j@d.ie", "street": ["Tara Street"], "gender": "female", "country": "IE", "dob": "1984-04-15T00:00"}),
        json!({"type": "FORM", "ext": {"formId": "f1", "interactionType": "SUBMITTED"}}),
        json!({"type": "SEARCH", "product_name": "shoe", "product_type": "SHOE"}),
        json!({"type": "ADD", "product": product}),
        json!({"type": "CONFIRM", "product": [{"item_id": "SKU1"}]}),
        json!({"type": "CHECKOUT", "reference_id": "R1", "status": "PURCHASED"}),
        json!({"type": "PAYMENT"}),
        json!({"type": "CLEAR_CART"}),
        json!({"type": "ORDER_CHECKOUT", "order": order}),
        json!({"type": "ADD_CONSUMERS", "consumers": [{"name": "x"}]}),
        json!({"type": "ADD_CONTACTS", "contacts": [{"name": "x"}]}),
        json!({"type": "FORCE_CLOSE"}),
        json!({"type": "NEWSLETTER_SIGNUP", "list": "weekly", "ext": {"a": {"b": 1}}}),
    ];
    for event in events {
        assert_accepted(&post(&world, EVENT, JSON, event.to_string()).get());
        let kind = event["type"].as_str().unwrap();
        let sent = world.cdp.wait_for_event(kind);
        for (key, value) in event.as_object().unwrap() {
            if key != "ext" || kind == "FORM" {
                assert_eq!(&sent[key], value, "{key} of {kind}");
            }
        }
        let is_form = kind == "FORM";
        for key in ["channel", "currency", "page"] {
            assert_eq!(sent.get(key).is_none(), is_form, "{key} in {sent}");
        }
    }
    assert_eq!(
        world.cdp.wait_for_event("NEWSLETTER_SIGNUP")["ext"],
        json!({"a_b": 1})
    );
    assert_eq!(
        world.cdp.wait_for_event("FORCE_CLOSE")["_bx_extended_message"],
        "1"
    );
}

#[test]
fn an_identity_is_an_event_identity() {
    let world = World::start();
    let body = json!({"identifiers": [{"provider": "CRM", "id": "7"}], "firstname": "Jane", "ext": {"vip": true}});
    assert_accepted(&post(&world, IDENTITY, JSON, body.to_string()).get());
    let event = world.cdp.wait_for_event("IDENTITY");
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(&event[key], value, "{key}");
    }
    assert_eq!(event["browser_id"], RETURNING_ID);
}

#[test]
fn a_wrong_field_is_named_and_nothing_is_sent() {
    let world = World::start();
    let cases = [
        (EVENT, json!({}), vec!["type"]),
        (EVENT, json!({"type": ""}), vec!["type"]),
        (EVENT, json!({"type": "signup"}), vec!["type"]),
        (EVENT, json!({"type": "TRACKING"}), vec!["type"]),
        (EVENT, json!({"type": "LOGIN"}), vec!["type"]),
        (EVENT, json!({"type": "LOGOUT"}), vec!["type"]),
        (EVENT, json!({"type": 7}), vec!["type"]),
        (
            EVENT,
            json!({"type": "A_GOAL", "browser_id": RETURNING_ID}),
            vec!["browser_id"],
        ),
        (
            EVENT,
            json!({"type": "A_GOAL", "client_key": "x"}),
            vec!["client_key"],
        ),
        (
            EVENT,
            json!({"type": "A_GOAL", "currency": "euro"}),
            vec!["currency"],
        ),
        (EVENT, json!({"type": "A_GOAL", "ext": [1]}), vec!["ext"]),
        (
            EVENT,
            json!({"type": "A_GOAL", "ext": {"a b": 1}}),
            vec!["ext.a b"],
        ),
        (
            EVENT,
            json!({"type": "FORM", "ext": {"formId": "f"}}),
            vec!["ext.interactionType"],
        ),
        (
            EVENT,
            json!({"type": "CHECKOUT", "status": "MAYBE"}),
            vec!["reference_id", "status"],
        ),
        (EVENT, json!({"type": "ADD"}), vec!["product"]),
        (
            EVENT,
            json!({"type": "ADD", "product": {}}),
            vec!["product.item_id"],
        ),
        (
            EVENT,
            json!({"type": "CONFIRM", "product": {"item_id": "1"}}),
            vec!["product"],
        ),
        (EVENT, json!({"type": "IDENTITY"}), vec!["identifiers"]),
        (
            EVENT,
            json!({"type": "IDENTITY", "email": "j@d.ie"}),
            vec!["identifiers"],
        ),
        (
            IDENTITY,
            json!({"email": "j@d.ie", "identifiers": []}),
            vec!["identifiers"],
        ),
        (
            IDENTITY,
            json!({"identifiers": [{"provider": "CRM", "id": "7"}, {"provider": "CRM"}]}),
            vec!["identifiers[1].id"],
        ),
        (
            IDENTITY,
            json!({"type": "VIEW", "identifiers": [{"provider": "CRM", "id": "7"}]}),
            vec!["type"],
        ),
        (
            IDENTITY,
            json!({"identifiers": [{"provider": "CRM", "id": "7"}], "email": "no", "gender": "x", "dob": "yesterday",
                   "country": "Ireland", "street": "Tara Street", "firstName": "Jane"}),
            vec!["country", "dob", "email", "firstName", "gender", "street"],
        ),
    ];
    for (target, body, expected) in cases {
        let response = post(&world, target, JSON, body.to_string()).get();
        let mut named = fields(&problem(&response, 400));
        named.sort();
        assert_eq!(named, expected, "{body}");
    }
    assert_cdp_was_not_asked(&world);
}

#[test]
fn too_many_attributes_are_refused_before_the_cdp_cuts_them() {
    let world = World::start();
    let ext = |count: usize| -> Value {
        let ext: serde_json::Map<_, _> = (0..count).map(|n| (format!("k{n}"), json!(n))).collect();
        json!({"type": "MANY", "ext": ext})
    };
    let refused = post(&world, EVENT, JSON, ext(51).to_string()).get();
    assert_eq!(fields(&problem(&refused, 400)), ["ext"]);
    assert_accepted(&post(&world, EVENT, JSON, ext(50).to_string()).get());
}

#[test]
fn what_is_not_json_is_refused() {
    let world = World::start();
    let long = "[".repeat(10_000);
    for body in [
        "",
        "{",
        "type=SIGNUP",
        "[]",
        "7",
        "null",
        "\u{feff}{}",
        &long,
    ] {
        let response = post(&world, EVENT, JSON, body).get();
        let document = problem(&response, 400);
        assert_eq!(fields(&document).len(), 1, "{document}");
    }
    let invalid_utf8 = b"{\"type\":\"A\xff\"}";
    drop(problem(&post(&world, EVENT, JSON, invalid_utf8).get(), 400));
    assert_cdp_was_not_asked(&world);
}

#[test]
fn other_media_types_are_refused() {
    let world = World::start();
    for kind in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/html",
        "application/jsonx",
        "nonsense",
    ] {
        drop(problem(&post(&world, EVENT, kind, signup()).get(), 415));
    }
    assert_cdp_was_not_asked(&world);
}

#[test]
fn other_methods_are_refused_and_the_right_one_named() {
    let world = World::start();
    for target in [EVENT, IDENTITY] {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let visit = post(&world, target, JSON, signup()).method(method);
            let visit = if method == "GET" {
                visit
                    .body("", "")
                    .without("Content-Type")
                    .without("Content-Length")
            } else {
                visit
            };
            let response = visit.get();
            drop(problem(&response, 405));
            assert_eq!(response.header("allow"), Some("POST"), "{method}");
        }
    }
    assert_cdp_was_not_asked(&world);
    assert!(
        world
            .origin()
            .all()
            .iter()
            .all(|request| !request.path().starts_with("/_cdp")),
        "XM was asked"
    );
}

#[test]
fn a_body_may_have_16_kib_and_no_byte_more() {
    let world = World::start();
    let sized = |size: usize| {
        let frame = json!({"type": "LARGE", "ext": {"a": "", "b": "", "c": "", "d": "", "e": ""}})
            .to_string();
        // White space counts in the body, not in the event.
        format!("{frame}{}", " ".repeat(size - frame.len()))
    };
    assert_accepted(&post(&world, EVENT, JSON, sized(16 * 1024)).get());
    let too_large = sized(16 * 1024 + 1);
    drop(problem(&post(&world, EVENT, JSON, &too_large).get(), 413));
    // Not announced.
    let visit = post(&world, EVENT, JSON, "")
        .without("Content-Length")
        .header("Transfer-Encoding", "chunked");
    let mut exchange = visit.send();
    exchange.write(format!("{:x}\r\n{too_large}\r\n0\r\n\r\n", too_large.len()).as_bytes());
    drop(problem(&exchange.finish(), 413));
    settle(&world);
    assert_eq!(event_types(&world), ["LARGE"]);
}

#[test]
fn pages_of_others_are_refused() {
    type Change = fn(Visit<'_>) -> Visit<'_>;
    let world = World::start();
    let refused: [(&str, Change); 9] = [
        ("another site", |v| {
            v.header("Origin", "https://evil.example")
                .header("Sec-Fetch-Site", "cross-site")
        }),
        ("another site, older browser", |v| {
            v.header("Origin", "https://evil.example")
                .without("Sec-Fetch-Site")
        }),
        ("another host of the site", |v| {
            v.header("Sec-Fetch-Site", "same-site")
        }),
        ("a typed address", |v| v.header("Sec-Fetch-Site", "none")),
        ("a sandboxed frame", |v| v.header("Origin", "null")),
        ("another port", |v| v.header("Origin", "http://127.0.0.1:1")),
        ("another scheme", |v| {
            let origin = "https://127.0.0.1";
            v.header("Origin", origin)
        }),
        ("a contradiction", |v| {
            v.header("Sec-Fetch-Site", "cross-site")
        }),
        ("nobody", |v| v.without("Origin").without("Sec-Fetch-Site")),
    ];
    for (who, change) in refused {
        for target in [EVENT, IDENTITY] {
            let response = change(post(&world, target, JSON, signup())).get();
            drop(problem(&response, 403));
            assert!(
                !response.headers.has("access-control-allow-origin"),
                "{who}"
            );
        }
    }
    assert_cdp_was_not_asked(&world);
    let accepted: [(&str, Change); 2] = [
        ("without fetch metadata", |v| v.without("Sec-Fetch-Site")),
        ("without Origin", |v| v.without("Origin")),
    ];
    for (who, change) in accepted {
        let response = change(post(&world, EVENT, JSON, signup())).get();
        assert_eq!(response.status, 202, "{who}");
    }
}

#[test]
fn a_forwarded_host_makes_no_page_ours() {
    let world = World::start();
    let visit = post(&world, EVENT, JSON, signup())
        .header("Origin", "https://evil.example")
        .without("Sec-Fetch-Site")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "https");
    drop(problem(&visit.get(), 403));
}

#[test]
fn a_visitor_without_an_id_gets_one_with_the_answer() {
    let world = World::start();
    let response = post(&world, EVENT, JSON, signup()).without("Cookie").get();
    assert_accepted(&response);
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(cookies_set(&response).len(), 1);
    assert_eq!(
        world.cdp.wait_for_event("SIGNUP")["browser_id"],
        NEW_BROWSER_ID
    );
    // One who has an id keeps the cookie as it is.
    assert_eq!(
        cookies_set(&post(&world, EVENT, JSON, signup()).get()),
        [""; 0]
    );
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn without_an_id_to_send_under_the_page_is_told_to_come_again() {
    let world = World::build().site(json!({"id_budget_ms": 100})).start();
    for reply in [
        Reply::status(500),
        Reply::silence(),
        Reply::html("<p>no</p>"),
        Reply::raw("").reset(),
    ] {
        world.cdp.create(reply);
        let response = post(&world, EVENT, JSON, signup()).without("Cookie").get();
        drop(problem(&response, 503));
        assert!(response.headers.has("retry-after"));
        assert_eq!(cookies_set(&response), [""; 0]);
    }
    settle(&world);
    assert_eq!(event_types(&world), [""; 0]);
}

#[test]
fn who_may_not_be_told_of_is_not_and_the_page_gets_no_error() {
    type Change = fn(Visit<'_>) -> Visit<'_>;
    let consent = json!({"consent": {"mode": "cookie", "cookie": "consent", "id": "i:1", "personalisation": "p:1", "analytics": "a:1"}});
    let world = World::build().site(consent).start();
    let id = visitor_cookie(RETURNING_ID);
    let all = format!("{id}; consent=i:1,p:1,a:1");
    let cases: [(&str, &str, Change); 5] = [
        ("no_consent", "", |v| v),
        ("no_consent", "consent=i:1,p:1,a:0", |v| v),
        ("no_consent", "consent=i:0,p:1,a:0", |v| {
            v.header("Sec-GPC", "1")
        }),
        ("bot", "consent=i:1,p:1,a:1", |v| {
            v.user_agent("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)")
        }),
        ("prefetch", "consent=i:1,p:1,a:1", |v| {
            v.header("Sec-Purpose", "prefetch;prerender")
        }),
    ];
    for (reason, consent, change) in cases {
        let cookies = format!("{id}; {consent}");
        let visit = post(&world, EVENT, JSON, signup()).cookies(&cookies);
        let response = change(visit).get();
        assert_eq!(response.status, 202, "{reason}");
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body, json!({"status": "ignored", "reason": reason}));
        assert_eq!(cookies_set(&response), [""; 0]);
    }
    settle_as(&world, &all);
    assert_eq!(event_types(&world), [""; 0]);
    assert_accepted(&post(&world, EVENT, JSON, signup()).cookies(&all).get());
    let _ = world.cdp.wait_for_event("SIGNUP");
}

#[test]
fn the_answer_does_not_wait_for_a_cdp_that_hangs() {
    let world = World::start();
    world.cdp.events_reply(Reply::silence());
    assert_accepted(&post(&world, EVENT, JSON, signup()).get());
    let _ = world.cdp.wait_for_event("SIGNUP");
}

#[test]
fn an_event_is_tried_three_times_with_the_same_body() {
    let failures = [
        ("500", Reply::status(500)),
        ("429", Reply::status(429).header("Retry-After", "0")),
        ("reset", Reply::raw("").reset()),
        ("503 as a page", Reply::html("<p>down</p>").with_status(503)),
    ];
    // Side by side: the pauses between tries are real.
    thread::scope(|scope| {
        for (fault, failure) in failures {
            scope.spawn(move || {
                let world = World::start();
                let count = Arc::new(AtomicUsize::new(0));
                world.cdp.events_reply_with(move |_| {
                    if count.fetch_add(1, Ordering::SeqCst) < 2 {
                        failure.clone()
                    } else {
                        Reply::json(json!({"status": "OK"})).with_status(201)
                    }
                });
                assert_accepted(&post(&world, EVENT, JSON, signup()).get());
                let tries =
                    world
                        .cdp
                        .requests()
                        .wait_for(&format!("three tries after {fault}"), |all| {
                            (all.iter().filter(|r| r.is_complete()).count() >= 3)
                                .then(|| all.to_vec())
                        });
                let bodies: Vec<Vec<u8>> = tries.iter().map(xm_edge_tests::Request::body).collect();
                assert!(
                    bodies.iter().all(|body| *body == bodies[0]),
                    "{fault}: another body, {bodies:?}"
                );
                settle(&world);
                assert_eq!(event_types(&world), ["SIGNUP"; 3], "{fault}");
            });
        }
    });
}

#[test]
fn an_event_that_the_cdp_refuses_is_not_sent_again() {
    let world = World::start();
    for status in [400, 401, 403, 301] {
        let reply = Reply::status(status).header("Location", "https://elsewhere.example/");
        world.cdp.events_reply(reply);
        let name = format!("STATUS_{status}");
        let body = json!({"type": name}).to_string();
        assert_accepted(&post(&world, EVENT, JSON, body).get());
        let _ = world.cdp.wait_for_event(&name);
    }
    world
        .cdp
        .events_reply(Reply::json(json!({"status": "OK"})).with_status(201));
    settle(&world);
    assert_eq!(sent_events(&world).len(), 4);
}

#[test]
fn an_unknown_id_is_replaced_once_and_at_the_next_page_view() {
    let world = World::start();
    let unknown = json!({"status": "NOT_FOUND", "version": "1.2", "error_msg": "Invalid browser id/ref specified"});
    let not_found = unknown.clone();
    world.cdp.events_reply_with(move |request| {
        if request.json()["browser_id"] == NEW_BROWSER_ID {
            return Reply::json(json!({"status": "OK"})).with_status(201);
        }
        Reply::json(not_found.clone()).with_status(404)
    });
    assert_accepted(&post(&world, EVENT, JSON, signup()).get());
    let tried = world
        .cdp
        .requests()
        .wait_for("the event under a new id", |all| {
            let events: Vec<Value> = all
                .iter()
                .filter(|request| request.path() == "/v1.2/events" && request.is_complete())
                .map(xm_edge_tests::Request::json)
                .collect();
            (events.len() == 2).then_some(events)
        });
    let mut first = tried[0].clone();
    assert_eq!(first["browser_id"], RETURNING_ID);
    first["browser_id"] = json!(NEW_BROWSER_ID);
    assert_eq!(tried[1], first, "more than the id changed");

    world.page("/", Reply::html("<!DOCTYPE html><html><p>x</p></html>"));
    let response = world.revisit("/").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));

    // A CDP that knows no id at all is not asked for ever.
    let world = World::start();
    world
        .cdp
        .events_reply(Reply::json(unknown).with_status(404));
    assert_accepted(&post(&world, EVENT, JSON, signup()).get());
    let _ = world.cdp.requests().first("the second try", |request| {
        request.json()["browser_id"] == NEW_BROWSER_ID
    });
    settle_as(&world, "");
    assert_eq!(event_types(&world), ["SIGNUP"; 2]);
}

#[test]
fn nothing_personal_is_logged_or_repeated() {
    let world = World::start();
    let secret = "jane.secret@shop.example";
    let id = json!({"provider": "email", "id": secret});
    let bodies = [
        (IDENTITY, json!({"identifiers": [id], "email": secret})),
        (IDENTITY, json!({"email": secret})),
        (EVENT, json!({"type": secret})),
        (
            EVENT,
            json!({"type": "A_GOAL", "currency": secret, "ext": {"a": secret}}),
        ),
    ];
    for (target, body) in bodies {
        let response = post(&world, target, JSON, body.to_string()).get();
        assert!(!response.text().contains("secret"), "{}", response.text());
    }
    let response = post(&world, EVENT, JSON, secret).get();
    assert!(!response.text().contains("secret"), "{}", response.text());
    settle(&world);
    for line in world.workerd.lines().all() {
        for word in ["secret", RETURNING_ID, CLIENT_KEY, "x@y"] {
            assert!(!line.contains(word), "{word} in {line}");
        }
    }
}

#[test]
fn an_event_belongs_to_the_page_that_sent_it() {
    let sites =
        json!([{"path": "/shop", "point_of_sale": "shop/de", "language": "DE", "currency": "CHF"}]);
    let world = World::build().var("SITES", sites).start();
    let place = |name: &str, target: &str, referer: &str| {
        let body = json!({"type": name}).to_string();
        let visit = post(&world, target, JSON, body).header("Referer", referer);
        assert_accepted(&visit.get());
        let event = world.cdp.wait_for_event(name);
        ["pos", "language", "currency", "page"].map(|key| event[key].as_str().unwrap().to_owned())
    };
    let own = format!("http://{}", world.workerd.address());
    assert_eq!(
        place("A_REFERER", EVENT, &format!("{own}/shop/x?y=1")),
        ["shop/de", "DE", "CHF", "/shop/x"]
    );
    assert_eq!(
        place("A_PATH", "/_cdp/event?path=/shop/z", &format!("{own}/")),
        ["shop/de", "DE", "CHF", "/shop/z"]
    );
    assert_eq!(
        place("A_STRANGER", EVENT, "https://evil.example/shop/x"),
        ["shop/ie", "EN", "EUR", "/"]
    );
}

#[test]
fn another_prefix_moves_the_endpoints() {
    let world = World::build()
        .site(json!({"endpoint_prefix": "/_personal"}))
        .start();
    assert_accepted(&post(&world, "/_personal/event", JSON, signup()).get());
    let _ = world.cdp.wait_for_event("SIGNUP");
    // What was the prefix is XM's now.
    assert_eq!(post(&world, EVENT, JSON, signup()).get().status, 404);
    let _ = world
        .origin()
        .first("the POST at XM", |request| request.path() == EVENT);
}
