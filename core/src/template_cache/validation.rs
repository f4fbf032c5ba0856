//! Asking XM whether a kept page has changed, and what its answer does to the entry (RFC 9111 §4.3, RFC 9110 §13).
//!
//! In: an entry; a 304. Out: the headers to ask with; the entry with what XM says now. The page itself is never copied.

use std::rc::Rc;

use super::{Answer, Entry, header, storing, values};
use crate::{config::CacheRule, reason::NotKept};

/// What a 304 means for an entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Validated {
    /// The page is the same: this entry replaces the one before.
    Renewed(Entry),
    /// The page is the same and may be served to who asked, but no longer be kept.
    Forbidden(NotKept),
    /// The 304 is about another page: forget the entry, and ask again without conditions.
    Other,
}

/// Headers of a 304 that are of its connection, or would say something else of the body than it is (RFC 9111 §3.2).
const NOT_TAKEN: [&str; 5] = [
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "transfer-encoding",
];

/// The headers with which XM is asked; none: it can only be asked for the page anew.
#[must_use]
pub fn conditions(entry: &Entry) -> Vec<(&'static str, String)> {
    let asked_with = [
        ("if-none-match", "etag"),
        ("if-modified-since", "last-modified"),
    ];
    let condition = |(condition, validator): (&'static str, &str)| {
        Some((condition, header(&entry.headers, validator)?))
    };
    asked_with.into_iter().filter_map(condition).collect()
}

/// What the 304 `answer` to [`conditions`] does to `entry`.
#[must_use]
pub fn validated(entry: &Entry, answer: &Answer<'_>, rule: Option<&CacheRule>) -> Validated {
    if !is_about(entry, answer.headers) {
        return Validated::Other;
    }
    let headers = merged(&entry.headers, answer.headers);
    let updated = Answer {
        status: 200,
        headers: &headers,
        ..*answer
    };
    match storing(&updated, rule) {
        Ok(storable) => Validated::Renewed(Entry::new(
            Rc::clone(&entry.page),
            storable,
            entry.path.clone(),
        )),
        Err(reason) => Validated::Forbidden(reason),
    }
}

/// Whether the 304 selects this entry (RFC 9111 §4.3.4): a strong tag the entry with that strong tag, a weak one that with the same
/// weak validator. One without any can only mean what it was asked with, and that was this entry alone.
fn is_about(entry: &Entry, answered: &[(String, String)]) -> bool {
    if let Some(tag) = header(answered, "etag") {
        let own = header(&entry.headers, "etag").unwrap_or_default();
        let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        return if tag.starts_with("W/") {
            opaque(&tag) == opaque(&own)
        } else {
            tag == own
        };
    }
    match header(answered, "last-modified") {
        Some(date) => header(&entry.headers, "last-modified").is_none_or(|own| own == date),
        None => true,
    }
}

/// The headers of the entry, each replaced that the 304 has (RFC 9111 §3.2). A 304 without a date is of now.
fn merged(kept: &[(String, String)], answered: &[(String, String)]) -> Vec<(String, String)> {
    let is_taken = |name: &str| !NOT_TAKEN.iter().any(|not| name.eq_ignore_ascii_case(not));
    let is_replaced =
        |name: &str| name == "date" || (is_taken(name) && values(answered, name).next().is_some());
    let stays = kept.iter().filter(|(name, _)| !is_replaced(name));
    let new = answered.iter().filter(|(name, _)| is_taken(name));
    stays.chain(new).cloned().collect()
}

#[cfg(test)]
mod tests;
