//! What XM tells of a visitor, by a header or because a rule of the configuration saw it.
//!
//! In: nothing. Out: an event, or the wish for a new browser id.

use crate::events::{Checked, catalogue::LOGOUT};

/// One thing that XM told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Something happened.
    Event(Checked),
    /// The visitor logged out: whoever uses this browser next is somebody else, so the browser gets a new id. It is
    /// obeyed after the events of the same answer, which are still the old visitor's.
    Logout,
}

impl Told {
    /// What a goal of this type is: a custom event, or the wish.
    pub(super) fn goal(event_type: &str) -> Self {
        if event_type == LOGOUT {
            Self::Logout
        } else {
            Self::Event(Checked::custom(event_type))
        }
    }
}
