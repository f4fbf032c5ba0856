//! Which headers cross the Worker, in either direction. What is not named here does not.
//!
//! In: headers of a request or of an upstream's answer. Out: the ones that go on. Not forwarded: cookies, credentials,
//! the visitor's address, and `Origin` and `Referer`: the events name their page themselves, and the URL of a page may
//! hold personal data.

use crate::request::Headers;

/// What the SDKs say, and what the CDP tells devices and languages by.
const TO_API: [&str; 7] = [
    "accept",
    "accept-language",
    "content-type",
    "user-agent",
    "x-client-software-id",
    "x-library-version",
    "x-sc-correlation-id",
];

/// For a script, which its host may answer with 304.
const TO_SCRIPT: [&str; 5] = [
    "accept",
    "accept-language",
    "if-modified-since",
    "if-none-match",
    "user-agent",
];

/// Back from an API. The coding stays, for the runtime decodes and encodes by it.
const FROM_API: [&str; 4] = [
    "content-encoding",
    "content-language",
    "content-type",
    "retry-after",
];

/// Back from a script's host: also what caches go by.
const FROM_SCRIPT: [&str; 8] = [
    "age",
    "cache-control",
    "content-encoding",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "vary",
];

/// The headers of the request to the upstream.
pub(super) fn to_upstream(headers: &impl Headers, is_script: bool) -> Vec<(&'static str, String)> {
    let names: &[&'static str] = if is_script { &TO_SCRIPT } else { &TO_API };
    named(headers, names)
}

/// The headers of its answer that reach the page.
pub(super) fn from_upstream(
    headers: &impl Headers,
    is_script: bool,
) -> Vec<(&'static str, String)> {
    let names: &[&'static str] = if is_script { &FROM_SCRIPT } else { &FROM_API };
    named(headers, names)
}

fn named(headers: &impl Headers, names: &[&'static str]) -> Vec<(&'static str, String)> {
    names
        .iter()
        .filter_map(|name| Some((*name, headers.get(name)?)))
        .collect()
}
