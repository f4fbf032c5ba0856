//! Links as XM's server has them made.

use super::*;
use crate::request::fixture::Lines;

const NOW: u64 = 1_800_000_000;
const KEY: &str = "a key of the tests, long enough";

fn secrets(keys: &'static str, key: &'static str) -> Secrets {
    Secrets::read(|name| match name {
        "XM_API_KEY" => Some(keys.to_owned()),
        "PREVIEW_KEY" => Some(key.to_owned()),
        _ => None,
    })
}

fn config() -> Config {
    let vars = json!({
        "CDP_ENDPOINT": "https://api.example", "CDP_CLIENT_KEY": "K", "POINT_OF_SALE": "shop/ie",
        "SITE": {"endpoint_prefix": "/edge/cdp", "exclude_paths": ["/api/*"]},
    });
    crate::config::parse(vars.as_object().unwrap()).unwrap()
}

fn created(body: &str) -> Answer {
    let key = PreviewKey::read(Some(KEY)).unwrap();
    create(body.as_bytes(), &key, &config(), NOW)
}

fn fields(body: &str) -> Vec<String> {
    let answer = created(body);
    assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    let errors = document["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["field"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_link_is_made_for_the_page_the_choices_and_the_time() {
    let answer = created(
        r#"{"url":"https://Shop.example/shoes?x=1","show":{"hero":"b","promo":"control"},"expires_s":3600}"#,
    );
    assert_eq!(answer.status, 201, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["expires_at"], "2027-01-15T09:00:00Z");
    let url = body["url"].as_str().unwrap();
    assert!(answer.headers.contains(&("location", url.to_owned())));
    let token = url
        .strip_prefix("https://shop.example/edge/cdp/preview?token=")
        .unwrap();
    let link = token::open(token, &PreviewKey::read(Some(KEY)).unwrap()).unwrap();
    assert_eq!(
        (link.expires_at, link.leads_to.as_str()),
        (NOW + 3_600, "/shoes?x=1")
    );
    let choices: Vec<_> = link
        .show
        .iter()
        .map(|(_, choice)| choice.as_str())
        .collect();
    assert_eq!(choices, ["b", "control"]);
    let plain = created(r#"{"url":"http://127.0.0.1:8787/","show":null}"#);
    let body: Value = serde_json::from_str(&plain.body).unwrap();
    assert_eq!(body["expires_at"], "2027-01-15T10:00:00Z");
    assert!(
        body["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:8787/edge/cdp/preview?token=")
    );
}

#[test]
fn every_wrong_field_is_named() {
    let many = format!(
        r#"{{"url":"https://a.example/","show":{{{}}}}}"#,
        (0..51)
            .map(|i| format!("\"c{i}\":\"a\""))
            .collect::<Vec<_>>()
            .join(",")
    );
    let long = format!(
        r#"{{"url":"https://a.example/","show":{{{}}}}}"#,
        (0..7)
            .map(|i| format!("\"c{i}\":\"{}\"", "v".repeat(250)))
            .collect::<Vec<_>>()
            .join(",")
    );
    #[rustfmt::skip]
    let cases: &[(&str, &[&str])] = &[
        ("", &["body"]), ("[]", &["body"]), ("{", &["body"]), ("null", &["body"]), ("\u{0}", &["body"]),
        ("{}", &["url"]),
        (r#"{"url":1}"#, &["url"]), (r#"{"url":null}"#, &["url"]), (r#"{"url":"/shoes"}"#, &["url"]),
        (r#"{"url":"https://a.example/x.css"}"#, &["url"]), (r#"{"url":"https://a.example/api/x"}"#, &["url"]),
        (r#"{"url":"https://a.example/sitecore/shell"}"#, &["url"]), (r#"{"url":"https://a.example/?sc_mode=edit"}"#, &["url"]),
        (r#"{"url":"https://a.example/edge/cdp/preview"}"#, &["url"]),
        (r#"{"url":"https://a.example/","show":[]}"#, &["show"]), (r#"{"url":"https://a.example/","show":{"hero":1}}"#, &["show.hero"]),
        (r#"{"url":"https://a.example/","show":{"hero":"","no id":"a"}}"#, &["show.hero", "show"]),
        (r#"{"url":"https://a.example/","expires_s":59}"#, &["expires_s"]), (r#"{"url":"https://a.example/","expires_s":2592001}"#, &["expires_s"]),
        (r#"{"url":"https://a.example/","expires_s":-1}"#, &["expires_s"]), (r#"{"url":"https://a.example/","expires_s":1.5}"#, &["expires_s"]),
        (r#"{"url":"https://a.example/","expires_s":"2h"}"#, &["expires_s"]),
        (r#"{"URL":"x","show":1}"#, &["URL", "show", "url"]),
        (&many, &["show"]), (&long, &["show"]),
    ];
    for (body, expected) in cases {
        assert_eq!(fields(body), *expected, "{body}");
    }
    assert_eq!(created(&" ".repeat(MAX_BODY + 1)).status, 413);
    let hostile = created(r#"{"url":"https://a.example/","<script>":1}"#);
    assert!(
        hostile
            .headers
            .contains(&("content-type", "application/problem+json".to_owned()))
    );
}

#[test]
fn only_a_server_with_the_right_key_and_scope_may_ask() {
    const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");
    const OK: (&str, &str) = ("Authorization", "Bearer key");
    #[rustfmt::skip]
    let cases: &[(Lines<'_>, &str, &str, u16)] = &[
        (&[OK, JSON], "key", KEY, 200), (&[OK, JSON], "preview:key", KEY, 200),
        (&[OK, JSON], "read,write,delete:key", KEY, 403),
        (&[JSON], "key", KEY, 401), (&[("Authorization", "Bearer other"), JSON], "key", KEY, 401),
        (&[OK, JSON, ("Origin", "https://shop.example")], "key", KEY, 403),
        (&[OK, JSON, ("Sec-Fetch-Site", "same-origin")], "key", KEY, 403),
        (&[OK, JSON, ("Sec-Fetch-Site", "none")], "key", KEY, 200),
        (&[OK, JSON], "", KEY, 503), (&[OK, JSON], "x:key", KEY, 503), (&[OK, JSON], "key", "", 503), (&[OK, JSON], "key", "short", 503),
        (&[JSON], "key", "", 401),
        (&[OK], "key", KEY, 415), (&[OK, ("Content-Type", "text/plain")], "key", KEY, 415),
        (&[OK, JSON, ("Content-Length", "16385")], "key", KEY, 413), (&[OK, JSON, ("Content-Length", "x")], "key", KEY, 200),
    ];
    for (headers, keys, key, expected) in cases {
        let secrets = Secrets {
            key: PreviewKey::read(Some(key)),
            callers: crate::api_keys::ApiKeys::read(|name| {
                (name == "XM_API_KEY").then(|| (*keys).to_owned())
            }),
        };
        let status =
            screen(&headers.to_vec(), &secrets).map_or_else(|answer| answer.status, |_| 200);
        assert_eq!(status, *expected, "{headers:?} {keys} {key}");
    }
    assert!(
        screen(&vec![OK, JSON], &secrets("key", "short"))
            .unwrap_err()
            .body
            .contains("PREVIEW_KEY")
    );
    assert!(!format!("{:?}", secrets("hunter2", KEY)).contains("hunter2"));
}

#[test]
fn dates_are_those_of_rfc_3339() {
    #[rustfmt::skip]
    let cases = [(0, "1970-01-01T00:00:00Z"), (1_709_164_799, "2024-02-28T23:59:59Z"), (u64::MAX, "1970-01-01T00:00:00Z")];
    for (unix_s, expected) in cases {
        assert_eq!(date(unix_s), expected);
    }
}
