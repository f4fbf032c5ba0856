//! `POST …/event`: one event of the catalogue, from a page.
//!
//! In: a screened request and its body. Out: the event, or an answer that names every wrong field.

use crate::{
    endpoints::{
        Received, screen,
        submission::{incoming, invalid, object},
    },
    events::check,
    request::{Headers, Target},
};

/// Receives an event. `body`: at most [`MAX_BODY`](super::MAX_BODY) bytes, and one more when there are more.
#[must_use]
pub fn receive(method: &str, target: &Target<'_>, headers: &impl Headers, body: &[u8]) -> Received {
    if let Some(answer) = screen(method, target, headers) {
        return Received::Answer(answer);
    }
    match object(body).and_then(|event| check(event).map_err(|problems| invalid(&problems))) {
        Ok(checked) => incoming(checked, target, headers),
        Err(answer) => Received::Answer(answer),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        endpoints::{Answer, MAX_BODY},
        events::catalogue::Kind,
        request::fixture::Lines,
    };

    const URL: &str = "https://shop.example/_cdp/event";
    const OWN: (&str, &str) = ("origin", "https://shop.example");
    const JSON: (&str, &str) = ("content-type", "application/json");

    fn answer(method: &str, headers: Lines<'_>, body: &[u8]) -> Answer {
        match receive(method, &Target::parse(URL), &headers.to_vec(), body) {
            Received::Answer(answer) => answer,
            Received::Event(event) => panic!("received {event:?}"),
        }
    }

    fn fields(answer: &Answer) -> Vec<String> {
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        let field = |error: &Value| error["field"].as_str().map(str::to_owned);
        errors.iter().filter_map(field).collect()
    }

    #[test]
    fn what_is_refused_says_why_by_its_status() {
        let event = br#"{"type":"SIGNUP"}"#.as_slice();
        let large = [b"{\"type\":\"A\"}".as_slice(), &[b' '; MAX_BODY]].concat();
        let form = ("content-type", "application/x-www-form-urlencoded");
        type Case<'a> = (&'a str, Lines<'a>, &'a [u8], u16, &'a [&'a str]);
        #[rustfmt::skip]
        let cases: &[Case<'_>] = &[
            ("GET", &[OWN, JSON], event, 405, &[]),
            ("OPTIONS", &[OWN], b"", 405, &[]),
            ("post", &[OWN, JSON], event, 405, &[]),
            ("POST", &[JSON], event, 403, &[]),
            ("POST", &[("origin", "https://evil.example"), JSON], event, 403, &[]),
            ("POST", &[OWN, form], event, 415, &[]),
            ("POST", &[OWN, ("content-type", "multipart/form-data; boundary=a")], event, 415, &[]),
            ("POST", &[OWN, ("content-type", "")], event, 415, &[]),
            ("POST", &[OWN, JSON, ("content-length", "16385")], event, 413, &[]),
            ("POST", &[OWN, JSON], &large, 413, &[]),
            ("POST", &[OWN, JSON], b"", 400, &["event"]),
            ("POST", &[OWN, JSON], b"{", 400, &["event"]),
            ("POST", &[OWN, JSON], b"\xff", 400, &["event"]),
            ("POST", &[OWN, JSON], b"[]", 400, &["event"]),
            ("POST", &[OWN, JSON], br#"[{"type":"SIGNUP"}]"#, 400, &["event"]),
            ("POST", &[OWN, JSON], b"{}", 400, &["type"]),
            ("POST", &[OWN, JSON], br#"{"type":"signup","browser_id":"x","ext":{"a-b":1}}"#, 400,
                &["type", "browser_id", "ext.a-b"]),
        ];
        for (method, headers, body, status, expected) in cases {
            let answer = answer(method, headers, body);
            assert_eq!(
                answer.status, *status,
                "{method} {headers:?} {}",
                answer.body
            );
            assert_eq!(fields(&answer), *expected);
            let allow = answer.headers.contains(&("allow", "POST".to_owned()));
            assert_eq!(allow, *status == 405);
        }
    }

    #[test]
    fn nothing_of_a_broken_body_is_repeated() {
        for body in [
            "{\"email\":\"j@d.ie\"",
            "{\"email\":\"j@d.ie\"}}",
            "j@d.ie",
            "\"j@d.ie\"",
        ] {
            let answer = answer("POST", &[OWN, JSON], body.as_bytes());
            assert!(!answer.body.contains("j@d"), "{}", answer.body);
        }
    }

    #[test]
    fn fetch_and_beacons_are_taken() {
        let body = br#"{"type":"SIGNUP","ext":{"plan":"pro"}}"#;
        let beacon = ("content-type", "text/plain;charset=UTF-8");
        let length = ("content-length", "16384");
        for headers in [
            &[OWN, JSON, length][..],
            &[OWN, beacon],
            &[OWN],
            &[OWN, ("Content-Type", "Application/JSON; charset=utf-8")],
        ] {
            let target = Target::parse(URL);
            let Received::Event(event) = receive("POST", &target, &headers.to_vec(), body) else {
                panic!("{headers:?} refused");
            };
            assert_eq!(event.checked.kind(), Kind::Custom);
            assert_eq!(event.page_path, "/");
        }
        let mut longest = br#"{"type":"SIGNUP"}"#.to_vec();
        longest.resize(MAX_BODY, b' ');
        let received = receive("POST", &Target::parse(URL), &vec![OWN], &longest);
        assert!(matches!(received, Received::Event(_)));
    }

    #[test]
    fn an_event_belongs_to_the_page_that_sent_it() {
        let long = format!("?path=/{}", "a".repeat(2048));
        #[rustfmt::skip]
        let cases = [
            ("", None, "/"),
            ("", Some("https://shop.example/de/schuhe?a=1"), "/de/schuhe"),
            ("", Some("https://other.example/de"), "/"),
            ("?path=%2Ffr%2Fa", Some("https://shop.example/de"), "/fr/a"),
            ("?path=//fr", None, "//fr"),
            ("?path=de", Some("https://shop.example/de"), "/de"),
            (&long, None, "/"),
        ];
        for (query, referer, expected) in cases {
            let url = format!("{URL}{query}");
            let mut headers = vec![OWN];
            headers.extend(referer.map(|referer| ("referer", referer)));
            let body = br#"{"type":"SIGNUP"}"#;
            let Received::Event(event) = receive("POST", &Target::parse(&url), &headers, body)
            else {
                panic!("refused");
            };
            assert_eq!(event.page_path, expected, "{query} {referer:?}");
        }
    }

    #[test]
    fn a_taken_event_is_answered_with_its_id() {
        use crate::endpoints::{accepted, ignored, not_stored};
        let json = |answer: &Answer| serde_json::from_str::<Value>(&answer.body).unwrap();
        assert_eq!(accepted("e1").status, 202);
        assert_eq!(
            json(&accepted("e1")),
            json!({"status": "accepted", "id": "e1"})
        );
        let ignored = ignored("no_consent");
        assert_eq!(ignored.status, 202);
        assert_eq!(
            json(&ignored),
            json!({"status": "ignored", "reason": "no_consent"})
        );
        assert_eq!(not_stored().status, 503);
        assert!(
            not_stored()
                .headers
                .contains(&("retry-after", "5".to_owned()))
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = receive("POST", &Target::parse(URL), &vec![OWN], &body);
        }
    }
}
