//! The isolate's own memory of pages, bounded by bytes.
//!
//! In: entries under their keys. Out: the entries again, shared.
//!
//! Which page goes when there is no room is decided by SIEVE (Zhang et al., NSDI 2024): pages stand in the order in which they
//! came, a hand moves from the oldest towards the newest, passes over each that was asked for since it last came by, and takes
//! the first that was not. So a crawler that asks for ten thousand pages, each once, has its own pages taken again, where LRU
//! would give it the whole memory. A library (`quick_cache`) would be 7 KB of the compressed Worker; this is two maps and a
//! number, and a hit writes one bit.

use std::{collections::BTreeMap, rc::Rc};

use super::{Entry, Key, Standing, purge::Purges};

/// Bytes of an isolate's 128 MB that pages may take.
pub const BUDGET: usize = 16 * 1024 * 1024;
/// A page may take this share of the budget at most.
const LARGEST_SHARE: usize = 4;

/// The memory.
#[derive(Debug)]
pub struct Memory {
    budget: usize,
    bytes: usize,
    slots: BTreeMap<Key, Slot>,
    /// The keys in the order in which their pages came.
    order: BTreeMap<u64, Key>,
    /// The number of the next page.
    next: u64,
    /// Where the hand is: at this number, or the next one that is there.
    hand: u64,
}

#[derive(Debug)]
struct Slot {
    entry: Rc<Entry>,
    bytes: usize,
    number: u64,
    /// Asked for since the hand came by.
    wanted: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self::with_budget(BUDGET)
    }
}

impl Memory {
    /// A memory of so many bytes.
    #[must_use]
    pub const fn with_budget(budget: usize) -> Self {
        Self {
            budget,
            bytes: 0,
            slots: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 0,
            hand: 0,
        }
    }

    /// The entry under `key`; one that is dead or purged is gone then.
    pub fn get(&mut self, key: &Key, purges: &Purges, now_ms: u64) -> Option<Rc<Entry>> {
        let slot = self.slots.get_mut(key)?;
        let entry = Rc::clone(&slot.entry);
        let is_dead = entry.lifetime.standing(now_ms) == Standing::Dead
            || purges.covers(&entry.path, entry.lifetime.asked_ms);
        if is_dead {
            self.forget(key);
            return None;
        }
        slot.wanted = true;
        Some(entry)
    }

    /// Keeps `entry` under `key`; whether it fits. What was there before is gone either way, but a page that is renewed stays
    /// where it was and as wanted as it was.
    pub fn keep(&mut self, key: Key, entry: Rc<Entry>) -> bool {
        let before = self.take(&key);
        let bytes = entry.weight();
        if bytes > self.budget / LARGEST_SHARE {
            return false;
        }
        while self.bytes + bytes > self.budget && self.evict() {}
        let (number, wanted) = before.map_or((self.next, false), |slot| (slot.number, slot.wanted));
        self.next += u64::from(number == self.next);
        self.bytes += bytes;
        self.order.insert(number, key);
        let slot = Slot {
            entry,
            bytes,
            number,
            wanted,
        };
        self.slots.insert(key, slot);
        true
    }

    /// Forgets what is under `key`.
    pub fn forget(&mut self, key: &Key) {
        self.take(key);
    }

    /// How many pages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many bytes they take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn take(&mut self, key: &Key) -> Option<Slot> {
        let slot = self.slots.remove(key)?;
        self.order.remove(&slot.number);
        self.bytes -= slot.bytes;
        Some(slot)
    }

    /// Takes the first page at or after the hand that nobody wanted; whether there was any page.
    fn evict(&mut self) -> bool {
        loop {
            let at_hand = self.order.range(self.hand..).next();
            let Some((number, key)) = at_hand.or_else(|| self.order.iter().next()) else {
                return false;
            };
            let (number, key) = (*number, *key);
            self.hand = number + 1;
            match self.slots.get_mut(&key) {
                Some(slot) if slot.wanted => slot.wanted = false,
                _ => {
                    self.forget(&key);
                    return true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
