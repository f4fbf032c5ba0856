//! What is never kept, whoever allows it; and what is kept of what may be.

use super::*;
use crate::config::PathPattern;

const NOW: u64 = 1_795_780_800_000;

pub(in crate::template_cache) fn rule(ttl_s: u32, stale_s: u32) -> CacheRule {
    CacheRule {
        path: PathPattern::Prefix("/".to_owned()),
        ttl_s,
        stale_s,
        strip_cookies: vec!["a".to_owned(), "shop#lang".to_owned()],
        bypass_cookies: Vec::new(),
    }
}

fn stored(
    status: u16,
    headers: &[(&str, &str)],
    rule: Option<&CacheRule>,
) -> Result<Storable, NotKept> {
    let line = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let headers: Vec<_> = headers.iter().map(line).collect();
    let answer = Answer {
        status,
        headers: &headers,
        asked_ms: NOW,
        answered_ms: NOW,
    };
    storing(&answer, rule)
}

#[test]
fn what_is_for_one_visitor_is_kept_under_no_rule() {
    let rule = rule(300, 3_600);
    #[rustfmt::skip]
    let cases: [(&str, &str, NotKept); 19] = [
        ("Cache-Control", "private", NotKept::Private),
        ("Cache-Control", "public, PRIVATE=\"x\", s-maxage=60", NotKept::Private),
        ("Cache-Control", "no-store, max-age=60", NotKept::NoStore),
        ("CDN-Cache-Control", "no-store", NotKept::NoStore),
        ("Cloudflare-CDN-Cache-Control", "private, max-age=60", NotKept::Private),
        ("Surrogate-Control", "no-store, content=\"ESI/1.0\"", NotKept::NoStore),
        ("Surrogate-Control", "max-age=60;x, no-store-remote", NotKept::NoStore),
        ("Set-Cookie", "b=1; Path=/", NotKept::SetCookie),
        ("Set-Cookie", "A=1", NotKept::SetCookie),
        ("Set-Cookie", "ab=1", NotKept::SetCookie),
        ("Set-Cookie", "", NotKept::SetCookie),
        ("Vary", "*", NotKept::Vary),
        ("Vary", "Accept-Encoding, Cookie", NotKept::Vary),
        ("Vary", "User-Agent", NotKept::Vary),
        ("CDP-Event", "{}", NotKept::ToldOfVisitor),
        ("CDP-Guest", "x", NotKept::ToldOfVisitor),
        ("Content-Range", "bytes 0-1/2", NotKept::NotWhole),
        ("Content-Security-Policy", "script-src 'self' 'Nonce-abc'", NotKept::Nonce),
        ("Content-Security-Policy-Report-Only", "script-src 'nonce-abc'", NotKept::Nonce),
    ];
    for (name, value, reason) in cases {
        let found = stored(
            200,
            &[("Vary", "accept-encoding"), (name, value)],
            Some(&rule),
        );
        assert_eq!(found, Err(reason), "{name}: {value}");
    }
    for status in [0, 199, 201, 203, 204, 206, 301, 304, 404, 500] {
        assert_eq!(stored(status, &[], Some(&rule)), Err(NotKept::NotWhole));
    }
}

#[test]
fn a_field_for_cdns_outweighs_what_browsers_are_forbidden() {
    // What ASP.NET sends by itself, and what Sitecore adds.
    let found = |cdn| {
        #[rustfmt::skip]
        let headers = [("Cache-Control", "private, no-cache, no-store"), ("Expires", "-1"), ("CDN-Cache-Control", cdn)];
        stored(200, &headers, None).map(|stored| stored.lifetime.fresh_ms)
    };
    assert_eq!(found("max-age=60"), Ok(60_000));
    assert_eq!(found("Max-Age=60"), Err(NotKept::NoStore), "no dictionary");
    assert_eq!(found(""), Err(NotKept::NoStore));
}

#[test]
fn cookies_that_the_rule_names_are_stripped_and_only_where_it_names_all() {
    let rule = rule(300, 0);
    let lines = [
        ("Set-Cookie", "a=1; Path=/"),
        ("set-cookie", "shop#lang=de"),
    ];
    let kept = stored(200, &lines, Some(&rule)).unwrap();
    assert_eq!(kept.headers, []);
    assert_eq!(stored(200, &lines, None), Err(NotKept::SetCookie));
    let one_more = [lines[0], lines[1], ("Set-Cookie", "c=1")];
    assert_eq!(stored(200, &one_more, Some(&rule)), Err(NotKept::SetCookie));
}

#[test]
fn what_nobody_could_use_is_not_kept() {
    for (field, reason) in [
        ("", NotKept::NoLifetime),
        ("public", NotKept::NoLifetime),
        ("max-age=0", NotKept::StaleAtOnce),
        ("no-cache", NotKept::StaleAtOnce),
    ] {
        let headers = [("cache-control", field)];
        assert_eq!(stored(200, &headers, None), Err(reason), "{field}");
    }
    let aged = [("cache-control", "max-age=10"), ("age", "10")];
    assert_eq!(stored(200, &aged, None), Err(NotKept::StaleAtOnce));
    let asked = [
        ("cache-control", "max-age=10"),
        ("age", "10"),
        ("etag", "\"1\""),
    ];
    assert!(stored(200, &asked, None).is_ok());
}

#[test]
fn headers_are_kept_in_order_without_those_of_the_connection() {
    #[rustfmt::skip]
    let headers = [("Content-Type", "text/html; charset=utf-8"), ("Connection", "close, X-Hop"), ("X-Hop", "1"), ("Link", "<a>"),
        ("Age", "3"), ("Content-Length", "5"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("Link", "<b>"),
        ("Keep-Alive", "x"), ("Trailer", "x"), ("TE", "x"), ("Upgrade", "x"), ("Proxy-Authenticate", "x"), ("ETag", "\"1\""),
        ("Cache-Control", "max-age=60"), ("Set-Cookie", "a=1")];
    let kept = stored(200, &headers, Some(&rule(60, 0))).unwrap().headers;
    let kept: Vec<_> = kept.iter().map(|(n, v)| (&**n, &**v)).collect();
    #[rustfmt::skip]
    assert_eq!(kept, [("content-type", "text/html; charset=utf-8"), ("link", "<a>"), ("link", "<b>"), ("etag", "\"1\""),
        ("cache-control", "max-age=60")]);
}

#[test]
fn no_answer_that_could_be_kept_without_a_rule_is_overlooked() {
    #[rustfmt::skip]
    let said: [(&str, &str); 8] = [("Cache-Control", "Public, MAX-AGE=60"), ("cache-control", "s-maxage=60"), ("cache-control", "no-cache"),
        ("Expires", "Fri, 27 Nov 2036 12:00:00 GMT"), ("CDN-Cache-Control", "max-age=60"), ("Cloudflare-CDN-Cache-Control", "max-age=60"),
        ("cdn-cache-control", "s-maxage=60"), ("cache-control", "max-age=60, stale-while-revalidate=9")];
    for line in said {
        assert!(
            stored(200, &[line, ("etag", "\"1\"")], None).is_ok(),
            "{line:?}"
        );
        assert!(says_anything(&vec![line]), "{line:?}");
    }
    for line in [
        ("cache-control", "public"),
        ("etag", "\"1\""),
        ("last-modified", "Fri, 27 Nov 2026 12:00:00 GMT"),
        ("surrogate-control", "max-age=60"),
    ] {
        assert!(!says_anything(&vec![line]), "{line:?}");
        assert_eq!(stored(200, &[line], None), Err(NotKept::NoLifetime));
    }
}
