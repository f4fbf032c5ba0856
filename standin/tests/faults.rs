//! Every fault does on the wire what its word says, seen by a raw socket.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{End, KEY, Standin, raw, split};

const SOON: Duration = Duration::from_millis(700);
const LATER: Duration = Duration::from_secs(20);

fn with(standin: &Standin, fault: &str, patience: Duration) -> (Vec<u8>, End) {
    raw(
        standin.xm,
        "GET",
        "/plain",
        &format!("x-standin-fault: {fault}\r\n"),
        patience,
    )
}

fn content_length(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length");
    line.trim().parse().unwrap()
}

#[test]
fn a_cut_promises_all_and_ends_with_fin_after_exactly_so_many_bytes() {
    let standin = Standin::start();
    for bytes in [0, 1, 500] {
        let (answer, end) = with(&standin, &format!("cut={bytes}"), LATER);
        let (head, body) = split(&answer);
        assert_eq!((body.len(), end), (bytes, End::Fin));
        assert!(
            content_length(&head) > 4000 && !head.contains("chunked"),
            "{head}"
        );
    }
}

#[test]
fn a_chunked_cut_ends_without_the_last_chunk() {
    let standin = Standin::start();
    let (answer, end) = with(&standin, "cut-chunked=500", LATER);
    let (head, body) = split(&answer);
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert_eq!(end, End::Fin);
    assert!(body.starts_with(b"1F4\r\n"), "500 bytes in one chunk");
    assert_eq!(body.len(), 5 + 500 + 2, "and nothing after it, no 0 chunk");
}

#[test]
fn a_healthy_page_is_chunked_in_several_pieces_and_ends_properly() {
    let standin = Standin::start();
    let (answer, end) = raw(standin.xm, "GET", "/plain", "", LATER);
    let (head, body) = split(&answer);
    assert!(head.contains("transfer-encoding: chunked"));
    assert!(body.ends_with(b"\r\n0\r\n\r\n"));
    assert!(body.starts_with(b"3F5\r\n"), "1013 bytes first");
    assert_eq!(end, End::Fin);
}

#[test]
fn a_reset_is_a_reset_and_not_a_close() {
    let standin = Standin::start();
    assert_eq!(with(&standin, "reset", LATER), (Vec::new(), End::Reset));
    let (answer, end) = with(&standin, "reset-after=500", LATER);
    let (head, body) = split(&answer);
    assert_eq!((body.len(), end), (500, End::Reset));
    assert!(content_length(&head) > 4000);
}

#[test]
fn a_hang_says_nothing_and_stays_open() {
    let standin = Standin::start();
    assert_eq!(with(&standin, "hang", SOON), (Vec::new(), End::Silence));
}

#[test]
fn a_stall_sends_its_bytes_and_stays_open() {
    let standin = Standin::start();
    let (answer, end) = with(&standin, "stall=100", SOON);
    assert_eq!(end, End::Silence);
    assert!(split(&answer).1.len() >= 100 && !answer.ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_trickle_sends_single_bytes() {
    let standin = Standin::start();
    let (answer, end) = raw(
        standin.xm,
        "GET",
        "/plain",
        "x-standin-fault: trickle=1;cut-chunked=20\r\n",
        LATER,
    );
    assert_eq!(end, End::Fin);
    let (_, body) = split(&answer);
    assert_eq!(body.len(), 20 * "1\r\nx\r\n".len(), "20 chunks of one byte");
    let (whole, _) = with(&standin, "pause=50@30;body-delay=10", LATER);
    assert!(whole.ends_with(b"0\r\n\r\n"), "pauses lose nothing");
}

#[test]
fn status_body_and_header_faults_bend_only_what_they_name() {
    let standin = Standin::start();
    let send = |fault: &str| {
        standin.send(
            "GET",
            standin.xm,
            "/plain",
            &[("x-standin-fault", fault)],
            None,
        )
    };
    let error = send("status=503;header=retry-after: 7");
    assert_eq!(
        (error.status, error.header("retry-after")),
        (503, Some("7"))
    );
    assert!(error.text().contains("Server Error in '/' Application"));
    assert_eq!(send("no-content-type").header("content-type"), None);
    assert_eq!(
        send("content-type=text/html; charset=utf-16").header("content-type"),
        Some("text/html; charset=utf-16")
    );
    assert_eq!(send("empty").body.len(), 0);
    assert!(std::str::from_utf8(&send("garbage").body).is_err());
    assert_eq!(
        send("garbage").header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(send("size=70000").body.len(), 70_000);
    assert!(send("size=70000").text().ends_with("x-->"));
    assert_eq!(send("body=<p>;</p>").text(), "<p>;</p>");
    let (claimed, _) = with(&standin, "claim-gzip", LATER);
    let (head, body) = split(&claimed);
    assert!(
        head.contains("content-encoding: gzip")
            && body.windows(15).any(|window| window == b"<!DOCTYPE html>")
    );
}

#[test]
fn a_fault_that_cannot_be_read_is_told_and_not_ignored() {
    let standin = Standin::start();
    let reply = standin.send(
        "GET",
        standin.xm,
        "/",
        &[("x-standin-fault", "dealy=5")],
        None,
    );
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("dealy=5"));
    let setting = standin.put("/faults", &json!({"cdp": "boom"}));
    assert_eq!(setting.status, 400);
    assert_eq!(standin.put("/faults", &json!({"cpd": ""})).status, 400);
    assert_eq!(standin.get("/faults").json()["cdp"], "", "nothing was set");
}

#[test]
fn settings_reach_servers_flows_and_paths_but_never_the_stand_ins_own_pages() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    let faults = json!({"xm": "status=502", "cdp": "status=500", "flows": {"home_hero": "garbage"}, "paths": {"/v1.2/events": "status=429;header=retry-after: 1"}});
    assert_eq!(standin.put("/faults", &faults).status, 200);
    assert_eq!(standin.page("/").status, 502);
    assert_eq!(standin.flow(&browser, "home_promos", json!({})).status, 500);
    assert_eq!(standin.event(&browser, json!({})).status, 429);
    let garbage = standin.flow(&browser, "home_hero", json!({}));
    assert_eq!(
        (garbage.status, garbage.header("content-type")),
        (200, Some("application/json"))
    );
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());
    assert_eq!(standin.get("/state").status, 200);
    assert_eq!(standin.put("/faults", &json!({})).status, 200);
    assert_eq!(standin.event(&browser, json!({})).status, 201);
}

#[test]
fn times_lets_a_retry_succeed_and_executed_makes_a_duplicate() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    standin.put(
        "/faults",
        &json!({"paths": {"/v1.2/events": "status=500;times=2"}}),
    );
    let statuses: Vec<u16> = (0..3)
        .map(|_| standin.event(&browser, json!({})).status)
        .collect();
    assert_eq!(statuses, [500, 500, 201]);
    assert_eq!(standin.state()["events"].as_array().unwrap().len(), 1);
    standin.put(
        "/faults",
        &json!({"paths": {"/v1.2/events": "status=500;executed;times=1"}}),
    );
    let statuses: Vec<u16> = (0..2)
        .map(|_| standin.event(&browser, json!({})).status)
        .collect();
    assert_eq!(statuses, [500, 201]);
    assert_eq!(
        standin.state()["events"].as_array().unwrap().len(),
        3,
        "the lost answer had done its work"
    );
}

#[test]
fn the_log_tells_how_each_request_ended() {
    let standin = Standin::start();
    raw(standin.xm, "GET", "/plain", "", LATER);
    with(&standin, "cut=5", LATER);
    with(&standin, "reset", LATER);
    with(&standin, "hang", Duration::from_millis(100));
    raw(
        standin.cdp,
        "GET",
        &format!("/v1.2/browser/create.json?client_key={KEY}"),
        "Cookie: a=1\r\nCookie: b=2\r\n",
        LATER,
    );
    raw(standin.cdp, "HEAD", "/v1.2/events", "", LATER);
    let entries = || standin.get("/received?server=all").json()["requests"].clone();
    // The end of a hung request is noticed when its client has gone, a moment later.
    let deadline = std::time::Instant::now() + LATER;
    while entries()[3]["outcome"] == "open" && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let entries = entries();
    let outcomes: Vec<&str> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        [
            "answered",
            "broken",
            "broken",
            "client-gone",
            "answered",
            "answered"
        ]
    );
    assert_eq!(
        (
            &entries[1]["fault"],
            &entries[1]["status"],
            &entries[2]["status"]
        ),
        (&json!("cut=5"), &json!(200), &json!(null))
    );
    assert_eq!(entries[4]["headers"]["cookie"], "a=1; b=2");
    assert_eq!(
        entries[4]["target"],
        format!("/v1.2/browser/create.json?client_key={KEY}")
    );
}

#[test]
fn latency_is_added_before_the_headers() {
    let standin = Standin::start();
    assert_eq!(
        standin.put("/latency", &json!({"xm_ms": 60_000})).status,
        200
    );
    assert_eq!(
        raw(standin.xm, "GET", "/plain", "", SOON),
        (Vec::new(), End::Silence)
    );
    assert_eq!(
        standin.put("/latency", &json!({"cdp_ms": 60_000})).json()["latency"],
        json!({"xm_ms": 0, "cdp_ms": 60_000})
    );
    assert_eq!(standin.page("/plain").status, 200);
    assert_eq!(
        raw(standin.cdp, "GET", "/v1.2/browser/create.json", "", SOON),
        (Vec::new(), End::Silence)
    );
}
