//! In: browsers, events, flow runs, each with the time it happened. Out: guests, sessions, and what flows may
//! know about a visitor. Pure: no clock, no HTTP. Never forgets before `reset`.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

pub mod extension;
pub mod guest;
pub mod identity;
pub mod records;
pub mod session;
pub mod visitor;

pub use extension::Extension;
pub use guest::{Guest, GuestType, Identifier};
pub use session::{Event, Session, SessionKey};

/// A browser id and the guest behind it now.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Browser {
    /// The browser id.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The guest; changes when an identity matches another guest.
    pub guest_ref: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// One Sitecore tenant.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Points of sale that exist; events with another are dropped.
    pub points_of_sale: Vec<String>,
    /// By browser id.
    pub browsers: BTreeMap<String, Browser>,
    /// By guest ref.
    pub guests: BTreeMap<String, Guest>,
    /// In order of their start.
    pub sessions: Vec<Session>,
    /// Events that were answered 201 and dropped: unknown point of sale.
    pub dropped_events: u64,
    #[serde(skip)]
    open: HashMap<SessionKey, usize>,
    /// Indices of each guest's sessions: a crowd's flows look their visitors up.
    #[serde(skip)]
    visits: HashMap<String, Vec<usize>>,
    #[serde(skip)]
    made: u64,
}

/// The browser id is not one of this tenant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownBrowser;

/// What became of an event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The event's ref.
    pub reference: String,
    /// Whether it was kept; dropped when the point of sale is unknown.
    pub kept: bool,
}

impl Tenant {
    /// A tenant with nobody in it.
    #[must_use]
    pub fn new(points_of_sale: &[String]) -> Self {
        Self {
            points_of_sale: points_of_sale.to_vec(),
            ..Self::default()
        }
    }

    /// A new browser and the guest behind it.
    pub fn create_browser(&mut self, now: i64) -> Browser {
        self.add_browser(Uuid::new_v4().to_string(), now)
    }

    /// The browser with this id.
    #[must_use]
    pub fn browser(&self, browser_id: &str) -> Option<&Browser> {
        self.browsers.get(&browser_id.to_ascii_lowercase())
    }

    /// Takes an event in: finds or opens the session, keeps the event, and does what its type means.
    ///
    /// # Errors
    /// A browser id of nobody, unless the channel is `bot` (those ids are made up from the user agent).
    pub fn take_event(
        &mut self,
        event: &Map<String, Value>,
        now: i64,
    ) -> Result<Accepted, UnknownBrowser> {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let browser_id = text("browser_id").to_ascii_lowercase();
        if !self.browsers.contains_key(&browser_id) {
            if text("channel") != "bot" {
                return Err(UnknownBrowser);
            }
            self.add_browser(browser_id.clone(), now);
        }
        let reference = Uuid::new_v4().to_string();
        if !self.knows(text("pos")) {
            self.dropped_events += 1;
            return Ok(Accepted {
                reference,
                kept: false,
            });
        }
        let key = SessionKey {
            channel: text("channel").to_owned(),
            pos: text("pos").to_owned(),
            browser_ref: browser_id.clone(),
        };
        if text("type") == "FORCE_CLOSE" {
            self.close(&key);
            return Ok(Accepted {
                reference,
                kept: true,
            });
        }
        if text("type") == "IDENTITY" {
            self.identify(&browser_id, event, now);
        }
        let session = self.session(key, now);
        session.take(Event::new(
            reference.clone(),
            text("type"),
            now,
            event.clone(),
        ));
        Ok(Accepted {
            reference,
            kept: true,
        })
    }

    /// A flow call belongs to the browser's session, and opens it when it comes first.
    pub fn join_session(&mut self, key: SessionKey, guest_ref: &str, now: i64) {
        if self.knows(&key.pos) {
            let index = self.session_index(key, now);
            let session = &mut self.sessions[index];
            let before = std::mem::replace(&mut session.guest_ref, guest_ref.to_owned());
            if before != guest_ref {
                self.index_visits();
            }
        }
    }

    /// Books the run of a flow (its exposure) in the browser's session.
    pub fn track_run(&mut self, key: SessionKey, now: i64, execution: Value) {
        if self.knows(&key.pos) {
            let attributes = Map::from_iter([("flowExecution".to_owned(), execution)]);
            self.session(key, now).take(Event::new(
                Uuid::new_v4().to_string(),
                "TRACKING",
                now,
                attributes,
            ));
        }
    }

    fn knows(&self, pos: &str) -> bool {
        self.points_of_sale.iter().any(|known| known == pos)
    }

    fn add_browser(&mut self, reference: String, now: i64) -> Browser {
        let guest = Guest::visitor(now);
        let browser = Browser {
            reference,
            guest_ref: guest.reference.clone(),
            created_at: now,
        };
        self.keep(guest);
        self.browsers
            .insert(browser.reference.clone(), browser.clone());
        browser
    }

    /// The open session of the key, or a new one when there is none or it has been quiet for too long.
    fn session(&mut self, key: SessionKey, now: i64) -> &mut Session {
        let index = self.session_index(key, now);
        &mut self.sessions[index]
    }

    fn session_index(&mut self, key: SessionKey, now: i64) -> usize {
        match self.open.get(&key) {
            Some(&index) if !self.sessions[index].has_expired(now) => index,
            expired => {
                if let Some(&index) = expired {
                    self.sessions[index].close();
                }
                let guest_ref = self
                    .browsers
                    .get(&key.browser_ref)
                    .map(|browser| browser.guest_ref.clone())
                    .unwrap_or_default();
                let index = self.sessions.len();
                self.visits
                    .entry(guest_ref.clone())
                    .or_default()
                    .push(index);
                self.sessions
                    .push(Session::open(key.clone(), guest_ref, now));
                self.open.insert(key, index);
                index
            }
        }
    }

    /// The sessions of a guest, in order of their start.
    fn sessions_of(&self, guest_ref: &str) -> impl Iterator<Item = &Session> {
        let indices = self.visits.get(guest_ref).into_iter().flatten();
        indices.filter_map(|index| self.sessions.get(*index))
    }

    /// Sessions have changed hands, or have gone.
    fn index_visits(&mut self) {
        self.visits.clear();
        for (index, session) in self.sessions.iter().enumerate() {
            self.visits
                .entry(session.guest_ref.clone())
                .or_default()
                .push(index);
        }
    }

    fn close(&mut self, key: &SessionKey) {
        if let Some(index) = self.open.remove(key) {
            self.sessions[index].close();
        }
    }
}

#[cfg(test)]
mod tests;
