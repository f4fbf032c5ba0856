//! The configuration: one that is good is within its bounds, one that is not names every key, and no secret is repeated.
//!
//! In: the variables as JSON. Out: a panic where a bad one counts as good, or where a problem helps nobody.

use serde_json::{Map, Value};
use xm_edge_core::config::{Config, Problem, Rollout, VARS, parse, parse_strict, site_for};

/// Longest problem, in characters: it stands in a log line. The longest lists every key of a table.
const LONGEST_PROBLEM: usize = 1_500;

/// Checks one input.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Err(problems) = Rollout::read(Some(text)) {
        assert_helpful(&problems, &["CONFIG"]);
    }
    let Ok(Value::Object(vars)) = serde_json::from_str(text) else {
        return;
    };
    let lenient = parse(&vars);
    let strict = parse_strict(&vars);
    match (&lenient, &strict) {
        (Ok(lenient), Ok(strict)) => assert_eq!(lenient, strict),
        (Err(_), Ok(_)) => panic!("the strict reading is the lenient one"),
        (Ok(_), Err(problems)) => {
            let ours = |problem: &Problem| VARS.contains(&problem.key.as_str());
            assert!(
                !problems.iter().any(ours),
                "only foreign names are worse: {problems:?}"
            );
        }
        (Err(lenient), Err(strict)) => {
            assert!(lenient.iter().all(|problem| strict.contains(problem)));
        }
    }
    if let Err(problems) = &lenient {
        assert_helpful(problems, &VARS);
    }
    if let Err(problems) = &strict {
        assert!(!problems.is_empty());
    }
    if let Ok(config) = &lenient {
        assert_bounded(config);
        assert_foreign_names_are_found(&vars);
    }
}

fn assert_helpful(problems: &[Problem], keys: &[&str]) {
    assert!(!problems.is_empty(), "refused without a problem");
    for Problem { key, problem } in problems {
        let first = key.split(['.', '[']).next().unwrap_or_default();
        assert!(keys.contains(&first), "a problem of {key}");
        let is_line = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_control());
        assert!(
            is_line(problem) && is_line(key),
            "a problem is one line: {key}: {problem}"
        );
        assert!(
            problem.chars().count() <= LONGEST_PROBLEM,
            "a problem is short: {problem}"
        );
    }
}

fn assert_bounded(config: &Config) {
    let site = &config.site;
    for url in [&config.cdp.endpoint, &config.cdp.edge_endpoint]
        .into_iter()
        .chain(&config.xm_origin)
    {
        assert!(
            matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none()
        );
        assert!(url.username().is_empty() && url.password().is_none() && url.host().is_some());
    }
    let key = &config.cdp.client_key;
    assert!(
        !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    );
    assert!((10..=30_000).contains(&site.decision_budget_ms) && site.id_budget_ms <= 30_000);
    assert!((1..=8_192).contains(&site.hold_limit_kib));
    assert!(!site.point_of_sale.is_empty() && !site.point_of_sale.contains(char::is_control));
    assert!(site.endpoint_prefix.starts_with('/') && !site.endpoint_prefix.ends_with('/'));
    assert!(
        site.endpoint_prefix
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'%'))
    );
    assert!(site.cookie_domain.as_ref().is_none_or(|domain| {
        domain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    }));
    assert!(
        site.currency.len() == 3 && site.currency.bytes().all(|byte| byte.is_ascii_uppercase())
    );
    for host in ["shop.example", "SHOP.example:8443", "[::1]:80", ""] {
        for path in ["/", "/de", "/de/x", "/dex", ""] {
            let here = site_for(config, host, path);
            assert_eq!(here.endpoint_prefix, site.endpoint_prefix);
        }
    }
}

/// A slip in a name never means "default".
fn assert_foreign_names_are_found(vars: &Map<String, Value>) {
    let mut more = vars.clone();
    more.insert(
        "CDP_CLIENT_KEYS".to_owned(),
        Value::from("hunter2-is-a-secret"),
    );
    more.insert(
        "CDP_API_TOKEN".to_owned(),
        Value::from("hunter2-is-a-secret"),
    );
    let Err(problems) = parse_strict(&more) else {
        panic!("a name that is not ours was accepted");
    };
    let named = |key: &str| problems.iter().any(|problem| problem.key == key);
    assert!(named("CDP_CLIENT_KEYS") && named("CDP_API_TOKEN"));
    assert!(
        !problems
            .iter()
            .any(|problem| problem.problem.contains("hunter2")),
        "a secret is repeated"
    );
}
