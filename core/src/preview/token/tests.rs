//! A token against everything that may be done to one.

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000;

fn key() -> PreviewKey {
    PreviewKey::read(Some("a key of the tests, long enough")).unwrap()
}

fn hero() -> Link {
    let show = [("hero", "b"), ("promo*", "control"), ("x", "größe 42")];
    Link::new("https://shop.example/shoes?x=1", show, NOW + 60)
        .unwrap()
        .0
}

#[test]
fn what_was_signed_is_what_is_opened() {
    for link in [
        hero(),
        Link::new("http://127.0.0.1:8787/", [], 0).unwrap().0,
        Link::new("https://[::1]:8787/a/*?q", [("a", "b")], u64::MAX)
            .unwrap()
            .0,
    ] {
        let token = sign(&link, &key()).unwrap();
        assert_eq!(open(&token, &key()), Ok(link));
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
            "{token}"
        );
    }
}

#[test]
fn any_flipped_bit_is_refused() {
    let token = sign(&hero(), &key()).unwrap();
    for at in 0..token.len() {
        for bit in 0..8 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(text) = String::from_utf8(bytes) {
                let refused = open(&text, &key()).unwrap_err();
                assert!(
                    matches!(refused, Refused::BadSignature | Refused::Malformed),
                    "{at}/{bit}"
                );
            }
        }
        assert!(open(&token[..at], &key()).is_err(), "cut at {at}");
    }
    assert!(open(&format!("{token}A"), &key()).is_err());
    let other = PreviewKey::read(Some("another key, as long")).unwrap();
    assert_eq!(open(&token, &other), Err(Refused::BadSignature));
}

#[test]
fn a_signature_over_nonsense_grants_nothing() {
    #[rustfmt::skip]
    let payloads = ["", "{}", "[]", r#"{"v":2,"h":"a","p":"/","e":1}"#, r#"{"v":1,"h":"a","p":"","e":1}"#,
        r#"{"v":1,"h":"a","p":"x","e":1}"#, r#"{"v":1,"h":"a","p":"/","e":-1}"#, r#"{"v":1,"p":"/","e":1}"#,
        r#"{"v":1,"h":"a","p":"/","e":1,"s":{"no id":"b"}}"#, r#"{"v":1,"h":"a","p":"/","e":1,"s":{"hero":""}}"#, r#"{"v":1,"h":"a","p":"/","e":1,"s":[]}"#,
        r#"{"v":1,"h":"a","p":"/","e":1,"t":"https://evil.example/"}"#, r#"{"v":1,"h":"a","p":"/","e":1,"t":"/other"}"#];
    for payload in payloads {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let token = format!("{payload}.{}", URL_SAFE_NO_PAD.encode(key().sign(&payload)));
        assert_eq!(open(&token, &key()), Err(Refused::Malformed), "{payload}");
    }
    for text in ["", ".", "a", "a.b", "é.é", &"a".repeat(MAX_TOKEN + 1)] {
        assert!(open(text, &key()).is_err(), "{text}");
    }
}

#[test]
fn it_holds_until_its_second_has_come() {
    let (link, target) = (hero(), Target::parse("https://shop.example/shoes?y=2"));
    let end = link.expires_at;
    assert_eq!(link.check(&target, 0), Ok(()));
    assert_eq!(link.check(&target, end - 1), Ok(()));
    assert_eq!(link.check(&target, end), Err(Refused::Expired));
    assert_eq!(link.check(&target, end + 1), Err(Refused::Expired));
    assert_eq!(link.check(&target, u64::MAX), Err(Refused::Expired));
}

#[test]
fn it_holds_for_its_site_and_its_pages_only() {
    let below = Link::new("https://shop.example/shoes/*", [], NOW + 1)
        .unwrap()
        .0;
    #[rustfmt::skip]
    let cases = [
        (hero(), "https://shop.example/shoes", Ok(())),
        (hero(), "http://shop.example/shoes?any=query", Ok(())),
        (hero(), "https://shop.example/shoes/", Err(Refused::OtherPath)),
        (hero(), "https://shop.example/Shoes", Err(Refused::OtherPath)),
        (hero(), "https://shop.example/", Err(Refused::OtherPath)),
        (hero(), "https://shop.example:8443/shoes", Err(Refused::OtherSite)),
        (hero(), "https://www.shop.example/shoes", Err(Refused::OtherSite)),
        (hero(), "https://shop.example.evil.example/shoes", Err(Refused::OtherSite)),
        (hero(), "https://evil.example/shoes", Err(Refused::OtherSite)),
        (below.clone(), "https://shop.example/shoes/", Ok(())),
        (below.clone(), "https://shop.example/shoes/red/42", Ok(())),
        (below.clone(), "https://shop.example/shoes", Err(Refused::OtherPath)),
        (below.clone(), "https://shop.example/shoes2/", Err(Refused::OtherPath)),
    ];
    for (link, url, expected) in cases {
        assert_eq!(link.check(&Target::parse(url), NOW), expected, "{url}");
    }
    assert!(below.covers("/shoes/?a=/b"));
    assert!(
        !below.covers("/hats?x=/shoes/") && !below.covers("//shoes/") && !below.covers("shoes/")
    );
}

#[test]
fn what_does_not_fit_into_a_cookie_is_not_signed() {
    let long = "v".repeat(250);
    let show: Vec<String> = (0..6).map(|i| format!("hero{i}")).collect();
    let link = |count: usize| {
        let show = show[..count].iter().map(|id| (id.as_str(), long.as_str()));
        Link::new("https://shop.example/", show, NOW).unwrap().0
    };
    assert!(sign(&link(4), &key()).is_some());
    assert_eq!(sign(&link(6), &key()), None);
}

proptest! {
    #[test]
    fn no_text_panics_or_is_granted(text in "\\PC{0,80}", more in "[A-Za-z0-9_.-]{0,80}") {
        prop_assert!(open(&text, &key()).is_err());
        prop_assert!(open(&more, &key()).is_err());
    }

    #[test]
    fn every_link_survives(
        path in "/[a-z0-9/%é ]{0,40}", query in "[ -~]{0,30}", variant in "[^\\p{Cc}]{1,40}", expires_at in any::<u64>(),
    ) {
        let url = format!("https://shop.example{path}?{query}");
        let (link, _) = Link::new(&url, [("hero", variant.as_str())], expires_at).unwrap();
        let token = sign(&link, &key()).unwrap();
        prop_assert_eq!(open(&token, &key()), Ok(link));
    }
}
