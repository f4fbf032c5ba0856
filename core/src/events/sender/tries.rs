//! The tries of one event without a queue.
//!
//! In: what became of a try, a random number. Out: the next step, or the end.

use super::{scaled, unit};
use crate::events::{Fate, Outcome};

/// Pauses after the first and the second try, in milliseconds, on average.
const PAUSES_MS: [u32; 2] = [300, 1_500];
/// Longest pause that `Retry-After` can ask for while the platform waits, in milliseconds.
const MAX_PAUSE_MS: u32 = 5_000;

/// What to do after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: this is what became of the event.
    Done(Fate),
    /// Create a new browser id and send the event at once under that (`cdp::event::with_browser_id`); when no id can
    /// be had, it is done.
    ReplaceId,
    /// Send it again after a pause.
    Wait {
        /// Milliseconds.
        ms: u32,
    },
}

/// The tries of one event.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    made: usize,
    most: usize,
    may_replace: bool,
}

impl Tries {
    /// Three tries. `may_replace`: the id is a guest's, and has not just replaced another.
    #[must_use]
    pub const fn new(may_replace: bool) -> Self {
        Self {
            made: 0,
            most: PAUSES_MS.len(),
            may_replace,
        }
    }

    /// One try: somebody waits for the answer.
    #[must_use]
    pub const fn once(may_replace: bool) -> Self {
        Self {
            made: 0,
            most: 0,
            may_replace,
        }
    }

    /// Judges a try. `retry_after_s`: as [`retry_after_s`](super::retry_after_s) read it. `random`: from 0 to 1, so that
    /// events which failed together do not come again together.
    pub fn next(&mut self, outcome: Outcome, retry_after_s: Option<u32>, random: f64) -> Next {
        match outcome {
            Outcome::Accepted => Next::Done(Fate::Accepted),
            Outcome::Rejected => Next::Done(Fate::Rejected),
            Outcome::UnknownBrowserId if !self.may_replace => Next::Done(Fate::UnknownBrowserId),
            Outcome::UnknownBrowserId => {
                self.may_replace = false;
                Next::ReplaceId
            }
            Outcome::Retry => {
                let pause = PAUSES_MS.get(self.made).filter(|_| self.made < self.most);
                let Some(pause) = pause else {
                    return Next::Done(Fate::Lost);
                };
                self.made += 1;
                let asked = retry_after_s.unwrap_or(0).saturating_mul(1_000);
                let ms = scaled(*pause, 0.5 + unit(random)).max(asked.min(MAX_PAUSE_MS));
                Next::Wait { ms }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn there_are_three_tries_with_growing_pauses() {
        let mut tries = Tries::new(true);
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.5),
            Next::Wait { ms: 300 }
        );
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.0),
            Next::Wait { ms: 750 }
        );
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.5),
            Next::Done(Fate::Lost)
        );
        for (outcome, fate) in [
            (Outcome::Accepted, Fate::Accepted),
            (Outcome::Rejected, Fate::Rejected),
        ] {
            let next = Tries::new(true).next(outcome, None, 0.5);
            assert_eq!(next, Next::Done(fate));
        }
    }

    #[test]
    fn nobody_waits_for_a_second_try() {
        let mut tries = Tries::once(true);
        let replaced = tries.next(Outcome::UnknownBrowserId, None, 0.5);
        assert_eq!(replaced, Next::ReplaceId);
        let lost = tries.next(Outcome::Retry, Some(1), 0.5);
        assert_eq!(lost, Next::Done(Fate::Lost));
    }

    #[test]
    fn an_unknown_id_is_replaced_once() {
        let mut tries = Tries::new(true);
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.5),
            Next::Wait { ms: 300 }
        );
        assert_eq!(
            tries.next(Outcome::UnknownBrowserId, None, 0.5),
            Next::ReplaceId
        );
        let unknown = Next::Done(Fate::UnknownBrowserId);
        assert_eq!(tries.next(Outcome::UnknownBrowserId, None, 0.5), unknown);
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.5),
            Next::Wait { ms: 1_500 }
        );
    }

    #[test]
    fn an_id_that_is_no_guests_is_never_replaced() {
        let next = Tries::new(false).next(Outcome::UnknownBrowserId, None, 0.5);
        assert_eq!(next, Next::Done(Fate::UnknownBrowserId));
    }

    #[test]
    fn the_cdp_can_ask_for_a_longer_pause_within_reason() {
        for (asked, ms) in [(0, 300), (2, 2_000), (60, 5_000), (u32::MAX, 5_000)] {
            let next = Tries::new(true).next(Outcome::Retry, Some(asked), 0.5);
            assert_eq!(next, Next::Wait { ms }, "{asked}");
        }
    }

    proptest! {
        #[test]
        fn pauses_are_bounded_for_any_random_number(random in any::<f64>(), asked: Option<u32>) {
            let Next::Wait { ms } = Tries::new(true).next(Outcome::Retry, asked, random) else {
                panic!("a failure is retried");
            };
            prop_assert!((150..=5_000).contains(&ms));
        }
    }
}
