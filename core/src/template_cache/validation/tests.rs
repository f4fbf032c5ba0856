//! What a 304 does to an entry.

use super::*;
use crate::{
    request::fixture::Lines,
    template_cache::{
        Standing,
        fixture::{NOW, entry},
        storing::tests::rule,
    },
};

const HELD: [(&str, &str); 7] = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "max-age=60"),
    ("date", "Fri, 27 Nov 2026 12:00:00 GMT"),
    ("etag", "\"1\""),
    ("last-modified", "Thu, 26 Nov 2026 12:00:00 GMT"),
    ("link", "<a>"),
    ("link", "<b>"),
];

/// What a 304, an hour later, makes of the entry.
fn answered(held: &[(&str, &str)], lines: &[(&str, &str)]) -> Validated {
    let line = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let headers: Vec<_> = lines.iter().map(line).collect();
    let answer = Answer {
        status: 304,
        headers: &headers,
        asked_ms: NOW + 3_600_000,
        answered_ms: NOW + 3_600_000,
    };
    validated(&entry(b"<p>", held), &answer, Some(&rule(60, 0)))
}

fn renewed(held: &[(&str, &str)], lines: &[(&str, &str)]) -> Entry {
    match answered(held, lines) {
        Validated::Renewed(entry) => entry,
        other => panic!("{other:?}"),
    }
}

#[test]
fn xm_is_asked_with_what_it_gave() {
    let asked = |held: &[(&str, &str)]| {
        let conditions = conditions(&entry(b"", held));
        let text = |(name, value): (&str, String)| format!("{name}: {value}");
        conditions.into_iter().map(text).collect::<Vec<_>>()
    };
    #[rustfmt::skip]
    assert_eq!(asked(&HELD), ["if-none-match: \"1\"", "if-modified-since: Thu, 26 Nov 2026 12:00:00 GMT"]);
    assert_eq!(asked(&[("etag", "W/\"1\"")]), ["if-none-match: W/\"1\""]);
    assert_eq!(asked(&[]), Vec::<String>::new());
}

#[test]
fn a_304_replaces_headers_and_makes_the_page_young_again() {
    #[rustfmt::skip]
    let lines = [("ETag", "\"1\""), ("Link", "<c>"), ("Content-Type", "text/plain"), ("Content-Encoding", "gzip"),
        ("Content-Length", "0"), ("X-New", "1"), ("Set-Cookie", "a=1")];
    let entry = renewed(&HELD, &lines);
    let kept: Vec<_> = entry.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    #[rustfmt::skip]
    assert_eq!(kept, [("content-type", "text/html; charset=utf-8"), ("cache-control", "max-age=60"),
        ("last-modified", "Thu, 26 Nov 2026 12:00:00 GMT"), ("etag", "\"1\""), ("link", "<c>"), ("x-new", "1")]);
    assert_eq!(entry.lifetime.asked_ms, NOW + 3_600_000);
    assert_eq!(
        entry.lifetime.standing(NOW + 3_659_999),
        Standing::Fresh,
        "the date of the page before does not make it old"
    );
}

#[test]
fn the_page_is_shared_and_not_copied() {
    let before = entry(b"<p>", &HELD);
    let answer = Answer {
        status: 304,
        headers: &[],
        asked_ms: NOW,
        answered_ms: NOW,
    };
    let Validated::Renewed(after) = validated(&before, &answer, None) else {
        panic!("not renewed");
    };
    assert!(Rc::ptr_eq(&before.page, &after.page));
}

#[test]
fn a_304_that_forbids_keeping_ends_the_entry() {
    for (line, reason) in [
        (("Cache-Control", "private"), NotKept::Private),
        (("Set-Cookie", "b=1"), NotKept::SetCookie),
        (("Vary", "Cookie"), NotKept::Vary),
        (("CDP-Guest", "x"), NotKept::ToldOfVisitor),
        (
            ("Content-Security-Policy", "script-src 'nonce-a'"),
            NotKept::Nonce,
        ),
    ] {
        let found = answered(&HELD, &[("ETag", "\"1\""), line]);
        assert_eq!(found, Validated::Forbidden(reason), "{line:?}");
    }
}

#[test]
fn a_304_about_another_page_renews_nothing() {
    let date = "Thu, 26 Nov 2026 12:00:00 GMT";
    #[rustfmt::skip]
    let cases: [(&str, Lines<'_>, bool); 11] = [
        ("\"1\"", &[("etag", "\"1\"")], true),
        ("\"1\"", &[("etag", "\"2\"")], false),
        ("\"1\"", &[("etag", "W/\"1\"")], true),
        ("W/\"1\"", &[("etag", "W/\"1\"")], true),
        ("W/\"1\"", &[("etag", "W/\"2\"")], false),
        // A strong tag selects only what was kept with that strong tag.
        ("W/\"1\"", &[("etag", "\"1\"")], false),
        ("\"1\"", &[], true),
        ("\"1\"", &[("last-modified", date)], true),
        ("\"1\"", &[("last-modified", "Thu, 26 Nov 2026 12:00:01 GMT")], false),
        ("\"1\"", &[("etag", "\"1\""), ("last-modified", "Thu, 26 Nov 2026 12:00:01 GMT")], true),
        ("\"1\"", &[("etag", "")], false),
    ];
    for (tag, lines, expected) in cases {
        let held = [
            ("cache-control", "max-age=60"),
            ("etag", tag),
            ("last-modified", date),
        ];
        let found = answered(&held, lines) != Validated::Other;
        assert_eq!(found, expected, "{tag} {lines:?}");
    }
}
