//! Which site a request belongs to.

use std::borrow::Cow;

use serde_json::json;

use super::config;
use crate::config::{Language, site_for};

#[test]
fn the_most_specific_entry_holds_and_alone() {
    let config = config(json!({
        "SITE": {"currency": "USD"},
        "SITES": [
            {"path": "/de", "point_of_sale": "any/de", "currency": "EUR"},
            {"path": "/de/ch", "point_of_sale": "any/ch"},
            {"host": "Shop.example", "point_of_sale": "shop"},
            {"host": "shop.example", "path": "/de", "point_of_sale": "shop/de"},
            {"host": "127.0.0.1", "path": "/x", "point_of_sale": "local"},
            {"host": "[::1]", "path": "/x", "point_of_sale": "local6"},
            {"host": "bücher.example", "point_of_sale": "books"},
            {"host": "plain.example"},
        ],
    }));
    let cases = [
        ("www.example", "/", "shop/ie", "USD"),
        ("www.example", "/de", "any/de", "EUR"),
        ("www.example", "/de/", "any/de", "EUR"),
        ("www.example", "/de/schuhe", "any/de", "EUR"),
        ("www.example", "/dex", "shop/ie", "USD"),
        ("www.example", "/DE", "shop/ie", "USD"),
        // Entries do not add up: the currency of /de is not the one of /de/ch.
        ("www.example", "/de/ch/x", "any/ch", "USD"),
        ("www.example", "/de/chur", "any/de", "EUR"),
        ("shop.example", "/", "shop", "USD"),
        ("SHOP.EXAMPLE:8443", "/fr", "shop", "USD"),
        ("shop.example.", "/fr", "shop", "USD"),
        ("shop.example", "/de/x", "shop/de", "USD"),
        // A host outweighs any path.
        ("shop.example", "/de/ch", "shop/de", "USD"),
        ("shop.example.evil.example", "/", "shop/ie", "USD"),
        ("127.0.0.1:8787", "/x", "local", "USD"),
        ("[::1]:8787", "/x", "local6", "USD"),
        ("[::1]", "/x/y", "local6", "USD"),
        ("xn--bcher-kva.example", "/", "books", "USD"),
        ("plain.example", "/de", "shop/ie", "USD"),
        ("", "", "shop/ie", "USD"),
    ];
    for (host, path, point_of_sale, currency) in cases {
        let site = site_for(&config, host, path);
        assert_eq!(
            (site.point_of_sale.as_str(), site.currency.as_str()),
            (point_of_sale, currency),
            "{host} {path}"
        );
    }
}

#[test]
fn an_entry_changes_three_settings_and_no_other() {
    let config = config(json!({
        "SITE": {"debug": true, "language": "EN"},
        "SITES": [{"path": "/de", "point_of_sale": "de", "language": "html", "currency": "EUR"}],
    }));
    let mut expected = config.site.clone();
    expected.point_of_sale = "de".to_owned();
    expected.language = Language::Html;
    expected.currency = "EUR".to_owned();
    assert_eq!(*site_for(&config, "a.example", "/de"), expected);
}

#[test]
fn a_request_outside_all_entries_costs_no_copy() {
    let config = config(json!({"SITES": [{"path": "/de"}]}));
    assert!(matches!(
        site_for(&config, "a.example", "/"),
        Cow::Borrowed(_)
    ));
}
