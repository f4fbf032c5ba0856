//! A batch of the queue: what happens to each message, and when to stop asking a CDP that is not there.
//!
//! In: what became of each try. Out: a [`Verdict`]. Made anew for each batch: what it learns of the CDP is old by the next.

use super::{scaled, unit};
use crate::events::Outcome;

/// First delay in the queue, in seconds; each following one is twice as long.
const FIRST_DELAY_S: u32 = 5;
/// Longest delay in the queue, in seconds: when the CDP is back, everything is with it a quarter of an hour later.
const MAX_DELAY_S: u32 = 900;
/// Longest delay that `Retry-After` can ask for, in seconds.
const MAX_ASKED_DELAY_S: u32 = 3_600;
/// After so many failures in a row the rest of a batch is not tried: the CDP is down.
const MAX_FAILURES: u32 = 3;

/// What to do with a message of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The CDP has it: acknowledge.
    Ack,
    /// Create a new browser id, put `StoredEvent::with_browser_id` into the queue, then acknowledge this message. When
    /// either fails, it is a failure like any other.
    ReplaceId,
    /// Give it back to the queue.
    Retry {
        /// Seconds until it comes again.
        delay_s: u32,
    },
}

/// What a batch has learnt of the CDP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    failures: u32,
    /// The longest delay that the CDP asked for, in seconds.
    asked_s: u32,
}

impl Batch {
    /// Whether the next message is worth a try. It is not after three failures in a row, nor once the CDP has said when to
    /// come again.
    #[must_use]
    pub const fn is_worth_a_try(&self) -> bool {
        self.failures < MAX_FAILURES && self.asked_s == 0
    }

    /// Takes note of a try.
    pub(super) fn note(&mut self, outcome: Outcome, retry_after_s: Option<u32>) {
        if outcome == Outcome::Retry {
            self.failures = self.failures.saturating_add(1);
            let asked = retry_after_s.unwrap_or(0).min(MAX_ASKED_DELAY_S);
            self.asked_s = self.asked_s.max(asked);
        } else {
            self.failures = 0;
        }
    }

    /// Seconds until a message comes again. `attempts`: how often the queue has delivered it, this time included. `jitter`:
    /// from 0 to 1.
    pub(super) fn delay_s(&self, attempts: u32, jitter: f64) -> u32 {
        backoff_s(attempts, jitter).max(self.asked_s)
    }
}

/// Seconds until a message comes again that is refused: by the CDP, or because it is no
/// [`StoredEvent`](crate::events::StoredEvent) of this version, or because the configuration is broken. A client key or a
/// point of sale may be put right meanwhile, another version of the Worker may know the message, and what is beyond help
/// ends in the dead-letter queue, not in nothing.
#[must_use]
pub const fn refused_delay_s() -> u32 {
    MAX_DELAY_S
}

/// Between a half and the whole of the delay, which doubles with every attempt.
fn backoff_s(attempts: u32, jitter: f64) -> u32 {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    let whole = FIRST_DELAY_S.saturating_mul(doubled).min(MAX_DELAY_S);
    scaled(whole, 0.5 + unit(jitter) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_quarter_of_an_hour() {
        let delays: Vec<u32> = (0..12).map(|attempts| backoff_s(attempts, 1.0)).collect();
        assert_eq!(delays, [5, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
        assert_eq!(backoff_s(9, 0.0), 450);
        assert_eq!(backoff_s(u32::MAX, f64::NAN), 450);
    }

    #[test]
    fn a_dead_cdp_is_not_asked_for_every_message() {
        let mut batch = Batch::default();
        batch.note(Outcome::Retry, None);
        batch.note(Outcome::Retry, None);
        assert!(batch.is_worth_a_try());
        batch.note(Outcome::Accepted, None);
        for left in [true, true, false, false] {
            batch.note(Outcome::Retry, Some(0));
            assert_eq!(batch.is_worth_a_try(), left);
        }
    }

    #[test]
    fn a_cdp_that_says_when_to_come_again_is_not_asked_before() {
        for (asked, delay_s) in [(1, 4), (120, 120), (u32::MAX, 3_600)] {
            let mut batch = Batch::default();
            batch.note(Outcome::Retry, Some(asked));
            // What was under way meanwhile and succeeds does not take it back.
            batch.note(Outcome::Accepted, None);
            assert!(!batch.is_worth_a_try());
            assert_eq!(batch.delay_s(1, 0.5), delay_s, "{asked}");
        }
    }
}
