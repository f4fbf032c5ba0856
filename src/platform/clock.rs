//! Time as the platform shows it: it stands still during computation and moves with I/O.
//!
//! Out: milliseconds since the start of a request, and timers. It never runs backwards.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use wasm_bindgen::JsValue;

use super::{
    js,
    promise::{self, Settled},
};

/// The clock of one request.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started_ms: f64,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self {
            started_ms: js_sys::Date::now(),
        }
    }

    /// Milliseconds since the start.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of u32, and `as` saturates"
    )]
    pub fn now_ms(self) -> u32 {
        (js_sys::Date::now() - self.started_ms).clamp(0.0, f64::from(u32::MAX)) as u32
    }

    /// The wall clock, in milliseconds since the Unix epoch.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates"
    )]
    pub fn epoch_ms() -> u64 {
        js_sys::Date::now() as u64
    }

    /// The wall clock, in seconds since the Unix epoch.
    pub fn epoch_s() -> u64 {
        Self::epoch_ms() / 1_000
    }
}

/// A timer that is set. Dropped, it is stopped.
pub struct Delay {
    over: Settled,
    timer: Option<JsValue>,
}

/// Waits.
pub fn delay(ms: u32) -> Delay {
    let mut timer = None;
    let over = promise::begin(|tell, number| timer = Some(js::after(ms, tell, number)));
    Delay { over, timer }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let over = self.over.poll_unpin(context).map(drop);
        if over.is_ready() {
            self.timer = None;
        }
        over
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let Some(timer) = &self.timer {
            js::stop(timer);
        }
    }
}

/// What `work` gives, if it does so within `ms` milliseconds; after that it is dropped.
pub async fn within<T>(ms: u32, work: impl Future<Output = T>) -> Option<T> {
    match select(Box::pin(work), delay(ms)).await {
        Either::Left((given, _)) => Some(given),
        Either::Right(_) => None,
    }
}
