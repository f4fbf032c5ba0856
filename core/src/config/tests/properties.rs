//! Any JSON at all: no panic, no silence, and the blame where the fault is.

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::vars;
use crate::config::{names, parse, parse_strict, site_for};

/// Names that mean something somewhere, so that random tables reach every reader.
const PARTS: [&str; 25] = [
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
    "email",
    "CDP_API_TOKEN",
    "é",
    "",
];

const TEXTS: [&str; 29] = [
    "",
    "html",
    "DE",
    "de-AT",
    "EUR",
    "WEB",
    "/",
    "/de",
    "/a/*",
    "/*",
    "*",
    "/_cdp",
    "cookie",
    "off",
    "gtm",
    "engage",
    "own",
    "GTM-A1",
    "https://a.example",
    "https://a.example/l.js",
    "http://127.0.0.1:1/",
    "shop.example",
    "[::1]",
    "POST",
    "home_hero",
    "SIGNUP",
    "/firstName",
    "{}",
    "[[[",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(names::SITE.to_vec()).prop_map(str::to_owned),
        4 => select(PARTS.to_vec()).prop_map(str::to_owned),
        1 => select(names::VARS.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..40_000_u32).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(TEXTS.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "/[ -~ä]{0,20}".prop_map(Value::from),
        "https?://[ -~ä]{0,20}".prop_map(Value::from),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn environment() -> impl Strategy<Value = Map<String, Value>> {
    let names = select(names::VARS.to_vec()).prop_map(str::to_owned);
    prop::collection::vec((names, json()), 0..8).prop_map(|pairs| pairs.into_iter().collect())
}

proptest! {
    #[test]
    fn any_environment_is_read_or_explained(vars in environment()) {
        for result in [parse(&vars), parse_strict(&vars)] {
            if let Err(problems) = result {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(!problem.key.is_empty() && !problem.problem.is_empty());
                    prop_assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
                }
            }
        }
    }

    #[test]
    fn one_wrong_key_of_the_site_is_blamed_alone(name in name(), value in json()) {
        let site = json!({name.clone(): value});
        if let Err(problems) = parse(&vars(json!({"SITE": site}))) {
            let key = format!("SITE.{}", crate::config::found::key(&name));
            for problem in problems {
                prop_assert!(problem.key.starts_with(&key), "{problem:?} for {key}");
            }
        }
    }

    #[test]
    fn numbers_that_are_accepted_are_in_range(
        budget in any::<i32>(), wait in 0..40_000, hold in 0..10_000, reuse in any::<u32>(),
    ) {
        let site = json!({
            "decision_budget_ms": budget, "id_budget_ms": wait, "hold_limit_kib": hold, "reuse_decisions_s": reuse,
        });
        let fits = (10..=30_000).contains(&budget) && (0..=30_000).contains(&wait)
            && (1..=8192).contains(&hold) && reuse <= 86_400;
        prop_assert_eq!(parse(&vars(json!({"SITE": site}))).is_ok(), fits);
    }

    #[test]
    fn any_request_finds_a_site(host in any::<String>(), path in any::<String>(), sites in json()) {
        if let Ok(config) = parse(&vars(json!({"SITES": sites}))) {
            prop_assert!(!site_for(&config, &host, &path).point_of_sale.is_empty());
        }
    }
}

#[test]
fn json_nested_without_end_is_a_problem_not_a_crash() {
    let deep = "[".repeat(100_000);
    let problems = parse(&vars(json!({"SITE": deep}))).unwrap_err();
    assert_eq!(problems[0].key, "SITE");
}
