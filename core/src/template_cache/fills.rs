//! Which page view asks XM for a page that is not kept, while others for the same page wait for it.
//!
//! In: page views' beginnings and ends, by the wall clock. Out: who leads. A lead that vanishes is forgotten.

use super::Key;

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
pub struct Fills {}

impl Fills {
    /// A page view needs the page of `key`.
    pub fn begin(&mut self, key: &Key, now_ms: u64) -> Fill {
        let _ = (key, now_ms);
        Fill::Lead
    }

    /// The fill has ended: with a page, or without.
    pub fn done(&mut self, key: &Key) {
        let _ = key;
    }

    /// The page cannot be kept: followers go to XM at once, and for a while nobody waits.
    pub fn unstorable(&mut self, key: &Key, now_ms: u64) {
        let _ = (key, now_ms);
    }

    /// Whether a follower should go on waiting.
    #[must_use]
    pub fn is_filling(&self, key: &Key, now_ms: u64) -> bool {
        let _ = (key, now_ms);
        false
    }
}
