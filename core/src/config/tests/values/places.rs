//! Where something is: origins, hosts, paths, libraries.

use serde_json::json;

use super::check;
use crate::config::{
    PathPattern, parse,
    tests::{config, keys, vars},
};

#[test]
fn origins_hold_nothing_but_the_origin() {
    for name in ["XM_ORIGIN", "CDP_ENDPOINT", "WEB_FLOW_ENDPOINT"] {
        check(
            name,
            &[
                json!("https://api.example"),
                json!("https://api.example/"),
                json!("HTTPS://API.example:8443"),
                json!("http://127.0.0.1:9000"),
                json!("http://[::1]:9000/"),
            ],
            &[
                json!("api.example"),
                json!("//api.example"),
                json!("https:api.example"),
                json!("https://"),
                json!("ftp://api.example"),
                json!("https://api.example/v1.2"),
                json!("https://api.example//"),
                json!("https://api.example?x"),
                json!("https://api.example/#"),
                json!("https://user@api.example"),
                json!("https://user:pw@api.example"),
                json!("https://api.example:99999"),
                json!("https://api example"),
                json!(" https://api.example"),
                json!("https://api.example\n"),
                json!("https://api.<region>.example"),
                json!(format!("https://{}.example", "a".repeat(2048))),
                json!(443),
            ],
        );
    }
}

#[test]
fn paths_begin_with_a_slash_and_are_as_sent() {
    let paths = config(json!({"SITE": {"exclude_paths": [
        "/", "/*", "/api/*", "/api*", "/a b/ü", "/%C3%BC*", "/a//b", "/...", "/a^{b}",
    ]}}))
    .site
    .exclude_paths;
    let exact = |path: &str| PathPattern::Exact(path.to_owned());
    let prefix = |path: &str| PathPattern::Prefix(path.to_owned());
    assert_eq!(
        paths,
        [
            exact("/"),
            prefix("/"),
            prefix("/api/"),
            prefix("/api"),
            exact("/a%20b/%C3%BC"),
            prefix("/%C3%BC"),
            exact("/a//b"),
            exact("/..."),
            exact("/a%5E%7Bb%7D"),
        ]
    );
    check(
        "SITE.exclude_paths",
        &[],
        &[
            json!([""]),
            json!(["api"]),
            json!(["*"]),
            json!(["/a*b"]),
            json!(["/**"]),
            json!(["/a?b"]),
            json!(["/a#b"]),
            json!(["/a/../b"]),
            json!(["/."]),
            json!(["/a\\b"]),
            json!(["/a\nb"]),
            json!(["https://a.example/"]),
            json!([["/a"]]),
        ],
    );
}

#[test]
fn the_endpoint_prefix_is_plain_and_not_one_of_xm() {
    check(
        "SITE.endpoint_prefix",
        &[json!("/_cdp"), json!("/a/b.c-d"), json!("/sitecores")],
        &[
            json!("/"),
            json!(""),
            json!("_cdp"),
            json!("/_cdp/"),
            json!("/a//b"),
            json!("/a b"),
            json!("/ä"),
            json!("/a/../b"),
            json!("/*"),
            json!("/sitecore/cdp"),
            json!("/Layouts"),
            json!("/-/cdp"),
            json!("/~"),
        ],
    );
}

#[test]
fn cookie_domains_are_names_that_browsers_take() {
    check(
        "SITE.cookie_domain",
        &[
            json!("shop.example"),
            json!(".shop.example"),
            json!("a-b.c_d.example"),
            json!("a.".repeat(125) + "com"),
            json!("bücher.example"),
        ],
        &[
            json!(""),
            json!("."),
            json!("com"),
            json!("localhost"),
            json!("127.0.0.1"),
            json!("[::1]"),
            json!("..a.example"),
            json!("a..example"),
            json!("a.example; Secure"),
            json!("https://a.example"),
            json!("a.example:80"),
            json!("*.a.example"),
            json!("a%2eexample"),
            json!("a.".repeat(126) + "com"),
            json!(format!("{}.example", "a".repeat(64))),
        ],
    );
    let domain = config(json!({"SITE": {"cookie_domain": ".Bücher.example"}}))
        .site
        .cookie_domain;
    assert_eq!(domain.as_deref(), Some("xn--bcher-kva.example"));
}

#[test]
fn hosts_are_names_alone() {
    for bad in [
        "",
        "a.example:80",
        "https://a.example",
        "a.example/de",
        "*.a.example",
        "a b",
        "a@b.example",
        "a..b",
    ] {
        let problems = parse(&vars(json!({"SITES": [{"host": bad}]}))).unwrap_err();
        assert_eq!(keys(&problems), ["SITES[0].host"], "{bad}");
    }
    for bad in ["", "de", "/de*", "/de?x", "/de/.."] {
        let problems = parse(&vars(json!({"SITES": [{"path": bad}]}))).unwrap_err();
        assert_eq!(keys(&problems), ["SITES[0].path"], "{bad}");
    }
}

#[test]
fn libraries_come_over_https_or_from_this_machine() {
    for (url, fits) in [
        ("https://cdn.example/a@1.4/l.js?x=1", true),
        ("http://localhost:8080/l.js", true),
        ("http://127.0.0.1/l.js", true),
        ("http://[::1]/l.js", true),
        ("http://cdn.example/l.js", false),
        ("http://10.0.0.1/l.js", false),
        ("http://[::2]/l.js", false),
        ("http://localhost.evil.example/l.js", false),
        ("//cdn.example/l.js", false),
        ("javascript:alert(1)", false),
        ("https://u:p@cdn.example/l.js", false),
        ("", false),
    ] {
        for kind in ["engage", "boxever"] {
            let site = json!({"tag": {"kind": kind, "library_url": url}});
            assert_eq!(
                parse(&vars(json!({"SITE": site}))).is_ok(),
                fits,
                "{kind} {url}"
            );
        }
    }
}
