//! Purges as XM's server sends them.

use proptest::prelude::*;

use super::*;
use crate::request::fixture::Lines;

fn keys() -> ApiKeys {
    ApiKeys::read(|name| {
        (name == "XM_API_KEY")
            .then(|| "all read,write,delete,preview:other purge:publisher".to_owned())
    })
    .unwrap()
}

fn status(lines: Lines<'_>) -> u16 {
    screen(&lines.to_vec(), Ok(&keys())).map_or_else(|answer| answer.status, |()| 200)
}

/// The fields that a body is refused for.
fn fields(body: &str) -> Vec<String> {
    let answer = read(body.as_bytes()).unwrap_err();
    assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    let errors = document["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["field"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn only_xms_server_with_a_key_for_it_may_purge() {
    let json = ("Content-Type", "application/json; charset=utf-8");
    for key in ["Bearer all", "bearer publisher"] {
        assert_eq!(status(&[("Authorization", key), json]), 200, "{key}");
    }
    #[rustfmt::skip]
    let refused: [(Lines<'_>, u16); 8] = [
        (&[json], 401),
        (&[("Authorization", "Bearer wrong"), json], 401),
        (&[("Authorization", "Bearer other"), json], 403),
        (&[("Authorization", "Bearer all"), json, ("Origin", "https://shop.example")], 403),
        (&[("Authorization", "Bearer all"), json, ("Sec-Fetch-Site", "same-origin")], 403),
        (&[("Authorization", "Bearer all")], 415),
        (&[("Authorization", "Bearer all"), ("Content-Type", "text/plain")], 415),
        (&[("Authorization", "Bearer all"), json, ("Content-Length", "65537")], 413),
    ];
    for (lines, expected) in refused {
        assert_eq!(status(lines), expected, "{lines:?}");
    }
    let unset = screen(&vec![json], Err(&KeyFault::Missing)).unwrap_err();
    assert_eq!(unset.status, 503);
    assert!(
        unset.body.contains("npx wrangler secret put XM_API_KEY"),
        "{}",
        unset.body
    );
}

#[test]
fn paths_or_everything_are_purged() {
    let exact = |path: &str| PathPattern::Exact(path.to_owned());
    let prefix = |path: &str| PathPattern::Prefix(path.to_owned());
    #[rustfmt::skip]
    let cases = [
        (r#"{"all": true}"#, Purge::All),
        (r#"{"path": "/"}"#, Purge::Paths(vec![exact("/")])),
        (r#"{"paths": ["/products/*", "/", "/caf\u00e9"]}"#, Purge::Paths(vec![prefix("/products/"), exact("/"), exact("/café")])),
        (r#"{"paths": ["/*"]}"#, Purge::Paths(vec![prefix("/")])),
    ];
    for (body, expected) in cases {
        assert_eq!(read(body.as_bytes()), Ok(expected), "{body}");
    }
    let many: Vec<String> = (0..=MAX_PATTERNS)
        .map(|number| format!("/{number}"))
        .collect();
    let body = json!({ "paths": many }).to_string();
    assert_eq!(read(body.as_bytes()), Ok(Purge::All));
}

#[test]
fn whatever_is_wrong_is_named_all_at_once() {
    #[rustfmt::skip]
    let cases: [(&str, &[&str]); 15] = [
        ("", &["body"]), ("[]", &["body"]), ("{}", &["body"]), ("{", &["body"]),
        (r#"{"all": true, "path": "/"}"#, &["body"]),
        (r#"{"all": false}"#, &["all"]), (r#"{"all": "yes"}"#, &["all"]),
        (r#"{"paths": []}"#, &["paths"]), (r#"{"paths": "/"}"#, &["paths"]),
        (r#"{"path": ["/"]}"#, &["path"]), (r#"{"path": ""}"#, &["path"]),
        (r#"{"path": "/", "more": 1}"#, &["more"]),
        (r#"{"paths": ["/a", "b", "https://shop.example/", "/a*b", "/a?x", "/a#x", "/a**", 1, "/\u0000"]}"#,
         &["paths[1]", "paths[2]", "paths[3]", "paths[4]", "paths[5]", "paths[6]", "paths[7]", "paths[8]"]),
        (r#"{"path": null}"#, &["path"]), (r#"{"paths": null}"#, &["paths"]),
    ];
    for (body, expected) in cases {
        assert_eq!(fields(body), expected, "{body}");
    }
    let long = json!({ "path": format!("/{}", "a".repeat(MAX_PATH)) });
    assert_eq!(fields(&long.to_string()), ["path"]);
    assert_eq!(read(&[b' '; MAX_BODY + 1]).unwrap_err().status, 413);
}

#[test]
fn the_answer_says_what_and_how_far() {
    let purge = read(br#"{"paths": ["/products/*", "/"]}"#).unwrap();
    for (reach, word, hint) in [
        (Reach::Everywhere, "everywhere", "minute"),
        (
            Reach::DataCentre,
            "data_centre",
            "bind a KV namespace as CONFIG",
        ),
        (Reach::Isolate, "isolate", "call again"),
    ] {
        let answer = purged(&purge, reach);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(body["purged"], json!({ "paths": ["/products/*", "/"] }));
        assert_eq!(body["reach"], word);
        assert!(body["detail"].as_str().unwrap().contains(hint), "{body}");
        assert!(
            answer
                .headers
                .contains(&("cache-control", "no-store".to_owned()))
        );
    }
    let all: Value = serde_json::from_str(&purged(&Purge::All, Reach::Everywhere).body).unwrap();
    assert_eq!(all["purged"], json!({ "all": true }));
}

proptest! {
    #[test]
    fn no_body_panics(body in "\\PC{0,60}", path in "\\PC{0,20}") {
        let _ = read(body.as_bytes());
        let _ = read(json!({ "paths": [path.clone()], path.as_str(): path }).to_string().as_bytes());
    }
}
