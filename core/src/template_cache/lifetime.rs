//! For how long a kept page counts (RFC 9111 §4.2, RFC 5861).
//!
//! In: times that were found when it was kept, and the wall clock. Out: a [`Standing`].

/// So far another machine's clock may be ahead, in milliseconds.
const SKEW_MS: u64 = 5_000;

/// When a page was made and what it may still be used for. All spans are milliseconds of its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// When XM was asked for it, or last confirmed it, by the wall clock.
    pub asked_ms: u64,
    /// When its age was nought, by the wall clock.
    pub born_ms: u64,
    /// Younger than this it is fresh.
    pub fresh_ms: u64,
    /// Younger than this it may be served while it is refreshed.
    pub refresh_ms: u64,
    /// Younger than this it may be served when XM fails.
    pub error_ms: u64,
    /// Younger than this it is worth asking XM whether it has changed.
    pub kept_ms: u64,
}

/// What a kept page is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// To be served.
    Fresh,
    /// To be served, and to be refreshed behind the answer.
    StaleWhileRevalidate,
    /// XM must be asked first: whether it has changed, or in the hope that XM fails.
    MustAsk,
    /// For nothing.
    Dead,
}

impl Lifetime {
    /// What the page is good for now.
    #[must_use]
    pub const fn standing(&self, now_ms: u64) -> Standing {
        let Some(age) = self.age_ms(now_ms) else {
            return Standing::Dead;
        };
        if age < self.fresh_ms {
            Standing::Fresh
        } else if age < self.refresh_ms {
            Standing::StaleWhileRevalidate
        } else if age < self.kept_ms {
            Standing::MustAsk
        } else {
            Standing::Dead
        }
    }

    /// Whether the page may be served in place of XM's error.
    #[must_use]
    pub const fn may_serve_on_error(&self, now_ms: u64) -> bool {
        match self.age_ms(now_ms) {
            Some(age) => age < self.fresh_ms || age < self.error_ms,
            None => false,
        }
    }

    /// For how many seconds from now it is worth keeping.
    #[must_use]
    pub const fn kept_s(&self, now_ms: u64) -> u64 {
        match self.age_ms(now_ms) {
            Some(age) => self.kept_ms.saturating_sub(age).div_ceil(1_000),
            None => 0,
        }
    }

    /// Its age; `None`: a clock has jumped.
    const fn age_ms(&self, now_ms: u64) -> Option<u64> {
        if self.asked_ms > now_ms.saturating_add(SKEW_MS) {
            return None;
        }
        Some(now_ms.saturating_sub(self.born_ms))
    }
}
