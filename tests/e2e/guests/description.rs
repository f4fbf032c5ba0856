//! The description of the endpoints is there with `debug`, and there is no such path without.

use serde_json::json;
use xm_edge_tests::{Visit, World};

use super::{KEY, json_of, problem};

const TARGET: &str = "/_cdp/openapi.json";

#[test]
fn the_description_is_served_with_debug_alone() {
    let world = World::build()
        .site(json!({"debug": true, "endpoint_prefix": "/edge"}))
        .start();
    let served = Visit::from_server(&world.workerd, "/edge/openapi.json", KEY).get();
    assert_eq!(
        (served.status, served.header("content-type")),
        (200, Some("application/json"))
    );
    assert_eq!(served.header("cache-control"), Some("no-store"));
    let description = json_of(&served);
    assert_eq!(
        (&description["openapi"], &description["servers"][0]["url"]),
        (&json!("3.1.0"), &json!("/edge"))
    );
    problem(
        &Visit::from_server(&world.workerd, "/edge/openapi.json", KEY)
            .method("POST")
            .get(),
        405,
    );

    let world = World::start();
    problem(&Visit::from_server(&world.workerd, TARGET, KEY).get(), 404);
    assert!(world.origin().all().is_empty(), "XM was asked");
}

#[test]
fn the_beacon_is_only_read() {
    let world = World::start();
    let answer = Visit::from_server(&world.workerd, "/_cdp/beacon.js", KEY)
        .method("DELETE")
        .get();
    problem(&answer, 405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}
