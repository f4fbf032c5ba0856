//! An event in the queue `EVENTS`.
//!
//! In: an event that was accepted. Out: the message, and back. Messages outlive the Worker that wrote them, so they
//! carry a version; they hold what visitors typed and never stand in a log.
//!
//! A message is text and not an object of the queue, which would be read and written again by JavaScript: a number of an
//! event keeps every digit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cdp::{
    BrowserId,
    event::{self, Event},
};

/// Version of the message.
const VERSION: u8 = 1;
/// Longest user agent that is kept, in characters.
const MAX_USER_AGENT: usize = 512;

/// A stored event.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    v: u8,
    /// The event's own id, for the log: it stays the same in every try.
    pub id: String,
    /// The event on the wire, complete: its `requested_at` is when it happened, not when it is sent.
    pub body: String,
    /// The visitor's `User-Agent`, by which the CDP knows the device; empty when there was none.
    #[serde(default)]
    pub user_agent: String,
    /// Whether the browser id stays, come what may: it has replaced another already, or it is no guest's.
    #[serde(default)]
    pub replaced: bool,
    /// When it was stored, in milliseconds since 1970.
    #[serde(default)]
    at: u64,
    /// Its place among those that were stored with it.
    #[serde(default)]
    n: usize,
}

/// A message that is no event of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl StoredEvent {
    /// The `n`th event of an answer, stored at `at_ms`.
    pub(super) fn new(
        event: &Event,
        user_agent: &str,
        replaced: bool,
        at_ms: u64,
        n: usize,
    ) -> Self {
        Self {
            v: VERSION,
            id: event.id.clone(),
            body: event.body.clone(),
            user_agent: user_agent.chars().take(MAX_USER_AGENT).collect(),
            replaced,
            at: at_ms,
            n,
        }
    }

    /// By this the events of one visitor are sorted: the queue may mix them.
    #[must_use]
    pub const fn order(&self) -> (u64, usize) {
        (self.at, self.n)
    }

    /// The message as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only texts and a flag: serde_json has nothing to refuse.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is none of this version.
    pub fn parse(message: &str) -> Result<Self, Unreadable> {
        let stored: Self = serde_json::from_str(message).map_err(|_| Unreadable)?;
        (stored.v == VERSION).then_some(stored).ok_or(Unreadable)
    }

    /// The same event under the id that replaces an unknown one.
    #[must_use]
    pub fn with_browser_id(&self, id: &BrowserId) -> Self {
        Self {
            body: event::with_browser_id(&self.body, id),
            replaced: true,
            ..self.clone()
        }
    }
}

impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredEvent({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored() -> StoredEvent {
        let event = Event {
            id: "e1".to_owned(),
            body: r#"{"browser_id":"x","email":"j@d.ie"}"#.to_owned(),
        };
        StoredEvent::new(&event, &"é".repeat(600), false, 7, 1)
    }

    #[test]
    fn a_message_comes_back_as_it_was_stored() {
        let stored = stored();
        assert_eq!(StoredEvent::parse(&stored.to_json()), Ok(stored.clone()));
        assert_eq!(stored.user_agent.chars().count(), 512);
        assert_eq!(format!("{stored:?}"), "StoredEvent(e1)");
    }

    #[test]
    fn a_message_of_another_version_is_not_taken_for_an_event() {
        let later = stored().to_json().replace(r#""v":1"#, r#""v":2"#);
        for message in [
            later.as_str(),
            "",
            "null",
            "{}",
            r#"{"v":1,"id":"a"}"#,
            r#"{"id":"a","body":"{}"}"#,
        ] {
            assert_eq!(StoredEvent::parse(message), Err(Unreadable), "{message}");
        }
        // What a later version adds beside is no hindrance; what this one added last may be absent.
        assert!(StoredEvent::parse(r#"{"v":1,"id":"a","body":"{}","more":1}"#).is_ok());
    }

    #[test]
    fn a_replaced_id_is_replaced_in_the_body_and_remembered() {
        let id = BrowserId::parse("11111111-1111-4111-8111-111111111111").unwrap();
        let replaced = stored().with_browser_id(&id);
        assert!(replaced.replaced);
        assert_eq!(replaced.id, "e1");
        assert_eq!(replaced.order(), (7, 1));
        let body = format!(r#"{{"browser_id":"{}","email":"j@d.ie"}}"#, id.as_str());
        assert_eq!(replaced.body, body);
    }

    proptest! {
        #[test]
        fn no_message_panics(message in "\\PC*") {
            let _ = StoredEvent::parse(&message);
        }
    }
}
