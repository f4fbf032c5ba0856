//! The description against the code, both ways.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::{
    api_keys::Scope,
    endpoints::{self, PATHS},
    guests, preview,
    request::fixture,
    sdk_proxy,
    tag::beacon,
};

fn description() -> Value {
    serde_json::from_str(DESCRIPTION).unwrap()
}

/// Path and method of every operation.
fn operations(description: &Value) -> BTreeMap<(String, String), Value> {
    let paths = description["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| {
                ((path.clone(), method.to_uppercase()), operation.clone())
            })
        })
        .collect()
}

#[test]
fn every_path_and_method_of_the_code_is_described_and_no_other() {
    let own = PATHS.iter().map(|(name, _, method)| (*method, *name));
    let beacons = beacon::PATHS.map(|path| ("GET", path.trim_start_matches('/')));
    let served: BTreeSet<(String, String)> = guests::served()
        .chain(sdk_proxy::served())
        .chain(own)
        .chain(beacons)
        .chain(preview::overlay::asset_paths().map(|path| ("GET", path)))
        .map(|(method, path)| (format!("/{path}"), method.to_owned()))
        .collect();
    let described: BTreeSet<(String, String)> = operations(&description()).into_keys().collect();
    assert_eq!(described, served);
}

#[test]
fn what_is_described_is_found() {
    for (path, _) in operations(&description()).into_keys() {
        let own = endpoints::find(&path);
        let is_own = PATHS.iter().any(|(name, ..)| path == format!("/{name}"));
        assert_eq!(
            own.is_some(),
            is_own || path.starts_with("/guests"),
            "{path}"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(value: &Value, whole: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| follow(item, whole)),
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(whole.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|member| follow(member, whole));
            }
            _ => {}
        }
    }
    let description = description();
    assert_eq!(description["openapi"], "3.1.0");
    follow(&description, &description);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let mut names = BTreeSet::new();
    for (at, operation) in operations(&description()) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name), "{at:?} has another's name");
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{at:?}"
        );
    }
}

#[test]
fn the_scope_of_every_operation_with_a_key_is_the_codes() {
    let scopes: BTreeMap<(String, String), &str> = guests::scopes()
        .map(|(method, path, scope)| ((format!("/{path}"), method.to_owned()), scope))
        .collect();
    let mut seen = 0;
    for (at, operation) in operations(&description()) {
        if at.0.starts_with("/guests") {
            seen += 1;
            assert_eq!(operation["security"][0]["key"][0], scopes[&at], "{at:?}");
        } else if at == ("/preview".to_owned(), "POST".to_owned()) {
            assert_eq!(operation["security"][0]["key"][0], Scope::Preview.name());
        } else if at == ("/purge".to_owned(), "POST".to_owned()) {
            assert_eq!(operation["security"][0]["key"][0], Scope::Purge.name());
        } else {
            assert_eq!(operation.get("security"), None, "{at:?}");
        }
    }
    assert_eq!(seen, scopes.len());
}

#[test]
fn the_fields_of_a_guest_are_the_codes() {
    let description = description();
    let described = description
        .pointer("/components/schemas/GuestFields/properties")
        .unwrap();
    let described: BTreeSet<&str> = described
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(described, guests::field_names().collect());
    let names = &description["components"]["parameters"]["extension"]["schema"]["enum"];
    assert_eq!(*names, serde_json::json!(guests::extension_names()));
    assert_eq!(
        description["components"]["schemas"]["NewExtension"]["properties"]["name"]["enum"],
        *names
    );
}

#[test]
fn it_is_read_below_the_configured_prefix() {
    let mut site = fixture::site();
    site.endpoint_prefix = "/edge/cdp".to_owned();
    let answer = openapi("GET", &site);
    let served: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (answer.status, &served["servers"][0]["url"]),
        (200, &Value::from("/edge/cdp"))
    );
    assert_eq!(openapi("POST", &site).status, 405);
}
