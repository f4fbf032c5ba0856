//! An answer that the Worker makes itself: JSON, or a problem document that names every wrong field.
//!
//! In: a status and JSON; a sentence and fields. Out: status, headers and body for the edge to send. No cache keeps it, no
//! browser guesses its type, and no problem repeats a value of the request.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub(crate) mod invalid;

mod problem;

use serde_json::Value;

pub use invalid::Invalid;
pub use problem::problem;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Every header, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body; HEAD leaves it out.
    pub body: String,
}

impl Answer {
    /// `body` as JSON.
    pub(crate) fn json(status: u16, content_type: &'static str, body: &Value) -> Self {
        Self::text(status, content_type, body.to_string())
    }

    /// `body` as it is.
    pub(crate) fn text(status: u16, content_type: &'static str, body: String) -> Self {
        let headers = vec![
            ("cache-control", "no-store".to_owned()),
            ("content-type", content_type.to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        Self {
            status,
            headers,
            body,
        }
    }

    /// Nothing but a status.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: vec![("cache-control", "no-store".to_owned())],
            body: String::new(),
        }
    }

    /// The answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
