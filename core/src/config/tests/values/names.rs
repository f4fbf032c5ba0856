//! Names that others gave: keys, friendly ids, pointers, cookies, containers.

use serde_json::json;

use super::check;
use crate::config::{Tag, parse, tests::vars};

#[test]
fn keys_of_the_tenant_fit_where_they_are_put() {
    check(
        "CDP_CLIENT_KEY",
        &[json!("a"), json!("A-b_9"), json!("k".repeat(128))],
        &[
            json!("a b"),
            json!("a;b"),
            json!("ä"),
            json!("a="),
            json!("k".repeat(129)),
            json!(5),
        ],
    );
    check(
        "SITECORE_EDGE_CONTEXT_ID",
        &[json!("4fGh"), json!("a+b/c=")],
        &[json!("a b"), json!("ä"), json!("k".repeat(129)), json!([])],
    );
    check(
        "POINT_OF_SALE",
        &[
            json!("shop/ie"),
            json!("Läden (alle)"),
            json!("é".repeat(128)),
        ],
        &[
            json!(" shop"),
            json!("shop\u{a0}"),
            json!("a\nb"),
            json!("é".repeat(129)),
            json!(1),
        ],
    );
}

#[test]
fn friendly_ids_end_in_a_star_at_most() {
    check(
        "SITE.trusted_html",
        &[
            json!([]),
            json!(["home_hero", "A-1", "component_x*"]),
            json!(["i".repeat(128)]),
        ],
        &[
            json!([""]),
            json!(["*"]),
            json!(["a*b"]),
            json!(["a**"]),
            json!(["a b"]),
            json!(["i".repeat(129)]),
            json!([1]),
            json!("home_hero"),
            json!({}),
        ],
    );
}

#[test]
fn pointers_are_those_of_rfc_6901_without_the_whole() {
    check(
        "SITE.guest_fields",
        &[json!(["/firstName", "/a~0b~1c/0", "/", "/a b"])],
        &[
            json!([""]),
            json!(["firstName"]),
            json!(["/a~"]),
            json!(["/a~2"]),
            json!(["#/a"]),
            json!([null]),
        ],
    );
}

#[test]
fn cookie_names_are_tokens() {
    for (name, fits) in [
        ("OptanonConsent", true),
        ("__Host-a.b~|", true),
        ("", false),
        ("a b", false),
        ("a=b", false),
        ("a;b", false),
        ("ä", false),
        ("a\"", false),
        ("a,b", false),
    ] {
        let site = json!({"consent": {"mode": "cookie", "cookie": name}});
        assert_eq!(parse(&vars(json!({"SITE": site}))).is_ok(), fits, "{name}");
        let site = json!({"cache": [{"path": "/", "ttl_s": 1, "strip_cookies": [name]}]});
        assert_eq!(parse(&vars(json!({"SITE": site}))).is_ok(), fits, "{name}");
        let site = json!({"cache": [{"path": "/", "ttl_s": 1, "bypass_cookies": [name]}]});
        assert_eq!(parse(&vars(json!({"SITE": site}))).is_ok(), fits, "{name}");
    }
}

#[test]
fn a_version_of_kept_pages_is_a_short_text_or_none() {
    for (version, fits) in [
        (json!("2"), true),
        (json!(""), true),
        (json!("2026-11-27 new layout"), true),
        (json!("x".repeat(128)), true),
        (json!("x".repeat(129)), false),
        (json!(2), false),
        (json!(" 2"), false),
        (json!("a\u{7}"), false),
    ] {
        let site = json!({ "cache_version": version });
        let parsed = parse(&vars(json!({ "SITE": site })));
        assert_eq!(parsed.is_ok(), fits, "{version}");
        if let Ok(config) = parsed {
            assert_eq!(json!(config.site.cache_version), version);
        }
    }
}

#[test]
fn containers_are_those_of_google() {
    for (id, fits) in [
        ("GTM-A1", true),
        ("GTM-", false),
        ("gtm-a1", false),
        ("GTM-a1", false),
        ("A1", false),
        ("GTM-A1'", false),
    ] {
        let site = json!({"tag": {"kind": "gtm", "container_id": id}});
        assert_eq!(parse(&vars(json!({"SITE": site}))).is_ok(), fits, "{id}");
    }
}

#[test]
fn a_tag_of_the_pages_own_is_not_the_absence_of_one() {
    for (kind, tag) in [("none", Tag::None), ("own", Tag::Own)] {
        let site = json!({"tag": {"kind": kind}});
        let parsed = parse(&vars(json!({"SITE": site}))).unwrap();
        assert_eq!(parsed.site.tag, tag);
    }
}
