//! docs/configuration.md must name every key, and its examples must be right.

use serde_json::{Map, Value, json};

use super::{lines, vars};
use crate::config::{names, parse, parse_strict};

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// The names that the problem of an unknown key in `SITE` lists: those that the code reads.
fn site_keys_as_read() -> Vec<String> {
    let problems = parse(&vars(json!({"SITE": {"?": 1}}))).unwrap_err();
    let (_, allowed) = problems[0].problem.rsplit_once(": ").unwrap();
    allowed
        .split(", ")
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

#[test]
fn the_table_of_site_keys_is_what_the_code_reads() {
    assert_eq!(site_keys_as_read(), names::SITE);
}

#[test]
fn every_key_has_its_row() {
    let parts = [
        "mode",
        "cookie",
        "id",
        "personalisation",
        "analytics",
        "kind",
        "library_url",
        "container_id",
        "path",
        "method",
        "event",
        "provider",
        "fields",
        "experience",
        "experiment",
        "ttl_s",
        "stale_s",
        "strip_cookies",
        "bypass_cookies",
        "host",
        "point_of_sale",
        "CDP_API_TOKEN",
        "XM_API_KEY",
        "XM_API_KEY_2",
        "PREVIEW_KEY",
        "EVENTS",
        "CONFIG",
    ];
    let headings = [
        "consent",
        "tag",
        "goals",
        "identities",
        "guest_updates",
        "page_experiences",
        "cache",
    ];
    for name in names::SITE.iter().chain(&names::VARS).chain(&parts) {
        let described = if headings.contains(name) {
            PAGE.contains(&format!("[vars.SITE.{name}]"))
        } else {
            PAGE.contains(&format!("\n| `{name}` |"))
        };
        assert!(described, "{name} is not described");
    }
}

#[test]
fn every_example_is_valid() {
    let examples: Vec<&str> = PAGE
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(examples.len() > 10, "the examples are not where they were");
    for example in examples {
        let file: Map<String, Value> = toml::from_str(example).unwrap();
        let config = parse_strict(&vars(file["vars"].clone()));
        assert!(
            config.is_ok(),
            "{example}\n{:?}",
            config.map_err(|problems| lines(&problems))
        );
    }
}
