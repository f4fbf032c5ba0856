//! Several keys: replaced without a gap, and each with its own rights.

use serde_json::json;
use xm_edge_tests::{Reply, Visit, World};

use super::{GUEST, TOKEN, asked, problem};

fn world(first: &str, second: &str) -> World {
    let world = World::build()
        .var("XM_API_KEY", json!(first))
        .var("XM_API_KEY_2", json!(second))
        .var("CDP_API_TOKEN", json!(format!("{TOKEN}\n")))
        .start();
    world
        .cdp
        .rest_with(|_| Reply::json(json!({"ref": GUEST, "items": []})));
    world
}

fn status(world: &World, key: &str, method: &str, path: &str) -> u16 {
    let visit =
        Visit::from_server(&world.workerd, &format!("/_cdp/guests{path}"), key).method(method);
    let answer = if matches!(method, "GET" | "DELETE") {
        visit.get()
    } else {
        visit
            .body("application/json", r#"{"email":"jane@d.ie"}"#)
            .get()
    };
    if answer.status != 200 && answer.status != 201 {
        problem(&answer, answer.status);
    }
    answer.status
}

#[test]
fn while_a_key_is_replaced_both_are_accepted() {
    let world = world("old-key", "new-key");
    for (key, expected) in [("old-key", 200), ("new-key", 200), ("older-key", 401)] {
        assert_eq!(
            status(&world, key, "GET", &format!("/{GUEST}")),
            expected,
            "{key}"
        );
    }
}

#[test]
fn a_key_may_do_what_its_scopes_say() {
    let world = world(
        "read:reader read,write:editor delete:eraser write:writer",
        "everything",
    );
    let at = format!("/{GUEST}");
    #[rustfmt::skip]
    let cases = [
        ("reader", [200, 403, 403, 403, 403]), ("editor", [200, 200, 403, 201, 201]),
        ("eraser", [403, 403, 200, 403, 403]), ("everything", [200, 200, 200, 201, 201]),
        // A key that may not read does not find.
        ("writer", [403, 200, 403, 201, 403]),
    ];
    for (key, expected) in cases {
        let calls = [
            ("GET", at.as_str()),
            ("PATCH", &at),
            ("DELETE", &at),
            ("POST", ""),
            ("POST", "?createOrFind=true"),
        ];
        let statuses = calls.map(|(method, path)| status(&world, key, method, path));
        assert_eq!(statuses, expected, "{key}");
    }
}

#[test]
fn a_slip_in_a_secret_admits_nobody_and_is_named() {
    let world = world("reed:reader", "");
    let answer =
        Visit::from_server(&world.workerd, &format!("/_cdp/guests/{GUEST}"), "reader").get();
    problem(&answer, 503);
    assert!(
        answer.text().contains("XM_API_KEY") && !answer.text().contains("reed"),
        "{}",
        answer.text()
    );
    assert!(asked(&world).is_empty());
}
