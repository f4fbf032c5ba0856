//! Browser ids that the CDP no longer knows, and what replaced them.
//!
//! In: what the CDP said of an id, an id that was created in its place. Out: what to do with a visitor who brings the
//! old one. It is a hint, bounded in number: where it is missing, the CDP says so again.
//!
//! An id is as good as the visitor's name, so entries are found by the whole id, never by a hash of it, and a
//! replacement is handed out until one answer has carried it in a cookie: whoever brings the old id later gets an id of
//! their own. Events that still come in under the old id keep going to the replacement; they show it to nobody.

use std::collections::VecDeque;

use crate::cdp::BrowserId;

/// How many ids are remembered; the oldest goes first.
pub const MAX_IDS: usize = 1024;

/// The memory.
#[derive(Default)]
pub struct UnknownIds {
    oldest_first: VecDeque<Unknown>,
}

struct Unknown {
    id: BrowserId,
    replaced_by: Option<BrowserId>,
    /// Whether an answer has carried the replacement.
    is_handed_out: bool,
}

/// What is known of the id that a visitor brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing against it.
    Good,
    /// This one was created in its place and is to go into the visitor's cookie.
    Replaced(BrowserId),
    /// The CDP does not know it: the visitor needs a new one.
    Unknown,
}

impl UnknownIds {
    /// Remembers that the CDP does not know `id`.
    pub fn note(&mut self, id: &BrowserId) {
        if self.contains(id) {
            return;
        }
        if self.oldest_first.len() >= MAX_IDS {
            self.oldest_first.pop_front();
        }
        self.oldest_first.push_back(Unknown {
            id: id.clone(),
            replaced_by: None,
            is_handed_out: false,
        });
    }

    /// Remembers that `new` was created in place of `old`, and gives the id that counts: when two events found out at the
    /// same time, the first one's.
    pub fn replace(&mut self, old: &BrowserId, new: BrowserId) -> BrowserId {
        self.note(old);
        match self.find_mut(old) {
            Some(unknown) => unknown.replaced_by.get_or_insert(new).clone(),
            None => new,
        }
    }

    /// For a visitor who brings `id`.
    #[must_use]
    pub fn standing(&self, id: &BrowserId) -> Standing {
        let Some(unknown) = self.find(id) else {
            return Standing::Good;
        };
        match &unknown.replaced_by {
            Some(id) if !unknown.is_handed_out => Standing::Replaced(id.clone()),
            _ => Standing::Unknown,
        }
    }

    /// The replacement of `old` is in a visitor's cookie.
    pub fn hand_out(&mut self, old: &BrowserId) {
        if let Some(unknown) = self.find_mut(old) {
            unknown.is_handed_out = true;
        }
    }

    /// For an event under `id`: whether the CDP is known not to know it.
    #[must_use]
    pub fn contains(&self, id: &BrowserId) -> bool {
        self.find(id).is_some()
    }

    /// For an event under `id`: the id that replaced it.
    #[must_use]
    pub fn replacement(&self, id: &BrowserId) -> Option<BrowserId> {
        self.find(id)?.replaced_by.clone()
    }

    fn find(&self, id: &BrowserId) -> Option<&Unknown> {
        self.oldest_first.iter().find(|unknown| unknown.id == *id)
    }

    fn find_mut(&mut self, id: &BrowserId) -> Option<&mut Unknown> {
        self.oldest_first
            .iter_mut()
            .find(|unknown| unknown.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> BrowserId {
        BrowserId::parse(&format!("{number:08x}-11eb-4cf9-8d5d-274e9f344925")).unwrap()
    }

    #[test]
    fn an_id_is_good_until_the_cdp_says_otherwise() {
        let mut ids = UnknownIds::default();
        assert_eq!(ids.standing(&id(1)), Standing::Good);
        ids.note(&id(1));
        assert_eq!(ids.standing(&id(1)), Standing::Unknown);
        assert_eq!(ids.standing(&id(2)), Standing::Good);
        assert!(ids.contains(&id(1)) && !ids.contains(&id(2)));
        assert_eq!(ids.replacement(&id(1)), None);
    }

    #[test]
    fn a_replacement_is_in_one_visitors_cookie_and_in_no_other() {
        let mut ids = UnknownIds::default();
        assert_eq!(ids.replace(&id(1), id(7)), id(7));
        assert_eq!(ids.standing(&id(1)), Standing::Replaced(id(7)));
        ids.hand_out(&id(1));
        assert_eq!(ids.standing(&id(1)), Standing::Unknown);
        // Events under the old id are still the same visitor's.
        assert_eq!(ids.replacement(&id(1)), Some(id(7)));
        // What the CDP says again changes nothing.
        ids.note(&id(1));
        assert_eq!(ids.standing(&id(1)), Standing::Unknown);
        assert_eq!(ids.standing(&id(7)), Standing::Good);
    }

    #[test]
    fn of_two_replacements_made_at_once_the_first_counts() {
        let mut ids = UnknownIds::default();
        ids.note(&id(1));
        assert_eq!(ids.replace(&id(1), id(7)), id(7));
        assert_eq!(ids.replace(&id(1), id(8)), id(7));
        assert_eq!(ids.standing(&id(1)), Standing::Replaced(id(7)));
    }

    #[test]
    fn the_oldest_is_forgotten_first_and_nothing_grows() {
        let mut ids = UnknownIds::default();
        for number in 0..=1024 {
            ids.replace(&id(number), id(number + 5_000));
            ids.note(&id(number));
        }
        assert_eq!(ids.standing(&id(0)), Standing::Good);
        assert_eq!(ids.standing(&id(1)), Standing::Replaced(id(5_001)));
        assert_eq!(ids.oldest_first.len(), MAX_IDS);
    }
}
