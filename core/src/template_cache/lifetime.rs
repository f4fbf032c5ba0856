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

    /// Whether XM's word makes it fresh for others as well. Otherwise each page view must ask for itself, and none gains by waiting
    /// for another's answer.
    #[must_use]
    pub const fn is_shared_by_asking(&self) -> bool {
        self.fresh_ms > 0
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

#[cfg(test)]
mod tests {
    use super::*;

    const BORN: u64 = 1_795_780_800_000;

    fn lifetime(fresh_ms: u64, refresh_ms: u64, error_ms: u64, kept_ms: u64) -> Lifetime {
        Lifetime {
            asked_ms: BORN,
            born_ms: BORN,
            fresh_ms,
            refresh_ms,
            error_ms,
            kept_ms,
        }
    }

    #[test]
    fn a_page_is_fresh_then_stale_then_asked_about_then_dead_to_the_millisecond() {
        use Standing::{Dead, Fresh, MustAsk, StaleWhileRevalidate};
        let page = lifetime(10, 20, 30, 40);
        #[rustfmt::skip]
        let cases = [(0, Fresh, true), (9, Fresh, true), (10, StaleWhileRevalidate, true), (19, StaleWhileRevalidate, true),
            (20, MustAsk, true), (29, MustAsk, true), (30, MustAsk, false), (39, MustAsk, false), (40, Dead, false)];
        for (age, standing, on_error) in cases {
            let now = BORN + age;
            assert_eq!(
                (page.standing(now), page.may_serve_on_error(now)),
                (standing, on_error),
                "{age}"
            );
        }
    }

    #[test]
    fn what_must_always_be_asked_about_is_never_served_unasked_or_on_error() {
        let page = lifetime(0, 0, 0, 40);
        assert_eq!(page.standing(BORN), Standing::MustAsk);
        assert!(!page.may_serve_on_error(BORN));
    }

    #[test]
    fn a_page_that_was_old_when_it_came_is_not_young() {
        let page = Lifetime {
            born_ms: BORN - 10,
            ..lifetime(10, 10, 10, 10)
        };
        assert_eq!(page.standing(BORN), Standing::Dead);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_no_page_for_an_hour_more() {
        let page = lifetime(10, 20, 30, 40);
        assert_eq!(page.standing(BORN - SKEW_MS), Standing::Fresh);
        assert_eq!(page.standing(BORN - SKEW_MS - 1), Standing::Dead);
        assert!(!page.may_serve_on_error(BORN - SKEW_MS - 1));
        assert_eq!(page.kept_s(BORN - SKEW_MS - 1), 0);
    }

    #[test]
    fn a_cache_is_told_whole_seconds_that_are_not_too_few() {
        let page = lifetime(0, 0, 0, 2_500);
        assert_eq!(page.kept_s(BORN), 3);
        assert_eq!(page.kept_s(BORN + 1_500), 1);
        assert_eq!(page.kept_s(BORN + 2_500), 0);
        let lasting = lifetime(u64::MAX, u64::MAX, u64::MAX, u64::MAX);
        assert_eq!(lasting.standing(u64::MAX), Standing::Fresh);
    }

    #[test]
    fn nobody_waits_for_another_where_each_must_ask_for_itself() {
        // `no-cache` and `max-age=0` with a validator.
        assert!(!lifetime(0, 0, 0, 86_400_000).is_shared_by_asking());
        assert!(lifetime(1_000, 1_000, 0, 86_400_000).is_shared_by_asking());
    }
}
