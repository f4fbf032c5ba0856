//! Whether a visitor's event may be sent, and under which id.
//!
//! In: who asks, what they allow, the id they have. Out: an [`Admission`]. It holds for events of the page, of XM's
//! headers and of rules alike.

use crate::{
    cdp::BrowserId,
    events::catalogue::Kind,
    request::{Grants, VisitorClass},
};

/// What happens to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Send it under an id that is to be created first, and kept in the visitor's cookie.
    CreateId,
    /// Nothing, for this reason.
    Ignore(&'static str),
    /// Send it.
    Send(BrowserId),
}

/// Decides. `id`: the valid one of the visitor's cookie, not known to be unknown to the CDP.
///
/// Creating an id makes a guest in the tenant, so only a consenting human's event does; FORCE_CLOSE does not, for a
/// browser without id has no session to close.
#[must_use]
pub fn admit(class: VisitorClass, grants: Grants, id: Option<BrowserId>, kind: Kind) -> Admission {
    match (class, id) {
        (VisitorClass::Bot, _) => Admission::Ignore("bot"),
        (VisitorClass::Prefetch, _) => Admission::Ignore("prefetch"),
        (VisitorClass::Human, _) if !(grants.id && grants.analytics) => {
            Admission::Ignore("no_consent")
        }
        (VisitorClass::Human, Some(id)) => Admission::Send(id),
        (VisitorClass::Human, None) if kind == Kind::ForceClose => {
            Admission::Ignore("no_browser_id")
        }
        (VisitorClass::Human, None) => Admission::CreateId,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture;

    #[test]
    fn only_a_consenting_humans_event_is_sent() {
        use VisitorClass::*;
        let all = Grants {
            id: true,
            personalisation: true,
            analytics: true,
        };
        let no_analytics = Grants {
            analytics: false,
            ..all
        };
        let none = Grants::default();
        let id = BrowserId::parse(fixture::BROWSER_ID);
        let send = Admission::Send(id.clone().unwrap());
        #[rustfmt::skip]
        let cases = [
            (Human, all, &id, Kind::Custom, send),
            (Human, all, &None, Kind::Custom, Admission::CreateId),
            (Human, all, &None, Kind::Identity, Admission::CreateId),
            (Human, all, &None, Kind::ForceClose, Admission::Ignore("no_browser_id")),
            (Human, no_analytics, &id, Kind::Identity, Admission::Ignore("no_consent")),
            (Human, none, &None, Kind::Custom, Admission::Ignore("no_consent")),
            (Bot, all, &id, Kind::Custom, Admission::Ignore("bot")),
            (Prefetch, all, &id, Kind::Custom, Admission::Ignore("prefetch")),
        ];
        for (class, grants, id, kind, expected) in cases {
            assert_eq!(
                admit(class, grants, id.clone(), kind),
                expected,
                "{class:?} {grants:?}"
            );
        }
    }
}
