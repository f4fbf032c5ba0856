//! In: what the REST API asks for. Out: guests as records: made, found, gone with all that belongs to them. Pure.
//! A retired guest is no record any more: whoever still has its ref must ask for the new one.

use super::{Guest, GuestType, Tenant};

impl Tenant {
    /// Keeps a guest, new or changed. It never looks whether another one is the same person.
    pub fn keep(&mut self, mut guest: Guest) {
        if guest.number == 0 {
            self.made += 1;
            guest.number = self.made;
        }
        self.guests.insert(guest.reference.clone(), guest);
    }

    /// The guest with this ref.
    #[must_use]
    pub fn record(&self, reference: &str) -> Option<&Guest> {
        self.guests
            .get(&reference.to_ascii_lowercase())
            .filter(|guest| guest.guest_type != GuestType::Retired)
    }

    /// All guests that are not retired.
    pub fn records(&self) -> impl Iterator<Item = &Guest> {
        self.guests
            .values()
            .filter(|guest| guest.guest_type != GuestType::Retired)
    }

    /// When the guest was last there: the start of a visit under way, else the last event; never: when it was made.
    #[must_use]
    pub fn last_seen(&self, guest: &Guest, now: i64) -> i64 {
        let seen = self.sessions_of(&guest.reference).map(|session| {
            if session.status == "OPEN" && !session.has_expired(now) {
                session.started_at
            } else {
                session.last_at
            }
        });
        seen.max().unwrap_or(guest.created_at)
    }

    /// Deletes the guest with its visits, its browsers, and the guests that had been merged into it.
    pub fn forget(&mut self, reference: &str) {
        let merged: Vec<String> = self
            .guests
            .values()
            .filter(|guest| guest.merged_into.as_deref() == Some(reference))
            .map(|guest| guest.reference.clone())
            .collect();
        self.guests.remove(reference);
        self.browsers
            .retain(|_, browser| browser.guest_ref != reference);
        self.sessions
            .retain(|session| session.guest_ref != reference);
        let open = self.sessions.iter().enumerate();
        self.open = open
            .filter(|(_, session)| session.status == "OPEN")
            .map(|(index, session)| (session.key.clone(), index))
            .collect();
        self.index_visits();
        for guest in merged {
            self.forget(&guest);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cdp::tenant::Browser;
    use crate::cdp::tenant::session::INACTIVITY_MS;

    fn view(tenant: &mut Tenant, browser: &Browser, now: i64) {
        let event = json!({"type": "VIEW", "channel": "WEB", "pos": "shop/ie", "browser_id": browser.reference});
        tenant.take_event(event.as_object().unwrap(), now).unwrap();
    }

    #[test]
    fn forgetting_a_guest_leaves_everybody_elses_visit_open() {
        let mut tenant = Tenant::new(&["shop/ie".to_owned()]);
        let (gone, stays) = (tenant.create_browser(0), tenant.create_browser(0));
        view(&mut tenant, &gone, 1);
        view(&mut tenant, &stays, 2);
        tenant.forget(&gone.guest_ref);
        assert!(
            tenant.browser(&gone.reference).is_none() && tenant.record(&gone.guest_ref).is_none()
        );
        view(&mut tenant, &stays, 3);
        assert_eq!(tenant.sessions.len(), 1);
        assert_eq!(tenant.sessions[0].events.len(), 2, "the same visit goes on");
    }

    #[test]
    fn last_seen_is_the_start_of_a_visit_under_way_and_the_end_of_one_that_is_over() {
        let mut tenant = Tenant::new(&["shop/ie".to_owned()]);
        let browser = tenant.create_browser(5);
        let seen = |tenant: &Tenant, now| {
            tenant.last_seen(tenant.record(&browser.guest_ref).unwrap(), now)
        };
        assert_eq!(seen(&tenant, 9), 5);
        view(&mut tenant, &browser, 10);
        view(&mut tenant, &browser, 20);
        assert_eq!(seen(&tenant, 30), 10);
        assert_eq!(seen(&tenant, 21 + INACTIVITY_MS), 20);
    }
}
