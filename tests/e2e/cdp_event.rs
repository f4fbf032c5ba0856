//! Promise: XM tells of events by `CDP-Event` response headers, on any response. They reach the CDP, never the browser,
//! and change nothing else of the response (product §6, §12).

use serde_json::{Value, json};
use xm_edge_tests::{
    CLIENT_KEY, End, Latch, NEW_BROWSER_ID, RETURNING_ID, Reply, Response, Visit, World,
    assert_bytes,
};

use crate::common::{
    cookies_set, event_types, hero_page, hero_world, hero_world_with, id_set, sent_events, settle,
};

const SIGNUP: &str = r#"{"type":"SIGNUP","ext":{"plan":"gold","seats":3}}"#;
const IDENTITY: &str = r#"{"type":"IDENTITY","email":"jane@shop.example","identifiers":[{"provider":"CRM","id":"7"}]}"#;

/// An answer of XM's API.
fn api() -> Reply {
    Reply::json(json!({"ok": true}))
}

/// A script of the page that calls XM's API: no navigation.
fn by_script(visit: Visit<'_>) -> Visit<'_> {
    visit
        .header("Accept", "*/*")
        .header("Sec-Fetch-Site", "same-origin")
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty")
        .without("Sec-Fetch-User")
}

/// The same visit to the same reply with and without these headers gets the same response.
#[track_caller]
fn assert_only_stripped(world: &World, visit: &Visit<'_>, path: &str, reply: &Reply) -> Response {
    world.page(path, reply.clone());
    let plain = visit.get();
    world.page(path, reply.clone().header("CDP-Event", SIGNUP));
    let told = visit.get();
    assert_eq!(
        (told.status, told.end),
        (plain.status, plain.end),
        "{path}: status and end"
    );
    assert_eq!(told.headers, plain.headers, "{path}: headers");
    assert_bytes(&told.body, &plain.body, path);
    told
}

#[test]
fn a_header_on_a_page_is_an_event_of_its_visitor() {
    let world = hero_world();
    let page = Reply::html(hero_page().lang("de").html()).header("CDP-Event", SIGNUP);
    world.page("/welcome", page);
    let response = world.revisit("/welcome").get();
    assert_eq!(response.status, 200);
    assert!(!response.headers.has("cdp-event"), "the browser saw it");
    let event = world.cdp.wait_for_event("SIGNUP");
    let expected = json!({
        "type": "SIGNUP",
        "browser_id": RETURNING_ID,
        "client_key": CLIENT_KEY,
        "channel": "WEB",
        "pos": "shop/ie",
        "currency": "EUR",
        "page": "/welcome",
        "ext": {"plan": "gold", "seats": 3},
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&event[key], value, "{key} in {event}");
    }
    let at = event["requested_at"].as_str().unwrap_or_default();
    assert!(at.len() == 24 && at.ends_with('Z'), "{event}");
    settle(&world);
    assert_eq!(event_types(&world), ["SIGNUP", "VIEW"], "each once");
}

#[test]
fn what_xm_names_stays_as_xm_named_it() {
    let world = World::start();
    let named = r#"{"type":"VIEW","channel":"MOBILE_WEB","pos":"shop/de","language":"DE","currency":"CHF","page":"kasse"}"#;
    world.page("/api/x", api().header("CDP-Event", named));
    drop(world.revisit("/api/x").get());
    let event = world.cdp.wait_for_event("VIEW");
    let given: Value = serde_json::from_str(named).unwrap();
    for (key, value) in given.as_object().unwrap() {
        assert_eq!(&event[key], value, "{key} in {event}");
    }
}

#[test]
fn several_headers_are_several_events_in_their_order() {
    let world = World::start();
    let types = ["ONE", "TWO", "THREE", "FOUR", "FIVE"];
    for path in ["/page", "/api/x"] {
        let mut reply = if path == "/page" {
            Reply::html(hero_page().html())
        } else {
            api()
        };
        for kind in types {
            // A comma inside: the platform joins the lines with commas.
            let event = json!({"type": kind, "ext": {"note": "a, b", "list": [1, 2]}});
            reply = reply.header("CDP-Event", &event.to_string());
        }
        world.page(path, reply);
        let response = world.revisit(path).get();
        assert!(!response.headers.has("cdp-event"), "{path}");
    }
    // Of one response, none overtakes another.
    for page in ["/page", "/api/x"] {
        let last = |request: &xm_edge_tests::Request| {
            request.is_complete()
                && request.json()["type"] == "FIVE"
                && request.json()["page"] == page
        };
        let _ = world.cdp.requests().first("the last event", last);
        let order: Vec<Value> = sent_events(&world)
            .into_iter()
            .filter(|event| event["page"] == page && event["type"] != "VIEW")
            .map(|event| event["type"].clone())
            .collect();
        assert_eq!(order, types, "{page}");
    }
}

#[test]
fn an_event_waits_for_the_answer_to_the_one_before_it() {
    let world = World::start();
    let answered = Latch::new();
    let held = answered.clone();
    world.cdp.events_reply_with(move |request| {
        let reply = Reply::json(json!({"status": "OK"})).with_status(201);
        if request.json()["type"] == "IDENTITY" {
            reply.hold(&held)
        } else {
            reply
        }
    });
    let reply = api()
        .header("CDP-Event", IDENTITY)
        .header("CDP-Event", SIGNUP);
    world.page("/login", reply);
    drop(world.revisit("/login").get());
    let _ = world.cdp.wait_for_event("IDENTITY");
    settle(&world);
    assert!(
        !event_types(&world).contains(&"SIGNUP".to_owned()),
        "a goal overtook the identity"
    );
    answered.open();
    let _ = world.cdp.wait_for_event("SIGNUP");
}

#[test]
fn a_redirect_after_a_login_tells_and_keeps_every_header_and_cookie() {
    let world = World::start();
    let reply = Reply::status(302)
        .header("Location", "/account?tab=1")
        .header("Cache-Control", "private")
        .header("Set-Cookie", "a=1; Path=/; HttpOnly")
        .header("X-First", "1")
        .header(
            "Set-Cookie",
            "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/",
        )
        .header("Set-Cookie", "a=3; Path=/other")
        .header("Server", "Microsoft-IIS/10.0")
        .header("X-AspNet-Version", "4.0.30319")
        .header("Content-Type", "text/html; charset=utf-8")
        .part("<html>moved</html>");
    let visit = world
        .revisit("/login")
        .method("POST")
        .body("application/x-www-form-urlencoded", "user=jane");
    let told = assert_only_stripped(&world, &visit, "/login", &reply);
    assert_eq!(told.status, 302);
    assert_eq!(told.header("location"), Some("/account?tab=1"));
    assert_eq!(
        told.headers.all("set-cookie"),
        [
            "a=1; Path=/; HttpOnly",
            "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/",
            "a=3; Path=/other"
        ]
    );
    let _ = world.cdp.wait_for_event("SIGNUP");
    let posts: Vec<Vec<u8>> = world
        .origin()
        .all()
        .iter()
        .map(xm_edge_tests::Request::body)
        .collect();
    assert_eq!(posts, [b"user=jane", b"user=jane"], "once each at XM");
}

#[test]
fn every_kind_of_answer_tells_and_keeps_its_shape() {
    let tagged = || {
        api()
            .header("ETag", "\"v1\"")
            .header("Cache-Control", "public, max-age=60")
            .header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
            .header("Vary", "Accept-Encoding")
    };
    let plain = |status: u16| {
        Reply::status(status)
            .header("Content-Type", "text/plain")
            .header("X-Kept", "yes")
            .part("text")
    };
    let cases = [
        ("GET", "/api/json", tagged()),
        ("GET", "/api/chunked", tagged().chunked()),
        ("POST", "/api/created", tagged().with_status(201)),
        (
            "DELETE",
            "/api/none",
            Reply::status(204).header("X-Kept", "yes"),
        ),
        (
            "GET",
            "/api/same",
            Reply::status(304)
                .header("ETag", "\"v1\"")
                .header("Cache-Control", "max-age=60"),
        ),
        ("PUT", "/api/refused", plain(400)),
        ("GET", "/api/gone", plain(410)),
        ("GET", "/api/broken", plain(500)),
        ("GET", "/favicon.ico", plain(200)),
        ("GET", "/-/media/file.pdf", plain(200)),
        ("GET", "/sitecore/api/x", plain(200)),
        (
            "GET",
            "/range.bin",
            plain(206).header("Content-Range", "bytes 0-3/9"),
        ),
    ];
    for (method, path, reply) in cases {
        let world = World::start();
        let visit = world
            .revisit(path)
            .method(method)
            .header("If-None-Match", "\"v1\"");
        drop(assert_only_stripped(&world, &visit, path, &reply));
        assert_eq!(
            world.cdp.wait_for_event("SIGNUP")["browser_id"],
            RETURNING_ID,
            "{path}"
        );
    }
}

#[test]
fn a_compressed_answer_keeps_its_bytes() {
    use std::io::Write;
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    coder.write_all(&b"{\"ok\":true}".repeat(500)).unwrap();
    let coded = coder.finish().unwrap();
    let world = World::start();
    let reply = Reply::status(200)
        .header("Content-Type", "application/json")
        .header("Content-Encoding", "gzip")
        .part(&coded);
    let visit = world.revisit("/api/coded");
    let told = assert_only_stripped(&world, &visit, "/api/coded", &reply);
    assert_bytes(&told.body, &coded, "the coded body");
}

#[test]
fn the_body_streams() {
    let world = World::start();
    let gate = Latch::new();
    let reply = Reply::status(200)
        .header("Content-Type", "application/x-ndjson")
        .header("CDP-Event", SIGNUP)
        .chunked()
        .part("first\n")
        .wait(&gate)
        .part("second\n");
    world.page("/api/stream", reply);
    let mut exchange = world.revisit("/api/stream").send();
    exchange.wait_for("first\n");
    // The event needs no end of the body either.
    let _ = world.cdp.wait_for_event("SIGNUP");
    gate.open();
    let response = exchange.finish();
    assert_eq!(response.end, End::Complete);
    assert_bytes(&response.body, b"first\nsecond\n", "the stream");
}

#[test]
fn a_cdp_that_hangs_delays_no_byte() {
    let world = hero_world();
    world.cdp.events_reply(Reply::silence());
    let page = Reply::html("<!DOCTYPE html><html><p>x</p></html>").header("CDP-Event", SIGNUP);
    world.page("/page", page);
    world.page("/api/x", api().header("CDP-Event", SIGNUP));
    for path in ["/page", "/api/x"] {
        assert_eq!(world.revisit(path).get().end, End::Complete, "{path}");
    }
}

#[test]
fn what_is_no_event_is_stripped_and_logged_by_reason_and_its_neighbours_are_sent() {
    let long = json!({"type": "LONG", "ext": {"text": "x".repeat(5000)}}).to_string();
    let cases = [
        ("no JSON", "SIGNUP", "not_json"),
        ("cut JSON", r#"{"type":"CUT""#, "not_json"),
        ("a list", r#"["SIGNUP"]"#, "not_object"),
        ("a number", "7", "not_object"),
        ("no type", r#"{"ext":{"a":1}}"#, "invalid"),
        ("a lower-case type", r#"{"type":"signup"}"#, "invalid"),
        ("a reserved type", r#"{"type":"LOGIN"}"#, "invalid"),
        ("the CDP's own type", r#"{"type":"TRACKING"}"#, "invalid"),
        (
            "an identity of nobody",
            r#"{"type":"IDENTITY","email":"jane@shop.example"}"#,
            "invalid",
        ),
        (
            "an identity with an empty list",
            r#"{"type":"IDENTITY","identifiers":[]}"#,
            "invalid",
        ),
        (
            "another visitor's id",
            r#"{"type":"OTHER","browser_id":"11111111-1111-4111-8111-111111111111"}"#,
            "invalid",
        ),
        ("a long text", long.as_str(), "invalid"),
    ];
    for path in ["/page", "/api/x"] {
        for (fault, line, label) in cases {
            let world = World::start();
            let reply = if path == "/page" {
                Reply::html(hero_page().html())
            } else {
                api()
            };
            let cut = fault == "cut JSON";
            let mut reply = reply.header("CDP-Event", SIGNUP).header("CDP-Event", line);
            // Behind a line that never ends nothing can be told.
            if !cut {
                reply = reply.header("CDP-Event", r#"{"type":"BEHIND"}"#);
            }
            world.page(path, reply);
            let response = world.revisit(path).get();
            assert_eq!(response.status, 200, "{fault}");
            assert!(!response.headers.has("cdp-event"), "{fault} on {path}");
            settle(&world);
            let _ = world
                .cdp
                .wait_for_event(if cut { "SIGNUP" } else { "BEHIND" });
            let mut types = event_types(&world);
            types.retain(|kind| kind != "VIEW");
            let expected: &[&str] = if cut {
                &["SIGNUP"]
            } else {
                &["SIGNUP", "BEHIND"]
            };
            assert_eq!(types, expected, "{fault} on {path}");
            let logged = world.log_line(&format!("{fault} on {path}"), |log| {
                log["event_refused"] == label
            });
            assert_eq!(logged["message"], "xm-edge");
        }
    }
}

#[test]
fn nothing_of_an_event_is_logged() {
    let world = World::start();
    let secret = "jane.secret@shop.example";
    let lines = [
        format!(r#"{{"type":"IDENTITY","email":"{secret}"}}"#),
        format!(r#"{{"type":"IDENTITY","identifiers":[{{"provider":"email","id":"{secret}"}}]}}"#),
        secret.to_owned(),
    ];
    for path in ["/page", "/api/x"] {
        for line in &lines {
            let reply = if path == "/page" {
                Reply::html(hero_page().html())
            } else {
                api()
            };
            world.page(path, reply.header("CDP-Event", line));
            drop(world.revisit(path).get());
        }
    }
    settle(&world);
    for line in world.workerd.lines().all() {
        for word in ["secret", RETURNING_ID, CLIENT_KEY] {
            assert!(!line.contains(word), "{word} in {line}");
        }
    }
}

#[test]
fn more_events_than_fit_lose_only_the_last() {
    let world = World::start();
    let mut reply = api();
    for n in 0..25 {
        reply = reply.header("CDP-Event", &json!({"type": format!("N_{n}")}).to_string());
    }
    world.page("/api/x", reply);
    assert!(!world.revisit("/api/x").get().headers.has("cdp-event"));
    let _ = world.cdp.wait_for_event("N_19");
    settle(&world);
    assert_eq!(sent_events(&world).len(), 20);
    let _ = world.log_line("too many", |log| log["event_refused"] == "too_many");
}

#[test]
fn a_visitor_without_an_id_gets_one_and_a_private_response() {
    let world = World::start();
    let reply = api()
        .header("Cache-Control", "public, max-age=60")
        .header("Set-Cookie", "a=1")
        .header("CDP-Event", SIGNUP);
    world.page("/api/x", reply);
    let response = by_script(world.visit("/api/x")).get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(cookies_set(&response)[0], "a");
    assert_eq!(
        response.headers.all("cache-control"),
        ["private, no-store"],
        "an answer with a visitor's cookie"
    );
    assert_eq!(
        world.cdp.wait_for_event("SIGNUP")["browser_id"],
        NEW_BROWSER_ID
    );
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn a_new_visitors_page_and_its_events_share_one_id() {
    let world = hero_world();
    let page = Reply::html(hero_page().html()).header("CDP-Event", IDENTITY);
    world.page("/", page);
    let response = world.visit("/").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    for kind in ["IDENTITY", "VIEW"] {
        assert_eq!(
            world.cdp.wait_for_event(kind)["browser_id"],
            NEW_BROWSER_ID,
            "{kind}"
        );
    }
    assert_eq!(world.cdp.creates().len(), 1, "one id per visitor");
}

#[test]
fn an_id_that_does_not_come_in_time_costs_the_event_and_nothing_else() {
    let world = World::build().site(json!({"id_budget_ms": 100})).start();
    world.cdp.create(Reply::silence());
    world.page("/api/x", api().header("CDP-Event", SIGNUP));
    let response = world.visit("/api/x").get();
    assert_eq!((response.status, response.end), (200, End::Complete));
    assert!(!response.headers.has("cdp-event"));
    assert_eq!(id_set(&response), None);
    settle(&world);
    assert!(!event_types(&world).contains(&"SIGNUP".to_owned()));
}

#[test]
fn who_may_not_be_told_of_is_not_and_the_header_is_stripped_all_the_same() {
    type Change = fn(Visit<'_>) -> Visit<'_>;
    let world = hero_world_with(json!({"consent": {
        "mode": "cookie", "cookie": "consent", "id": "i:1", "personalisation": "p:1", "analytics": "a:1",
    }}));
    let id = xm_edge_tests::visitor_cookie(RETURNING_ID);
    let all = format!("{id}; consent=i:1,p:1,a:1");
    let no_analytics = format!("{id}; consent=i:1,p:1,a:0");
    let cases: [(&str, &str, Change); 5] = [
        ("no consent", "", |visit| visit),
        ("no consent to analytics", &no_analytics, |visit| visit),
        ("a bot", &all, |visit| {
            visit.user_agent(
                "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            )
        }),
        ("a prefetch", &all, |visit| {
            visit.header("Sec-Purpose", "prefetch")
        }),
        ("a denial", "consent=i:0,p:0,a:0", |visit| {
            visit.header("Sec-GPC", "1")
        }),
    ];
    for path in ["/page", "/api/x"] {
        let reply = if path == "/page" {
            Reply::html(hero_page().html())
        } else {
            api()
        };
        world.page(path, reply.header("CDP-Event", SIGNUP));
        for (who, cookies, change) in cases {
            let visit = change(world.visit(path).cookies(cookies));
            let response = visit.get();
            assert_eq!(response.status, 200, "{who}");
            assert!(!response.headers.has("cdp-event"), "{who} on {path}");
        }
    }
    crate::common::settle_as(&world, &all);
    assert!(
        !event_types(&world).contains(&"SIGNUP".to_owned()),
        "{:#?}",
        sent_events(&world)
    );
    // The control: with everything granted it is sent.
    drop(world.visit("/api/x").cookies(&all).get());
    let _ = world.cdp.wait_for_event("SIGNUP");
}

#[test]
fn privacy_control_means_no_event() {
    let world = World::start();
    world.page("/api/x", api().header("CDP-Event", SIGNUP));
    let response = world.visit("/api/x").header("Sec-GPC", "1").get();
    assert!(!response.headers.has("cdp-event"));
    assert_eq!(id_set(&response), None);
    crate::common::assert_cdp_was_not_asked(&world);
}

#[test]
fn a_logout_expires_the_id_and_the_next_view_is_somebody_elses() {
    for path in ["/logout", "/goodbye"] {
        let world = hero_world();
        let reply = if path == "/logout" {
            Reply::status(302).header("Location", "/")
        } else {
            Reply::html(hero_page().html())
        };
        let reply = reply
            .header("CDP-Event", r#"{"type":"LOGOUT"}"#)
            .header("CDP-Event", SIGNUP);
        world.page(path, reply);
        let response = world.revisit(path).get();
        assert!(!response.headers.has("cdp-event"));
        let lines = response.headers.all("set-cookie");
        let line = lines.iter().find(|line| line.starts_with("bid_")).unwrap();
        assert!(line.contains("Max-Age=0"), "{line}");
        assert_eq!(id_set(&response).as_deref(), Some(""), "{path}");
        assert_eq!(response.headers.all("cache-control"), ["private, no-store"]);
        // What the same answer tells is still the old visitor's.
        assert_eq!(
            world.cdp.wait_for_event("SIGNUP")["browser_id"],
            RETURNING_ID
        );
        settle(&world);
        assert!(!event_types(&world).contains(&"LOGOUT".to_owned()));
        let next = world.visit("/").get();
        assert_eq!(id_set(&next).as_deref(), Some(NEW_BROWSER_ID));
    }
}

#[test]
fn a_logout_of_a_visitor_without_an_id_does_nothing() {
    let world = World::start();
    let reply = Reply::status(302)
        .header("Location", "/")
        .header("Cache-Control", "public")
        .header("CDP-Event", r#"{"type":"LOGOUT"}"#);
    world.page("/logout", reply);
    let response = by_script(world.visit("/logout").method("POST")).get();
    assert!(!response.headers.has("cdp-event"));
    assert_eq!(cookies_set(&response), [""; 0]);
    assert_eq!(response.header("cache-control"), Some("public"));
    assert!(world.cdp.creates().is_empty());
}

#[test]
fn a_force_close_comes_with_what_the_cdp_wants_of_it_and_makes_no_visitor() {
    let world = World::start();
    let close = r#"{"type":"FORCE_CLOSE"}"#;
    world.page("/api/x", api().header("CDP-Event", close));
    drop(by_script(world.visit("/api/x")).get());
    drop(by_script(world.revisit("/api/x")).get());
    let event = world.cdp.wait_for_event("FORCE_CLOSE");
    assert_eq!(event["browser_id"], RETURNING_ID);
    assert_eq!(event["_bx_extended_message"], "1");
    assert!(world.cdp.creates().is_empty());
}

#[test]
fn a_force_close_before_an_identity_hides_it_from_nobody() {
    let world = World::start();
    let reply = api()
        .header("CDP-Event", r#"{"type":"FORCE_CLOSE"}"#)
        .header("CDP-Event", IDENTITY);
    world.page("/api/login", reply);
    let response = world.visit("/api/login").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(
        world.cdp.wait_for_event("IDENTITY")["browser_id"],
        NEW_BROWSER_ID
    );
}

#[test]
fn events_belong_to_the_point_of_sale_of_their_path() {
    let sites =
        json!([{"path": "/de", "point_of_sale": "shop/de", "language": "DE", "currency": "CHF"}]);
    let world = World::build()
        .site(json!({"channel": "MOBILE_WEB"}))
        .var("SITES", sites)
        .start();
    world.page("/de/api/x", api().header("CDP-Event", SIGNUP));
    world.page("/api/x", api().header("CDP-Event", r#"{"type":"HERE"}"#));
    drop(world.revisit("/de/api/x").get());
    drop(world.revisit("/api/x").get());
    let place = |event: &Value| {
        ["channel", "pos", "language", "currency"]
            .map(|key| event[key].as_str().unwrap().to_owned())
    };
    assert_eq!(
        place(&world.cdp.wait_for_event("SIGNUP")),
        ["MOBILE_WEB", "shop/de", "DE", "CHF"]
    );
    assert_eq!(
        place(&world.cdp.wait_for_event("HERE")),
        ["MOBILE_WEB", "shop/ie", "EN", "EUR"]
    );
}

#[test]
fn events_of_one_answer_under_an_unknown_id_move_to_one_new_id() {
    let world = World::start();
    world.cdp.events_reply_with(|request| {
        if request.json()["browser_id"] == NEW_BROWSER_ID {
            return Reply::json(json!({"status": "OK"})).with_status(201);
        }
        Reply::json(json!({"status": "NOT_FOUND", "version": "1.2", "error_msg": "Invalid browser id/ref specified"}))
            .with_status(404)
    });
    let reply = api()
        .header("CDP-Event", IDENTITY)
        .header("CDP-Event", SIGNUP);
    world.page("/login", reply);
    drop(world.revisit("/login").get());
    let _ = world
        .cdp
        .requests()
        .first("the goal under the new id", |request| {
            let event = request.json();
            event["type"] == "SIGNUP" && event["browser_id"] == NEW_BROWSER_ID
        });
    assert_eq!(world.cdp.creates().len(), 1, "one new id for all");
    assert_eq!(event_types(&world), ["IDENTITY", "IDENTITY", "SIGNUP"]);
}

#[test]
fn an_id_that_an_event_found_unknown_is_replaced_at_the_next_page_view() {
    let world = hero_world();
    world.cdp.events_reply_with(|request| {
        if request.json()["browser_id"] == NEW_BROWSER_ID {
            return Reply::json(json!({"status": "OK"})).with_status(201);
        }
        Reply::json(json!({"status": "NOT_FOUND", "version": "1.2", "error_msg": "Invalid browser id/ref specified"}))
            .with_status(404)
    });
    world.page("/api/x", api().header("CDP-Event", SIGNUP));
    drop(world.revisit("/api/x").get());
    let _ = world
        .cdp
        .requests()
        .first("the event under the new id", |request| {
            request.json()["type"] == "SIGNUP" && request.json()["browser_id"] == NEW_BROWSER_ID
        });
    let response = world.revisit("/").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
}

#[test]
fn a_head_of_what_is_no_page_does_not_leak_the_header() {
    let world = hero_world();
    world.page(
        "/cart",
        api()
            .header("CDP-Event", r#"{"type":"CART_SEEN"}"#)
            .header("X-Other", "stays"),
    );
    let head = world.revisit("/cart").method("HEAD").get();
    assert_eq!(head.header("cdp-event"), None);
    assert_eq!(head.header("x-other"), Some("stays"));
    assert_eq!(head.header("cache-control"), None);
}

/// XM's own such answer passes, but the runtime makes none: it leaves as what clients take it for (RFC 9110 §15).
#[test]
fn an_event_with_a_status_that_is_none_is_told_once_and_the_body_stays() {
    let world = hero_world();
    world.page("/api", api().with_status(799).header("CDP-Event", SIGNUP));
    let response = by_script(world.revisit("/api")).get();
    assert_eq!((response.status, response.end), (500, End::Complete));
    assert!(!response.headers.has("cdp-event"), "the browser saw it");
    assert_bytes(&response.body, br#"{"ok":true}"#, "XM's body");
    world.cdp.wait_for_event("SIGNUP");
    assert_eq!(world.origin().take().len(), 1, "XM was asked again");
    world.page("/api", api().with_status(799));
    assert_eq!(by_script(world.revisit("/api")).get().status, 799);
}
