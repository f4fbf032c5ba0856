//! The legacy REST API v2: updates by POST, extensions at `/ext{name}/{ref}`, and guest contexts.

mod support;

use serde_json::{Value, json};
use support::Standin;

#[test]
fn v2_creates_finds_and_reads_with_links_of_its_own() {
    let standin = Standin::start();
    let body = json!({"guestType": "customer", "firstName": "Jane", "email": "Jane@example.com"});
    let created = standin.rest("POST", "/v2/guests", Some(&body));
    assert_eq!(created.status, 201);
    let created = created.json();
    let href = created["href"].as_str().unwrap();
    assert_eq!(
        href,
        format!(
            "http://{}/v2/guests/{}",
            standin.cdp,
            created["ref"].as_str().unwrap()
        )
    );
    assert!(created.get("dataExtensions").is_none());
    let target = href.split_once(&standin.cdp.to_string()).unwrap().1;
    assert_eq!(standin.rest("GET", target, None).json(), created);
    let find = |query: &str| {
        standin
            .rest("GET", &format!("/v2/guests?{query}"), None)
            .json()["items"]
            .clone()
    };
    assert_eq!(find("email=jane%40example.com"), json!([{"href": href}]));
    assert_eq!(
        find("email.untouched=jane%40example.com"),
        json!([]),
        "untouched: with case"
    );
    assert_eq!(
        find("email.untouched=Jane%40example.com"),
        json!([{"href": href}])
    );
}

#[test]
fn a_post_to_a_v2_guest_replaces_it() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane", "city": "Dublin"}));
    let target = format!("/v2/guests/{reference}");
    let updated = standin.rest("POST", &target, Some(&json!({"lastName": "Doe"})));
    assert_eq!(updated.status, 200, "{}", updated.text());
    let guest = standin
        .rest("GET", &format!("/v2.1/guests/{reference}"), None)
        .json();
    assert_eq!(guest["lastName"], "Doe");
    assert!(
        guest.get("firstName").is_none() && guest.get("city").is_none(),
        "v2 has no partial updates"
    );
    let nobody = standin.rest(
        "POST",
        "/v2/guests/11111111-1111-4111-8111-111111111111",
        Some(&json!({})),
    );
    assert_eq!(nobody.status, 404);
}

#[test]
fn v2_extensions_are_those_of_v2_1_by_ref() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane"}));
    let base = format!("/v2/guests/{reference}");
    let pairs = |more: Value| support::merged(json!({"key": "default"}), more);
    let created = standin.rest(
        "POST",
        &format!("{base}/extext1"),
        Some(&pairs(json!({"tier": "gold", "vip": true}))),
    );
    assert_eq!(created.status, 201, "{}", created.text());
    let created = created.json();
    for name in ["href", "ref", "createdAt", "modifiedAt"] {
        assert!(created[name].is_string(), "{name}");
    }
    assert_eq!(
        (&created["key"], &created["tier"]),
        (&json!("default"), &json!("gold"))
    );
    let by_name = standin
        .rest(
            "GET",
            &format!("/v2.1/guests/{reference}/extensions/ext1"),
            None,
        )
        .json();
    assert_eq!(
        (&by_name["ref"], &by_name["vip"]),
        (&created["ref"], &json!(true)),
        "the same record"
    );
    let own = format!("{base}/extext1/{}", created["ref"].as_str().unwrap());
    assert_eq!(created["href"], format!("http://{}{own}", standin.cdp));
    let list = standin.rest("GET", &format!("{base}/extExt1"), None).json();
    assert_eq!(
        list["items"],
        json!([{"href": created["href"]}]),
        "the case of the path does not matter"
    );
    assert_eq!(
        standin.rest("GET", &format!("{base}/extext"), None).json()["items"],
        json!([])
    );
    assert_eq!(
        standin.rest("GET", &base, None).json()["extext1"],
        json!({"href": created["href"]})
    );
    assert_eq!(
        standin
            .rest("GET", &format!("{base}?expand=true"), None)
            .json()["extext1"]["tier"],
        "gold"
    );
    let updated = standin.rest("POST", &own, Some(&pairs(json!({"tier": "silver"}))));
    assert_eq!(
        (updated.status, &updated.json()["tier"]),
        (200, &json!("silver"))
    );
    assert!(
        standin.rest("GET", &own, None).json().get("vip").is_none(),
        "all pairs are replaced"
    );
    let again = standin.rest(
        "POST",
        &format!("{base}/extext1"),
        Some(&pairs(json!({"tier": "tin"}))),
    );
    assert_eq!(
        (again.status, &again.json()["ref"]),
        (200, &created["ref"]),
        "no second one of the name"
    );
    assert_eq!(standin.rest("DELETE", &own, None).status, 200);
    for (method, body) in [
        ("GET", None),
        ("DELETE", None),
        ("POST", Some(pairs(json!({})))),
    ] {
        assert_eq!(
            standin.rest(method, &own, body.as_ref()).status,
            404,
            "{method}"
        );
    }
}

#[test]
fn v2_extensions_need_a_known_name_and_the_key() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane"}));
    let base = format!("/v2/guests/{reference}");
    let sound = json!({"key": "default", "a": 1});
    for (path, body) in [
        ("extLoyalty", &sound),
        ("ext", &sound),
        ("extext6", &sound),
        ("orders", &sound),
        ("extext", &json!({"a": 1})),
        ("extext", &json!({"key": "email", "a": 1})),
        ("extext", &json!({"key": "default", "a": {}})),
    ] {
        let reply = standin.rest("POST", &format!("{base}/{path}"), Some(body));
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (400, &json!(400)),
            "{path} {body}"
        );
    }
    assert_eq!(
        standin
            .rest("GET", &format!("{base}/extLoyalty"), None)
            .status,
        400
    );
    let created = standin
        .rest("POST", &format!("{base}/extext"), Some(&sound))
        .json();
    let of_another_name = format!("{base}/extext1/{}", created["ref"].as_str().unwrap());
    assert_eq!(standin.rest("GET", &of_another_name, None).status, 404);
    let clash = standin.rest("POST", &format!("{base}/extext1"), Some(&sound));
    assert_eq!(clash.status, 400, "`a` stands in ext");
}

#[test]
fn guest_contexts_read_events_back_newest_first() {
    let standin = Standin::start();
    let (browser, reference) = standin.browser();
    standin.event(&browser, json!({"page": "first"}));
    standin.post("/clock", &json!({"advance_ms": 21 * 60 * 1000}));
    standin.event(&browser, json!({"page": "second"}));
    let sent = standin
        .event(&browser, json!({"page": "third", "ext": {"a_b": 1}}))
        .json();
    for target in ["/v2/guestContexts/", "/v2/guestContexts"] {
        let list = standin.rest("GET", &format!("{target}?browserRef={browser}"), None);
        assert_eq!(list.status, 200);
        let list = list.json();
        let guest = &list["items"][0];
        assert_eq!(
            (&guest["ref"], list["items"].as_array().unwrap().len()),
            (&json!(reference), 1)
        );
        let sessions = guest["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        let event = &sessions[0]["events"][0];
        assert_eq!(
            (&event["ref"], &event["type"]),
            (&sent["ref"], &json!("VIEW"))
        );
        assert_eq!(
            (
                &event["arbitraryData"]["page"],
                &event["arbitraryData"]["ext"]["a_b"]
            ),
            (&json!("third"), &json!(1))
        );
        assert_eq!(
            (&sessions[0]["status"], &sessions[1]["status"]),
            (&json!("OPEN"), &json!("CLOSED"))
        );
        assert_eq!(sessions[0]["channel"], "WEB");
        assert_eq!(sessions[1]["events"][0]["arbitraryData"]["page"], "first");
    }
    let own = standin
        .rest(
            "GET",
            &format!("/v2/guestContexts/{reference}?source=all&timeout=30000"),
            None,
        )
        .json();
    assert_eq!(own["sessions"].as_array().unwrap().len(), 2);
    let nobody = standin.rest(
        "GET",
        "/v2/guestContexts/?browserRef=11111111-1111-4111-8111-111111111111",
        None,
    );
    assert_eq!((nobody.status, &nobody.json()["items"]), (200, &json!([])));
}
