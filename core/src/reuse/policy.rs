//! For how long a decision counts.
//!
//! In: the site's settings, when a decision was taken, the wall clock. Out: what it is good for.

use crate::config::Site;

/// So far another machine's clock may be ahead, in milliseconds.
const SKEW_MS: u64 = 5_000;

/// The site's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    fresh_ms: u64,
    last_ms: u64,
}

/// What a kept decision is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// To be used instead of running the flow.
    Fresh,
    /// To stand in when the flow fails.
    Last,
    /// For nothing.
    Old,
}

impl Policy {
    /// `reuse_decisions_s` and `reuse_on_failure_s`; `None` when both are off.
    #[must_use]
    pub fn of(site: &Site) -> Option<Self> {
        let ms = |seconds: u32| u64::from(seconds) * 1_000;
        let policy = Self {
            fresh_ms: ms(site.reuse_decisions_s),
            last_ms: ms(site.reuse_on_failure_s),
        };
        (policy.kept_ms() > 0).then_some(policy)
    }

    /// Whether a decision may be used instead of running the flow.
    pub(crate) const fn reuses(self) -> bool {
        self.fresh_ms > 0
    }

    /// Whether a decision may stand in for a failed one.
    pub(crate) const fn stands_in(self) -> bool {
        self.last_ms > 0
    }

    const fn kept_ms(self) -> u64 {
        if self.fresh_ms > self.last_ms {
            self.fresh_ms
        } else {
            self.last_ms
        }
    }

    /// For how long a decision is worth keeping, in seconds.
    #[must_use]
    pub const fn kept_s(self) -> u64 {
        self.kept_ms() / 1_000
    }

    /// What a decision is good for that was taken at `taken_ms`. One from the future is good for nothing.
    #[must_use]
    pub const fn age(self, taken_ms: u64, now_ms: u64) -> Age {
        if taken_ms > now_ms.saturating_add(SKEW_MS) {
            return Age::Old;
        }
        let age = now_ms.saturating_sub(taken_ms);
        if age < self.fresh_ms {
            Age::Fresh
        } else if age < self.last_ms {
            Age::Last
        } else {
            Age::Old
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture;

    fn policy(fresh_s: u32, last_s: u32) -> Option<Policy> {
        let mut site = fixture::site();
        site.reuse_decisions_s = fresh_s;
        site.reuse_on_failure_s = last_s;
        Policy::of(&site)
    }

    #[test]
    fn without_settings_nothing_is_kept() {
        assert_eq!(policy(0, 0), None);
        assert_eq!(policy(60, 0).unwrap().kept_s(), 60);
        assert_eq!(policy(60, 3_600).unwrap().kept_s(), 3_600);
    }

    #[test]
    fn a_decision_is_fresh_then_the_last_then_nothing_to_the_millisecond() {
        let taken = 1_000_000;
        let age = |fresh, last, ms| policy(fresh, last).unwrap().age(taken, taken + ms);
        #[rustfmt::skip]
        let cases = [
            (10, 60, 0, Age::Fresh), (10, 60, 9_999, Age::Fresh), (10, 60, 10_000, Age::Last), (10, 60, 59_999, Age::Last),
            (10, 60, 60_000, Age::Old), (10, 0, 10_000, Age::Old), (0, 60, 0, Age::Last), (60, 10, 59_999, Age::Fresh),
        ];
        for (fresh, last, ms, expected) in cases {
            assert_eq!(age(fresh, last, ms), expected, "{fresh} {last} {ms}");
        }
    }

    #[test]
    fn a_clock_that_jumped_makes_no_decision_last_an_hour_longer() {
        let policy = policy(10, 60).unwrap();
        assert_eq!(policy.age(3_600_000, 0), Age::Old);
        assert_eq!(policy.age(5_000, 0), Age::Fresh);
        assert_eq!(policy.age(0, 3_600_000), Age::Old);
    }
}
