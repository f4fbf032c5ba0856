//! What this isolate knows of the CDP, and the little of it that is no flow's: ids and guest records.
//!
//! In: calls that are to be made, and their outcomes. Out: whether to make them. What it holds is the core's (`asking::Isolate`);
//! nothing of it belongs to one request.

use std::cell::RefCell;

use xm_edge_core::{
    asking::Isolate,
    breaker::{Effect, Pass, Report},
};

use crate::platform::clock::Clock;

thread_local! {
    static ISOLATE: RefCell<Isolate> = RefCell::default();
}

/// Looks at it, or changes it, at this time of the wall clock. `work` must not come back here.
pub fn with<T>(work: impl FnOnce(&mut Isolate, u64) -> T) -> T {
    let now_ms = Clock::epoch_ms();
    ISOLATE.with_borrow_mut(|isolate| work(isolate, now_ms))
}

/// Whether a call of the CDP whose outcome says nothing must not be made.
pub fn is_host_open() -> bool {
    with(|isolate, _| isolate.breakers.is_host_open())
}

/// Whether every flow of a page would be refused.
pub fn refuses_pages() -> bool {
    with(|isolate, now_ms| isolate.breakers.refuses_pages(now_ms))
}

/// The breakers, for health.
pub fn breakers() -> Report {
    with(|isolate, now_ms| isolate.breakers.report(now_ms))
}

/// A call of the CDP that is no flow's. Dropped without an outcome, it says nothing: the visitor left.
pub struct HostCall(Option<Pass>);

impl HostCall {
    /// Lets the call go, or not.
    pub fn ask() -> Option<Self> {
        with(|isolate, now_ms| isolate.breakers.ask_host(now_ms)).map(|pass| Self(Some(pass)))
    }

    /// What came of it.
    pub fn settle(mut self, effect: Effect) {
        self.tell(effect);
    }

    fn tell(&mut self, effect: Effect) {
        if let Some(pass) = self.0.take() {
            with(|isolate, now_ms| isolate.breakers.settle(pass, effect, now_ms));
        }
    }
}

impl Drop for HostCall {
    fn drop(&mut self) {
        self.tell(Effect::NOTHING);
    }
}
