//! In: events with their time. Out: sessions. Pure.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A session that has been quiet for longer is over: what many organisations set.
pub const INACTIVITY_MS: i64 = 20 * 60 * 1000;

/// What makes a session the same session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionKey {
    /// `WEB`, …
    pub channel: String,
    /// Point of sale.
    pub pos: String,
    /// Browser id; for a flow run by e-mail or identifier a value of its own, so that it stays alone.
    pub browser_ref: String,
}

/// One event as it is kept.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its ref.
    #[serde(rename = "ref")]
    pub reference: String,
    /// `VIEW`, `IDENTITY`, `TRACKING`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Milliseconds since 1970: when it arrived.
    pub created_at: i64,
    /// All that was sent.
    pub arbitrary_data: Map<String, Value>,
}

impl Event {
    /// An event.
    #[must_use]
    pub fn new(
        reference: String,
        kind: &str,
        created_at: i64,
        arbitrary_data: Map<String, Value>,
    ) -> Self {
        Self {
            reference,
            kind: kind.to_owned(),
            created_at,
            arbitrary_data,
        }
    }
}

/// One visit of one browser on one channel of one point of sale.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its ref.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Channel, point of sale, browser.
    #[serde(flatten)]
    pub key: SessionKey,
    /// The guest whose visit it is; moves with an identity.
    pub guest_ref: String,
    /// `OPEN` or `CLOSED`.
    pub status: &'static str,
    /// `BROWSED`, `ABANDONED`, `CONVERTED`, or `CLOSED` after CLEAR_CART.
    pub cart_type: &'static str,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// Milliseconds since 1970: the last event.
    pub last_at: i64,
    /// `session_data` of all events, the latest value of each name.
    pub data: Map<String, Value>,
    /// In order of arrival.
    pub events: Vec<Event>,
}

impl Session {
    /// A session that begins now.
    #[must_use]
    pub fn open(key: SessionKey, guest_ref: String, now: i64) -> Self {
        Self {
            reference: Uuid::new_v4().to_string(),
            key,
            guest_ref,
            status: "OPEN",
            cart_type: "BROWSED",
            started_at: now,
            last_at: now,
            data: Map::new(),
            events: Vec::new(),
        }
    }

    /// Keeps an event.
    pub fn take(&mut self, event: Event) {
        self.last_at = event.created_at;
        if let Some(Value::Object(data)) = event.arbitrary_data.get("session_data") {
            self.data.extend(data.clone());
        }
        match event.kind.as_str() {
            "ADD" => self.cart_type = "ABANDONED",
            "CHECKOUT" | "ORDER_CHECKOUT" => self.cart_type = "CONVERTED",
            "CLEAR_CART" => self.cart_type = "CLOSED",
            _ => {}
        }
        self.events.push(event);
    }

    /// Whether it has been quiet for too long.
    #[must_use]
    pub fn has_expired(&self, now: i64) -> bool {
        now - self.last_at > INACTIVITY_MS
    }

    /// Ends it.
    pub fn close(&mut self) {
        self.status = "CLOSED";
    }
}
