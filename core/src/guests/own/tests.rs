//! What is asked and changed in a visitor's name.

use serde_json::json;

use super::*;
use crate::{guests::Step, request::fixture};

const GUEST: &str = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";

fn secrets(token: Option<&str>) -> Secrets {
    Secrets::read(|name| (name == "CDP_API_TOKEN").then(|| token.map(str::to_owned))?)
}

fn first_call(exchange: &mut Exchange) -> (String, String, Option<String>) {
    match exchange.step() {
        Step::Call { call, .. } => (call.method.to_owned(), call.url, call.body),
        step => panic!("no call but {step:?}"),
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer::json(status, "application/json", body)
}

#[test]
fn without_the_cdps_token_nobody_is_asked() {
    let (cdp, site) = (fixture::cdp(), fixture::site());
    let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
    assert!(OwnGuest::new(&cdp, &site, &secrets(None), &id).is_none());
    assert!(OwnGuest::new(&cdp, &site, &secrets(Some("t0ken")), &id).is_some());
}

#[test]
fn the_record_is_that_of_the_visitors_own_browser() {
    let (cdp, site, secrets) = (fixture::cdp(), fixture::site(), secrets(Some("t0ken")));
    let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
    let own = OwnGuest::new(&cdp, &site, &secrets, &id).unwrap();
    let (method, url, _) = first_call(&mut own.retrieve());
    assert_eq!(method, "GET");
    assert!(
        url.contains(&format!("/v1.2/browser/{}/show.json", id.as_str())),
        "{url}"
    );
    let guest = GuestRef::parse(GUEST).unwrap();
    let (method, url, _) = first_call(&mut own.retrieve_extension(&guest, "ext2"));
    assert_eq!(method, "GET");
    assert!(
        url.ends_with(&format!("/v2.1/guests/{GUEST}/extensions/ext2")),
        "{url}"
    );
}

#[test]
fn a_changed_guest_and_extension_are_patched() {
    let (cdp, site, secrets) = (fixture::cdp(), fixture::site(), secrets(Some("t0ken")));
    let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
    let own = OwnGuest::new(&cdp, &site, &secrets, &id).unwrap();
    let guest = GuestRef::parse(GUEST).unwrap();
    let changes = Changes::of(&[
        (GuestField::Guest("firstName".to_owned()), "Jane".to_owned()),
        (GuestField::extension("ext", "tier"), "gold".to_owned()),
    ]);
    let (_, url, _) = first_call(&mut own.update(&changes).unwrap());
    assert!(
        url.contains("/show.json"),
        "the guest is resolved first: {url}"
    );
    let (name, fields) = &changes.extensions[0];
    let patch = first_call(&mut own.update_extension(Some(&guest), name, fields));
    assert_eq!(patch.0, "PATCH");
    assert!(
        patch.1.ends_with(&format!("/{GUEST}/extensions/ext")),
        "{}",
        patch.1
    );
    assert_eq!(patch.2.as_deref(), Some(r#"{"tier":"gold"}"#));
    let create = first_call(&mut own.create_extension(Some(&guest), name, fields));
    assert_eq!(create.0, "POST");
    let body: Value = serde_json::from_str(&create.2.unwrap()).unwrap();
    assert_eq!(body, json!({"name": "ext", "tier": "gold"}));
    assert!(own.update(&Changes::default()).is_none());
}

#[test]
fn only_a_200_with_an_object_is_a_record() {
    let jane = json!({"firstName": "Jane"});
    assert!(record(&answer(200, &jane)).is_some());
    for (status, body) in [(404, jane.clone()), (502, jane), (200, json!([]))] {
        assert_eq!(record(&answer(status, &body)), None);
    }
}

#[test]
fn extensions_that_came_along_are_found_by_name() {
    let tier = json!({"name": "ext", "key": "default", "tier": "gold"});
    let link = json!({"name": "ext1", "href": "/x"});
    for body in [
        json!({"extensions": [tier.clone(), link.clone()]}),
        json!({"dataExtensions": {"items": [tier.clone(), link.clone()]}}),
    ] {
        let record = record(&answer(200, &body)).unwrap();
        assert_eq!(record["ext"]["tier"], "gold");
        let fields = [
            "/ext/tier",
            "/ext1/a",
            "/firstName",
            "/extensions/0/tier",
            "/ext9/a",
        ]
        .map(str::to_owned);
        assert_eq!(missing_extensions(&record, &fields), ["ext1"]);
    }
}

#[test]
fn a_form_changes_what_the_cdp_takes_and_nothing_else() {
    let text = |name: &str, value: &str| (GuestField::Guest(name.to_owned()), value.to_owned());
    let extension = |name: &str, field: &str, value: &str| {
        (GuestField::extension(name, field), value.to_owned())
    };
    let changes = Changes::of(&[
        text("firstName", "Jane"),
        text("firstName", "Second"),
        text("phoneNumbers", "+3531"),
        text("country", "ie"),
        text("gender", "F"),
        text("email", "not an address"),
        text("passport", "x"),
        extension("ext", "tier", "gold"),
        extension("ext", "points", "12"),
        extension("ext", "a-b", "x"),
        extension("ext9", "a", "x"),
        extension("ext2", "b", "y"),
    ]);
    assert_eq!(
        Value::Object(changes.guest.clone()),
        json!({"firstName": "Jane", "phoneNumbers": ["+3531"], "country": "IE"})
    );
    let extensions = json!([["ext", {"tier": "gold", "points": "12"}], ["ext2", {"b": "y"}]]);
    assert_eq!(json!(changes.extensions), extensions);
    assert!(!changes.is_nothing() && Changes::of(&[text("gender", "F")]).is_nothing());
}
