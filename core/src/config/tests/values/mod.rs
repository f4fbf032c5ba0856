//! What each key accepts and refuses.

mod codes;
mod names;
mod numbers;
mod places;

use serde_json::{Value, json};

use super::{keys, parse, vars};

/// Asserts that `name` takes each of `good` and that each of `bad` is one problem of exactly that key.
fn check(name: &str, good: &[Value], bad: &[Value]) {
    let at = |value: &Value| match name.rsplit_once("SITE.") {
        Some((_, below)) => json!({"SITE": {below: value}}),
        None => json!({name: value}),
    };
    for value in good {
        let result = parse(&vars(at(value)));
        assert!(result.is_ok(), "{name} = {value}: {result:?}");
    }
    for value in bad {
        let problems = parse(&vars(at(value))).expect_err(&format!("{name} = {value}"));
        let key = match value {
            Value::Array(entries) if !entries.is_empty() => format!("{name}[0]"),
            _ => name.to_owned(),
        };
        assert_eq!(keys(&problems), [key], "{name} = {value}");
    }
}
