//! Whatever can go wrong with a call for guest data can be asked for, by path and by method.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{End, KEY, Standin, TOKEN, basic, raw};

/// No test waits longer than this for one end.
const LATER: Duration = Duration::from_secs(20);

/// Long enough to see that nothing comes.
const SOON: Duration = Duration::from_millis(500);

fn broken(words: &str) -> Standin {
    let standin = Standin::start();
    let faults = json!({"paths": {"/v2.1/*": words}});
    assert_eq!(standin.put("/faults", &faults).status, 200);
    standin
}

fn guests(standin: &Standin) -> usize {
    standin.state()["guests"].as_array().unwrap().len()
}

#[test]
fn too_many_requests_says_when_to_come_back() {
    let standin = broken("status=429;header=Retry-After: 7;times=1");
    let jane = json!({"guestType": "customer"});
    let refused = standin.rest("POST", "/v2.1/guests", Some(&jane));
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("7"))
    );
    let body = refused.json();
    assert_eq!(body["status"], 429);
    for name in ["code", "message", "developerMessage", "moreInfoUrl"] {
        assert!(body.get(name).is_some(), "{name} in {body}");
    }
    assert_eq!(guests(&standin), 0, "nothing was done");
    assert_eq!(
        standin.rest("POST", "/v2.1/guests", Some(&jane)).status,
        201
    );
}

#[test]
fn a_server_that_is_down_answers_503_or_a_page() {
    let standin = broken("status=503");
    let down = standin.rest("GET", "/v2.1/guests", None);
    assert_eq!((down.status, &down.json()["status"]), (503, &json!(503)));
    standin.put("/faults", &json!({"paths": {"/v2.1/*": "status=502;content-type=text/html;body=<html><h1>Bad Gateway</h1>"}}));
    let page = standin.rest("GET", "/v2.1/guests", None);
    assert_eq!(
        (page.status, page.header("content-type")),
        (502, Some("text/html"))
    );
    assert_eq!(page.text(), "<html><h1>Bad Gateway</h1>");
    standin.put("/faults", &json!({"paths": {"/v2.1/*": "garbage"}}));
    let garbage = standin.rest("GET", "/v2.1/guests", None);
    assert_eq!(
        (garbage.status, garbage.header("content-type")),
        (200, Some("application/json"))
    );
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());
}

#[test]
fn a_redirect_leads_away_and_does_nothing() {
    let standin = broken("status=302;header=Location: https://elsewhere.example/v2.1/guests");
    let moved = standin.rest(
        "POST",
        "/v2.1/guests",
        Some(&json!({"guestType": "customer"})),
    );
    assert_eq!(
        (moved.status, moved.header("location")),
        (302, Some("https://elsewhere.example/v2.1/guests"))
    );
    assert_eq!(guests(&standin), 0);
}

#[test]
fn a_reset_a_hang_and_a_stall_are_what_they_say() {
    let authorization = format!("Authorization: {}\r\n", basic(KEY, TOKEN));
    for (words, bytes, end, patience) in [
        ("reset", 0, End::Reset, LATER),
        ("hang", 0, End::Silence, SOON),
        ("stall=10", 10, End::Silence, SOON),
        ("cut=10", 10, End::Fin, LATER),
    ] {
        let standin = broken(words);
        let (answer, ended) = raw(standin.cdp, "GET", "/v2.1/guests", &authorization, patience);
        assert_eq!(ended, end, "{words}");
        assert!(
            answer.len() >= bytes && answer.is_empty() == (bytes == 0),
            "{words}"
        );
    }
}

#[test]
fn one_method_can_fail_alone_and_other_paths_never_do() {
    let standin = Standin::start();
    let faults = json!({"paths": {"POST /v2.1/guests": "status=500"}});
    assert_eq!(standin.put("/faults", &faults).status, 200);
    let jane = json!({"guestType": "customer"});
    assert_eq!(standin.rest("GET", "/v2.1/guests", None).status, 200);
    assert_eq!(
        standin.rest("POST", "/v2.1/guests", Some(&jane)).status,
        500
    );
    assert_eq!(standin.rest("POST", "/v2/guests", Some(&jane)).status, 201);
    assert_eq!(standin.browser().0.len(), 36);
}

#[test]
fn a_lost_answer_to_a_create_leaves_a_guest_and_a_retry_makes_two() {
    let standin = broken("status=500;executed;times=1");
    let jane = json!({"guestType": "customer", "email": "jane@example.com"});
    assert_eq!(
        standin.rest("POST", "/v2.1/guests", Some(&jane)).status,
        500
    );
    assert_eq!(
        standin.rest("POST", "/v2.1/guests", Some(&jane)).status,
        201
    );
    assert_eq!(guests(&standin), 2);
}
