//! Which page view asks XM for a page that is not kept, while others for the same page wait for it.
//!
//! In: page views' beginnings and ends, by the wall clock. Out: who leads. It holds nobody: a lead that vanished (its visitor has
//! left, its request was ended) is forgotten after [`LONGEST_FILL_MS`], and a page that cannot be kept is waited for by nobody.

use std::collections::BTreeMap;

use super::Key;

/// After so long a lead counts as gone, in milliseconds.
pub const LONGEST_FILL_MS: u64 = 10_000;
/// For so long nobody waits for a page that could not be kept, in milliseconds.
pub const UNSTORABLE_MS: u64 = 60_000;
/// Most pages that are remembered at once. Where there are more, page views go to XM without waiting for each other.
const MOST: usize = 1_024;

/// The part of a page view in a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// It asks XM, and says what came of it.
    Lead,
    /// Another has asked: wait for it, and look again.
    Follow,
}

/// The fills under way in an isolate.
#[derive(Debug, Default)]
pub struct Fills(BTreeMap<Key, State>);

#[derive(Clone, Copy, Debug)]
enum State {
    /// Somebody has asked XM, at this time.
    Filling(u64),
    /// It could not be kept, at this time.
    Unstorable(u64),
}

impl State {
    /// Whether it still counts. Each request has a clock of its own, which stands still while it computes: that of the one who
    /// looks may well be behind that of the one who leads. A clock that was set back by more ends it.
    const fn counts(self, now_ms: u64) -> bool {
        let (since, longest) = match self {
            Self::Filling(since) => (since, LONGEST_FILL_MS),
            Self::Unstorable(since) => (since, UNSTORABLE_MS),
        };
        since.abs_diff(now_ms) < longest
    }
}

impl Fills {
    /// A page view needs the page of `key`.
    pub fn begin(&mut self, key: &Key, now_ms: u64) -> Fill {
        match self.0.get(key).filter(|state| state.counts(now_ms)) {
            Some(State::Filling(_)) => return Fill::Follow,
            Some(State::Unstorable(_)) => return Fill::Lead,
            None => {}
        }
        self.note(*key, State::Filling(now_ms), now_ms);
        Fill::Lead
    }

    /// The fill has ended: the page is kept, or another may try. That it could not be kept is not forgotten by this.
    pub fn done(&mut self, key: &Key) {
        if let Some(State::Filling(_)) = self.0.get(key) {
            self.0.remove(key);
        }
    }

    /// The page cannot be kept: followers go to XM at once, and for a while nobody waits.
    pub fn unstorable(&mut self, key: &Key, now_ms: u64) {
        self.note(*key, State::Unstorable(now_ms), now_ms);
    }

    fn note(&mut self, key: Key, state: State, now_ms: u64) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.0.retain(|_, state| state.counts(now_ms));
        }
        if self.0.len() < MOST || self.0.contains_key(&key) {
            self.0.insert(key, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        request::Cookies,
        template_cache::{Asked, fixture::NOW},
    };

    fn key(number: usize) -> Key {
        Key::of(&Asked {
            url: &format!("https://xm.example/{number}"),
            host: "",
            cookies: &Cookies::default(),
            version: "",
            client_key: "",
        })
    }

    #[test]
    fn one_leads_and_the_others_follow_until_it_is_done() {
        let (mut fills, page) = (Fills::default(), key(1));
        assert_eq!(fills.begin(&page, NOW), Fill::Lead);
        assert_eq!(fills.begin(&page, NOW), Fill::Follow);
        assert_eq!(
            fills.begin(&page, NOW - 200),
            Fill::Follow,
            "a clock behind"
        );
        assert_eq!(fills.begin(&key(2), NOW), Fill::Lead, "another page");
        assert_eq!(fills.begin(&page, NOW + 500), Fill::Follow);
        fills.done(&page);
        assert_eq!(fills.begin(&page, NOW + 500), Fill::Lead);
        assert_eq!(fills.begin(&key(2), NOW + 500), Fill::Follow);
    }

    #[test]
    fn a_lead_that_vanished_holds_nobody() {
        let (mut fills, page) = (Fills::default(), key(1));
        fills.begin(&page, NOW);
        assert_eq!(fills.begin(&page, NOW + LONGEST_FILL_MS - 1), Fill::Follow);
        assert_eq!(fills.begin(&page, NOW + LONGEST_FILL_MS), Fill::Lead);
        assert_eq!(fills.begin(&page, NOW + LONGEST_FILL_MS), Fill::Follow);
        assert_eq!(
            fills.begin(&page, NOW),
            Fill::Lead,
            "the clock was set back"
        );
    }

    #[test]
    fn nobody_waits_for_a_page_that_cannot_be_kept() {
        let (mut fills, page) = (Fills::default(), key(1));
        fills.begin(&page, NOW);
        fills.unstorable(&page, NOW + 10);
        for _ in 0..3 {
            assert_eq!(fills.begin(&page, NOW + 11), Fill::Lead);
        }
        // The lead's own end comes after its verdict.
        fills.done(&page);
        assert_eq!(fills.begin(&page, NOW + 9 + UNSTORABLE_MS), Fill::Lead);
        assert_eq!(fills.begin(&page, NOW + 9 + UNSTORABLE_MS), Fill::Lead);
        // Then it may be another page.
        assert_eq!(fills.begin(&page, NOW + 10 + UNSTORABLE_MS), Fill::Lead);
        assert_eq!(fills.begin(&page, NOW + 10 + UNSTORABLE_MS), Fill::Follow);
    }

    #[test]
    fn a_flood_of_pages_takes_no_memory_and_nobody_waits_for_nothing() {
        let mut fills = Fills::default();
        for number in 0..MOST + 10 {
            assert_eq!(fills.begin(&key(number), NOW), Fill::Lead);
        }
        assert_eq!(fills.0.len(), MOST);
        assert_eq!(fills.begin(&key(MOST + 5), NOW), Fill::Lead);
        assert_eq!(fills.begin(&key(0), NOW), Fill::Follow);
        // When what is old is needed no more, there is room.
        let later = NOW + LONGEST_FILL_MS;
        assert_eq!(fills.begin(&key(MOST + 5), later), Fill::Lead);
        assert_eq!(fills.begin(&key(MOST + 5), later), Fill::Follow);
        assert_eq!(fills.0.len(), 1);
    }
}
