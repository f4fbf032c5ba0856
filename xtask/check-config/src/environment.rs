//! The environments of a `wrangler.toml`, merged as wrangler merges them.
//!
//! In: the file. Out: per environment the variables that the Worker will see, as JSON, its routes and its queues. `vars` and
//! `queues` are not inherited: an `[env.x]` has its own or none. `routes` are.

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use toml::Table;

use crate::queues::Queues;

/// What the top level is called.
pub const LOCAL: &str = "local";

/// One environment.
#[derive(Debug)]
pub struct Environment {
    /// `local`, or the name after `env.`.
    pub name: String,
    /// `vars`.
    pub vars: Map<String, Value>,
    /// The patterns of `route` and `routes`.
    pub routes: Vec<String>,
    /// `queues`.
    pub queues: Queues,
}

impl Environment {
    /// Whether this is the top level, which runs on a developer's machine.
    pub fn is_local(&self) -> bool {
        self.name == LOCAL
    }
}

/// The environment called `name`, or all of them, the local one first.
///
/// # Errors
/// When there is no such environment, or `env` or `vars` is not a table.
pub fn select(wrangler: &Table, name: Option<&str>) -> anyhow::Result<Vec<Environment>> {
    let none = Table::new();
    let named = table(wrangler, "env")?.unwrap_or(&none);
    let mut found = Vec::new();
    if name.is_none_or(|name| name == LOCAL) {
        found.push(environment(LOCAL, wrangler, wrangler)?);
    }
    for key in named
        .keys()
        .filter(|key| name.is_none_or(|name| name == *key))
    {
        let own = table(named, key)?.with_context(|| format!("env.{key} is empty"))?;
        found.push(environment(key, own, wrangler).with_context(|| format!("in env.{key}"))?);
    }
    if let (Some(name), true) = (name, found.is_empty()) {
        let known: Vec<_> = std::iter::once(LOCAL)
            .chain(named.keys().map(String::as_str))
            .collect();
        bail!(
            "there is no environment {name}; there are: {}",
            known.join(", ")
        );
    }
    Ok(found)
}

fn environment(name: &str, own: &Table, top: &Table) -> anyhow::Result<Environment> {
    let vars = table(own, "vars")?.map(to_json).unwrap_or_default();
    let mut routes = patterns(own);
    if routes.is_empty() {
        routes = patterns(top);
    }
    Ok(Environment {
        name: name.to_owned(),
        vars,
        routes,
        queues: Queues::of(own),
    })
}

fn table<'a>(parent: &'a Table, key: &str) -> anyhow::Result<Option<&'a Table>> {
    parent
        .get(key)
        .map(|value| {
            value
                .as_table()
                .with_context(|| format!("{key} is not a table"))
        })
        .transpose()
}

/// `route = "…"`, `routes = ["…", { pattern = "…" }]`.
fn patterns(table: &Table) -> Vec<String> {
    let listed = table
        .get("routes")
        .and_then(toml::Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    table
        .get("route")
        .into_iter()
        .chain(listed)
        .filter_map(|route| {
            route
                .as_str()
                .or_else(|| route.get("pattern").and_then(toml::Value::as_str))
        })
        .map(str::to_owned)
        .collect()
}

fn to_json(table: &Table) -> Map<String, Value> {
    table
        .iter()
        .map(|(key, value)| (key.clone(), value_to_json(value)))
        .collect()
}

fn value_to_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Array(list) => list.iter().map(value_to_json).collect(),
        toml::Value::Boolean(flag) => Value::Bool(*flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        // JSON has no inf and no nan.
        toml::Value::Float(number) => {
            serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number)
        }
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::String(text) => Value::String(text.clone()),
        toml::Value::Table(table) => Value::Object(to_json(table)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Table {
        text.parse().expect("TOML")
    }

    const FILE: &str = r#"
        routes = ["a.example/*"]
        [vars]
        POINT_OF_SALE = "top"
        [vars.SITE]
        debug = true
        [[vars.SITES]]
        path = "/de"
        [env.staging.vars]
        CDP_CLIENT_KEY = "key"
        [env.bare]
        route = "b.example/*"
        [env.object]
        routes = [{ pattern = "c.example/*", zone_name = "c.example" }]
    "#;

    #[test]
    fn an_environment_inherits_routes_but_no_vars() {
        let all = select(&parse(FILE), None).expect("environments");
        let names: Vec<_> = all
            .iter()
            .map(|environment| environment.name.as_str())
            .collect();
        assert_eq!(names, ["local", "bare", "object", "staging"]);
        let routes: Vec<_> = all
            .iter()
            .map(|environment| environment.routes.join(" "))
            .collect();
        assert_eq!(
            routes,
            ["a.example/*", "b.example/*", "c.example/*", "a.example/*"]
        );
        assert!(all[1].vars.is_empty());
        assert_eq!(
            Value::Object(all[3].vars.clone()),
            json!({"CDP_CLIENT_KEY": "key"})
        );
    }

    #[test]
    fn tables_and_arrays_of_tables_become_json() {
        let local = select(&parse(FILE), Some("local")).expect("the top level");
        let expected =
            json!({"POINT_OF_SALE": "top", "SITE": {"debug": true}, "SITES": [{"path": "/de"}]});
        assert_eq!(local.len(), 1);
        assert_eq!(Value::Object(local[0].vars.clone()), expected);
    }

    #[test]
    fn an_unknown_environment_is_an_error_that_names_the_known_ones() {
        let error = select(&parse(FILE), Some("prod")).expect_err("there is none");
        assert!(
            error.to_string().contains("local, bare, object, staging"),
            "{error}"
        );
    }

    #[test]
    fn vars_that_are_no_table_are_an_error_not_an_empty_configuration() {
        assert!(select(&parse("vars = 1"), None).is_err());
        assert!(select(&parse("env = 1"), None).is_err());
    }
}
