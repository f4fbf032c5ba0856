//! RFC 9111's arithmetic, and who outweighs whom.

use super::*;
use crate::{
    request::fixture::Lines,
    template_cache::{Standing, storing::tests::rule},
};

/// 27 November 2026, 12:00:00 GMT.
const NOW: u64 = 1_795_780_800_000;
const DATE: (&str, &str) = ("Date", "Fri, 27 Nov 2026 12:00:00 GMT");

fn lines(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let line = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    headers.iter().map(line).collect()
}

/// The lifetime of an answer that came at once.
fn lifetime(headers: &[(&str, &str)], rule: Option<&CacheRule>) -> Option<Lifetime> {
    after(headers, rule, 0)
}

/// The lifetime of an answer that took so long.
fn after(headers: &[(&str, &str)], rule: Option<&CacheRule>, delay_ms: u64) -> Option<Lifetime> {
    let headers = lines(headers);
    let answer = Answer {
        status: 200,
        headers: &headers,
        asked_ms: NOW - delay_ms,
        answered_ms: NOW,
    };
    Lifetime::of(&answer, &Directives::of(&headers), rule)
}

/// Seconds for which it is fresh, may be used while it is refreshed, and when XM fails.
fn spans(headers: &[(&str, &str)], rule: Option<&CacheRule>) -> Option<(u64, u64, u64)> {
    let found = lifetime(headers, rule)?;
    Some((
        found.fresh_ms / 1_000,
        found.refresh_ms / 1_000,
        found.error_ms / 1_000,
    ))
}

#[test]
fn the_date_of_the_tests_is_right() {
    assert_eq!(unix_s(DATE.1), Some(NOW / 1_000));
}

#[test]
fn without_a_word_of_xm_or_the_operator_nothing_is_guessed() {
    #[rustfmt::skip]
    let silent: [Lines<'_>; 5] = [&[], &[DATE], &[("cache-control", "public")], &[("last-modified", DATE.1)],
        &[("pragma", "no-cache")]];
    for headers in silent {
        assert_eq!(lifetime(headers, None), None, "{headers:?}");
    }
}

#[test]
fn caches_come_before_browsers_and_a_number_before_a_date() {
    let expires = ("Expires", "Fri, 27 Nov 2026 12:01:40 GMT");
    #[rustfmt::skip]
    let cases: [(Lines<'_>, u64); 16] = [
        (&[DATE, expires], 100),
        (&[expires], 100),
        (&[DATE, expires, ("Cache-Control", "max-age=50")], 50),
        (&[DATE, expires, ("Cache-Control", "max-age=50, s-maxage=20")], 20),
        (&[DATE, expires, ("Cache-Control", "max-age=x")], 0),
        (&[DATE, ("Expires", "0")], 0),
        (&[DATE, ("Expires", "-1")], 0),
        (&[DATE, ("Expires", "Thu, 26 Nov 2026 12:00:00 GMT")], 0),
        (&[("Date", "yesterday"), expires], 0),
        (&[DATE, expires, expires], 0),
        (&[("CDN-Cache-Control", "max-age=7"), ("Cache-Control", "max-age=50, s-maxage=20")], 7),
        (&[("CDN-Cache-Control", "max-age=7"), ("Cloudflare-CDN-Cache-Control", "max-age=8")], 8),
        (&[("CDN-Cache-Control", "max-age=7"), ("Cloudflare-CDN-Cache-Control", "max-age=8,")], 7),
        (&[("CDN-Cache-Control", ""), ("Cache-Control", "max-age=50")], 50),
        (&[("CDN-Cache-Control", "max-age=7, s-maxage=9")], 9),
        (&[("Surrogate-Control", "max-age=7"), ("Cache-Control", "max-age=50")], 50),
    ];
    for (headers, expected) in cases {
        let found = lifetime(headers, None).map(|lifetime| lifetime.fresh_ms);
        assert_eq!(found, Some(expected * 1_000), "{headers:?}");
    }
    // A field for CDNs that gives no time: Cache-Control and Expires do not count all the same.
    #[rustfmt::skip]
    let other = [("CDN-Cache-Control", "public"), ("Cache-Control", "max-age=50"), expires];
    assert_eq!(lifetime(&other, None), None);
}

#[test]
fn a_rule_outweighs_what_browsers_are_told_and_nothing_else() {
    let rule = rule(300, 60);
    #[rustfmt::skip]
    let cases: [(Lines<'_>, (u64, u64, u64)); 11] = [
        (&[], (300, 360, 360)),
        (&[("cache-control", "public, max-age=0")], (300, 360, 360)),
        (&[("expires", "-1"), ("pragma", "no-cache")], (300, 360, 360)),
        (&[("cache-control", "max-age=9, stale-while-revalidate=9")], (300, 360, 360)),
        (&[("cache-control", "must-revalidate")], (300, 300, 300)),
        (&[("cache-control", "proxy-revalidate")], (300, 300, 300)),
        (&[("cache-control", "no-cache")], (0, 0, 0)),
        (&[("cache-control", "s-maxage=20")], (20, 20, 20)),
        (&[("cdn-cache-control", "max-age=20")], (20, 80, 80)),
        (&[("cdn-cache-control", "max-age=20, stale-while-revalidate=5")], (20, 25, 80)),
        (&[("cdn-cache-control", "must-revalidate")], (300, 300, 300)),
    ];
    for (headers, expected) in cases {
        assert_eq!(spans(headers, Some(&rule)), Some(expected), "{headers:?}");
    }
    // A rule without stale_s leaves that to XM.
    let rule = self::rule(300, 0);
    let said = [("cache-control", "stale-while-revalidate=9")];
    assert_eq!(spans(&said, Some(&rule)), Some((300, 309, 300)));
}

#[test]
fn stale_is_served_only_where_xm_allows_it() {
    #[rustfmt::skip]
    let cases = [
        ("max-age=10, stale-while-revalidate=5, stale-if-error=7", (10, 15, 17)),
        ("max-age=10", (10, 10, 10)),
        ("max-age=10, stale-while-revalidate=x", (10, 10, 10)),
        ("max-age=10, stale-if-error=7, must-revalidate", (10, 10, 10)),
        ("max-age=10, stale-if-error=7, proxy-revalidate", (10, 10, 10)),
        ("s-maxage=10, stale-while-revalidate=5, stale-if-error=7", (10, 10, 10)),
        ("max-age=10, no-cache, stale-if-error=7", (0, 0, 0)),
        ("no-cache", (0, 0, 0)),
    ];
    for (field, expected) in cases {
        let found = spans(&[("cache-control", field)], None);
        assert_eq!(found, Some(expected), "{field}");
    }
}

#[test]
fn a_page_is_as_old_as_its_date_its_age_and_its_way_say() {
    let born = |headers: &[(&str, &str)], delay_ms| {
        let headers = [&[("cache-control", "max-age=60")], headers].concat();
        NOW - after(&headers, None, delay_ms).unwrap().born_ms
    };
    let ten_before = ("date", "Fri, 27 Nov 2026 11:59:50 GMT");
    let ahead = ("date", "Fri, 27 Nov 2026 13:00:00 GMT");
    assert_eq!(born(&[DATE], 0), 0);
    assert_eq!(born(&[], 0), 0);
    assert_eq!(born(&[], 1_500), 1_500, "the answer took so long");
    assert_eq!(born(&[ten_before], 1_500), 10_000);
    assert_eq!(
        born(&[ahead], 1_500),
        1_500,
        "a clock that is ahead gives no time"
    );
    assert_eq!(born(&[("age", "20")], 1_500), 21_500);
    assert_eq!(born(&[ten_before, ("age", "20")], 0), 20_000);
    assert_eq!(born(&[ten_before, ("age", "5")], 0), 10_000);
    assert_eq!(born(&[("age", "20, 50")], 0), 20_000);
    assert_eq!(
        born(&[("age", "x"), ("date", "x")], 0),
        0,
        "what is none is ignored"
    );
    assert_eq!(born(&[("age", "99999999999999999999")], 0), 0);
}

#[test]
fn the_time_of_a_rule_counts_from_the_call() {
    let rule = rule(300, 0);
    let old = [("date", "Fri, 27 Nov 2020 12:00:00 GMT"), ("age", "1000")];
    let found = after(&old, Some(&rule), 700).unwrap();
    assert_eq!(
        (found.born_ms, found.standing(NOW)),
        (NOW - 700, Standing::Fresh)
    );
}

#[test]
fn a_page_that_xm_can_be_asked_about_is_kept_for_a_day_more() {
    let kept =
        |headers: &[(&str, &str)]| lifetime(headers, None).map(|found| found.kept_ms / 1_000);
    assert_eq!(kept(&[("cache-control", "no-cache")]), Some(0));
    let asked = [("cache-control", "no-cache"), ("etag", "\"1\"")];
    assert_eq!(kept(&asked), Some(86_400));
    let asked = [("cache-control", "max-age=10"), ("last-modified", DATE.1)];
    assert_eq!(kept(&asked), Some(86_410));
}
