//! Browser ids that the CDP no longer knows, so that the next page view replaces them.
//!
//! The CDP says so while, or after, the page leaves: too late for a cookie. This memory of the isolate bridges the
//! time to the next page view. It holds hashes, bounded in number, and is a hint: where it is missing (another
//! isolate) the CDP says so again.

use std::{
    cell::RefCell,
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

use xm_edge_core::request::BrowserId;

/// How many ids are remembered; the oldest goes first.
const MAX_IDS: usize = 1024;

thread_local! {
    static UNKNOWN: RefCell<VecDeque<u64>> = const { RefCell::new(VecDeque::new()) };
}

/// Remembers that the CDP does not know `id`.
pub fn note(id: &BrowserId) {
    let hash = hash(id);
    UNKNOWN.with_borrow_mut(|unknown| {
        if !unknown.contains(&hash) {
            if unknown.len() >= MAX_IDS {
                unknown.pop_front();
            }
            unknown.push_back(hash);
        }
    });
}

/// Whether the CDP said that it does not know `id`.
pub fn contains(id: &BrowserId) -> bool {
    let hash = hash(id);
    UNKNOWN.with_borrow(|unknown| unknown.contains(&hash))
}

fn hash(id: &BrowserId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
