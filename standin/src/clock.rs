//! In: the system clock and how far a test has pushed it. Out: the stand-in's time. Never sleeps.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The system clock plus an offset, so that 20 minutes of inactivity need no waiting.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970, UTC.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        Timestamp::now().as_millisecond() + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves the clock forward (or back) for good.
    pub fn advance(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Back to the system clock.
    pub fn reset(&self) {
        self.offset_ms.store(0, Ordering::Relaxed);
    }
}

/// `2026-05-04T10:20:30.123Z`: how the CDP writes a time.
#[must_use]
pub fn iso(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => "1970-01-01T00:00:00.000Z".to_owned(),
    }
}

/// 100-nanosecond ticks since year 1: how XM writes `VIcurrentDateTime`.
#[must_use]
pub fn ticks(ms: i64) -> i64 {
    const TICKS_AT_1970: i64 = 621_355_968_000_000_000;
    TICKS_AT_1970 + ms * 10_000
}
