//! Tests of the whole configuration, through `parse` and `parse_strict` alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod documentation;
mod example;
mod faults;
mod properties;
mod scopes;
mod texts;
mod values;

use serde_json::{Map, Value, json};

use super::{Config, Problem, parse};

/// The three variables that every configuration needs, and `more`.
fn vars(more: Value) -> Map<String, Value> {
    let mut vars = object(json!({
        "CDP_ENDPOINT": "https://api-engage-eu.sitecorecloud.io",
        "CDP_CLIENT_KEY": "pqsDATA1lVMxW9jjXAJMnVzSZMdeJ9Rp",
        "POINT_OF_SALE": "shop/ie",
    }));
    vars.extend(object(more));
    vars
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

fn config(more: Value) -> Config {
    parse(&vars(more)).unwrap()
}

fn problems(more: Value) -> Vec<Problem> {
    parse(&vars(more)).unwrap_err()
}

fn keys(problems: &[Problem]) -> Vec<&str> {
    problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect()
}

/// The problems as an operator reads them.
fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}
