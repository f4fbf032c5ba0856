//! Numbers, switches and choices.

use serde_json::{Value, json};

use super::check;
use crate::config::{
    parse,
    tests::{config, vars},
};

#[test]
fn numbers_are_whole_and_in_range() {
    for (name, least, most) in [
        ("SITE.decision_budget_ms", 10_i64, 30_000_i64),
        ("SITE.id_budget_ms", 0, 30_000),
        ("SITE.hold_limit_kib", 1, 8192),
        ("SITE.reuse_decisions_s", 0, 86_400),
        ("SITE.reuse_on_failure_s", 0, 86_400),
    ] {
        check(
            name,
            &[json!(least), json!(most), json!(least as f64)],
            &[
                json!(least - 1),
                json!(most + 1),
                json!(10.5),
                json!(-0.5),
                json!(1e300),
                json!(u64::MAX),
                json!(i64::MIN),
                json!(u64::from(u32::MAX) + 401),
                json!("100"),
                json!(true),
                json!(null),
                json!({}),
            ],
        );
    }
    assert_eq!(
        config(json!({"SITE": {"decision_budget_ms": 400.0}}))
            .site
            .decision_budget_ms,
        400
    );
}

#[test]
fn switches_are_true_or_false() {
    for name in ["personalise_not_found", "shadow", "debug"] {
        check(
            &format!("SITE.{name}"),
            &[json!(true), json!(false)],
            &[json!("true"), json!(1), json!(0), json!(null), json!([])],
        );
    }
}

#[test]
fn choices_are_closed() {
    for (name, choices) in [
        ("decision_budget_from", ["request", "origin"]),
        ("page_views", ["edge", "browser"]),
        ("bots", ["default", "count"]),
        ("browser_cache", ["no-store", "revalidate"]),
        ("guest_api", ["v2", "v2.1"]),
    ] {
        check(
            &format!("SITE.{name}"),
            &choices.map(Value::from),
            &[
                json!(""),
                json!("Edge"),
                json!("no_store"),
                json!("default "),
                json!(true),
            ],
        );
    }
}

#[test]
fn pages_are_cached_for_a_second_to_a_year() {
    for (ttl, stale, fits) in [
        (1, 0, true),
        (31_536_000, 31_536_000, true),
        (0, 0, false),
        (31_536_001, 0, false),
        (1, 31_536_001, false),
        (1, -1, false),
    ] {
        let site = json!({"cache": [{"path": "/a", "ttl_s": ttl, "stale_s": stale}]});
        assert_eq!(
            parse(&vars(json!({"SITE": site}))).is_ok(),
            fits,
            "{ttl} {stale}"
        );
    }
}
