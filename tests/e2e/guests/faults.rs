//! A CDP in trouble: XM gets a clear status, nothing is sent twice that must not be, and no log says whom it was about.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use xm_edge_tests::{RETURNING_ID, Reply, Server, World, visitor_cookie};

use super::{GUEST, KEY, OTHER, TOKEN, asked, basic, build, call, json_of, problem, send};

fn retrieve(world: &World) -> xm_edge_tests::Response {
    call(world, "GET", &format!("/{GUEST}")).get()
}

#[test]
fn what_the_cdp_answers_has_a_status_for_xm() {
    let json =
        |status: u16| Reply::json(json!({"status": status, "message": "No."})).with_status(status);
    let html = |status: u16| Reply::html("<html>blocked</html>").with_status(status);
    let elsewhere = Server::start(|_| Reply::json(json!({"stolen": true})));
    let redirect = |status: u16| Reply::status(status).header("Location", &elsewhere.url());
    #[rustfmt::skip]
    let cases = [
        (json(400), 400), (json(401), 502), (json(403), 502), (json(404), 404), (json(409), 409), (json(415), 502), (json(500), 502),
        (html(200), 502), (html(404), 502), (html(500), 502), (redirect(301), 502), (redirect(302), 502), (redirect(307), 502), (redirect(308), 502),
        (Reply::status(200).header("Content-Type", "application/json").part("{\"ref\":"), 502),
        (Reply::status(200).header("Content-Type", "application/json").part("null"), 502),
        (Reply::status(204), 502), (Reply::status(200).part("{}"), 502),
        (Reply::status(200).header("Content-Type", "application/json").part("{").reset(), 502),
        (Reply::status(200).header("Content-Type", "application/json").declare_length(99).part("{").cut(), 502),
        (Reply::raw("").reset(), 502), (Reply::raw("HTTP/1.1 nonsense\r\n\r\n"), 502),
    ];
    let world = build().start();
    for (index, (reply, status)) in cases.into_iter().enumerate() {
        world.cdp.rest_with(move |_| reply.clone());
        let answer = retrieve(&world);
        problem(&answer, status);
        assert!(!answer.text().contains("stolen"), "case {index}");
    }
    assert!(
        elsewhere.requests().all().is_empty(),
        "a redirect was followed, with the credentials"
    );
}

#[test]
fn a_cdp_that_is_down_is_bad_gateway() {
    let port = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap().port()
    };
    let world = build()
        .var("CDP_ENDPOINT", json!(format!("http://127.0.0.1:{port}")))
        .start();
    problem(&retrieve(&world), 502);
}

#[test]
fn a_cdp_that_never_answers_is_a_timeout() {
    let world = build().start();
    world.cdp.rest_with(|request| {
        if request.path().ends_with(GUEST) {
            return Reply::silence();
        }
        let json = Reply::status(200).header("Content-Type", "application/json");
        json.chunked().part("{").hang()
    });
    thread::scope(|scope| {
        for guest in [GUEST, OTHER] {
            let world = &world;
            scope.spawn(move || problem(&call(world, "GET", &format!("/{guest}")).get(), 504));
        }
    });
}

#[test]
fn an_answer_larger_than_256_kib_is_not_read_to_its_end() {
    let world = build().start();
    let body = |length: usize| {
        let text = "a".repeat(length - r#"{"firstName":""}"#.len());
        Reply::json(json!({ "firstName": text }))
    };
    world.cdp.rest_with(move |_| body(256 * 1024));
    assert_eq!(retrieve(&world).status, 200);
    world.cdp.rest_with(move |_| body(256 * 1024 + 1));
    problem(&retrieve(&world), 502);
    world.cdp.rest_with(|_| {
        let endless = Reply::status(200)
            .header("Content-Type", "application/json")
            .chunked();
        (0..64)
            .fold(endless, |reply, _| reply.part(vec![b' '; 64 * 1024]))
            .hang()
    });
    problem(&retrieve(&world), 502);
}

#[test]
fn a_busy_cdp_is_asked_again_as_it_asks_for() {
    let world = build().start();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    world
        .cdp
        .rest_with(move |_| match seen.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::status(429).header("Retry-After", "0"),
            1 => Reply::html("<html>busy</html>")
                .with_status(503)
                .header("Retry-After", "0"),
            _ => Reply::json(json!({"ref": GUEST})).with_status(201),
        });
    assert_eq!(
        send(&world, "POST", "", &json!({"firstName": "Jane"}))
            .get()
            .status,
        201
    );
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let line = world.log_line("of the create", |line| line["operation"] == "create");
    assert_eq!(
        (&line["calls"], &line["retries"], &line["status"]),
        (&json!(3), &json!(2), &json!(201))
    );
}

#[test]
fn a_cdp_that_stays_busy_is_passed_on_with_retry_after() {
    for (status, asked_for, expected) in [
        (429, Some("0"), "0"),
        (429, Some("7200"), "7200"),
        (503, Some("0"), "0"),
    ] {
        let world = build().start();
        world.cdp.rest_with(move |_| {
            let reply = Reply::json(json!({"message": "Slow down"})).with_status(status);
            asked_for
                .iter()
                .fold(reply, |reply, value| reply.header("Retry-After", value))
        });
        let answer = retrieve(&world);
        problem(&answer, status);
        assert_eq!(answer.header("retry-after"), Some(expected));
        let calls = if asked_for == Some("0") { 3 } else { 1 };
        assert_eq!(asked(&world).len(), calls, "{status} {asked_for:?}");
    }
}

#[test]
fn a_create_without_an_answer_is_sent_once() {
    let world = build().start();
    for reply in [Reply::raw("").reset(), Reply::status(500)] {
        world.cdp.rest_with(move |_| reply.clone());
        problem(
            &send(&world, "POST", "", &json!({"firstName": "Jane"})).get(),
            502,
        );
    }
    assert_eq!(asked(&world).len(), 2);
}

#[test]
fn no_answer_and_no_log_holds_a_credential_or_a_person() {
    let world = build().start();
    let leaks = json!({"status": 400, "message": format!("bad for {}", basic()), "developerMessage": format!("{TOKEN} jane@d.ie")});
    let replies = [
        Reply::json(leaks.clone()).with_status(400),
        Reply::json(leaks.clone()).with_status(401),
        Reply::json(json!({"debug": TOKEN})),
        Reply::html("<html>jane@d.ie</html>"),
        Reply::status(429).header("Retry-After", "9999"),
        Reply::raw("").reset(),
        Reply::json(json!({"ref": GUEST, "firstName": "Jane", "email": "jane@d.ie"})),
    ];
    let jane = json!({"firstName": "JANE-SECRET", "email": "jane@d.ie", "identifiers": [{"provider": "crm", "id": "4711-SECRET"}]});
    let mut answers = Vec::new();
    for reply in replies {
        world.cdp.rest_with(move |_| reply.clone());
        answers.extend([
            retrieve(&world),
            send(&world, "POST", "?createOrFind=true", &jane)
                .header("Idempotency-Key", "jane@d.ie")
                .get(),
            send(&world, "PATCH", &format!("/{GUEST}"), &jane).get(),
            send(
                &world,
                "POST",
                &format!("/{GUEST}/extensions"),
                &json!({"name": "ext", "iban": "IBAN-SECRET", "x": {}}),
            )
            .get(),
            call(&world, "GET", "?email=jane%40d.ie").get(),
            call(&world, "GET", "/me")
                .cookies(&visitor_cookie(RETURNING_ID))
                .get(),
            call(&world, "GET", &format!("/me?browser_id={RETURNING_ID}")).get(),
            call(&world, "GET", "/jane@d.ie").get(),
            call(&world, "DELETE", &format!("/{GUEST}"))
                .header("Authorization", "Bearer WRONG-SECRET")
                .get(),
        ]);
    }
    for answer in &answers {
        let text = format!("{} {:?}", answer.text(), answer.headers);
        for secret in [TOKEN, KEY, &basic()[6..]] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let count = answers.len();
    let lines = world.workerd.lines().wait_for("a line per call", |lines| {
        let ours = lines
            .iter()
            .filter(|line| line.contains("xm-edge guests"))
            .count();
        (ours == count).then(|| lines.to_vec())
    });
    let personal = [
        TOKEN,
        KEY,
        &basic()[6..],
        GUEST,
        RETURNING_ID,
        "jane",
        "JANE",
        "Jane",
        "4711",
        "SECRET",
        "d.ie",
        "iban",
    ];
    for line in lines {
        for secret in personal {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}

#[test]
fn a_log_line_says_what_happened() {
    let world = build().start();
    world.cdp.rest_with(|_| Reply::json(json!({"ref": GUEST})));
    let ok = retrieve(&world);
    assert_eq!(json_of(&ok)["ref"], GUEST);
    problem(&call(&world, "DELETE", "").get(), 405);
    let line = world.log_line("of the retrieval", |line| line["operation"] == "retrieve");
    assert_eq!(
        (&line["status"], &line["calls"], &line["retries"]),
        (&json!(200), &json!(1), &json!(0))
    );
    let mut keys: Vec<&str> = line
        .as_object()
        .map(|line| line.keys().map(String::as_str).collect())
        .unwrap_or_default();
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["calls", "message", "ms", "operation", "retries", "status"]
    );
    let line: Value = world.log_line("of the refusal", |line| line["operation"] == "other");
    assert_eq!(line["status"], 405);
}
