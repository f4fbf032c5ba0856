//! The templates that this isolate and its data centre keep.
//!
//! ```text
//! page view ─► in_memory ─► in_cache ─► XM ─► Fill ─► keep (memory, then the data centre's cache)
//! POST …/purge ─► purges (memory, the data centre's cache, KV) ─► listen: every isolate hears of it
//! ```
//!
//! In: places of pages, XM's answers. Out: entries. What may be kept, and for how long, is the core's (`template_cache`); nothing
//! that is held here belongs to one visitor.

mod fill;
mod purges;
mod refreshing;

use std::{cell::RefCell, rc::Rc};

use worker::Env;
use xm_edge_core::template_cache::{Entry, Expectations, Fill as Part, Fills, Key, Memory};

pub use fill::Fill;
pub use purges::{listen, purge};
pub use refreshing::Refreshing;

use crate::platform::{
    cache,
    clock::{self, Clock},
};

/// The data centre's cache is waited for so long, in milliseconds; then XM is asked.
const LOOK_UP_MS: u32 = 100;

/// Largest page that is kept, in bytes: larger ones would push too many others out.
pub const MAX_BODY: usize = 4 * 1024 * 1024;

#[derive(Default)]
struct Shelf {
    memory: Memory,
    fills: Fills,
    expectations: Expectations,
    purges: purges::Known,
}

thread_local! {
    static SHELF: RefCell<Shelf> = RefCell::default();
}

/// Looks at the shelf, or changes it. `work` must not come back here.
fn with<T>(work: impl FnOnce(&mut Shelf, u64) -> T) -> T {
    let now_ms = Clock::epoch_ms();
    SHELF.with_borrow_mut(|shelf| work(shelf, now_ms))
}

/// Where a page is kept.
#[derive(Clone)]
pub struct Place {
    /// Its name.
    pub key: Key,
    /// The host that XM is asked for.
    pub host: String,
    /// Its path, without query.
    pub path: String,
    /// Whether an operator's rule is about it.
    pub has_rule: bool,
}

/// A kept page, and for the log where it was.
pub struct Found {
    pub entry: Rc<Entry>,
    pub from: &'static str,
}

/// The page in the isolate's memory.
pub fn in_memory(place: &Place) -> Option<Found> {
    let entry = with(|shelf, now| shelf.memory.get(&place.key, &shelf.purges.log, now))?;
    Some(Found {
        entry,
        from: "memory",
    })
}

/// Whether looking further, or waiting for others, is worth while.
pub fn expects(place: &Place) -> bool {
    with(|shelf, _| shelf.expectations.expects(&place.host, place.has_rule))
}

/// The page in the data centre's cache. A cache that is away, or slow, or holds something else has no page.
pub async fn in_cache(place: &Place, env: &Env) -> Option<Found> {
    let looking = async {
        let name = place.key.name();
        let bytes = cache::get_bytes(cache::Place::Templates, &name)
            .await
            .ok()??;
        // What other isolates have heard of since must be heard before it is trusted.
        purges::known(env).await;
        Some(bytes)
    };
    let bytes = clock::within(LOOK_UP_MS, looking).await??;
    let entry = Rc::new(Entry::decode(bytes).ok()?);
    let is_kept = with(|shelf, _| {
        let asked_ms = entry.lifetime.asked_ms;
        let is_purged = shelf.purges.log.covers(&entry.path, asked_ms);
        if !is_purged {
            shelf.memory.keep(place.key, Rc::clone(&entry));
        }
        !is_purged
    });
    is_kept.then_some(Found {
        entry,
        from: "cache",
    })
}

/// Keeps `entry`: in memory at once, in the data centre's cache when the future is run.
pub fn keep(place: &Place, entry: Rc<Entry>) -> impl Future<Output = ()> + use<> {
    let (name, kept_s) = with(|shelf, now| {
        shelf.memory.keep(place.key, Rc::clone(&entry));
        shelf.fills.done(&place.key);
        if !place.has_rule {
            shelf.expectations.learn(&place.host, true);
        }
        (place.key.name(), entry.lifetime.kept_s(now))
    });
    async move {
        // Without a cache the isolate's memory holds.
        let _ = cache::put_bytes(cache::Place::Templates, &name, &entry.encode(), kept_s).await;
    }
}

/// XM's answer to a page view may not be kept.
pub fn refused(place: &Place) {
    with(|shelf, now| {
        shelf.fills.unstorable(&place.key, now);
        if !place.has_rule {
            shelf.expectations.learn(&place.host, false);
        }
    });
}

/// Forgets a page that XM no longer gives to everyone.
pub fn forget(place: &Place) -> impl Future<Output = ()> + use<> {
    refused(place);
    let name = with(|shelf, _| {
        shelf.memory.forget(&place.key);
        place.key.name()
    });
    async move {
        let _ = cache::delete(cache::Place::Templates, &name).await;
    }
}

/// The one page view, among those for the same page at the same time, that asks XM. Dropped, it lets the others go.
pub struct Lead(Key);

impl Lead {
    /// Leads, unless another does.
    pub fn begin(place: &Place) -> Option<Self> {
        let part = with(|shelf, now| shelf.fills.begin(&place.key, now));
        // Made only where it leads: one that is dropped lets the others go.
        (part == Part::Lead).then(|| Self(place.key))
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        with(|shelf, _| shelf.fills.done(&self.0));
    }
}
