//! Cookies, held against the tests of the IETF's http-state group (the working group of RFC 6265).
//!
//! Each test has the `Set-Cookie` lines that servers sent and the cookies that a browser then sends. What browsers send is read
//! exactly; among what no browser would send our own cookie is still found. What we set is what a browser keeps.

use cookie_store::CookieStore;
use serde::Deserialize;
use serde_json::json;
use url::Url;
use xm_edge_core::{
    cdp::BrowserId,
    config::{Config, parse},
    page_experience::loop_cookie,
    preview::{Link, cookie as preview_cookie},
    request::{Cookies, browser_id},
    response::id_cookie,
};

use crate::native::data;

const KEY: &str = "CLIENTKEY";
const ID: &str = "a38b230c-11eb-4cf9-8d5d-274e9f344925";

#[derive(Deserialize)]
struct Published {
    test: String,
    received: Vec<String>,
    sent: Vec<Sent>,
}

#[derive(Deserialize)]
struct Sent {
    name: String,
    value: String,
}

fn published() -> Vec<Published> {
    let tests: Vec<Published> = data::json("cookies/http-state.json");
    assert!(tests.len() > 200, "only {} tests", tests.len());
    tests
}

/// As a browser writes the header.
fn header(sent: &[Sent]) -> String {
    let written = sent
        .iter()
        .map(|Sent { name, value }| match name.is_empty() {
            true => value.clone(),
            false => format!("{name}={value}"),
        });
    written.collect::<Vec<_>>().join("; ")
}

#[test]
fn what_browsers_send_is_read_name_by_name() {
    let mut read = 0;
    for test in published() {
        let cookies = Cookies::new(header(&test.sent));
        let pairs: Vec<(&str, &str)> = cookies.pairs().collect();
        let named = test.sent.iter().filter(|sent| !sent.name.is_empty());
        let expected: Vec<(&str, &str)> = named
            .map(|Sent { name, value }| (name.as_str(), value.as_str()))
            .collect();
        read += expected.len();
        assert_eq!(pairs, expected, "{}", test.test);
        for (name, value) in expected {
            assert!(cookies.has(name) && cookies.values(name).any(|own| own == value));
        }
    }
    assert!(read > 150, "only {read} cookies");
}

#[test]
fn the_id_is_found_among_whatever_else_the_header_holds() {
    let own = format!("bid_{KEY}={ID}");
    let crowd = |bytes: usize| "filler0123=abc; ".repeat(bytes / 16);
    let mut neighbours: Vec<String> = published()
        .into_iter()
        .flat_map(|test| test.received)
        .collect();
    neighbours.extend(data::payloads());
    neighbours.extend([4, 8, 63].map(|kib| crowd(kib * 1024)));
    neighbours.extend(
        [
            "shell#lang=en",
            "__Host-a=1; __Secure-b=2; __Http-c=3; __Host-Http-d=4",
            "bid_OTHER=11111111-1111-4111-8111-111111111111",
            "bid_CLIENTKEY=\"11111111-1111-4111-8111-111111111111\"",
            "bid_CLIENTKEY=; bid_CLIENTKEY=x; BID_CLIENTKEY=11111111-1111-4111-8111-111111111111",
            "caf\u{e9}=\u{e9}; \u{1}=\u{7f}; a=\0",
        ]
        .map(str::to_owned),
    );
    for other in &neighbours {
        for header in [
            format!("{own}; {other}"),
            format!("{other}; {own}"),
            format!("{other};{own};{other}"),
        ] {
            let cookies = Cookies::new(header.as_str());
            assert_eq!(cookies.header(), header, "XM gets it as it came");
            let id = browser_id::from_cookies(&cookies, KEY);
            let id = id.as_ref().map(BrowserId::as_str);
            assert_eq!(id, Some(ID), "{}", other.escape_debug());
        }
    }
}

fn config(domain: Option<&str>) -> Config {
    let vars = json!({
        "CDP_ENDPOINT": "https://cdp.example", "CDP_CLIENT_KEY": KEY, "POINT_OF_SALE": "shop",
        "SITE": domain.map_or(json!({}), |domain| json!({"cookie_domain": domain})),
    });
    parse(vars.as_object().expect("an object")).expect("a configuration")
}

fn at(url: &str) -> Url {
    Url::parse(url).expect("a URL")
}

/// What a browser sends to `url`, as a header.
fn sent_to(jar: &CookieStore, url: &str) -> String {
    let sent = jar.get_request_values(&at(url));
    let mut pairs: Vec<String> = sent
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.sort();
    pairs.join("; ")
}

#[test]
fn a_browser_keeps_the_id_and_brings_it_back_to_the_site_alone() {
    let id = BrowserId::parse(ID).expect("an id");
    let page = at("https://www.shop.example/shoes/");
    for (domain, to_sibling) in [(None, false), (Some("shop.example"), true)] {
        let config = config(domain);
        let mut jar = CookieStore::new();
        let stored = jar.parse(&id_cookie::keep(&id, KEY, &config.site), &page);
        assert!(stored.is_ok(), "{stored:?}");
        for (url, comes) in [
            ("https://www.shop.example/", true),
            ("https://www.shop.example/a/b?c", true),
            ("https://m.shop.example/", to_sibling),
            ("http://www.shop.example/", false),
            ("https://shop.example.evil.example/", false),
            ("https://evil.example/", false),
        ] {
            let cookies = Cookies::new(sent_to(&jar, url));
            let found = browser_id::from_cookies(&cookies, KEY);
            assert_eq!(found.is_some(), comes, "{domain:?} {url}");
        }
        let stored = jar.parse(&id_cookie::expire(KEY, &config.site), &page);
        assert!(stored.is_ok(), "{stored:?}");
        assert_eq!(sent_to(&jar, "https://www.shop.example/"), "");
    }
}

#[test]
fn every_cookie_of_ours_keeps_to_the_grammar_for_servers() {
    let id = BrowserId::parse(ID).expect("an id");
    let mut lines = vec![
        loop_cookie::set("https"),
        loop_cookie::expire("https"),
        loop_cookie::set("http"),
        loop_cookie::expire("http"),
    ];
    for domain in [None, Some("shop.example")] {
        let config = config(domain);
        lines.push(id_cookie::keep(&id, KEY, &config.site));
        lines.push(id_cookie::expire(KEY, &config.site));
    }
    for url in [
        "https://shop.example/a b/*",
        "https://shop.example/x;y/\u{e9}?q",
    ] {
        let (link, _) = Link::new(url, [("hero", "b")], 2_000_000_000).expect("a link");
        lines.extend(preview_cookie::set(&link, "a.b-_", "/_cdp", 1));
        lines.extend(preview_cookie::clear(&link, "/_cdp"));
    }
    for line in &lines {
        assert_grammar(line);
    }
}

/// RFC 6265bis §4.1.1, and the rules on attributes of its §5.
#[track_caller]
fn assert_grammar(line: &str) {
    let mut parts = line.split("; ");
    let (name, value) = parts
        .next()
        .and_then(|pair| pair.split_once('='))
        .expect(line);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_octet =
        |byte: u8| matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E);
    assert!(!name.is_empty() && name.bytes().all(is_token), "{line}");
    assert!(value.bytes().all(is_octet), "{line}");
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let lower = name.to_ascii_lowercase();
        assert!(!seen.contains(&lower), "{name} twice: {line}");
        let fits = match name {
            "Max-Age" => value.parse::<u32>().is_ok(),
            "Path" => {
                value.starts_with('/') && value.bytes().all(|b| b.is_ascii_graphic() && b != b';')
            }
            "Domain" => value == "shop.example",
            "SameSite" => matches!(value, "Lax" | "None"),
            "Secure" | "HttpOnly" => part == name,
            _ => false,
        };
        assert!(fits, "{part}: {line}");
        seen.push(lower);
    }
    let none_is_secure = !line.contains("SameSite=None") || line.contains("Secure");
    assert!(none_is_secure, "browsers refuse {line}");
}
