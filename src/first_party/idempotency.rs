//! What idempotency keys made: in this isolate, and in the data centre's cache.
//!
//! In: a name, a record of the core. Out: the record again, for a day. The isolate's memory is exact and short-lived; the
//! cache outlives it, but is one per data centre and may forget. Without a cache (plain workerd) the memory alone holds.
//! A record has nothing personal in it.

use std::{cell::RefCell, collections::HashMap};

use xm_edge_core::guests::{Recalled, idempotency::KEPT_S};

use crate::platform::{
    cache::{self, Place},
    clock::Clock,
};

/// Most names that an isolate remembers, some 300 bytes each.
const MOST: usize = 1_024;
/// Milliseconds after which a request that has not ended is given up: the platform has ended it.
const LONGEST_MS: u64 = 60_000;

/// What stands under a name.
enum Entry {
    /// A request is on its way since then.
    UnderWay { since_ms: u64 },
    /// It made this.
    Made { record: String, until_ms: u64 },
}

thread_local! {
    static MEMORY: RefCell<HashMap<String, Entry>> = RefCell::default();
}

/// A name that a request has taken. It is free again when this is dropped, unless something was kept under it.
pub struct Taken(String);

impl Taken {
    /// Looks a name up, and takes it when nothing is there.
    pub async fn recall(name: String) -> (Recalled, Option<Self>) {
        let now = Clock::epoch_ms();
        let known = MEMORY.with_borrow_mut(|memory| match memory.get(&name) {
            Some(Entry::UnderWay { since_ms }) if now < since_ms + LONGEST_MS => {
                Some(Recalled::UnderWay)
            }
            Some(Entry::Made { record, until_ms }) if now < *until_ms => {
                Some(Recalled::Record(record.clone()))
            }
            _ => {
                make_room(memory, now);
                memory.insert(name.clone(), Entry::UnderWay { since_ms: now });
                None
            }
        });
        if let Some(known) = known {
            return (known, None);
        }
        let taken = Self(name);
        match cache::get(Place::Idempotency, &taken.0).await {
            Ok(Some(record)) => (Recalled::Record(record), Some(taken)),
            Ok(None) | Err(_) => (Recalled::Nothing, Some(taken)),
        }
    }

    /// Keeps a record under the name.
    pub async fn keep(self, record: String) {
        let until_ms = Clock::epoch_ms() + u64::from(KEPT_S) * 1_000;
        let entry = Entry::Made {
            record: record.clone(),
            until_ms,
        };
        MEMORY.with_borrow_mut(|memory| memory.insert(self.0.clone(), entry));
        // Without a cache, or when it fails, the memory holds.
        let _ = cache::put(Place::Idempotency, &self.0, &record, u64::from(KEPT_S)).await;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        MEMORY.with_borrow_mut(|memory| {
            if matches!(memory.get(&self.0), Some(Entry::UnderWay { .. })) {
                memory.remove(&self.0);
            }
        });
    }
}

/// Forgets what is too old; if that is not enough, everything but what is under way.
fn make_room(memory: &mut HashMap<String, Entry>, now: u64) {
    if memory.len() < MOST {
        return;
    }
    memory.retain(|_, entry| match entry {
        Entry::Made { until_ms, .. } => now < *until_ms,
        Entry::UnderWay { since_ms } => now < *since_ms + LONGEST_MS,
    });
    if memory.len() >= MOST {
        memory.retain(|_, entry| matches!(entry, Entry::UnderWay { .. }));
    }
}
