//! One guest, whoever made it: a browser, an IDENTITY event, a flow call or the REST API.

mod support;

use serde_json::{Value, json};
use support::{KEY, Standin};

fn record(standin: &Standin, reference: &str) -> Value {
    let reply = standin.rest("GET", &format!("/v2.1/guests/{reference}"), None);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn behind(standin: &Standin, browser: &str) -> String {
    let shown = standin.get(&format!(
        "/v1.2/browser/{browser}/show.json?client_key={KEY}"
    ));
    shown.json()["customer"]["ref"].as_str().unwrap().to_owned()
}

fn identity(id: &str) -> Value {
    json!({"type": "IDENTITY", "identifiers": [{"provider": "email", "id": id}]})
}

#[test]
fn a_browsers_guest_is_a_visitor_whom_rest_can_read_and_write_and_flows_then_know() {
    let standin = Standin::start();
    let (browser, guest) = standin.browser();
    assert_eq!(record(&standin, &guest)["guestType"], "visitor");
    let told = json!({"guestType": "customer", "firstName": "Jane"});
    standin.rest("PATCH", &format!("/v2.1/guests/{guest}"), Some(&told));
    let hero = standin.flow(&browser, "home_hero", json!({})).json();
    assert_eq!(hero["headline"], "Welcome back, Jane");
}

#[test]
fn what_an_identity_tells_stands_in_the_record_by_the_names_of_rest() {
    let standin = Standin::start();
    let (browser, guest) = standin.browser();
    standin.event(&browser, support::merged(identity("jane@example.com"), json!({
        "email": "jane@example.com", "firstname": "Jane", "lastname": "Doe", "dob": "1984-04-15T00:00", "gender": "female",
        "mobile": "+3531", "phone": "+3532", "postal_code": "D2", "street": ["Tara Street"], "city": "Dublin",
    })));
    standin.event(
        &browser,
        support::merged(
            identity("jane@example.com"),
            json!({"email": "j@d.ie", "phone": "+3532"}),
        ),
    );
    let record = record(&standin, &guest);
    for (name, value) in [
        ("guestType", json!("customer")),
        ("firstName", json!("Jane")),
        ("dateOfBirth", json!("1984-04-15T00:00")),
        ("postCode", json!("D2")),
        ("email", json!("j@d.ie")),
        ("emails", json!(["jane@example.com", "j@d.ie"])),
        ("phoneNumbers", json!(["+3531", "+3532"])),
        (
            "identifiers",
            json!([{"provider": "email", "id": "jane@example.com"}]),
        ),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    for query in [
        "email=jane@example.com",
        "phoneNumber=%2B3531",
        "identifiers.provider=email&identifiers.id=jane@example.com",
    ] {
        let list = standin
            .rest("GET", &format!("/v2.1/guests?{query}"), None)
            .json();
        assert_eq!(list["items"], json!([{"href": record["href"]}]), "{query}");
    }
    let sent_back = standin.rest("PUT", &format!("/v2.1/guests/{guest}"), Some(&record));
    assert_eq!(sent_back.status, 200, "{}", sent_back.text());
}

#[test]
fn a_browser_that_identifies_as_a_guest_made_by_rest_is_that_guest_and_the_old_one_retires() {
    let standin = Standin::start();
    let made = standin.guest(json!({"firstName": "Jane", "identifiers": [{"provider": "email", "id": "jane@example.com"}]}));
    let (browser, anonymous) = standin.browser();
    standin.event(&browser, json!({}));
    standin.event(&browser, identity("jane@example.com"));
    assert_eq!(behind(&standin, &browser), made);
    assert_eq!(record(&standin, &made)["firstName"], "Jane");
    let target = format!("/v2.1/guests/{anonymous}");
    for (method, body) in [
        ("GET", None),
        ("PATCH", Some(json!({}))),
        ("PUT", Some(json!({}))),
        ("DELETE", None),
    ] {
        assert_eq!(
            standin.rest(method, &target, body.as_ref()).status,
            404,
            "{method} of a retired guest"
        );
    }
    assert_eq!(
        standin
            .rest("GET", &format!("/v2/guestContexts/{anonymous}"), None)
            .status,
        404
    );
    let all = standin.rest("GET", "/v2.1/guests", None).json();
    assert_eq!(
        all["items"].as_array().unwrap().len(),
        1,
        "no search finds it either"
    );
    let context = standin
        .rest(
            "GET",
            &format!("/v2/guestContexts/?browserRef={browser}"),
            None,
        )
        .json();
    assert_eq!(context["items"][0]["ref"], made);
    assert_eq!(
        context["items"][0]["sessions"][0]["events"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "the visit moved along"
    );
}

#[test]
fn of_duplicates_the_first_is_the_one_that_is_identified() {
    let standin = Standin::start();
    let jane = json!({"identifiers": [{"provider": "email", "id": "jane@example.com"}]});
    let first = standin.guest(jane.clone());
    for _ in 0..5 {
        standin.guest(jane.clone());
    }
    let (browser, _) = standin.browser();
    standin.event(&browser, identity("JANE@example.com"));
    assert_eq!(behind(&standin, &browser), first);
}

#[test]
fn an_address_alone_identifies_nobody() {
    let standin = Standin::start();
    let made = standin.guest(json!({"email": "jane@example.com"}));
    let (browser, own) = standin.browser();
    standin.event(&browser, identity("jane@example.com"));
    assert_eq!(behind(&standin, &browser), own);
    assert_ne!(own, made);
}

#[test]
fn an_identifier_that_rest_takes_away_identifies_nobody_any_more() {
    let standin = Standin::start();
    let made =
        standin.guest(json!({"identifiers": [{"provider": "email", "id": "jane@example.com"}]}));
    standin.rest(
        "PATCH",
        &format!("/v2.1/guests/{made}"),
        Some(&json!({"identifiers": []})),
    );
    let (browser, own) = standin.browser();
    standin.event(&browser, identity("jane@example.com"));
    assert_eq!(behind(&standin, &browser), own);
}

#[test]
fn deleting_the_guest_of_a_merge_deletes_the_retired_one_too() {
    let standin = Standin::start();
    let made =
        standin.guest(json!({"identifiers": [{"provider": "email", "id": "jane@example.com"}]}));
    let (browser, _) = standin.browser();
    standin.event(&browser, identity("jane@example.com"));
    assert_eq!(
        standin
            .rest("DELETE", &format!("/v2.1/guests/{made}"), None)
            .status,
        200
    );
    let state = standin.state();
    for list in ["guests", "browsers", "sessions"] {
        assert_eq!(state[list], json!([]), "{list}");
    }
    let (browser, _) = standin.browser();
    assert_eq!(
        standin.event(&browser, identity("jane@example.com")).status,
        201,
        "and the tenant goes on"
    );
}

#[test]
fn a_flow_by_identifier_and_rest_mean_the_same_guest() {
    let standin = Standin::start();
    let made = standin
        .guest(json!({"firstName": "Jane", "identifiers": [{"provider": "CRM", "id": "42"}]}));
    let call = json!({"browserId": null, "identifiers": {"provider": "CRM", "id": "42"}});
    let hero = standin.flow("", "home_hero", call).json();
    assert_eq!(hero["headline"], "Welcome back, Jane");
    let context = standin
        .rest("GET", &format!("/v2/guestContexts/{made}"), None)
        .json();
    assert_eq!(context["sessions"][0]["events"][0]["type"], "TRACKING");
}

#[test]
fn flows_and_state_see_data_extensions() {
    let standin = Standin::start();
    let (browser, guest) = standin.browser();
    let extension = json!({"name": "ext1", "loyaltyTier": "gold"});
    standin.rest(
        "POST",
        &format!("/v2.1/guests/{guest}/extensions"),
        Some(&extension),
    );
    let flow = json!({
        "friendlyId": "home_hero", "name": "Home: hero", "type": "experience",
        "rules": [{"name": "gold", "when": {"guest": {"/dataExtensions/0/values/loyaltyTier": "gold"}}, "response": {"variantId": "gold"}}],
    });
    assert_eq!(standin.put("/flows/home_hero", &flow).status, 200);
    assert_eq!(
        standin.flow(&browser, "home_hero", json!({})).json()["variantId"],
        "gold"
    );
    let extensions = &standin.state()["guests"][0]["dataExtensions"];
    assert_eq!(
        (&extensions[0]["name"], &extensions[0]["values"]),
        (&json!("ext1"), &json!({"loyaltyTier": "gold"}))
    );
}
