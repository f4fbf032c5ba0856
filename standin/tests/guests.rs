//! The Guest REST API v2.1: credentials, records, and every error that its documentation names.

mod support;

use serde_json::{Value, json};
use support::{KEY, Standin, TOKEN, basic, found, guest_path as path, problem};

const NOBODY: &str = "11111111-1111-4111-8111-111111111111";

#[test]
fn no_call_is_answered_without_the_tenants_key_and_token() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane"}));
    let calls = [
        ("GET", "/v2.1/guests".to_owned()),
        ("POST", "/v2.1/guests".to_owned()),
        ("GET", path(&reference)),
        ("PUT", path(&reference)),
        ("PATCH", path(&reference)),
        ("DELETE", path(&reference)),
        ("GET", path(&reference) + "/extensions"),
        ("POST", path(&reference) + "/extensions"),
        ("GET", path(&reference) + "/extensions/ext"),
        ("PUT", path(&reference) + "/extensions/ext"),
        ("PATCH", path(&reference) + "/extensions/ext"),
        ("DELETE", path(&reference) + "/extensions/ext"),
        ("DELETE", path(&reference) + "/extensions/ext/fields"),
        ("GET", "/v2/guests".to_owned()),
        ("POST", "/v2/guests".to_owned()),
        ("GET", format!("/v2/guests/{reference}")),
        ("POST", format!("/v2/guests/{reference}")),
        ("GET", format!("/v2/guests/{reference}/extext")),
        ("POST", format!("/v2/guests/{reference}/extext")),
        ("GET", format!("/v2/guests/{reference}/extext/{NOBODY}")),
        ("POST", format!("/v2/guests/{reference}/extext/{NOBODY}")),
        ("DELETE", format!("/v2/guests/{reference}/extext/{NOBODY}")),
        ("GET", "/v2/guestContexts/?browserRef=x".to_owned()),
        ("GET", format!("/v2/guestContexts/{reference}")),
    ];
    let wrong = [
        basic(KEY, "wrong"),
        basic("wrong", TOKEN),
        basic(KEY, ""),
        basic(TOKEN, KEY),
        format!("Bearer {TOKEN}"),
        "Basic !".to_owned(),
        String::new(),
    ];
    for (method, target) in calls {
        for credentials in &wrong {
            let headers = [
                ("authorization", credentials.as_str()),
                ("content-type", "application/json"),
            ];
            let body = (method != "GET").then_some("{}");
            let reply = standin.send(method, standin.cdp, &target, &headers, body);
            assert_eq!(reply.status, 401, "{method} {target} with {credentials:?}");
            let body = reply.json();
            assert_eq!(
                (&body["status"], &body["code"]),
                (&json!("UNAUTHORIZED"), &json!(401))
            );
            assert!(body["message"].is_string() && body["moreInfoUrl"].is_string());
            assert!(
                reply
                    .header("www-authenticate")
                    .unwrap()
                    .starts_with("Basic ")
            );
        }
    }
    assert_eq!(
        standin.rest("GET", &path(&reference), None).json()["firstName"],
        "Jane",
        "nothing was done"
    );
}

#[test]
fn a_browser_gets_no_leave_to_read_guest_data() {
    let standin = Standin::start();
    let preflight = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    for target in ["/v2.1/guests", "/v2/guests", "/v2/guestContexts/"] {
        let asked = standin.send("OPTIONS", standin.cdp, target, &preflight, None);
        assert!(asked.status >= 400, "{target}: {}", asked.status);
        for reply in [asked, standin.rest("GET", target, None)] {
            assert_eq!(
                reply.header("access-control-allow-origin"),
                None,
                "{target}"
            );
        }
    }
}

#[test]
fn a_created_guest_is_201_with_href_and_ref_and_reads_back_the_same() {
    let standin = Standin::start();
    let fields = json!({
        "guestType": "customer", "title": "Ms", "firstName": "Zoë", "lastName": "Doe", "gender": "female",
        "dateOfBirth": "1976-10-28T00:00:00.000Z", "email": "zoe@example.com", "emails": ["zoe@example.com"],
        "phoneNumbers": ["+353161123345"], "street": ["Low Mill", "Kendal"], "city": "Dublin", "state": "Leinster",
        "country": "IE", "postCode": "D2", "nationality": "Irish", "passportNumber": "PZ4A9565",
        "passportExpiry": "2033-01-01T00:00Z", "language": "EN",
        "identifiers": [{"provider": "BXLP", "id": "123", "expiryDate": "2030-01-01T00:00:00.000Z"}],
    });
    let created = standin.rest("POST", "/v2.1/guests", Some(&fields));
    assert_eq!(created.status, 201, "{}", created.text());
    let created = created.json();
    let reference = created["ref"].as_str().unwrap();
    uuid::Uuid::parse_str(reference).unwrap();
    assert_eq!(
        created["href"],
        format!("http://{}{}", standin.cdp, path(reference))
    );
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(&created[name], value, "{name}");
    }
    for name in ["createdAt", "modifiedAt", "firstSeen", "lastSeen"] {
        let at = created[name].as_str().unwrap();
        assert!(
            at.ends_with('Z') && at.len() == "2024-01-01T16:17:16.000Z".len(),
            "{name}: {at}"
        );
    }
    assert_eq!(standin.rest("GET", &path(reference), None).json(), created);
    let shouted = path(&reference.to_uppercase());
    assert_eq!(
        standin.rest("GET", &shouted, None).status,
        200,
        "refs have no case"
    );
}

#[test]
fn creating_twice_makes_two_guests() {
    let standin = Standin::start();
    let jane =
        json!({"email": "jane@example.com", "identifiers": [{"provider": "CRM", "id": "1"}]});
    let (one, two) = (standin.guest(jane.clone()), standin.guest(jane));
    assert_ne!(one, two);
    assert_eq!(found(&standin, "email=jane@example.com"), [one, two]);
}

#[test]
fn a_body_of_another_media_type_is_415() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane"}));
    let authorization = basic(KEY, TOKEN);
    let send = |method: &str, target: &str, media_type: Option<&str>| {
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(media_type.map(|media_type| ("content-type", media_type)));
        standin.send(
            method,
            standin.cdp,
            target,
            &headers,
            Some(r#"{"guestType":"visitor"}"#),
        )
    };
    for (method, target) in [
        ("POST", "/v2.1/guests".to_owned()),
        ("PUT", path(&reference)),
        ("PATCH", path(&reference)),
        ("POST", path(&reference) + "/extensions"),
        ("PUT", path(&reference) + "/extensions/ext"),
        ("PATCH", path(&reference) + "/extensions/ext"),
        ("POST", "/v2/guests".to_owned()),
        ("POST", format!("/v2/guests/{reference}")),
        ("POST", format!("/v2/guests/{reference}/extext")),
    ] {
        for media_type in [
            None,
            Some("application/x-www-form-urlencoded"),
            Some("text/json"),
            Some("application/jsonp"),
        ] {
            problem(&send(method, &target, media_type), 415);
        }
    }
    let with_charset = send(
        "POST",
        "/v2.1/guests",
        Some("Application/JSON; charset=utf-8"),
    );
    assert_eq!(with_charset.status, 201);
}

#[test]
fn a_body_that_is_no_json_object_is_400_and_says_where() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane"}));
    let authorization = basic(KEY, TOKEN);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let send = |method: &str, target: &str, body: &str| {
        standin.send(method, standin.cdp, target, &headers, Some(body))
    };
    let broken = send("PATCH", &path(&reference), "{\n  \"city\": Dublin}");
    assert_eq!(problem(&broken, 400), "Unable to parse JSON string");
    assert_eq!(
        broken.json()["developerMessage"],
        "JSON parse error [line: 2, column: 11]."
    );
    for body in ["", "null", "[]", "\"a\"", "{\"firstName\":\"J\"", "{} {}"] {
        problem(&send("POST", "/v2.1/guests", body), 400);
        problem(
            &send("POST", &(path(&reference) + "/extensions"), body),
            400,
        );
    }
    let deep = "[".repeat(200) + &"]".repeat(200);
    problem(
        &send(
            "PATCH",
            &path(&reference),
            &format!("{{\"street\":{deep}}}"),
        ),
        400,
    );
    let long = format!("{{\"city\":\"{}\"}}", "x".repeat(3 << 20));
    problem(&send("PATCH", &path(&reference), &long), 413);
}

#[test]
fn a_field_of_a_wrong_type_or_of_no_name_is_400_and_named_and_changes_nothing() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"city": "Dublin"}));
    let before = standin.rest("GET", &path(&reference), None).json();
    for (fields, named) in [
        (json!({"guestType": "retired"}), "guestType"),
        (json!({"firstName": 1}), "firstName"),
        (json!({"gender": "F"}), "gender"),
        (json!({"emails": "j@d.ie"}), "emails"),
        (json!({"phoneNumbers": [1]}), "phoneNumbers"),
        (json!({"country": "Ireland"}), "country"),
        (
            json!({"dateOfBirth": "2999-01-01T00:00:00.000Z"}),
            "dateOfBirth",
        ),
        (
            json!({"identifiers": {"provider": "CRM", "id": "1"}}),
            "identifiers",
        ),
        (json!({"extensions": {"name": "ext"}}), "extensions"),
        (json!({"postal_code": "D2"}), "postal_code"),
        (json!({"loyaltyTier": "gold"}), "loyaltyTier"),
    ] {
        let whole = support::merged(json!({"guestType": "customer", "city": "Cork"}), fields);
        for (method, target) in [
            ("POST", "/v2.1/guests".to_owned()),
            ("PUT", path(&reference)),
            ("PATCH", path(&reference)),
            ("POST", format!("/v2/guests/{reference}")),
        ] {
            let message = problem(&standin.rest(method, &target, Some(&whole)), 400);
            assert!(message.starts_with(&format!("{named}: ")), "{message}");
        }
    }
    let guest_type = standin.rest("POST", "/v2.1/guests", Some(&json!({"guestType": "human"})));
    assert_eq!(problem(&guest_type, 400), "guestType: not a valid value");
    assert_eq!(
        guest_type.json()["developerMessage"],
        "Attribute guestType is invalid (not a valid value)."
    );
    let without = standin.rest("POST", "/v2.1/guests", Some(&json!({"firstName": "Jane"})));
    assert_eq!(problem(&without, 400), "guestType: is required");
    assert_eq!(standin.rest("GET", &path(&reference), None).json(), before);
    assert_eq!(found(&standin, ""), [reference], "and nobody was made");
}

#[test]
fn put_replaces_the_whole_guest_and_patch_only_what_it_names() {
    let standin = Standin::start();
    let reference = standin.guest(json!({
        "firstName": "Jane", "city": "Dublin", "phoneNumbers": ["1", "2"], "identifiers": [{"provider": "CRM", "id": "1"}],
    }));
    let write = |method: &str, body: Value| {
        let reply = standin.rest(method, &path(&reference), Some(&body));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(
            standin.rest("GET", &path(&reference), None).json(),
            reply.json()
        );
        reply.json()
    };
    let patched = write(
        "PATCH",
        json!({"phoneNumbers": ["3"], "city": null, "lastName": "Doe"}),
    );
    assert_eq!(
        patched["phoneNumbers"],
        json!(["3"]),
        "a list is replaced as a whole"
    );
    assert_eq!(
        (&patched["firstName"], &patched["lastName"]),
        (&json!("Jane"), &json!("Doe"))
    );
    assert_eq!(patched["identifiers"][0]["id"], "1");
    assert!(patched.get("city").is_none(), "a null removes");
    let put = write("PUT", json!({"lastName": "Doe-Ray"}));
    assert_eq!(
        (&put["lastName"], &put["identifiers"]),
        (&json!("Doe-Ray"), &json!([]))
    );
    assert!(
        put.get("firstName").is_none() && put.get("phoneNumbers").is_none(),
        "{put}"
    );
    assert_eq!(
        (&put["ref"], &put["createdAt"]),
        (&patched["ref"], &patched["createdAt"])
    );
    assert_eq!(put["guestType"], "customer", "not told: as it was");
    assert_eq!(
        write("PUT", json!({"guestType": "traveller"}))["guestType"],
        "traveller"
    );
    let read = write("PATCH", json!({}));
    assert_eq!(
        write("PUT", read.clone())["guestType"],
        read["guestType"],
        "what was read may be sent back"
    );
}

#[test]
fn a_ref_of_nobody_is_404_for_every_method() {
    let standin = Standin::start();
    let body = json!({"guestType": "customer"});
    for reference in [NOBODY, "x", "%00"] {
        for (method, body) in [
            ("GET", None),
            ("PUT", Some(&body)),
            ("PATCH", Some(&body)),
            ("DELETE", None),
        ] {
            let message = problem(&standin.rest(method, &path(reference), body), 404);
            assert_eq!(message, "The specified resource does not exist.");
        }
    }
    let developer = standin.rest("GET", &path(NOBODY), None).json()["developerMessage"].clone();
    assert!(developer.as_str().unwrap().contains(NOBODY));
    problem(
        &standin.rest("GET", &format!("/v2/guestContexts/{NOBODY}"), None),
        404,
    );
}

#[test]
fn a_deleted_guest_is_gone_with_its_visits_and_browsers_and_the_answer_is_empty() {
    let standin = Standin::start();
    let (browser, reference) = standin.browser();
    let (other, _) = standin.browser();
    for browser in [&browser, &other] {
        standin.event(browser, json!({}));
    }
    let deleted = standin.rest("DELETE", &path(&reference), None);
    assert_eq!((deleted.status, deleted.body.len()), (200, 0));
    problem(&standin.rest("DELETE", &path(&reference), None), 404);
    problem(&standin.rest("GET", &path(&reference), None), 404);
    assert_eq!(
        standin.event(&browser, json!({})).status,
        404,
        "the browser id is unknown now"
    );
    let shown = standin.get(&format!(
        "/v1.2/browser/{browser}/show.json?client_key={KEY}"
    ));
    assert_eq!(
        shown.json()["error_msg"],
        "Invalid browser id/ref specified"
    );
    let state = standin.state();
    for list in ["guests", "browsers", "sessions", "events"] {
        assert_eq!(
            state[list].as_array().unwrap().len(),
            1,
            "{list} of the other visitor stay"
        );
    }
}

#[test]
fn methods_and_paths_that_do_not_exist_are_json_errors() {
    let standin = Standin::start();
    let reference = standin.guest(json!({}));
    for (method, target, status) in [
        ("DELETE", "/v2.1/guests".to_owned(), 405),
        ("POST", path(&reference), 405),
        ("DELETE", format!("/v2/guests/{reference}"), 405),
        ("PATCH", format!("/v2/guests/{reference}"), 405),
        ("GET", path(&reference) + "/orders", 404),
        ("GET", "/v2.1/orders".to_owned(), 404),
    ] {
        let reply = standin.rest(method, &target, None);
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (status, &json!(status)),
            "{method} {target}"
        );
    }
}
