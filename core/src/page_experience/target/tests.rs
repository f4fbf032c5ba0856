//! The rules of addresses, with what is known to fool them.

use proptest::prelude::*;
use url::Url;

use super::*;

const AT: &str = "https://shop.example/a?x=1";

fn location(text: &str) -> Option<String> {
    location_at(AT, text)
}

fn location_at(at: &str, text: &str) -> Option<String> {
    let address = redirect(text, &Target::parse(at), "/_cdp")?;
    Some(address.requested() + &address.fragment)
}

#[test]
fn pages_of_the_site_are_reached_with_the_visitors_query() {
    #[rustfmt::skip]
    let cases = [
        ("/b", "/b?x=1"),
        ("/", "/?x=1"),
        ("/b?v=2#top", "/b?v=2&x=1#top"),
        ("/b?X=2", "/b?X=2"),
        ("/b#", "/b?x=1#"),
        ("/b/../c/./d", "/c/d?x=1"),
        ("/b/%2e%2e/c", "/c?x=1"),
        ("/a%2Fb%zz", "/a%2Fb%zz?x=1"),
        ("/straße/é?q=ü", "/stra%C3%9Fe/%C3%A9?q=%C3%BC&x=1"),
        ("/b?to=//evil.example", "/b?to=//evil.example&x=1"),
        ("/b:c@d", "/b:c@d?x=1"),
        ("/a//b", "/a//b?x=1"),
        ("/javascript:alert(1)", "/javascript:alert(1)?x=1"),
        ("https://shop.example/b", "/b?x=1"),
        ("https://shop.example", "/?x=1"),
        ("https://shop.example?v=2", "/?v=2&x=1"),
        ("HTTPS://SHOP.example:443/b#c", "/b?x=1#c"),
        ("/my-sitecore/x", "/my-sitecore/x?x=1"),
        ("/_cdpx", "/_cdpx?x=1"),
    ];
    for (text, expected) in cases {
        assert_eq!(location(text).as_deref(), Some(expected), "{text}");
    }
    let own_port = location_at("http://127.0.0.1:8787/a", "http://127.0.0.1:8787/b");
    assert_eq!(own_port.as_deref(), Some("/b"));
    let idn = location_at("https://xn--strae-oqa.example/", "https://straße.example/b");
    assert_eq!(idn.as_deref(), Some("/b"));
}

#[test]
fn other_hosts_are_refused_however_they_are_spelt() {
    #[rustfmt::skip]
    let refused = [
        "", "b", "./b", "../b", "?x", "#x", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\/evil.example",
        "\\\\evil.example", "/\t/evil.example", "\t//evil.example", "/\n/evil.example", " //evil.example", "/b ", " /b", "/b c", "/b\u{a0}c",
        "/b\r\nSet-Cookie: a=b", "/b\0", "/b\u{7f}", "/b\u{85}", "/b\\c", "/.//evil.example", "/..//evil.example", "/a/..//evil.example",
        "/%2e//evil.example", "/%2E%2e//evil.example", "/a/%2e%2e//evil.example", "https:/shop.example/b", "https:shop.example/b", "https:///shop.example/b",
        "https:\\\\shop.example/b", "https://shop.example\\@evil.example/", "https://shop.example@evil.example/", "https://evil.example@shop.example/",
        "https://@shop.example/", "https://:@shop.example/", "https://u:p@shop.example/", "https://shop.example:8443/b", "https://shop.example:/@evil.example:1/x\\",
        "http://shop.example/b", "https://shop.example./b", "https://shop.example.evil.example/", "https://evilshop.example/", "https://www.shop.example/",
        "https://sh%6fp.example\u{0}/", "https://[::1]/", "https://shop.example:99999/", "https://", "https://?x", "https://#x", "ftp://shop.example/b",
        "ws://shop.example/b", "wss://shop.example/", "javascript:alert(1)", "javascript://shop.example/%0aalert(1)", "data:text/html,x", "blob:https://shop.example/x",
        "file:///etc/passwd", "view-source:https://shop.example/", "mailto:a@shop.example", "https://ｅvil.example/", "https://evil。example/",
        "httpſ://shop.example/", "https://shop.example%00.evil.example/", "https://shop.example%2fevil.example/", "/b\u{2028}c", "/b\u{feff}\u{3000}",
    ];
    for text in refused {
        assert_eq!(location(text), None, "{text:?}");
    }
    assert!(location(&format!("/{}", "b".repeat(MAX_TEXT - 1))).is_some());
    assert_eq!(location(&format!("/{}", "b".repeat(MAX_TEXT))), None);
    // As the own host is written matters not; which host it is does.
    assert_eq!(
        location("https://ＳＨＯＰ.example/b").as_deref(),
        Some("/b?x=1")
    );
}

#[test]
fn nobody_is_led_to_the_back_office_or_to_our_endpoints() {
    #[rustfmt::skip]
    let refused = [
        "/sitecore", "/sitecore/login", "/SITECORE/shell", "/%73itecore/x", "/b/../sitecore/x", "/-/media/x", "/~/icon/x", "/layouts/x",
        "https://shop.example/sitecore/login", "/sitecore;a/x", "/_cdp", "/_cdp/event", "/_CDP/event", "/%5fcdp/event", "/b/../_cdp/event", "/_cdp%2fevent",
    ];
    let at = Target::parse(AT);
    for text in refused {
        assert_eq!(location(text), None, "{text}");
        assert_eq!(page(text, &at, "/_cdp"), None, "{text}");
    }
}

#[test]
fn another_page_is_a_path_on_xm() {
    let at = Target::parse(AT);
    let asked = |text: &str| page(text, &at, "/_cdp").map(|address| address.requested());
    #[rustfmt::skip]
    let cases = [
        ("/home-b", "/home-b?x=1"),
        ("/home-b?v=2&X=3", "/home-b?v=2&X=3"),
        ("/b/../c", "/c?x=1"),
        ("/é", "/%C3%A9?x=1"),
    ];
    for (text, expected) in cases {
        assert_eq!(asked(text).as_deref(), Some(expected), "{text}");
    }
    #[rustfmt::skip]
    let refused = ["", "b", "//evil.example/", "/\\evil.example", "https://shop.example/b", "/b#c", "/b c", "/\t/b", "/.//b", "/b\n"];
    for text in refused {
        assert_eq!(asked(text), None, "{text:?}");
    }
}

#[test]
fn a_page_is_the_same_in_every_spelling_that_xm_knows() {
    let address = |path: &str| Address {
        path: path.to_owned(),
        query: None,
        fragment: String::new(),
    };
    for (one, other) in [("/", "/"), ("/b", "/B/"), ("/b", "/%62"), ("/É", "/%C3%A9")] {
        assert!(address(one).is_page_at(other), "{one} {other}");
    }
    assert!(!address("/b").is_page_at("/b/c"));
}

proptest! {
    /// Whatever a decision says: a browser that gets it stays on the site.
    #[test]
    fn no_text_leads_off_the_site(
        text in "(https?:|/|\\\\|//)?[/\\\\@:.?#%a-f0-9\t\n \u{3002}\u{ff0f}]{0,16}(evil|shop)?(.example)?[/\\\\@:]?\\PC{0,4}",
    ) {
        if let Some(location) = location(&text) {
            let url = Url::parse(AT).unwrap().join(&location).unwrap();
            prop_assert_eq!(url.host_str(), Some("shop.example"));
            prop_assert_eq!((url.scheme(), url.port()), ("https", None));
            prop_assert!(location.starts_with('/') && !location.starts_with("//"));
            prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(location.len() <= 3 * MAX_TEXT + AT.len());
            // A browser reads it as we wrote it: nothing in it means something else.
            prop_assert_eq!(&url[url::Position::BeforePath..], location.as_str());
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC*", at in "\\PC*") {
        let at = Target::parse(&at);
        let _ = (redirect(&text, &at, "/_cdp"), page(&text, &at, "/_cdp"));
    }
}
