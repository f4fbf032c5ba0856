//! A POST of a page: what it must look like, and what it is answered.
//!
//! In: method, target, headers, then the body. Out: a refusal that says what to do, or a JSON object. Refused before
//! the body is read: other methods (405), pages of others (403), other types (415), announced length (413).

use data_url::mime::Mime;
use serde_json::{Map, Value, json};

use crate::{
    endpoints::{Answer, problem, same_origin::is_same_origin},
    events::{Checked, Invalid, catalogue},
    request::{Headers, Target},
    sdk_proxy::page_path,
};

/// Most of a body that is read, in bytes; the edge gives [`receive`](super::event::receive) one more when there is
/// more.
pub const MAX_BODY: usize = catalogue::MAX_EVENT;
/// Longest path of a page that is believed, in bytes.
const MAX_PATH: usize = 2048;
/// Seconds after which a page may try again what could not be stored.
const RETRY_AFTER_S: &str = "5";

/// What became of a POST.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// It is answered at once.
    Answer(Answer),
    /// An event, to be admitted, sent and accepted.
    Event(Incoming),
}

/// An event that a page sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The event.
    pub checked: Checked,
    /// Path of the page: it chooses among `[[vars.SITES]]`, and names the page where the event does not. From the
    /// query parameter `path` of the POST, else `Referer`, else `/`.
    pub page_path: String,
}

/// Refuses what needs no body to be refused; `None`: read at most [`MAX_BODY`] and one byte of it, then receive.
#[must_use]
pub fn screen(method: &str, target: &Target<'_>, headers: &impl Headers) -> Option<Answer> {
    if method != "POST" {
        return Some(problem(405, "Events are sent with POST.", &[]).with("allow", "POST"));
    }
    if !is_same_origin(target, headers) {
        let detail =
            "Only pages of this host may send events here: Origin and Sec-Fetch-Site must say so.";
        return Some(problem(403, detail, &[]));
    }
    if !headers
        .get("content-type")
        .is_none_or(|value| is_json(&value))
    {
        let detail =
            "Send JSON, as application/json or (navigator.sendBeacon with a string) text/plain.";
        return Some(problem(415, detail, &[]));
    }
    let announced = headers.get("content-length");
    let announced = announced.and_then(|length| length.trim().parse::<u64>().ok());
    announced
        .is_some_and(|length| length > MAX_BODY as u64)
        .then(too_large)
}

/// The JSON object in `body`.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    if body.len() > MAX_BODY {
        return Err(too_large());
    }
    let whole = |problem: String| {
        let field = "event".to_owned();
        invalid(&[Invalid { field, problem }])
    };
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(whole("must be one JSON object".to_owned())),
        // Of a syntax error serde_json tells the place and what was expected there, no value.
        Err(error) => Err(whole(format!("is not JSON: {error}"))),
    }
}

/// 400 with every problem.
pub(super) fn invalid(problems: &[Invalid]) -> Answer {
    problem(400, "The event is not valid; nothing was sent.", problems)
}

/// The event for the page that sent it.
pub(super) fn incoming(checked: Checked, target: &Target<'_>, headers: &impl Headers) -> Received {
    let given = target
        .query_pairs()
        .find_map(|(name, value)| (name == "path").then(|| value.into_owned()))
        .filter(|path| path.starts_with('/') && path.len() <= MAX_PATH);
    let page_path = given
        .or_else(|| page_path(target, headers))
        .unwrap_or_else(|| "/".to_owned());
    Received::Event(Incoming { checked, page_path })
}

/// 202: the event is stored, or on its way. `id`: under which the log knows it.
#[must_use]
pub fn accepted(id: &str) -> Answer {
    let body = json!({ "status": "accepted", "id": id });
    Answer::json(202, "application/json", &body)
}

/// 202 as well: the event is valid, and nothing was sent. A page needs no error for a visitor who said no.
#[must_use]
pub fn ignored(reason: &'static str) -> Answer {
    let body = json!({ "status": "ignored", "reason": reason });
    Answer::json(202, "application/json", &body)
}

/// 503: the queue did not take the event, or the CDP gave no browser id.
#[must_use]
pub fn not_stored() -> Answer {
    problem(
        503,
        "The event could not be taken now. Send it again later.",
        &[],
    )
    .with("retry-after", RETRY_AFTER_S)
}

fn too_large() -> Answer {
    problem(413, "An event may have at most 16 KiB.", &[])
}

fn is_json(content_type: &str) -> bool {
    content_type.parse::<Mime>().is_ok_and(|mime| {
        matches!(
            (mime.type_.as_str(), mime.subtype.as_str()),
            ("application", "json") | ("text", "plain")
        )
    })
}
