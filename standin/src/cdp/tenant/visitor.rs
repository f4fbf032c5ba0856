//! In: a guest of the tenant. Out: what a flow's rules may ask about the visitor. Pure.

use serde_json::{Value, json};

use super::{GuestType, Tenant};

/// A guest as a flow sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visitor {
    /// The guest ref: what an experiment splits by.
    pub guest_ref: String,
    /// The guest as the REST API shows it, `ext` included.
    pub guest: Value,
    /// Whether it is a customer.
    pub identified: bool,
    /// Sessions so far, the present one included.
    pub visits: u64,
    /// VIEW events so far.
    pub page_views: u64,
}

impl Tenant {
    /// The visitor behind a guest ref.
    #[must_use]
    pub fn visitor(&self, guest_ref: &str) -> Visitor {
        let sessions = || self.sessions_of(guest_ref);
        let views = sessions()
            .flat_map(|session| &session.events)
            .filter(|event| event.kind == "VIEW")
            .count();
        let guest = self.guests.get(guest_ref);
        Visitor {
            guest_ref: guest_ref.to_owned(),
            guest: guest
                .and_then(|guest| serde_json::to_value(guest).ok())
                .unwrap_or_else(|| json!({})),
            identified: guest.is_some_and(|guest| guest.guest_type == GuestType::Customer),
            visits: sessions().count() as u64,
            page_views: views as u64,
        }
    }
}
