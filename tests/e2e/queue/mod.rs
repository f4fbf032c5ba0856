//! Promise: with a queue bound as `EVENTS`, an accepted event is stored first and reaches the CDP at least once (product §6,
//! faults G1, G2, P8).

mod delivering;
mod killed;
mod replaced;
mod storing;

use serde_json::{Value, json};
use xm_edge_tests::{QueueSettings, Reply, Response, World, visitor_cookie};

use crate::common::{hero_page, post};

/// A site with a queue, and the page of `common` at `/`.
fn world() -> World {
    world_with(QueueSettings::default())
}

fn world_with(settings: QueueSettings) -> World {
    let world = World::build().queue(settings).start();
    world.page("/", Reply::html(hero_page().html()));
    world
}

/// The browser id of a visitor.
fn visitor(number: usize) -> String {
    format!("{number:08x}-3d7b-4f6e-9a2c-5b4d3c2e1f00")
}

/// A page of visitor `number` sends the event `kind` with this `n`.
fn tell(world: &World, number: usize, kind: &str, n: usize) -> Response {
    let body = json!({"type": kind, "ext": {"n": n}}).to_string();
    post(world, "/_cdp/event", "application/json", body)
        .cookies(&visitor_cookie(&visitor(number)))
        .get()
}

/// As [`tell`], accepted.
#[track_caller]
fn told(world: &World, number: usize, kind: &str, n: usize) {
    let response = tell(world, number, kind, n);
    assert_eq!(response.status, 202, "{}", response.text());
}

/// `ext.n` of the events of a visitor that the CDP got, in order.
fn arrived(world: &World, number: usize) -> Vec<u64> {
    let id = visitor(number);
    let events = world.cdp.events();
    let of_visitor = events
        .iter()
        .filter(|event| event["browser_id"] == id.as_str());
    of_visitor
        .filter_map(|event| event["ext"]["n"].as_u64())
        .collect()
}

/// The CDP takes an event.
fn taken() -> Reply {
    Reply::json(json!({"status": "OK", "version": "1.2"})).with_status(201)
}

/// The CDP does not know the browser id.
fn unknown() -> Reply {
    let body = json!({"status": "NOT_FOUND", "version": "1.2", "error_msg": "Invalid browser id/ref specified"});
    Reply::json(body).with_status(404)
}

/// Waits for the log line about a batch that has this outcome; gives the counts.
fn batch_line(world: &World, outcome: &str) -> Value {
    let line = world.log_line(&format!("of a batch with {outcome}"), |line| {
        line["route"] == "queue" && line["outcomes"].get(outcome).is_some()
    });
    line["outcomes"].clone()
}
