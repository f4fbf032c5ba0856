//! The stand-in's own page: what it shows, what it hears, and who may use it.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use support::{KEY, Standin};

#[test]
fn the_page_is_complete_in_itself_and_knows_the_site() {
    let standin = Standin::start();
    let page = standin.get("/");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let html = page.text();
    assert!(
        html.contains(&format!("\"siteUrl\":\"http://{}\"", standin.xm)),
        "{html}"
    );
    for file in [
        "/standin/page.css",
        "/standin/guests.js",
        "/standin/page.js",
    ] {
        assert!(html.contains(file));
        assert_eq!(standin.get(file).status, 200);
        assert!(
            !standin.get(file).text().contains("https://"),
            "no third party"
        );
    }
    assert!(
        !html.contains("src=\"http") && !html.contains("href=\"http"),
        "no third party"
    );
}

#[test]
fn what_happens_is_heard_at_once() {
    let standin = Standin::start();
    let mut socket = TcpStream::connect(standin.cdp).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(socket, "GET /live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut lines = BufReader::new(socket)
        .lines()
        .map(|line| line.expect("a line before the hang limit"));
    // The head has arrived, so the listener is in place.
    lines.find(String::is_empty).unwrap();
    let (browser, guest) = standin.browser();
    standin.event(&browser, json!({"page": "home"}));
    standin.flow(&browser, "home_hero", json!({}));
    standin.page("/plain");
    let known = standin.guest(json!({"firstName": "Jane"}));
    standin.put("/latency", &json!({"xm_ms": 1}));
    let mut heard: Vec<Value> = Vec::new();
    for line in lines {
        let Some(data) = line.strip_prefix("data: ") else {
            continue;
        };
        let message: Value = serde_json::from_str(data).unwrap();
        let last = message["kind"] == "settings";
        heard.push(message);
        if last {
            break;
        }
    }
    let find = |kind: &str| {
        heard
            .iter()
            .find(|message| message["kind"] == kind)
            .unwrap_or_else(|| panic!("{kind} in {heard:?}"))
    };
    assert_eq!(
        (
            &find("browser")["data"]["ref"],
            &find("browser")["data"]["guestRef"]
        ),
        (&json!(browser), &json!(guest))
    );
    assert_eq!(
        (
            &find("event")["data"]["event"]["page"],
            &find("event")["data"]["kept"]
        ),
        (&json!("home"), &json!(true))
    );
    assert_eq!(find("decision")["data"]["name"], "default");
    assert_eq!(
        find("guest")["data"],
        json!({"what": "created", "guestRef": known})
    );
    assert!(heard.iter().any(|message| message["data"]["path"] == "/plain" && message["data"]["server"] == "xm"));
}

#[test]
fn no_other_website_may_use_it() {
    let standin = Standin::start();
    let from_elsewhere = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")];
    for (method, path) in [
        ("GET", "/state"),
        ("POST", "/reset"),
        ("PUT", "/faults"),
        ("GET", "/live"),
    ] {
        let body = (method != "GET").then_some("{}");
        assert_eq!(
            standin
                .send(method, standin.cdp, path, &from_elsewhere, body)
                .status,
            403,
            "{path}"
        );
    }
    let link = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    assert_eq!(
        standin.send("GET", standin.cdp, "/", &link, None).status,
        200,
        "a link may lead here"
    );
    let wire = format!("/v1.2/browser/create.json?client_key={KEY}");
    assert_eq!(
        standin
            .send("GET", standin.cdp, &wire, &from_elsewhere, None)
            .status,
        201,
        "the CDP itself is for everybody"
    );
}

#[test]
fn received_is_filtered_and_cleared() {
    let standin = Standin::start();
    let (browser, _) = standin.browser();
    standin.page("/plain");
    standin.event(&browser, json!({}));
    let list = |query: &str| {
        standin.get(&format!("/received{query}")).json()["requests"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        [list(""), list("?server=xm"), list("?server=all")],
        [2, 1, 3]
    );
    assert_eq!(
        [
            list("?path=/v1.2/events"),
            list("?path=/v1.2/*"),
            list("?path=/v1.2/event")
        ],
        [1, 2, 0]
    );
    assert_eq!([list("?server=all&since=1"), list("?since=3")], [2, 0]);
    let event = &standin.get("/received?path=/v1.2/events").json()["requests"][0];
    assert_eq!(
        (
            &event["body"]["browser_id"],
            &event["status"],
            &event["method"]
        ),
        (&json!(browser), &json!(201), &json!("POST"))
    );
    assert_eq!(event["headers"]["content-type"], "application/json");
    assert_eq!(
        standin
            .send("DELETE", standin.cdp, "/received", &[], None)
            .status,
        204
    );
    assert_eq!(list("?server=all"), 0);
    assert_eq!(
        standin.get("/received?pfad=x").status,
        400,
        "a misspelt filter is told"
    );
}

#[test]
fn visitors_are_listed_with_guest_and_session() {
    let standin = Standin::start();
    let (browser, guest) = standin.browser();
    standin.event(&browser, json!({}));
    standin.event(&browser, json!({"type": "IDENTITY", "firstname": "Jane", "identifiers": [{"provider": "email", "id": "jane@example.com"}]}));
    let list = standin.get("/visitors").json();
    let visitor = &list["visitors"][0];
    assert_eq!(
        (
            &visitor["guestRef"],
            &visitor["firstName"],
            &visitor["guestType"]
        ),
        (&json!(guest), &json!("Jane"), &json!("customer"))
    );
    assert_eq!(
        (&visitor["pageViews"], &visitor["session"]["events"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(list["recent"][0]["type"], "VIEW");
}

#[test]
fn guests_are_listed_with_their_fields_whether_a_browser_stands_for_them_or_not() {
    let standin = Standin::start();
    let (browser, seen) = standin.browser();
    standin.rest(
        "PATCH",
        &format!("/v2.1/guests/{seen}"),
        Some(&json!({"city": "Cork"})),
    );
    let made = standin.guest(json!({"firstName": "Jane"}));
    let extension = json!({"name": "ext1", "tier": "gold"});
    standin.rest(
        "POST",
        &format!("/v2.1/guests/{made}/extensions"),
        Some(&extension),
    );
    let list = standin.get("/visitors").json();
    let visitor = &list["visitors"][0];
    assert_eq!(
        (&visitor["browserId"], &visitor["guest"]["fields"]),
        (&json!(browser), &json!({"city": "Cork"}))
    );
    let guests = list["guests"].as_array().unwrap();
    assert_eq!(guests.len(), 1, "the other one has a browser");
    assert_eq!(guests[0]["guestRef"], made);
    assert_eq!(
        guests[0]["dataExtensions"][0]["values"],
        json!({"tier": "gold"})
    );
}

#[test]
fn credentials_are_never_kept_but_that_there_were_some_is() {
    let standin = Standin::start();
    let secret = support::basic(KEY, "a-secret");
    for (value, shown) in [
        (secret.as_str(), "Basic (hidden)"),
        ("Bearer a-secret", "Bearer (hidden)"),
        ("a-secret", "(hidden)"),
    ] {
        standin.send("DELETE", standin.cdp, "/received", &[], None);
        for (server, target) in [(standin.cdp, "/v2.1/guests"), (standin.xm, "/plain")] {
            standin.send("GET", server, target, &[("authorization", value)], None);
        }
        let received = standin.get("/received?server=all");
        for request in received.json()["requests"].as_array().unwrap() {
            assert_eq!(request["headers"]["authorization"], shown);
        }
        let encoded = secret.strip_prefix("Basic ").unwrap();
        assert!(!received.text().contains("a-secret") && !received.text().contains(encoded));
    }
    standin.rest("GET", "/v2.1/guests", None);
    assert_eq!(
        standin.get("/received?path=/v2.1/*").json()["requests"][1]["status"],
        200
    );
    for place in ["/", "/standin/page.js", "/received", "/state", "/settings"] {
        let text = standin.get(place).text();
        assert!(!text.contains(support::TOKEN), "{place}");
    }
}
