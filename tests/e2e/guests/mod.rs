//! Promise: XM's server creates, finds, retrieves, changes and deletes guests and their data extensions through the
//! Worker, which alone holds the CDP's credentials. Nobody else does, and no log says whom it was about (product §7, §12).

mod access;
mod description;
mod faults;
mod keys;
mod scenarios;
mod tenant;

use serde_json::{Value, json};
use xm_edge_tests::{Response, Visit, World, WorldBuilder};

/// The key of XM's server.
const KEY: &str = "k3y-of-xms-server-0123456789abcdef";
/// The password of the CDP's REST API.
const TOKEN: &str = "t0ken-of-the-tenant-0123456789abcdef";
/// A guest.
const GUEST: &str = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";
/// Another.
const OTHER: &str = "0c5f1d9e-7a44-4f0b-9d11-6f2f5b8c7e01";

/// A site with both secrets.
fn build() -> WorldBuilder {
    World::build()
        .var("XM_API_KEY", json!(KEY))
        .var("CDP_API_TOKEN", json!(TOKEN))
}

/// A call of XM's server.
fn call<'w>(world: &'w World, method: &str, path: &str) -> Visit<'w> {
    Visit::from_server(&world.workerd, &format!("/_cdp/guests{path}"), KEY).method(method)
}

/// A call with a JSON body.
fn send<'w>(world: &'w World, method: &str, path: &str, body: &Value) -> Visit<'w> {
    call(world, method, path).body("application/json", body.to_string())
}

/// The JSON of an answer.
fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.decoded())
        .unwrap_or_else(|_| panic!("no JSON: {}", response.text()))
}

/// The answer is a problem document of this status that no cache keeps; gives the fields that it names.
#[track_caller]
fn problem(response: &Response, status: u16) -> Vec<String> {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("access-control-allow-origin"), None);
    let document = json_of(response);
    assert_eq!(document["status"], status);
    assert!(
        document["detail"]
            .as_str()
            .is_some_and(|detail| detail.len() > 10),
        "{document}"
    );
    let errors = document["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| error["field"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// What the CDP was asked about guests: method and target.
fn asked(world: &World) -> Vec<String> {
    let line = |request: &xm_edge_tests::Request| format!("{} {}", request.method, request.target);
    world.cdp.rest().iter().map(line).collect()
}

/// `Basic` of the tenant's client key and token.
fn basic() -> String {
    // base64 of "pqsTESTKEY0123456789abcdefABCDEF:t0ken-of-the-tenant-0123456789abcdef"
    "Basic cHFzVEVTVEtFWTAxMjM0NTY3ODlhYmNkZWZBQkNERUY6dDBrZW4tb2YtdGhlLXRlbmFudC0wMTIzNDU2Nzg5YWJjZGVm".to_owned()
}
