//! Requests: whatever comes to the endpoints is answered within bounds, and only configured hosts are ever called.
//!
//! In: a request as text (method and target, header lines, an empty line, the body), and what the CDP answers to whatever is
//! asked of it. Out: a panic where an answer is none, repeats a secret, or where a call leaves for a host that nobody
//! configured, or takes a visitor's cookie along.

use xm_edge_core::{
    answer::Answer,
    api_keys::ApiKeys,
    breaker::Breakers,
    config::{Config, site_for},
    endpoints::{self, Endpoint, Health, Received, event, identity, screen},
    events::{EventContext, complete},
    guests::{self, Exchange, Recalled, Reply, Secrets, Step},
    preview::{self, PreviewKey, create, follow},
    request::{Cookies, Target, browser_id},
    sdk_proxy::{self, Forward, Plan},
    tag::beacon,
    template_cache::purge::{self, Reach},
};

use crate::{
    decision::is_uuid,
    input,
    tenant::{API_TOKEN, CONFIGS, HOSTS, NOW_S, PREVIEW_KEY, secret},
};

mod page;

/// Most steps of one exchange with the CDP: a search for each identifier, with its tries.
const MOST_STEPS: usize = 2_000;
/// Most of an answer of the Worker's own, in bytes: a problem for each field of the largest body is less.
const MOST_ANSWER: usize = 1024 * 1024;

/// A request.
struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Checks one input.
pub fn check(data: &[u8]) {
    let [request, replies] = input::parts(data);
    let Some(request) = read(request) else { return };
    let target = Target::parse(&request.url);
    for config in CONFIGS.iter() {
        page::check(&request.method, &target, &request.headers, config, replies);
        if let Some(rest) = endpoints::below(&config.site.endpoint_prefix, target.path) {
            answer(&request, &target, rest, config, replies);
        }
    }
}

fn read(bytes: &[u8]) -> Option<Request> {
    let (head, body) = match memchr::memmem::find(bytes, b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, &[][..]),
    };
    let head = input::text(head);
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let (method, target) = first.split_once(' ').unwrap_or((first, "/"));
    let url = if target.starts_with('/') {
        format!("https://shop.example{target}")
    } else {
        target.to_owned()
    };
    // As the runtime gives it: parsed and written again.
    let url = url::Url::parse(&url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // No runtime lets a control character into a header.
    let headers = lines
        .filter(|line| !line.contains(|c: char| c.is_control() && c != '\t'))
        .filter_map(|line| line.split_once(':'));
    Some(Request {
        method: method.to_owned(),
        url: url.into(),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: body.to_vec(),
    })
}

fn answer(request: &Request, target: &Target<'_>, rest: &str, config: &Config, replies: &[u8]) {
    let Request {
        method,
        headers,
        body,
        ..
    } = request;
    if beacon::is_at(rest) {
        let answer = beacon::ASSET.answer(target.query, headers);
        assert!(matches!(answer.status, 200 | 304));
        return;
    }
    let answer = match endpoints::find(rest) {
        Some(Endpoint::Guests) => guests(request, target, rest, config, replies),
        Some(Endpoint::Preview) => preview(request, target, config),
        Some(Endpoint::Purge) => purge(request),
        Some(Endpoint::Health) => {
            let health = Health {
                problems: &[],
                breakers: Breakers::default().report(NOW_S * 1_000),
                rollout: None,
                preview: None,
            };
            health.answer(method)
        }
        Some(Endpoint::OpenApi) if config.site.debug => endpoints::openapi(method, &config.site),
        Some(endpoint @ (Endpoint::Event | Endpoint::Identity)) => {
            if let Some(refused) = screen(method, target, headers) {
                refused
            } else {
                let received = match endpoint {
                    Endpoint::Identity => identity::receive(method, target, headers, body),
                    _ => event::receive(method, target, headers, body),
                };
                match received {
                    Received::Answer(answer) => {
                        assert!((400..500).contains(&answer.status));
                        answer
                    }
                    Received::Event(incoming) => {
                        return completed(incoming, target, headers, config);
                    }
                }
            }
        }
        Some(Endpoint::OpenApi) | None => return sdk(request, target, config, replies),
    };
    assert_sound(&answer);
}

/// What every answer must be.
fn assert_sound(answer: &Answer) {
    assert!((200..600).contains(&answer.status));
    assert!(answer.body.len() <= MOST_ANSWER, "an answer is bounded");
    let header = |name: &str| {
        answer
            .headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    };
    for (name, value) in &answer.headers {
        assert!(!value.contains(['\r', '\n', '\0']), "{name} ends its line");
        assert_eq!(*name, name.to_ascii_lowercase());
    }
    let cached = header("cache-control");
    assert!(
        cached.is_some_and(|value| value.contains("no-store")),
        "a shared cache could keep it"
    );
    assert!(
        !answer.body.contains(API_TOKEN),
        "an answer repeats a credential"
    );
    if header("content-type") == Some("application/problem+json") {
        assert!(answer.status >= 400);
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
        assert_eq!(
            problem["status"], answer.status,
            "a problem tells its status"
        );
        assert!(problem["title"].is_string() && problem["detail"].is_string());
    }
    assert!(
        answer.status != 405 || header("allow").is_some(),
        "405 says what is allowed"
    );
}

fn completed(
    incoming: endpoints::Incoming,
    target: &Target<'_>,
    headers: &Vec<(String, String)>,
    config: &Config,
) {
    assert!(incoming.page_path.starts_with('/'));
    let site = site_for(config, &target.host, &incoming.page_path);
    let cookies = Cookies::from_headers(headers);
    let Some(id) = browser_id::from_cookies(&cookies, &config.cdp.client_key) else {
        return;
    };
    let event = complete(
        incoming.checked,
        &EventContext {
            cdp: &config.cdp,
            site: &site,
            browser_id: &id,
            html_lang: None,
            page_name: None,
            path: &incoming.page_path,
            requested_at_ms: NOW_S * 1_000,
        },
        "e1".to_owned(),
    );
    let fields: serde_json::Value = serde_json::from_str(&event.body).unwrap_or_default();
    assert_eq!(
        fields["browser_id"],
        id.as_str(),
        "an event is the visitor's own"
    );
    assert_eq!(
        fields["client_key"],
        config.cdp.client_key.as_str(),
        "an event is the tenant's own"
    );
    assert!(is_uuid(id.as_str()) && fields["type"].is_string());
}

fn preview(request: &Request, target: &Target<'_>, config: &Config) -> Answer {
    let secrets = preview::Secrets::read(secret);
    let answer = if request.method == "POST" {
        match create::screen(&request.headers, &secrets) {
            Ok(key) => {
                let made = create::create(&request.body, key, config, NOW_S);
                if made.status == 201 {
                    leads_to_its_page(&made, key, config);
                }
                made
            }
            Err(refused) => refused,
        }
    } else {
        let key = secrets.key.as_ref().map_err(|fault| *fault);
        follow(
            &request.method,
            target,
            key,
            &config.site.endpoint_prefix,
            NOW_S,
        )
    };
    assert!(!answer.body.contains(PREVIEW_KEY));
    if let Some((_, location)) = answer.headers.iter().find(|(name, _)| *name == "location") {
        let own = format!("{}://{}/", target.scheme, target.host);
        assert!(
            answer.status == 201 || location.starts_with(&own),
            "a preview leads elsewhere: {location}"
        );
    }
    answer
}

/// A link that was made is followed to its page, which is a preview then.
fn leads_to_its_page(made: &Answer, key: &PreviewKey, config: &Config) {
    let header = |answer: &Answer, name: &str| {
        let found = answer.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let link = header(made, "location");
    let followed = follow(
        "GET",
        &Target::parse(&link),
        Ok(key),
        &config.site.endpoint_prefix,
        NOW_S,
    );
    assert_eq!(followed.status, 303, "a new link does not hold: {link}");
    let page = header(&followed, "location");
    let cookie = header(&followed, "set-cookie");
    let cookie = cookie.split(';').next().unwrap_or_default();
    let seen = preview::cookie::look(cookie, Some(key), &Target::parse(&page), NOW_S);
    assert!(
        seen.preview.is_some(),
        "a new link leads to a page that it does not cover: {page}"
    );
}

fn purge(request: &Request) -> Answer {
    let keys = ApiKeys::read(secret);
    if let Err(refused) = purge::screen(&request.headers, keys.as_ref()) {
        return refused;
    }
    match purge::read(&request.body) {
        Ok(purge) => purge::purged(&purge, Reach::Isolate),
        Err(refused) => refused,
    }
}

fn guests(
    request: &Request,
    target: &Target<'_>,
    rest: &str,
    config: &Config,
    replies: &[u8],
) -> Answer {
    let path = rest.trim_start_matches('/');
    let secrets = Secrets::read(secret);
    let label = guests::label_of(&request.method, path);
    assert!(!label.is_empty());
    let opened = guests::open(
        guests::Request {
            method: &request.method,
            path,
            target,
            headers: &request.headers,
        },
        &config.cdp,
        &config.site,
        &secrets,
    );
    match opened {
        Ok(mut exchange) => {
            if exchange.awaits_body() {
                exchange.receive(&request.body);
            }
            carry_out(&mut exchange, replies)
        }
        Err(refused) => {
            assert!(refused.status >= 400);
            refused
        }
    }
}

/// The exchange with a CDP that answers each call with a line of `replies`, the last one again and again.
fn carry_out(exchange: &mut Exchange, replies: &[u8]) -> Answer {
    let mut lines = replies.split(|byte| *byte == b'\n');
    let mut line: &[u8] = b"";
    for _ in 0..MOST_STEPS {
        match exchange.step() {
            Step::Answer(answer) => {
                let _ = exchange.remember();
                return answer;
            }
            Step::Call { call, .. } => {
                assert!(
                    call.url.starts_with(HOSTS[0]),
                    "a call leaves for elsewhere: {}",
                    call.url
                );
                assert!(
                    call.headers.iter().all(|(name, _)| matches!(
                        *name,
                        "accept" | "authorization" | "content-type"
                    ))
                );
                line = lines.next().unwrap_or(line);
                exchange.answered(&reply(line), 0.5, NOW_S * 1_000);
            }
            Step::Recall(name) => {
                assert!(!name.is_empty());
                line = lines.next().unwrap_or(line);
                let record = match line.first() {
                    Some(b'=') => Recalled::Record(input::text(&line[1..])),
                    Some(b'~') => Recalled::UnderWay,
                    _ => Recalled::Nothing,
                };
                exchange.recalled(&record);
            }
            Step::Wait { ms } => assert!(ms <= 60_000, "nobody waits so long"),
        }
    }
    panic!("an exchange does not end");
}

/// `200 {"a":1}`; without a status no answer, with `~` too late.
fn reply(line: &[u8]) -> Reply {
    let text = input::text(line);
    if text.starts_with('~') {
        return Reply::TimedOut;
    }
    let (status, body) = text.split_once(' ').unwrap_or((&text, ""));
    match status.parse() {
        Ok(status @ 100..=599) => Reply::Answered {
            status,
            content_type: Some("application/json".to_owned()),
            retry_after: (status == 429).then(|| "1".to_owned()),
            body: Some(body.as_bytes().to_vec()),
        },
        _ => Reply::NoAnswer,
    }
}

fn sdk(request: &Request, target: &Target<'_>, config: &Config, replies: &[u8]) {
    let page = sdk_proxy::page_path(target, &request.headers);
    let site = site_for(config, &target.host, page.as_deref().unwrap_or("/"));
    match sdk_proxy::plan(
        &request.method,
        target,
        &request.headers,
        &config.cdp,
        &site,
    ) {
        Plan::Answer(answer) => {
            assert!(matches!(answer.status, 200 | 204));
            assert!(
                !answer
                    .headers
                    .iter()
                    .any(|(_, value)| value.contains(['\r', '\n']))
            );
        }
        Plan::Refuse(refusal) => assert!((400..=504).contains(&refusal.status())),
        Plan::Forward(forward) => forwarded(&forward, request, replies),
    }
}

fn forwarded(forward: &Forward, request: &Request, replies: &[u8]) {
    assert!(
        HOSTS.iter().any(|host| forward.url.starts_with(host)),
        "a call leaves for elsewhere: {}",
        forward.url
    );
    assert!(!forward.url.contains(['\r', '\n']));
    for (name, value) in &forward.headers {
        assert!(
            !matches!(
                *name,
                "cookie" | "authorization" | "x-forwarded-for" | "cf-connecting-ip"
            ),
            "{name}"
        );
        assert!(!value.contains(['\r', '\n']), "{name} ends its line");
    }
    if let Some(rules) = &forward.body
        && let Ok(sent) = rules.apply(&request.body)
    {
        let object: serde_json::Value = serde_json::from_slice(&sent).unwrap_or_default();
        assert!(
            object.is_object() || deep(&request.body),
            "half a JSON is sent"
        );
    }
    let upstream = vec![
        ("content-type", "application/json"),
        ("set-cookie", "a=b"),
        ("location", "https://evil.example"),
    ];
    if let Ok(headers) = forward.reply.headers(200, &upstream) {
        assert!(
            headers
                .iter()
                .all(|(name, _)| !matches!(*name, "set-cookie" | "location"))
        );
    }
    let _ = forward.reply.body(replies);
}

/// Nested deeper than serde_json reads by itself.
fn deep(body: &[u8]) -> bool {
    body.iter()
        .filter(|byte| matches!(byte, b'{' | b'['))
        .count()
        > 120
}
