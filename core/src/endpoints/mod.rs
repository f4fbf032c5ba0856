//! The first-party endpoints below `endpoint_prefix`: what a request to them means and what it is answered.
//!
//! ```text
//! find ─► event, identity: screen ─► (body) ─► receive ─► admit ─► the edge stores or sends ─► accepted
//!      ├► guests (the guest API)
//!      ├► preview (the module of that name)
//!      └► health, openapi
//! ```
//!
//! In: method, target, headers, a bounded body. Out: an [`Answer`], or what the edge must do before it can answer. It
//! never reaches XM and never says anything about a visitor.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod event;
pub mod identity;

mod admission;
mod health;
mod openapi;
mod same_origin;
mod submission;

pub use crate::answer::{Answer, problem};
pub use admission::{Admission, admit};
pub use health::Health;
pub use openapi::openapi;
pub use submission::{Incoming, MAX_BODY, Received, accepted, ignored, not_stored, screen};

/// An endpoint of the Worker's own. (The proxy for Sitecore's SDKs has an allow-list of its own.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST …/event`
    Event,
    /// `…/guests…`
    Guests,
    /// `GET …/health`
    Health,
    /// `POST …/identity`
    Identity,
    /// `GET …/openapi.json`
    OpenApi,
    /// `GET …/preview`, `POST …/preview`
    Preview,
    /// `POST …/purge`
    Purge,
}

/// The paths of those that have one alone, below the prefix and its slash, and their methods (HEAD beside GET).
const PATHS: [(&str, Endpoint, &str); 7] = [
    ("event", Endpoint::Event, "POST"),
    ("health", Endpoint::Health, "GET"),
    ("identity", Endpoint::Identity, "POST"),
    ("openapi.json", Endpoint::OpenApi, "GET"),
    ("preview", Endpoint::Preview, "GET"),
    ("preview", Endpoint::Preview, "POST"),
    ("purge", Endpoint::Purge, "POST"),
];

/// What stands behind `prefix` in `path`: empty, or with a slash before it; `None` when the path is not below it.
#[must_use]
pub fn below<'p>(prefix: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(prefix)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The endpoint at `rest`, as [`below`] gives it. One slash too many after the prefix does no harm: base URLs are
/// often written with a slash at their end.
#[must_use]
pub fn find(rest: &str) -> Option<Endpoint> {
    let path = rest.strip_prefix("//").or_else(|| rest.strip_prefix('/'))?;
    if is_of_guests(path) {
        return Some(Endpoint::Guests);
    }
    let own = PATHS.iter().find(|(name, ..)| *name == path);
    own.map(|(_, endpoint, _)| *endpoint)
}

/// The paths below `guests` are the guest API's to know.
fn is_of_guests(path: &str) -> bool {
    path.strip_prefix("guests")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_found_below_the_prefix_only() {
        #[rustfmt::skip]
        let cases = [
            ("/_cdp/event", Some(Endpoint::Event)), ("/_cdp/identity", Some(Endpoint::Identity)),
            ("/_cdp/health", Some(Endpoint::Health)), ("/_cdp//event", Some(Endpoint::Event)),
            ("/_cdp/guests", Some(Endpoint::Guests)), ("/_cdp//guests/a/b", Some(Endpoint::Guests)),
            ("/_cdp/guests/", Some(Endpoint::Guests)), ("/_cdp/preview", Some(Endpoint::Preview)), ("/_cdp/guestsx", None), ("/_cdp/Guests", None),
            ("/_cdp/event/", None), ("/_cdp/events", None), ("/_cdp/Event", None), ("/_cdp", None), ("/_cdp/", None),
            ("/_cdp///event", None), ("/_cdpevent", None), ("/_cdpx/event", None), ("/event", None), ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(below("/_cdp", path).and_then(find), expected, "{path}");
        }
    }
}
