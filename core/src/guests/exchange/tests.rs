//! Every interleaving of a request with the CDP's answers, without a network.

use serde_json::{Value, json};

use super::*;
use crate::{
    config::Site,
    guests::{Request, Secrets, open},
    request::{
        Target,
        fixture::{self, Lines},
    },
};

pub(super) const GUEST: &str = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";
const OTHER: &str = "11111111-1111-4111-8111-111111111111";
/// `CLIENTKEY:token-of-the-tenant`
const BASIC: &str = "Basic Q0xJRU5US0VZOnRva2VuLW9mLXRoZS10ZW5hbnQ=";

/// A request, and the conversation that it leads to.
struct Talk {
    exchange: Exchange,
    called: Vec<String>,
    bodies: Vec<Option<Value>>,
    waited: Vec<u32>,
}

fn site(api: GuestApi) -> Site {
    Site {
        guest_api: api,
        ..fixture::site()
    }
}

fn start(
    api: GuestApi,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Talk, Answer> {
    let url = format!("https://shop.example/_cdp/{path}");
    let target = Target::parse(&url);
    let mut all = vec![
        ("authorization", "Bearer key"),
        ("content-type", "application/json"),
    ];
    all.extend_from_slice(headers);
    let secrets = Secrets::read(|name| {
        let value = match name {
            "XM_API_KEY" => "key",
            "CDP_API_TOKEN" => "token-of-the-tenant",
            _ => "",
        };
        Some(value.to_owned())
    });
    let request = Request {
        method,
        path: path.split('?').next().unwrap(),
        target: &target,
        headers: &all,
    };
    let mut exchange = open(request, &fixture::cdp(), &site(api), &secrets)?;
    if exchange.awaits_body() {
        exchange.receive(body.as_bytes());
    }
    Ok(Talk {
        exchange,
        called: Vec::new(),
        bodies: Vec::new(),
        waited: Vec::new(),
    })
}

impl Talk {
    /// Plays on with these replies; gives the answer.
    fn play(&mut self, replies: &[Reply]) -> Answer {
        let mut replies = replies.iter();
        loop {
            match self.exchange.step() {
                Step::Answer(answer) => {
                    assert_eq!(replies.next(), None, "not asked for: {:?}", self.called);
                    return answer;
                }
                Step::Call { call, .. } => {
                    let stream = call.url.contains("/v1.2/");
                    let basic = call.headers.contains(&("authorization", BASIC.to_owned()));
                    assert_eq!(basic, !stream, "credentials at {}", call.url);
                    let url = call
                        .url
                        .strip_prefix("https://api-engage-eu.sitecorecloud.io")
                        .expect("the configured host");
                    self.called.push(format!("{} {url}", call.method));
                    self.bodies
                        .push(call.body.map(|body| serde_json::from_str(&body).unwrap()));
                    let reply = replies
                        .next()
                        .unwrap_or_else(|| panic!("no reply to {:?}", self.called));
                    self.exchange.answered(reply, 0.5, 0);
                }
                Step::Wait { ms } => self.waited.push(ms),
                Step::Recall(_) => self.exchange.recalled(&Recalled::Nothing),
            }
        }
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply::Answered {
        status,
        content_type: Some("application/json;charset=UTF-8".to_owned()),
        retry_after: None,
        body: Some(body.to_string().into_bytes()),
    }
}

fn bare(status: u16, retry_after: Option<&str>) -> Reply {
    Reply::Answered {
        status,
        content_type: None,
        retry_after: retry_after.map(str::to_owned),
        body: Some(Vec::new()),
    }
}

fn guest(reference: &str) -> Value {
    json!({"ref": reference, "href": format!("https://cdp.example/v2.1/guests/{reference}"), "firstName": "Jane"})
}

fn found(references: &[&str]) -> Reply {
    let items: Vec<Value> = references
        .iter()
        .map(|reference| guest(reference))
        .collect();
    reply(
        200,
        &json!({"href": "https://cdp.example/v2.1/guests?email=j%40d.ie", "offset": 0, "limit": 2, "items": items}),
    )
}

fn shown(reference: &str) -> Reply {
    reply(
        200,
        &json!({"status": "OK", "ref": fixture::BROWSER_ID, "customer": {"ref": reference}}),
    )
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer
        .headers
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.as_str())
}

/// One call with one reply: what was called, with what, and the answer.
fn once(
    api: GuestApi,
    method: &str,
    path: &str,
    body: &str,
    with: &Reply,
) -> (String, Option<Value>, Answer) {
    let mut talk = start(api, method, path, &[], body).unwrap();
    let answer = talk.play(std::slice::from_ref(with));
    (talk.called.remove(0), talk.bodies.remove(0), answer)
}

#[test]
fn every_operation_is_one_call_of_v2_1() {
    let at = format!("guests/{GUEST}");
    let ext = format!("{at}/extensions/ext1");
    let cdp = format!("/v2.1/guests/{GUEST}");
    let body = r#"{"firstName":"Jane"}"#;
    let tier = r#"{"tier":"gold"}"#;
    let named = r#"{"name":"ext1","tier":"gold"}"#;
    #[rustfmt::skip]
    let cases = [
        ("GET", "guests?email=j%40d.ie".to_owned(), "", "GET /v2.1/guests?email=j%40d.ie&expand=true".to_owned(), 200),
        ("GET", "guests?provider=BX%20LP&id=1%262&offset=10&limit=5".to_owned(), "",
            "GET /v2.1/guests?identifiers.provider=BX%20LP&identifiers.id=1%262&expand=true&offset=10&limit=5".to_owned(), 200),
        ("POST", "guests".to_owned(), body, "POST /v2.1/guests".to_owned(), 201),
        ("GET", at.clone(), "", format!("GET {cdp}"), 200),
        ("PUT", at.clone(), body, format!("PUT {cdp}"), 200),
        ("PATCH", at.clone(), body, format!("PATCH {cdp}"), 200),
        ("DELETE", at.clone(), "", format!("DELETE {cdp}"), 200),
        ("GET", format!("{at}/extensions"), "", format!("GET {cdp}/extensions"), 200),
        ("POST", format!("{at}/extensions"), named, format!("POST {cdp}/extensions"), 201),
        ("GET", ext.clone(), "", format!("GET {cdp}/extensions/ext1"), 200),
        ("PUT", ext.clone(), tier, format!("PUT {cdp}/extensions/ext1"), 200),
        ("PATCH", ext.clone(), tier, format!("PATCH {cdp}/extensions/ext1"), 200),
        ("DELETE", ext.clone(), "", format!("DELETE {cdp}/extensions/ext1"), 200),
        ("DELETE", format!("{ext}/fields?name=tier"), "", format!("DELETE {cdp}/extensions/ext1/fields?name=tier"), 200),
    ];
    for (method, path, body, call, status) in cases {
        let (called, sent, answer) = once(
            GuestApi::V2_1,
            method,
            &path,
            body,
            &reply(200, &guest(GUEST)),
        );
        assert_eq!((called, answer.status), (call, status), "{method} {path}");
        assert_eq!(
            sent,
            (!body.is_empty()).then(|| serde_json::from_str(body).unwrap()),
            "{method} {path}"
        );
        assert_eq!(json_of(&answer)["href"], format!("/_cdp/guests/{GUEST}"));
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
    }
}

#[test]
fn an_answer_without_a_body_is_204_where_that_can_be() {
    let at = format!("guests/{GUEST}");
    for method in ["PUT", "PATCH", "DELETE"] {
        for status in [200, 204] {
            let (_, _, answer) = once(
                GuestApi::V2_1,
                method,
                &at,
                r#"{"firstName":"Jane"}"#,
                &bare(status, None),
            );
            assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{method}");
        }
    }
    let (_, _, answer) = once(GuestApi::V2_1, "GET", &at, "", &bare(200, None));
    assert_eq!(answer.status, 502);
    let (_, _, answer) = once(
        GuestApi::V2_1,
        "POST",
        "guests",
        r#"{"firstName":"Jane"}"#,
        &bare(201, None),
    );
    assert_eq!((answer.status, answer.body.as_str()), (201, "{}"));
}

#[test]
fn v2_replaces_with_post_and_knows_extensions_by_their_reference() {
    let at = format!("guests/{GUEST}");
    let ext = format!("{at}/extensions/ext");
    let cdp = format!("/v2/guests/{GUEST}");
    let listed = reply(
        200,
        &json!({"items": [{"ref": "0349654D-5DB7-4103-8C9E-88953648EE18", "key": "default", "tier": "gold"}]}),
    );
    let (called, _, _) = once(
        GuestApi::V2,
        "PUT",
        &at,
        r#"{"firstName":"Jane"}"#,
        &reply(200, &guest(GUEST)),
    );
    assert_eq!(called, format!("POST {cdp}"));
    let (called, sent, answer) = once(
        GuestApi::V2,
        "POST",
        &format!("{at}/extensions"),
        r#"{"name":"ext2","tier":"gold"}"#,
        &reply(201, &json!({})),
    );
    assert_eq!(
        (called, answer.status),
        (format!("POST {cdp}/extext2"), 201)
    );
    assert_eq!(sent, Some(json!({"key": "default", "tier": "gold"})));
    let none = reply(200, &json!({"items": []}));
    let (called, _, answer) = once(GuestApi::V2, "GET", &ext, "", &none);
    assert_eq!((called, answer.status), (format!("GET {cdp}/extext"), 404));
    for (method, call) in [("GET", "GET"), ("PUT", "POST"), ("DELETE", "DELETE")] {
        let mut talk = start(GuestApi::V2, method, &ext, &[], r#"{"tier":"silver"}"#).unwrap();
        assert_eq!(
            talk.play(&[listed.clone(), reply(200, &json!({}))]).status,
            200
        );
        assert_eq!(
            talk.called[1],
            format!("{call} {cdp}/extext/0349654D-5DB7-4103-8C9E-88953648EE18")
        );
    }
    let mut odd = start(GuestApi::V2, "DELETE", &ext, &[], "").unwrap();
    assert_eq!(
        odd.play(&[reply(
            200,
            &json!({"items": [{"ref": "../../v2/callFlows"}]})
        )])
        .status,
        502
    );
}

#[test]
fn what_v2_cannot_do_is_said_and_not_imitated() {
    let at = format!("guests/{GUEST}");
    #[rustfmt::skip]
    let cases = [("PATCH", at.clone()), ("DELETE", at.clone()), ("GET", format!("{at}/extensions")),
        ("PATCH", format!("{at}/extensions/ext")), ("DELETE", format!("{at}/extensions/ext/fields?name=a"))];
    for (method, path) in cases {
        let answer = start(GuestApi::V2, method, &path, &[], "").err().unwrap();
        assert_eq!(answer.status, 501, "{method} {path}");
        assert!(answer.body.contains("v2.1"));
    }
}

#[test]
fn me_is_the_guest_behind_the_visitors_browser() {
    let cookie = format!("a=b; bid_CLIENTKEY={}", fixture::BROWSER_ID);
    let with_cookie = [("cookie", cookie.as_str())];
    let by_query = format!("guests/me?browser_id={}", fixture::BROWSER_ID);
    for (path, headers) in [("guests/me", &with_cookie[..]), (&by_query, &[])] {
        let mut talk = start(GuestApi::V2_1, "GET", path, headers, "").unwrap();
        assert_eq!(
            talk.play(&[shown(GUEST), reply(200, &guest(GUEST))]).status,
            200
        );
        let show = format!(
            "GET /v1.2/browser/{}/show.json?client_key=CLIENTKEY&api_token=CLIENTKEY",
            fixture::BROWSER_ID
        );
        assert_eq!(talk.called, [show, format!("GET /v2.1/guests/{GUEST}")]);
    }
    let mut talk = start(
        GuestApi::V2_1,
        "PATCH",
        "guests/me/extensions/ext",
        &with_cookie,
        r#"{"tier":"gold"}"#,
    )
    .unwrap();
    assert_eq!(
        talk.play(&[shown(GUEST), reply(200, &json!({}))]).status,
        200
    );
    assert_eq!(
        talk.called[1],
        format!("PATCH /v2.1/guests/{GUEST}/extensions/ext")
    );
    let nobody = start(
        GuestApi::V2_1,
        "GET",
        "guests/me",
        &[("cookie", "bid_OTHER=x")],
        "",
    )
    .err()
    .unwrap();
    assert_eq!(nobody.status, 400);
    assert!(nobody.body.contains("bid_CLIENTKEY"));
}

#[test]
fn a_browser_without_a_guest_changes_nothing() {
    let cookie = format!("bid_CLIENTKEY={}", fixture::BROWSER_ID);
    let not_found = json!({"status": "NOT_FOUND", "error_msg": "Invalid browser id/ref specified"});
    let html = Reply::Answered {
        status: 404,
        content_type: Some("text/html".to_owned()),
        retry_after: None,
        body: Some(b"<html>".to_vec()),
    };
    #[rustfmt::skip]
    let cases = [
        (reply(404, &not_found), 404), (bare(404, None), 404), (reply(200, &not_found), 404),
        (reply(401, &json!({})), 502), (reply(500, &json!({})), 502), (html, 502), (Reply::NoAnswer, 502), (Reply::TimedOut, 504),
        (reply(200, &json!({"customer": {"ref": "../x"}})), 502), (reply(200, &json!({})), 502), (bare(302, None), 502),
    ];
    for (reply, status) in cases {
        let mut talk = start(
            GuestApi::V2_1,
            "DELETE",
            "guests/me",
            &[("cookie", &cookie)],
            "",
        )
        .unwrap();
        let answer = talk.play(std::slice::from_ref(&reply));
        assert_eq!(answer.status, status, "{reply:?}");
        assert!(!answer.body.contains(fixture::BROWSER_ID));
    }
}

const PERSON: &str = r#"{"email":"j@d.ie","identifiers":[{"provider":"crm","id":"1"}]}"#;

fn create_or_find(replies: &[Reply]) -> (Vec<String>, Answer) {
    let mut talk = start(
        GuestApi::V2_1,
        "POST",
        "guests?createOrFind=true",
        &[],
        PERSON,
    )
    .unwrap();
    let answer = talk.play(replies);
    (talk.called, answer)
}

#[test]
fn create_or_find_creates_only_whom_nobody_has() {
    let (called, answer) =
        create_or_find(&[found(&[]), bare(404, None), reply(201, &guest(GUEST))]);
    assert_eq!(answer.status, 201);
    assert_eq!(
        header(&answer, "location"),
        Some(format!("/_cdp/guests/{GUEST}").as_str())
    );
    assert_eq!(
        called,
        [
            "GET /v2.1/guests?identifiers.provider=crm&identifiers.id=1&expand=true&limit=10",
            "GET /v2.1/guests?email=j%40d.ie&expand=true&limit=10",
            "POST /v2.1/guests",
        ]
    );
}

#[test]
fn create_or_find_finds_by_any_criterion_and_creates_nothing() {
    for replies in [
        [found(&[GUEST]), found(&[])],
        [found(&[]), found(&[GUEST])],
        [found(&[GUEST]), found(&[GUEST])],
    ] {
        let (called, answer) =
            create_or_find(&[&replies[..], &[reply(200, &guest(GUEST))]].concat());
        assert_eq!(
            (answer.status, json_of(&answer)["firstName"].as_str()),
            (200, Some("Jane"))
        );
        assert_eq!(
            header(&answer, "content-location"),
            Some(format!("/_cdp/guests/{GUEST}").as_str())
        );
        assert_eq!(called[2], format!("GET /v2.1/guests/{GUEST}"));
    }
    // Items may be no more than links.
    let links = reply(
        200,
        &json!({"items": [{"href": format!("https://cdp.example/v2.1/guests/{GUEST}")}]}),
    );
    let (called, _) = create_or_find(&[links, found(&[]), reply(200, &guest(GUEST))]);
    assert_eq!(called[2], format!("GET /v2.1/guests/{GUEST}"));
}

#[test]
fn create_or_find_does_not_choose_between_two_guests() {
    #[rustfmt::skip]
    let cases = [
        (vec![found(&[GUEST]), found(&[OTHER])], "email"),
        (vec![found(&[GUEST, OTHER])], "identifiers[0]"),
        (vec![found(&[]), found(&[GUEST, OTHER])], "email"),
    ];
    for (replies, field) in cases {
        let (_, answer) = create_or_find(&replies);
        assert_eq!(
            (
                answer.status,
                json_of(&answer)["errors"][0]["field"].as_str()
            ),
            (409, Some(field))
        );
        assert!(
            !answer.body.contains(GUEST) && !answer.body.contains("j@d"),
            "{}",
            answer.body
        );
    }
    assert_eq!(
        create_or_find(&[
            found(&[GUEST, GUEST]),
            found(&[]),
            reply(200, &guest(GUEST))
        ])
        .1
        .status,
        200
    );
}

#[test]
fn create_or_find_does_not_take_a_similar_guest_for_the_person() {
    let similar = |email: &str, id: &str| json!({"ref": OTHER, "email": email, "identifiers": [{"provider": "crm", "id": id}]});
    let list = |guest: Value| reply(200, &json!({"items": [guest]}));
    let (_, answer) = create_or_find(&[
        list(similar("x@d.ie", "11")),
        list(similar("jj@d.ie", "1")),
        reply(201, &guest(GUEST)),
    ]);
    assert_eq!(answer.status, 201);
    let same = json!({"ref": GUEST, "emails": ["k@d.ie", "J@D.ie"]});
    let (_, answer) = create_or_find(&[
        list(similar("x@d.ie", "2")),
        list(same),
        reply(200, &guest(GUEST)),
    ]);
    assert_eq!(answer.status, 200);
}

#[test]
fn create_or_find_creates_nothing_when_a_search_fails() {
    for (bad, status) in [
        (Reply::NoAnswer, 502),
        (Reply::TimedOut, 504),
        (reply(401, &json!({})), 502),
        (reply(500, &json!({})), 502),
        (reply(200, &json!({"items": [{"ref": "x"}]})), 502),
        (reply(200, &json!({"message": "x"})), 502),
        (bare(200, None), 502),
    ] {
        let (called, answer) = create_or_find(&[found(&[]), bad]);
        assert_eq!(answer.status, status);
        assert!(
            !called.iter().any(|call| call.starts_with("POST")),
            "{called:?}"
        );
    }
    let nothing = start(
        GuestApi::V2_1,
        "POST",
        "guests?createOrFind=true",
        &[],
        r#"{"firstName":"Jane"}"#,
    )
    .unwrap()
    .play(&[]);
    assert_eq!(nothing.status, 400);
}

#[test]
fn a_busy_cdp_is_asked_again_within_the_bound() {
    let path = format!("guests/{GUEST}");
    let talk = |replies: &[Reply]| {
        let mut talk = start(GuestApi::V2_1, "GET", &path, &[], "").unwrap();
        let answer = talk.play(replies);
        (answer, talk.waited, talk.exchange.counts())
    };
    let (answer, waited, counts) = talk(&[
        bare(429, Some("1")),
        bare(503, Some("0")),
        reply(200, &guest(GUEST)),
    ]);
    assert_eq!(
        (answer.status, waited.as_slice(), counts),
        (200, &[1_000, 0][..], (3, 2))
    );
    let (answer, _, counts) = talk(&[
        bare(429, Some("0")),
        bare(429, Some("0")),
        bare(429, Some("7")),
    ]);
    assert_eq!(
        (answer.status, header(&answer, "retry-after"), counts),
        (429, Some("7"), (3, 2))
    );
    let (answer, waited, _) = talk(&[bare(429, Some("3600"))]);
    assert_eq!(
        (
            answer.status,
            header(&answer, "retry-after"),
            waited.as_slice()
        ),
        (429, Some("3600"), &[][..])
    );
    let (answer, waited, _) = talk(&[bare(503, None), bare(503, None), bare(503, None)]);
    assert_eq!(
        (answer.status, header(&answer, "retry-after"), waited.len()),
        (503, Some("5"), 2)
    );
}

#[test]
fn a_create_without_an_answer_is_not_sent_again() {
    for (reply, status) in [
        (Reply::NoAnswer, 502),
        (Reply::TimedOut, 504),
        (bare(500, None), 502),
    ] {
        let (called, _, answer) = once(GuestApi::V2_1, "POST", "guests", PERSON, &reply);
        assert_eq!(
            (called.as_str(), answer.status),
            ("POST /v2.1/guests", status)
        );
    }
}

#[test]
fn fields_are_deleted_one_by_one_until_one_fails() {
    let path = format!("guests/{GUEST}/extensions/ext/fields?name=a,b,c");
    let mut talk = start(GuestApi::V2_1, "DELETE", &path, &[], "").unwrap();
    let last = reply(200, &json!({"name": "ext", "d": 1}));
    let answer = talk.play(&[bare(200, None), reply(200, &json!({})), last]);
    assert_eq!(
        (answer.status, json_of(&answer)["d"].as_u64()),
        (200, Some(1))
    );
    let names: Vec<&str> = talk
        .called
        .iter()
        .filter_map(|call| call.rsplit('=').next())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let mut talk = start(GuestApi::V2_1, "DELETE", &path, &[], "").unwrap();
    assert_eq!(
        talk.play(&[bare(200, None), reply(404, &json!({}))]).status,
        404
    );
}

fn with_key(key: &str, body: &str) -> Exchange {
    let mut talk = start(
        GuestApi::V2_1,
        "POST",
        "guests",
        &[("idempotency-key", key)],
        body,
    )
    .unwrap();
    assert!(matches!(talk.exchange.step(), Step::Recall(_)));
    talk.exchange
}

fn finish(exchange: Exchange, replies: &[Reply]) -> (Exchange, Vec<String>, Answer) {
    let mut talk = Talk {
        exchange,
        called: Vec::new(),
        bodies: Vec::new(),
        waited: Vec::new(),
    };
    let answer = talk.play(replies);
    (talk.exchange, talk.called, answer)
}

#[test]
fn a_create_that_is_sent_twice_makes_one_guest() {
    let mut first = with_key("order-1", PERSON);
    first.recalled(&Recalled::Nothing);
    let (first, _, answer) = finish(first, &[reply(201, &guest(GUEST))]);
    let (name, record) = first.remember().expect("something to remember");
    assert!(
        !record.contains("j@d") && !record.contains("Jane"),
        "{record}"
    );

    let mut again = with_key("\"order-1\"", PERSON);
    assert_eq!(again.step(), Step::Recall(name.to_owned()));
    again.recalled(&Recalled::Record(record.clone()));
    let (again, called, repeated) = finish(again, &[reply(200, &guest(GUEST))]);
    assert_eq!(called, [format!("GET /v2.1/guests/{GUEST}")]);
    assert_eq!((repeated.status, &repeated.body), (201, &answer.body));
    assert_eq!(header(&repeated, "idempotency-replayed"), Some("true"));
    assert_eq!(header(&repeated, "location"), header(&answer, "location"));
    assert_eq!(again.remember(), None);

    for gone in [reply(404, &json!({})), Reply::NoAnswer] {
        let mut again = with_key("order-1", PERSON);
        again.recalled(&Recalled::Record(record.clone()));
        let (_, _, repeated) = finish(again, &[gone]);
        assert_eq!(
            (repeated.status, json_of(&repeated)),
            (
                201,
                json!({"ref": GUEST, "href": format!("/_cdp/guests/{GUEST}")})
            )
        );
    }
}

#[test]
fn a_key_stands_for_one_request() {
    let mut first = with_key("order-1", PERSON);
    first.recalled(&Recalled::Nothing);
    let (first, _, _) = finish(first, &[reply(201, &guest(GUEST))]);
    let (_, record) = first.remember().unwrap();
    let mut other = with_key("order-1", r#"{"email":"k@d.ie"}"#);
    other.recalled(&Recalled::Record(record));
    assert_eq!(finish(other, &[]).2.status, 422);
    let mut early = with_key("order-1", PERSON);
    early.recalled(&Recalled::UnderWay);
    assert_eq!(finish(early, &[]).2.status, 409);
    let mut odd = with_key("order-1", PERSON);
    odd.recalled(&Recalled::Record("{".to_owned()));
    assert_eq!(finish(odd, &[reply(201, &guest(GUEST))]).2.status, 201);
}

#[test]
fn a_create_that_failed_may_be_sent_again_with_its_key() {
    for reply in [
        Reply::NoAnswer,
        reply(400, &json!({})),
        bare(429, Some("60")),
    ] {
        let mut first = with_key("order-1", PERSON);
        first.recalled(&Recalled::Nothing);
        let (first, _, _) = finish(first, &[reply]);
        assert_eq!(first.remember(), None);
    }
    for key in ["", "a b", "é"] {
        let refused = start(
            GuestApi::V2_1,
            "POST",
            "guests",
            &[("idempotency-key", key)],
            PERSON,
        )
        .err()
        .unwrap();
        assert_eq!(refused.status, 400);
    }
}

#[test]
fn what_is_refused_before_the_body_says_why_by_its_status() {
    let large = [("content-length", "65537")];
    #[rustfmt::skip]
    let cases: &[(&str, &str, Lines<'_>, u16)] = &[
        ("POST", "guests", &large, 413),
        ("GET", "guests", &[], 400),
        ("GET", "guests?email=j%40d.ie&email=k%40d.ie", &[], 400),
        ("GET", "guests/x", &[], 400),
        ("GET", "guests/x/y", &[], 404),
        ("TRACE", "guests", &[], 405),
        ("POST", "guests", &[("origin", "https://shop.example")], 403),
    ];
    for (method, path, headers, status) in cases {
        assert_eq!(
            start(GuestApi::V2_1, method, path, headers, "")
                .err()
                .unwrap()
                .status,
            *status,
            "{method} {path}"
        );
    }
    let too_long = format!("{{\"firstName\":\"{}\"}}", "a".repeat(MAX_BODY));
    assert_eq!(
        start(GuestApi::V2_1, "POST", "guests", &[], &too_long)
            .unwrap()
            .play(&[])
            .status,
        413
    );
    for body in ["", "{", "[]", "{}", "null"] {
        assert_eq!(
            start(GuestApi::V2_1, "POST", "guests", &[], body)
                .unwrap()
                .play(&[])
                .status,
            400,
            "{body}"
        );
    }
}

#[test]
fn only_json_is_taken_for_a_body() {
    let url = "https://shop.example/_cdp/guests";
    let target = Target::parse(url);
    let secrets = Secrets::read(|_| Some("key".to_owned()));
    for (content_type, fits) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("application/json, text/plain", false),
        ("", false),
    ] {
        let headers = vec![
            ("authorization", "Bearer key"),
            ("content-type", content_type),
        ];
        let request = Request {
            method: "POST",
            path: "guests",
            target: &target,
            headers: &headers,
        };
        let opened = open(request, &fixture::cdp(), &site(GuestApi::V2_1), &secrets);
        assert_eq!(
            opened.err().map(|answer| answer.status),
            (!fits).then_some(415),
            "{content_type}"
        );
    }
}
