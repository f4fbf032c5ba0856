//! Links that are followed, changed, left, and broken.

use url::form_urlencoded::Serializer;

use super::*;

const NOW: u64 = 1_800_000_000;

fn key() -> PreviewKey {
    PreviewKey::read(Some("a key of the tests, long enough")).unwrap()
}

fn token_of(url: &str, show: &[(&str, &str)], left_s: u64) -> String {
    let (link, _) = Link::new(url, show.iter().copied(), NOW + left_s).unwrap();
    token::sign(&link, &key()).unwrap()
}

fn follow_at(host: &str, query: &[(&str, &str)]) -> Answer {
    let query = Serializer::new(String::new()).extend_pairs(query).finish();
    let url = format!("https://{host}/_cdp/preview?{query}");
    follow("GET", &Target::parse(&url), Ok(&key()), "/_cdp", NOW)
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

/// What the link that the answer leaves behind sets.
#[track_caller]
fn set(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let cookie = header(answer, "set-cookie").unwrap();
    let (value, _) = cookie
        .strip_prefix("cdp_preview=")
        .unwrap()
        .split_once(';')
        .unwrap();
    let link = token::open(value, &key()).unwrap();
    let pair = |(id, choice): (&FriendlyId, &Choice)| format!("{id}={}", choice.as_str());
    link.show.iter().map(pair).collect()
}

#[test]
fn a_link_leads_to_its_page_with_the_cookie_and_leaves_no_trace() {
    let token = token_of("https://shop.example/shoes?x=1", &[("hero", "b")], 60);
    let answer = follow_at("shop.example", &[("token", &token)]);
    assert_eq!(set(&answer), ["hero=b"]);
    assert_eq!(
        header(&answer, "location"),
        Some("https://shop.example/shoes?x=1")
    );
    let cookie = header(&answer, "set-cookie").unwrap();
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/shoes; Max-Age=60"),
        "{cookie}"
    );
    assert_eq!(header(&answer, "cache-control"), Some("no-store"));
    assert_eq!(header(&answer, "referrer-policy"), Some("no-referrer"));
    assert_eq!(header(&answer, "x-robots-tag"), Some("noindex, nofollow"));
    assert_eq!(answer.body, "");
}

#[test]
fn a_choice_changes_the_link_and_comes_back_to_the_page_it_was_made_on() {
    let token = token_of("https://shop.example/shoes/*", &[("hero", "b")], 60);
    let follow = |more: &[(&str, &str)]| {
        let mut query = vec![("token", token.as_str())];
        query.extend(more);
        follow_at("shop.example", &query)
    };
    let at = ("at", "/shoes/red?y=%20&z");
    let answer = follow(&[at, ("show", "promo=größe 42")]);
    assert_eq!(set(&answer), ["hero=b", "promo=größe 42"]);
    assert_eq!(
        header(&answer, "location"),
        Some("https://shop.example/shoes/red?y=%20&z")
    );
    assert_eq!(set(&follow(&[at, ("show", "hero=")])), Vec::<String>::new());
    assert_eq!(
        set(&follow(&[("show", "hero=control"), ("show", "a=b=c")])),
        ["a=b=c", "hero=control"]
    );
    assert_eq!(set(&follow(&[("reset", "1")])), Vec::<String>::new());
    assert_eq!(set(&follow(&[("reset", "1"), ("show", "a=1")])), ["a=1"]);
}

#[test]
fn nobody_is_led_anywhere_but_to_the_pages_of_the_link() {
    let below = token_of("https://shop.example/shoes/*", &[], 60);
    let slashes = token_of("https://shop.example//evil.example/", &[], 60);
    #[rustfmt::skip]
    let cases = [
        (&below, "https://evil.example/shoes/", "https://shop.example/shoes/"),
        (&below, "//evil.example/shoes/", "https://shop.example/shoes/"),
        (&below, "/hats", "https://shop.example/shoes/"),
        (&below, "/shoes/\r\nset-cookie: a=b", "https://shop.example/shoes/"),
        (&below, "/shoes/ a", "https://shop.example/shoes/"),
        (&below, "", "https://shop.example/shoes/"),
        (&below, "/shoes/@evil.example", "https://shop.example/shoes/@evil.example"),
        (&slashes, "/", "https://shop.example//evil.example/"),
    ];
    for (token, at, location) in cases {
        let answer = follow_at("shop.example", &[("token", token), ("at", at)]);
        assert_eq!(header(&answer, "location"), Some(location), "{at:?}");
    }
}

#[test]
fn what_does_not_hold_is_a_page_that_says_what_to_do() {
    let good = token_of("https://shop.example/shoes", &[("hero", "b")], 60);
    let over = token_of("https://shop.example/shoes", &[], 0);
    let cut = &good[..good.len() - 1];
    let at = "shop.example";
    #[rustfmt::skip]
    let cases = [
        (at, vec![("token", over.as_str())], 410, "expired"),
        (at, vec![("token", cut)], 403, "malformed"),
        (at, vec![("token", "x.y")], 403, "malformed"),
        (at, vec![("token", "")], 403, "malformed"),
        (at, vec![], 403, "malformed"),
        ("m.shop.example", vec![("token", good.as_str())], 403, "other_site"),
        ("m.shop.example", vec![("token", good.as_str()), ("leave", "1")], 403, "other_site"),
        (at, vec![("token", good.as_str()), ("show", "hero")], 400, "bad_choice"),
        (at, vec![("token", good.as_str()), ("show", "no id=b")], 400, "bad_choice"),
        (at, vec![("token", good.as_str()), ("show", "a=\n")], 400, "bad_choice"),
    ];
    for (host, query, status, label) in cases {
        let answer = follow_at(host, &query);
        assert_eq!(answer.status, status, "{query:?}");
        assert!(
            answer.body.contains(&format!("Reason: {label}<")),
            "{query:?}: {}",
            answer.body
        );
        assert_eq!(header(&answer, "set-cookie"), None);
        assert!(
            header(&answer, "content-security-policy")
                .unwrap()
                .starts_with("default-src 'none'")
        );
        assert_eq!(header(&answer, "referrer-policy"), Some("no-referrer"));
    }
}

#[test]
fn more_than_a_cookie_holds_is_not_chosen() {
    let token = token_of("https://shop.example/", &[], 60);
    let long = "v".repeat(250);
    let pairs: Vec<String> = (0..7).map(|i| format!("c{i}={long}")).collect();
    let mut query = vec![("token", token.as_str())];
    query.extend(pairs.iter().map(|pair| ("show", pair.as_str())));
    let answer = follow_at("shop.example", &query);
    assert!(answer.status == 400 && answer.body.contains("too_many_choices"));
}

#[test]
fn who_leaves_leaves_also_when_the_time_is_over() {
    for left in [0, 60] {
        let token = token_of("https://shop.example/shoes", &[("hero", "b")], left);
        let answer = follow_at(
            "shop.example",
            &[("token", &token), ("leave", "1"), ("at", "/shoes?x")],
        );
        assert_eq!(answer.status, 303);
        assert_eq!(
            header(&answer, "location"),
            Some("https://shop.example/shoes?x")
        );
        let cookie = header(&answer, "set-cookie").unwrap();
        assert!(
            cookie.starts_with("cdp_preview=;") && cookie.ends_with("; Path=/shoes; Max-Age=0")
        );
    }
}

#[test]
fn without_a_key_the_operator_is_told_and_other_methods_are_none() {
    let target = Target::parse("https://shop.example/_cdp/preview?token=a.b");
    for fault in [KeyFault::Missing, KeyFault::Short] {
        let answer = follow("GET", &target, Err(fault), "/_cdp", NOW);
        assert!(
            answer.status == 503 && answer.body.contains("PREVIEW_KEY"),
            "{}",
            answer.body
        );
    }
    let answer = follow("PUT", &target, Ok(&key()), "/_cdp", NOW);
    assert_eq!(
        (answer.status, header(&answer, "allow")),
        (405, Some("GET, HEAD, POST"))
    );
    assert_eq!(
        follow("HEAD", &target, Ok(&key()), "/_cdp", NOW).status,
        403
    );
}
