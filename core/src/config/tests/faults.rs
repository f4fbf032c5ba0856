//! Faults: all of them, at the right key, and none invented.

use serde_json::json;

use super::{keys, lines, object, problems, vars};
use crate::config::{parse, parse_strict};

#[test]
fn ten_faults_are_ten_problems_each_at_its_key() {
    let vars = object(json!({
        "CDP_ENDPOINT": "https://api.example/v1.2",
        "CDP_CLIENT_KEY": "a key",
        "SITE": {
            "chanel": "WEB",
            "decision_budget_ms": "400",
            "hold_limit_kib": 0,
            "exclude_paths": ["/a", "b"],
            "consent": {"mode": "cookie"},
            "goals": [{"path": "/ok", "event": "OK"}, {"path": "/thanks", "method": "get", "event": "OK"}],
        },
        "SITES": [{"host": "https://shop.example"}],
    }));
    assert_eq!(
        keys(&parse(&vars).unwrap_err()),
        [
            "CDP_ENDPOINT",
            "CDP_CLIENT_KEY",
            "POINT_OF_SALE",
            "SITE.decision_budget_ms",
            "SITE.hold_limit_kib",
            "SITE.exclude_paths[1]",
            "SITE.consent.cookie",
            "SITE.goals[1].method",
            "SITE.chanel",
            "SITES[0].host",
        ]
    );
}

#[test]
fn an_empty_environment_names_the_required_variables() {
    let required = ["CDP_ENDPOINT", "CDP_CLIENT_KEY", "POINT_OF_SALE"];
    assert_eq!(keys(&parse(&object(json!({}))).unwrap_err()), required);
    let empty = object(json!({"CDP_ENDPOINT": "", "CDP_CLIENT_KEY": "", "POINT_OF_SALE": ""}));
    assert_eq!(keys(&parse(&empty).unwrap_err()), required);
}

#[test]
fn every_variable_of_the_wrong_type_is_reported() {
    let wrong = object(json!({
        "XM_ORIGIN": 1, "CDP_ENDPOINT": [], "CDP_CLIENT_KEY": {}, "POINT_OF_SALE": null,
        "SITECORE_EDGE_CONTEXT_ID": false, "SITECORE_EDGE_ENDPOINT": 1, "WEB_FLOW_ENDPOINT": 0.5, "SITE": [], "SITES": {},
    }));
    assert_eq!(
        keys(&parse(&wrong).unwrap_err()),
        [
            "XM_ORIGIN",
            "CDP_ENDPOINT",
            "CDP_CLIENT_KEY",
            "POINT_OF_SALE",
            "SITECORE_EDGE_CONTEXT_ID",
            "SITECORE_EDGE_ENDPOINT",
            "WEB_FLOW_ENDPOINT",
            "SITE",
            "SITES",
        ]
    );
}

#[test]
fn keys_of_another_mode_or_kind_are_not_ignored() {
    let cases = [
        (
            json!({"consent": {"mode": "off", "cookie": "c", "analytics": "x"}}),
            vec!["SITE.consent.cookie", "SITE.consent.analytics"],
        ),
        (
            json!({"consent": {"cookie": "c"}}),
            vec!["SITE.consent.mode"],
        ),
        (
            json!({"consent": {"mode": "cookies", "cookie": "a b"}}),
            vec!["SITE.consent.mode", "SITE.consent.cookie"],
        ),
        (
            json!({"tag": {"kind": "gtm", "library_url": "https://a.example/l.js"}}),
            vec!["SITE.tag.library_url", "SITE.tag.container_id"],
        ),
        (
            json!({"tag": {"kind": "boxever", "container_id": "GTM-1"}}),
            vec!["SITE.tag.library_url", "SITE.tag.container_id"],
        ),
        (
            json!({"tag": {"kind": "none", "container_id": "GTM-1"}}),
            vec!["SITE.tag.container_id"],
        ),
        (
            json!({"tag": {"kind": "own", "library_url": "https://a.example/l.js"}}),
            vec!["SITE.tag.library_url"],
        ),
        (
            json!({"tag": {"kind": "gtag", "container_id": "1"}}),
            vec!["SITE.tag.kind", "SITE.tag.container_id"],
        ),
        (json!({"tag": "none"}), vec!["SITE.tag"]),
    ];
    for (site, expected) in cases {
        assert_eq!(keys(&problems(json!({"SITE": site}))), expected, "{site}");
    }
}

#[test]
fn rules_name_the_part_that_is_absent() {
    let problems = problems(json!({"SITE": {
        "goals": [{}],
        "identities": [{"path": "/login", "fields": {"e-mail": "Email", "firstname": 1}}],
        "page_experiences": [{"path": "/a"}, {"path": "/b", "experience": "x", "experiment": "y"}],
        "cache": [{"path": "/c", "ttl_s": 0, "strip_cookies": ["a=b"]}, "d"],
    }}));
    assert_eq!(
        keys(&problems),
        [
            "SITE.goals[0].path",
            "SITE.goals[0].event",
            "SITE.identities[0].provider",
            "SITE.identities[0].id",
            "SITE.identities[0].fields.firstname",
            "SITE.identities[0].fields.e-mail",
            "SITE.page_experiences[0]",
            "SITE.page_experiences[1].experiment",
            "SITE.cache[0].ttl_s",
            "SITE.cache[0].strip_cookies[0]",
            "SITE.cache[1]",
        ]
    );
}

#[test]
fn two_flows_for_one_page_are_reported() {
    let problems = problems(json!({"SITE": {"page_experiences": [
        {"path": "/a", "experience": "x"},
        {"path": "/a*", "experience": "x"},
        {"path": "/straße", "experience": "x"},
        {"path": "/a", "experiment": "y"},
        {"path": "/stra%C3%9Fe", "experience": "y"},
    ]}}));
    let expected = [
        "SITE.page_experiences[3].path",
        "SITE.page_experiences[4].path",
    ];
    assert_eq!(keys(&problems), expected);
    let first = &problems[0].problem;
    assert!(first.contains("SITE.page_experiences[0]"), "{first}");
}

#[test]
fn sites_of_the_same_host_and_path_are_reported_once_normalised() {
    let problems = problems(json!({"SITES": [
        {"host": "a.example", "path": "/de"},
        {"host": "A.example.", "path": "/de/"},
        {"path": "/de"},
        {"host": "not a host", "path": "/de"},
        {"host": "a.example"},
        {"language": "DE"},
    ]}));
    assert_eq!(keys(&problems), ["SITES[1]", "SITES[3].host", "SITES[5]"]);
    assert!(
        problems[0].problem.contains("SITES[0]"),
        "{:?}",
        problems[0]
    );
}

#[test]
fn names_that_are_not_ours_are_problems_only_of_the_file() {
    let vars = vars(json!({
        "XM_ORIGINS": "x", "XM_API_KEY": "hunter2", "EVENTS": "q", "channel": "WEB", "SITE": {"XM_ORIGIN": "x"},
    }));
    assert_eq!(keys(&parse(&vars).unwrap_err()), ["SITE.XM_ORIGIN"]);
    assert_eq!(
        keys(&parse_strict(&vars).unwrap_err()),
        [
            "SITE.XM_ORIGIN",
            "EVENTS",
            "XM_API_KEY",
            "XM_ORIGINS",
            "channel"
        ]
    );
}

#[test]
fn what_may_be_secret_is_never_repeated() {
    let vars = object(json!({
        "CDP_ENDPOINT": "https://admin:hunter2@api.example",
        "CDP_CLIENT_KEY": "hunter2 hunter2",
        "POINT_OF_SALE": "x",
        "SITECORE_EDGE_CONTEXT_ID": "hunter2\n",
        "WEB_FLOW_ENDPOINT": "hunter2",
        "XM_ORIGIN": "https://hunter2@:99999",
        "CDP_API_TOKEN": "hunter2",
        "SITE": {
            "PREVIEW_KEY": "hunter2",
            "tag": {"kind": "engage", "library_url": "https://x:hunter2@cdn.example/l.js"},
        },
        "SITES": "hunter2",
    }));
    let problems = parse_strict(&vars).unwrap_err();
    assert_eq!(problems.len(), 9, "{problems:?}");
    let shown = lines(&problems).join("\n");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_list_without_end_is_refused_as_a_whole() {
    let paths = vec!["/a"; 257];
    assert_eq!(
        keys(&problems(json!({"SITE": {"exclude_paths": paths}}))),
        ["SITE.exclude_paths"]
    );
    let goals = vec![json!({}); 257];
    assert_eq!(
        keys(&problems(json!({"SITE": {"goals": goals}}))),
        ["SITE.goals"]
    );
    let fits = vec!["/a"; 256];
    assert!(parse(&vars(json!({"SITE": {"exclude_paths": fits}}))).is_ok());
}

#[test]
fn problems_are_json_of_two_fields() {
    let problems = problems(json!({"SITE": {"debug": "yes"}}));
    assert_eq!(
        serde_json::to_value(&problems).unwrap(),
        json!([{"key": "SITE.debug", "problem": "expected true or false, found the string \"yes\""}])
    );
}
