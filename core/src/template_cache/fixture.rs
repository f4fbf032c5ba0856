//! Entries for the tests of this module.

use std::rc::Rc;

use encoding_rs::UTF_8;

use super::{Entry, Lifetime, Page};
use crate::template::Template;

/// When XM was asked for pages of tests.
pub(super) const NOW: u64 = 1_795_780_800_000;

/// A lifetime of 60 s, and 30 s more in which it may be used stale.
pub(super) const LIFETIME: Lifetime = Lifetime {
    asked_ms: NOW,
    born_ms: NOW,
    fresh_ms: 60_000,
    refresh_ms: 90_000,
    error_ms: 90_000,
    kept_ms: 90_000,
};

/// An entry of a page at `/page`.
pub(super) fn entry(body: &[u8], headers: &[(&str, &str)]) -> Entry {
    let template = Template::compile(body.to_vec(), UTF_8).unwrap();
    let line = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Entry {
        page: Rc::new(Page::new(template, UTF_8)),
        headers: headers.iter().map(line).collect(),
        lifetime: LIFETIME,
        path: "/page".to_owned(),
    }
}
