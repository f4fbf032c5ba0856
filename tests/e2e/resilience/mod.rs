//! Promise: a CDP that fails costs the visitor nothing, and the product can be switched off without a deploy (product §8, §10;
//! faults A, G5).

mod breaker;
mod reuse;
mod rollout;

use serde_json::Value;
use xm_edge_tests::World;

/// What `GET /_cdp/health` says, and its status.
fn health(world: &World) -> (u16, Value) {
    let response = world.visit("/_cdp/health").get();
    let body = serde_json::from_slice(&response.decoded()).expect("health is JSON");
    (response.status, body)
}

/// The lines about pages, in order.
fn page_lines(world: &World) -> Vec<Value> {
    pages(&world.workerd.lines().all()).collect()
}

/// Waits for so many lines about pages; gives the last of them.
fn line_of_page(world: &World, number: usize) -> Value {
    let what = format!("the line of page {number}");
    world
        .workerd
        .lines()
        .wait_for(&what, |lines| pages(lines).nth(number - 1))
}

fn pages(lines: &[String]) -> impl Iterator<Item = Value> {
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.filter(|line: &Value| line["route"].is_string() && line["route"] != "events")
}
