//! Promise: rules of the configuration make goals and identities of what visitors do, without a change to XM: it gets
//! every request byte for byte, and its failures are no goals (product §6, §12).

use serde_json::{Value, json};
use xm_edge_tests::{
    NEW_BROWSER_ID, Page, RETURNING_ID, Reply, Request, Response, Visit, World, assert_bytes,
    contains,
};

use crate::common::{
    assert_cdp_was_not_asked, cookies_set, event_types, hero_page, id_set, sent_events, settle,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// A site with goals and identities.
fn world_with_rules() -> World {
    World::build()
        .site(json!({
            "goals": [
                {"path": "/thank-you", "method": "GET", "event": "SIGNUP"},
                {"path": "/orders/*", "method": "POST", "event": "ORDERED"},
                {"path": "/logout", "method": "GET", "event": "LOGOUT"},
                {"path": "/login", "method": "POST", "event": "LOGGED_IN"},
            ],
            "identities": [
                {"path": "/login", "method": "POST", "provider": "email", "id": "Email",
                 "fields": {"email": "Email", "firstname": "FirstName", "lastname": "LastName", "city": "City"}},
                {"path": "/login", "method": "POST", "provider": "CRM", "id": "CustomerNo"},
            ],
        }))
        .start()
}

fn moved(location: &str) -> Reply {
    Reply::status(302).header("Location", location)
}

fn login<'w>(world: &'w World, kind: &str, body: impl AsRef<[u8]>) -> Visit<'w> {
    world.revisit("/login").method("POST").body(kind, body)
}

/// The body with which XM was last asked for `/login`, and its length as announced.
fn body_at_xm(world: &World) -> (Vec<u8>, Option<usize>) {
    let request: Request = world
        .origin()
        .all()
        .into_iter()
        .rfind(|request| request.path() == "/login")
        .expect("XM was not asked");
    (request.body(), request.headers.content_length())
}

fn is_quiet(world: &World) -> bool {
    settle(world);
    sent_events(world)
        .iter()
        .all(|event| event["type"] == "VIEW")
}

#[test]
fn a_goal_is_reached_by_its_path_and_method_alone() {
    let world = world_with_rules();
    let page = || Reply::html(hero_page().html());
    let cases = [
        ("GET", "/thank-you", true),
        ("GET", "/thank-you?x=1", true),
        ("POST", "/thank-you", false),
        ("GET", "/thank-you/more", false),
        ("GET", "/thank-yous", false),
        ("GET", "/de/thank-you", false),
        ("POST", "/orders/7", true),
        ("POST", "/orders/7/confirm", true),
        ("GET", "/orders/7", false),
        ("POST", "/order", false),
    ];
    for (method, target, is_goal) in cases {
        let before = goals(&world).len();
        world.page(target.split('?').next().unwrap(), page());
        let visit = world.revisit(target).method(method);
        let response = if method == "POST" {
            visit.body(FORM, "a=1").get()
        } else {
            visit.get()
        };
        assert_eq!(response.status, 200, "{method} {target}");
        if is_goal {
            let kind = if target.starts_with("/orders") {
                "ORDERED"
            } else {
                "SIGNUP"
            };
            let path = target.split('?').next().unwrap();
            let goal = world
                .cdp
                .requests()
                .wait_for(&format!("the goal of {target}"), |all| {
                    all.iter()
                        .filter(|request| request.is_complete())
                        .map(Request::json)
                        .filter(|event| event["type"] == kind)
                        .find(|event| event["page"] == path)
                });
            assert_eq!((&goal["type"], &goal["page"]), (&json!(kind), &json!(path)));
            assert_eq!(goal["browser_id"], RETURNING_ID);
        }
        settle(&world);
        assert_eq!(
            goals(&world).len(),
            before + usize::from(is_goal),
            "{method} {target}"
        );
    }
}

/// Events that are no page views.
fn goals(world: &World) -> Vec<Value> {
    let mut events = sent_events(world);
    events.retain(|event| event["type"] != "VIEW");
    events
}

#[test]
fn only_a_success_is_a_goal() {
    let text = |status: u16| {
        Reply::status(status)
            .header("Content-Type", "text/plain")
            .part("x")
    };
    let cases = [
        ("200", text(200), true),
        ("201", text(201), true),
        ("204", Reply::status(204), true),
        ("on to another page", moved("/orders/7/done"), true),
        (
            "on to another host",
            moved("https://pay.example/x").with_status(303),
            true,
        ),
        ("the form again", moved("/orders/new?error=1"), false),
        ("the form again, in full", moved("/Orders/New/"), false),
        (
            "a repeat elsewhere",
            moved("/orders/7").with_status(307),
            false,
        ),
        ("400", text(400), false),
        ("401", text(401), false),
        ("404", text(404), false),
        ("500", text(500), false),
        ("a redirect to nowhere", Reply::status(302), false),
    ];
    for (what, reply, is_goal) in cases {
        let world = world_with_rules();
        world.page("/orders/new", reply);
        let visit = world.revisit("/orders/new").method("POST");
        drop(visit.body(FORM, "a=1").get());
        if is_goal {
            let _ = world.cdp.wait_for_event("ORDERED");
        } else {
            assert!(is_quiet(&world), "{what}: {:?}", event_types(&world));
        }
    }
}

#[test]
fn a_page_that_xm_does_not_have_is_no_goal() {
    let world = world_with_rules();
    assert_eq!(world.revisit("/thank-you").get().status, 404);
    assert!(is_quiet(&world));
}

#[test]
fn a_goal_changes_nothing_of_the_response() {
    let world = world_with_rules();
    let plain = World::start();
    for world in [&world, &plain] {
        let reply = moved("/orders/7")
            .header("Set-Cookie", "a=1")
            .header("Cache-Control", "private")
            .header("Set-Cookie", "b=2");
        world.page("/orders/new", reply);
        world.page(
            "/thank-you",
            Reply::html(Page::with("<p>thanks</p>").html()).header("Set-Cookie", "c=3"),
        );
    }
    let order = |world: &World| -> Response {
        let visit = world.revisit("/orders/new").method("POST");
        visit.body(FORM, "a=1").get()
    };
    let thanks = |world: &World| world.revisit("/thank-you").get();
    for pair in [
        (order(&world), order(&plain)),
        (thanks(&world), thanks(&plain)),
    ] {
        assert_eq!(pair.0.status, pair.1.status);
        assert_eq!(pair.0.headers, pair.1.headers);
        assert_bytes(&pair.0.body, &pair.1.body, "body");
    }
}

#[test]
fn a_form_is_an_identity_before_it_is_a_goal() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let body = "Email=jane%40shop.example&FirstName=J%C3%A4ne&LastName=+&Password=se%26cret&CustomerNo=K-7";
    let response = login(&world, FORM, body).get();
    assert_eq!(response.header("location"), Some("/account"));
    let event = world.cdp.wait_for_event("IDENTITY");
    assert_eq!(
        event["identifiers"],
        json!([{"provider": "email", "id": "jane@shop.example"}, {"provider": "CRM", "id": "K-7"}])
    );
    assert_eq!(event["email"], "jane@shop.example");
    assert_eq!(event["firstname"], "J\u{e4}ne");
    assert_eq!(event.get("lastname"), None, "blank");
    assert_eq!(event["browser_id"], RETURNING_ID);
    assert_eq!(
        (&event["pos"], &event["page"]),
        (&json!("shop/ie"), &json!("/login"))
    );
    assert!(!event.to_string().contains("cret"), "a field of no rule");
    let _ = world.cdp.wait_for_event("LOGGED_IN");
    assert_eq!(event_types(&world), ["IDENTITY", "LOGGED_IN"]);
    let (at_xm, length) = body_at_xm(&world);
    assert_bytes(&at_xm, body.as_bytes(), "the form at XM");
    assert_eq!(length, Some(body.len()), "its length");
}

#[test]
fn a_multipart_form_is_an_identity_too() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let mut body = Vec::new();
    for (name, value) in [
        ("FirstName", "Jane".as_bytes()),
        ("Email", b"jane@shop.example"),
        ("City", "K\u{f6}ln".as_bytes()),
    ] {
        body.extend_from_slice(
            format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n")
                .as_bytes(),
        );
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--frontier\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
    body.extend((0..=255).cycle().take(5000).map(|byte: u16| byte as u8));
    body.extend_from_slice(b"\r\n--frontier--\r\n");
    drop(login(&world, "multipart/form-data; boundary=frontier", &body).get());
    let event = world.cdp.wait_for_event("IDENTITY");
    assert_eq!(
        event["identifiers"],
        json!([{"provider": "email", "id": "jane@shop.example"}])
    );
    assert_eq!(
        (&event["firstname"], &event["city"]),
        (&json!("Jane"), &json!("K\u{f6}ln"))
    );
    assert_bytes(&body_at_xm(&world).0, &body, "the form at XM");
}

#[test]
fn a_form_that_fails_identifies_nobody() {
    let html = Reply::html(hero_page().html());
    for reply in [
        moved("/login?error=1"),
        html.with_status(422),
        Reply::status(401),
        Reply::status(500),
        Reply::raw("").reset(),
    ] {
        let world = world_with_rules();
        world.page("/login", reply);
        drop(login(&world, FORM, "Email=jane%40shop.example").get());
        assert!(is_quiet(&world), "{:?}", event_types(&world));
        let (at_xm, _) = body_at_xm(&world);
        assert_bytes(&at_xm, b"Email=jane%40shop.example", "the form at XM");
    }
}

#[test]
fn a_form_without_an_identifier_is_logged_by_reason_and_its_goal_counts() {
    let cases = [
        (FORM, "Email=&FirstName=Jane", "no_identifier"),
        (FORM, "", "no_identifier"),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"Email\"\r\n\r\nja",
            "not_a_form",
        ),
    ];
    for (kind, body, label) in cases {
        let world = world_with_rules();
        world.page("/login", moved("/account"));
        drop(login(&world, kind, body).get());
        let _ = world.cdp.wait_for_event("LOGGED_IN");
        let _ = world.log_line(label, |line| line["event_refused"] == label);
        assert_eq!(event_types(&world), ["LOGGED_IN"], "{body}");
    }
}

#[test]
fn json_is_no_form() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let body = r#"{"Email":"jane@shop.example"}"#;
    drop(login(&world, "application/json", body).get());
    let _ = world.cdp.wait_for_event("LOGGED_IN");
    assert_eq!(event_types(&world), ["LOGGED_IN"]);
    assert_bytes(&body_at_xm(&world).0, body.as_bytes(), "the JSON at XM");
}

#[test]
fn an_upload_of_a_mebibyte_reaches_xm_byte_for_byte() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let mut body = b"Email=jane%40shop.example&Rest=".to_vec();
    body.extend((0..1024 * 1024_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    let response = login(&world, FORM, &body).get();
    assert_eq!(response.status, 302);
    let (at_xm, length) = body_at_xm(&world);
    assert_bytes(&at_xm, &body, "the upload at XM");
    assert_eq!(length, Some(body.len()), "its length");
    // Of what is that large, nothing is read.
    let _ = world.cdp.wait_for_event("LOGGED_IN");
    assert_eq!(event_types(&world), ["LOGGED_IN"]);
}

#[test]
fn a_form_of_64_kib_is_read_and_one_byte_more_is_not() {
    for (more, expected) in [(0, vec!["IDENTITY", "LOGGED_IN"]), (1, vec!["LOGGED_IN"])] {
        let world = world_with_rules();
        world.page("/login", moved("/account"));
        let mut body = "Email=jane%40shop.example&Rest=".to_owned();
        body.push_str(&"x".repeat(64 * 1024 - body.len() + more));
        drop(login(&world, FORM, &body).get());
        let _ = world.cdp.wait_for_event("LOGGED_IN");
        assert_eq!(event_types(&world), expected);
        assert_bytes(&body_at_xm(&world).0, body.as_bytes(), "the form at XM");
    }
}

#[test]
fn an_upload_in_pieces_streams_to_xm() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let visit = login(&world, FORM, "")
        .without("Content-Length")
        .header("Transfer-Encoding", "chunked");
    let mut exchange = visit.send();
    let mut body = Vec::new();
    for n in 0..64 {
        let piece = format!("part{n}={}&", "y".repeat(16 * 1024));
        exchange.write(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes());
        body.extend_from_slice(piece.as_bytes());
        if n == 0 {
            // The first piece is there before the last one is sent.
            let _ = world.origin().first("the first piece at XM", |request| {
                contains(&request.body(), "part0=")
            });
        }
    }
    exchange.write(b"0\r\n\r\n");
    assert_eq!(exchange.finish().status, 302);
    assert_bytes(&body_at_xm(&world).0, &body, "the upload at XM");
}

#[test]
fn a_small_form_streams_to_xm_too() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let body = "Email=jane%40shop.example&FirstName=Jane";
    let (first, second) = body.split_at(10);
    let visit = login(&world, FORM, first).header("Content-Length", &body.len().to_string());
    let mut exchange = visit.send();
    let _ = world.origin().first("the beginning at XM", |request| {
        request.body() == first.as_bytes()
    });
    exchange.write(second.as_bytes());
    assert_eq!(exchange.finish().status, 302);
    assert_bytes(&body_at_xm(&world).0, body.as_bytes(), "the form at XM");
    let _ = world.cdp.wait_for_event("IDENTITY");
}

#[test]
fn xm_may_answer_before_it_has_read_the_form() {
    let world = world_with_rules();
    // XM refuses by the head alone and closes: the visitor still gets that answer.
    world.page("/login", moved("/login?error=1"));
    let response = login(&world, FORM, "Email=x").get();
    assert_eq!(response.header("location"), Some("/login?error=1"));
    assert!(is_quiet(&world));
}

#[test]
fn a_visitor_without_an_id_is_identified_under_a_new_one() {
    let world = world_with_rules();
    world.page("/login", moved("/account").header("Set-Cookie", "s=1"));
    let response = login(&world, FORM, "Email=jane%40shop.example")
        .without("Cookie")
        .get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(cookies_set(&response)[0], "s");
    assert_eq!(response.headers.all("cache-control"), ["private, no-store"]);
    for kind in ["IDENTITY", "LOGGED_IN"] {
        assert_eq!(world.cdp.wait_for_event(kind)["browser_id"], NEW_BROWSER_ID);
    }
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn who_may_not_be_told_of_is_not() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    let login = login(&world, FORM, "Email=jane%40shop.example").without("Cookie");
    let bot = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)";
    for visit in [
        login.clone().header("Sec-GPC", "1"),
        login.clone().user_agent(bot),
    ] {
        let response = visit.get();
        assert_eq!(response.status, 302);
        assert_eq!(cookies_set(&response), [""; 0]);
    }
    assert_cdp_was_not_asked(&world);
}

#[test]
fn a_goal_of_type_logout_ends_the_id() {
    let world = world_with_rules();
    world.page("/logout", moved("/"));
    let response = world.revisit("/logout").get();
    assert_eq!(id_set(&response).as_deref(), Some(""));
    assert!(is_quiet(&world), "LOGOUT is no event of the CDP");
}

#[test]
fn nothing_of_a_form_is_logged() {
    let world = world_with_rules();
    world.page("/login", moved("/account"));
    for body in [
        "Email=jane.secret%40shop.example&Password=secret",
        "Password=secret",
    ] {
        drop(login(&world, FORM, body).get());
    }
    settle(&world);
    for line in world.workerd.lines().all() {
        for word in ["secret", "shop.example", RETURNING_ID] {
            assert!(!line.contains(word), "{word} in {line}");
        }
    }
}

#[test]
fn what_xm_tells_and_what_rules_see_are_both_sent() {
    let world = world_with_rules();
    let reply = moved("/account").header("CDP-Event", r#"{"type":"TOLD"}"#);
    world.page("/login", reply);
    drop(login(&world, FORM, "Email=jane%40shop.example").get());
    let _ = world.cdp.wait_for_event("LOGGED_IN");
    assert_eq!(event_types(&world), ["TOLD", "IDENTITY", "LOGGED_IN"]);
}
