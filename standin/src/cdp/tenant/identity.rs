//! In: an IDENTITY event of a browser. Out: the guest behind that browser, merged or promoted. Pure.

use serde_json::{Map, Value};

use super::{Guest, GuestType, Identifier, Tenant};

impl Tenant {
    /// Deterministic identity resolution: a guest who already has one of the identifiers becomes the guest
    /// behind the browser, and the anonymous one retires; nobody has them: the visitor becomes a customer.
    pub(super) fn identify(&mut self, browser_id: &str, event: &Map<String, Value>, now: i64) {
        let identifiers = identifiers(event.get("identifiers"));
        if identifiers.is_empty() {
            return;
        }
        let Some(current) = self
            .browsers
            .get(browser_id)
            .map(|browser| browser.guest_ref.clone())
        else {
            return;
        };
        let target = match self.find_by_identifiers(&identifiers) {
            Some(found) => found,
            None if self.is_somebody_else(&current, &identifiers) => self.add_guest(now),
            None => current.clone(),
        };
        if target != current {
            self.move_browser(browser_id, &current, &target);
        }
        if let Some(guest) = self.guests.get_mut(&target) {
            guest.guest_type = GuestType::Customer;
            guest.add_identifiers(&identifiers);
            guest.learn(event, now);
        }
    }

    /// The guest for a flow run by identifier or e-mail; a new one when there is none.
    pub fn guest_by_identifier(&mut self, identifier: &Identifier, now: i64) -> String {
        if let Some(found) = self.find_by_identifiers(std::slice::from_ref(identifier)) {
            return found;
        }
        let reference = self.add_guest(now);
        if let Some(guest) = self.guests.get_mut(&reference) {
            guest.guest_type = GuestType::Customer;
            guest.identifiers.push(identifier.clone());
        }
        reference
    }

    /// The REST API makes duplicates when it is asked to; then the first one is meant.
    fn find_by_identifiers(&self, identifiers: &[Identifier]) -> Option<String> {
        self.records()
            .filter(|guest| guest.has_any(identifiers))
            .min_by_key(|guest| guest.number)
            .map(|guest| guest.reference.clone())
    }

    /// A shared device: the browser's guest has another id at the same provider.
    fn is_somebody_else(&self, guest_ref: &str, identifiers: &[Identifier]) -> bool {
        let Some(guest) = self.guests.get(guest_ref) else {
            return false;
        };
        let clashes = |own: &Identifier| {
            identifiers
                .iter()
                .any(|new| new.provider.eq_ignore_ascii_case(&own.provider) && !new.is_same(own))
        };
        guest.identifiers.iter().any(clashes)
    }

    fn add_guest(&mut self, now: i64) -> String {
        let guest = Guest::visitor(now);
        let reference = guest.reference.clone();
        self.keep(guest);
        reference
    }

    /// The browser now belongs to `target`, with its open sessions; an anonymous guest left behind retires
    /// and brings along all of its sessions.
    fn move_browser(&mut self, browser_id: &str, current: &str, target: &str) {
        if let Some(browser) = self.browsers.get_mut(browser_id) {
            browser.guest_ref = target.to_owned();
        }
        let anonymous = self
            .guests
            .get(current)
            .is_some_and(|guest| guest.guest_type == GuestType::Visitor);
        for session in self
            .sessions
            .iter_mut()
            .filter(|session| session.guest_ref == current)
        {
            if anonymous || (session.key.browser_ref == browser_id && session.status == "OPEN") {
                session.guest_ref = target.to_owned();
            }
        }
        self.index_visits();
        if anonymous && let Some(guest) = self.guests.get_mut(current) {
            guest.guest_type = GuestType::Retired;
            guest.merged_into = Some(target.to_owned());
        }
    }
}

/// The well-formed ones of an event's `identifiers`.
#[must_use]
pub fn identifiers(value: Option<&Value>) -> Vec<Identifier> {
    let list = value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    list.iter()
        .filter_map(|item| serde_json::from_value(item.clone()).ok())
        .filter(|item: &Identifier| !item.id.is_empty() && !item.provider.is_empty())
        .collect()
}
