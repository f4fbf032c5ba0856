//! What the CDP answers, and what others say in JSON: read, bounded, or refused.
//!
//! In: a status and a body. Out: a panic where something that is no JSON object counts as a decision, where a bound does not
//! hold, or where an id comes out that is none.

use serde::Deserialize as _;
use serde_json::Value;
use xm_edge_core::{
    cdp::{BrowserId, browser, event, guest},
    config::Rollout,
    decision::{Decision, MAX_BODY_BYTES},
    events::{StoredEvent, header, outcome},
    reuse::{Kept, Sealer},
    template::{FriendlyId, Pointer},
    template_cache::purge::Purges,
};

use crate::{input, tenant::CONFIGS};

/// Pointers of seeds, and odd ones.
const POINTERS: [&str; 8] = [
    "/variantId",
    "/t",
    "/a/0",
    "/a~1b",
    "/~0",
    "",
    "/t/u/v",
    "/-",
];
/// Characters of an excerpt.
const EXCERPT: usize = 40;

/// Checks one input.
pub fn check(data: &[u8]) {
    let (first, body) = data.split_first().unwrap_or((&0, &[]));
    // Most inputs are answers of a CDP that is well.
    let status = match first {
        b'{' | b'[' | 0..=31 => 200,
        other => 100 + u16::from(*other) * 2,
    };
    let body = if matches!(first, b'{' | b'[') {
        data
    } else {
        body
    };
    decision(status, body);
    ids(status, body);
    others(&input::text(body));
    let _ = outcome(Some(status), body);
}

fn decision(status: u16, body: &[u8]) {
    let read = Decision::read(status, body);
    let is_decision = (200..300).contains(&status)
        && body.len() <= MAX_BODY_BYTES
        && value(body).is_some_and(|value| value.is_object() && depth(&value) <= 128);
    assert_eq!(
        read.is_ok(),
        is_decision,
        "what is a decision and what is none"
    );
    let Ok(decision) = read else { return };
    for pointer in POINTERS.iter().filter_map(|text| Pointer::parse(text)) {
        let found = decision.find(&pointer);
        if let Some(id) = decision.variant_id(&pointer) {
            assert!(
                found.is_some() && !id.is_empty() && id.len() <= 256 && !id.ends_with("_default")
            );
        }
    }
    let excerpt = decision.excerpt(EXCERPT).unwrap_or_default();
    assert!(excerpt.chars().count() <= EXCERPT + 1, "an excerpt is cut");
}

/// The same, by serde_json alone.
fn value(body: &[u8]) -> Option<Value> {
    let mut json = serde_json::Deserializer::from_slice(body);
    json.disable_recursion_limit();
    let value = Value::deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(value)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn ids(status: u16, body: &[u8]) {
    if let Ok(id) = browser::parse_created(status, body) {
        assert!(
            (200..300).contains(&status) && is_uuid(id.as_str()),
            "a browser id is a UUID"
        );
    }
    if let Ok(found) = guest::parse_shown(status, body) {
        assert!(is_uuid(found.as_str()) && found.as_str() == found.as_str().to_ascii_lowercase());
    }
    let _ = browser::is_unknown(status, body);
}

/// 8-4-4-4-12 hexadecimal digits.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn others(text: &str) {
    const NEW: &str = "11111111-1111-4111-8111-111111111111";
    if let Some(new) = BrowserId::parse(NEW) {
        let replaced = event::with_browser_id(text, &new);
        let is_object = serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
        if is_object {
            assert_eq!(
                event::browser_id(&replaced),
                Some(new),
                "the new id is in the event"
            );
        } else {
            assert_eq!(replaced, text);
        }
    }
    if let Ok(stored) = StoredEvent::parse(text) {
        assert_eq!(
            StoredEvent::parse(&stored.to_json()),
            Ok(stored),
            "a message comes back"
        );
    }
    let told = header::parse(text);
    assert!(told.len() <= header::MAX_EVENTS + 1);
    if let Err(problems) = Rollout::read(Some(text)) {
        assert!(!problems.is_empty());
    }
    let purges = Purges::read(text);
    assert_eq!(
        Purges::read(&purges.write()).write(),
        purges.write(),
        "a log of purges comes back"
    );
    record(text);
}

/// A kept decision opens under its own name and seal, and nothing else does.
fn record(text: &str) {
    let (Some(browser_id), Some(friendly_id)) = (
        BrowserId::parse("a38b230c-11eb-4cf9-8d5d-274e9f344925"),
        FriendlyId::parse("hero"),
    ) else {
        return;
    };
    let config = &CONFIGS[1];
    let sealer = Sealer::new("secret".to_owned());
    let name = sealer.name(&Kept {
        browser_id: &browser_id,
        friendly_id: &friendly_id,
        cdp: &config.cdp,
        site: &config.site,
        language: "EN",
        utm: &[],
    });
    assert_eq!(
        sealer.open(&name, text),
        None,
        "nobody else can seal a record"
    );
    let sealed = sealer.seal(&name, 7, text);
    assert_eq!(
        sealer.open(&name, &sealed),
        Some((7, text)),
        "a record comes back"
    );
}
