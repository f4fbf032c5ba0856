//! When an event is sent again: in the request that made it, and from the queue.
//!
//! In: what became of a try, how many there were, a random number. Out: what to do next. It never waits or sends.
//!
//! Two promises. Without a queue, best effort: at most three tries within the time that the platform leaves after a
//! response. With one, at least once: a stored event is acknowledged only when the CDP has it; everything else goes
//! back to the queue, and after the queue's own `max_retries` to its dead-letter queue.

use crate::events::Outcome;

/// Longest that one try may take, in milliseconds. Three of them and the pauses stay within the 30 seconds that the
/// platform gives to work after a response.
pub const TRY_TIMEOUT_MS: u32 = 5_000;

/// Pauses after the first and the second try, in milliseconds, on average.
const PAUSES_MS: [u32; 2] = [300, 1_500];
/// Longest pause that `Retry-After` can ask for while the platform waits, in milliseconds.
const MAX_PAUSE_MS: u32 = 5_000;

/// First delay in the queue, in seconds; each following one is twice as long.
const FIRST_DELAY_S: u32 = 5;
/// Longest delay in the queue, in seconds: when the CDP is back, everything is with it a quarter of an hour later.
const MAX_DELAY_S: u32 = 900;
/// Longest delay that `Retry-After` can ask for, in seconds.
const MAX_ASKED_DELAY_S: u32 = 3_600;
/// After so many failures in a row the rest of a batch is not tried: the CDP is down.
const MAX_FAILURES: u32 = 3;

/// What to do after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: this is what became of the event. [`Outcome::Retry`] means that it is lost.
    Done(Outcome),
    /// Create a new browser id and send the event at once under that (`cdp::event::with_browser_id`); when no id can
    /// be had, it is done.
    ReplaceId,
    /// Send it again after a pause.
    Wait {
        /// Milliseconds.
        ms: u32,
    },
}

/// The tries of one event without a queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tries {
    made: usize,
    replaced: bool,
}

impl Tries {
    /// Judges a try. `retry_after_s`: as [`retry_after_s`] read it. `random`: from 0 to 1, so that events which
    /// failed together do not come again together.
    pub fn next(&mut self, outcome: Outcome, retry_after_s: Option<u32>, random: f64) -> Next {
        match outcome {
            Outcome::Accepted | Outcome::Rejected => Next::Done(outcome),
            Outcome::UnknownBrowserId if self.replaced => Next::Done(outcome),
            Outcome::UnknownBrowserId => {
                self.replaced = true;
                Next::ReplaceId
            }
            Outcome::Retry => {
                let Some(pause) = PAUSES_MS.get(self.made) else {
                    return Next::Done(outcome);
                };
                self.made += 1;
                let asked = retry_after_s.unwrap_or(0).saturating_mul(1_000);
                let ms = scaled(*pause, 0.5 + unit(random)).max(asked.min(MAX_PAUSE_MS));
                Next::Wait { ms }
            }
        }
    }
}

/// What to do with a message of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The CDP has it: acknowledge.
    Ack,
    /// Create a new browser id, put `StoredEvent::with_browser_id` into the queue, then acknowledge this message. When
    /// either fails, [`Verdict::Retry`] as after any failure.
    ReplaceId,
    /// Give it back to the queue.
    Retry {
        /// Seconds until it comes again.
        delay_s: u32,
    },
}

/// One batch of messages. Made anew for each: what it learns about the CDP is old by the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch {
    failures: u32,
}

impl Batch {
    /// Whether the next message is worth a try; if not, judge it as [`Outcome::Retry`] unsent.
    #[must_use]
    pub const fn is_worth_a_try(&self) -> bool {
        self.failures < MAX_FAILURES
    }

    /// Judges a message. `attempts`: how often the queue has delivered it, this time included. `replaced`: as the
    /// stored event says.
    ///
    /// What the CDP refuses comes again at the longest delay: a client key or a point of sale may be put right
    /// meanwhile, and what is beyond help ends in the dead-letter queue, not in nothing.
    pub fn verdict(
        &mut self,
        outcome: Outcome,
        replaced: bool,
        attempts: u32,
        retry_after_s: Option<u32>,
        random: f64,
    ) -> Verdict {
        if outcome == Outcome::Retry {
            self.failures = self.failures.saturating_add(1);
        } else {
            self.failures = 0;
        }
        match outcome {
            Outcome::Accepted => Verdict::Ack,
            Outcome::UnknownBrowserId if !replaced => Verdict::ReplaceId,
            Outcome::Rejected | Outcome::UnknownBrowserId => refused(),
            Outcome::Retry => {
                let asked = retry_after_s.unwrap_or(0).min(MAX_ASKED_DELAY_S);
                let delay_s = delay_s(attempts, random).max(asked);
                Verdict::Retry { delay_s }
            }
        }
    }
}

/// What to do with a message that is no [`StoredEvent`](crate::events::StoredEvent) of this version: another version of
/// the Worker may know it.
#[must_use]
pub const fn refused() -> Verdict {
    Verdict::Retry {
        delay_s: MAX_DELAY_S,
    }
}

/// Seconds in a `Retry-After`; its other form, a date, is not read (RFC 9110 §10.2.3).
#[must_use]
pub fn retry_after_s(value: &str) -> Option<u32> {
    value.trim().parse().ok()
}

/// Between a half and the whole of the delay, which doubles with every attempt.
fn delay_s(attempts: u32, random: f64) -> u32 {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    let whole = FIRST_DELAY_S.saturating_mul(doubled).min(MAX_DELAY_S);
    scaled(whole, 0.5 + unit(random) / 2.0)
}

/// Casts saturate: no number is too large or negative.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and the factor is between 0.5 and 1.5"
)]
fn scaled(number: u32, factor: f64) -> u32 {
    (f64::from(number) * factor).round() as u32
}

/// 0 to 1, whatever was given.
const fn unit(random: f64) -> f64 {
    if random.is_nan() {
        0.0
    } else {
        random.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_a_queue_there_are_three_tries_with_growing_pauses() {
        let mut tries = Tries::default();
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
            Next::Done(Outcome::Retry)
        );
        for outcome in [Outcome::Accepted, Outcome::Rejected] {
            assert_eq!(
                Tries::default().next(outcome, None, 0.5),
                Next::Done(outcome)
            );
        }
    }

    #[test]
    fn an_unknown_id_is_replaced_once() {
        let mut tries = Tries::default();
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.5),
            Next::Wait { ms: 300 }
        );
        assert_eq!(
            tries.next(Outcome::UnknownBrowserId, None, 0.5),
            Next::ReplaceId
        );
        let unknown = Next::Done(Outcome::UnknownBrowserId);
        assert_eq!(tries.next(Outcome::UnknownBrowserId, None, 0.5), unknown);
        assert_eq!(
            tries.next(Outcome::Retry, None, 0.5),
            Next::Wait { ms: 1_500 }
        );
    }

    #[test]
    fn the_cdp_can_ask_for_a_longer_pause_within_reason() {
        for (asked, ms) in [(0, 300), (2, 2_000), (60, 5_000), (u32::MAX, 5_000)] {
            let next = Tries::default().next(Outcome::Retry, Some(asked), 0.5);
            assert_eq!(next, Next::Wait { ms }, "{asked}");
        }
        for (asked, delay_s) in [(0, 4), (120, 120), (u32::MAX, 3_600)] {
            let mut batch = Batch::default();
            let verdict = batch.verdict(Outcome::Retry, false, 1, Some(asked), 0.5);
            assert_eq!(verdict, Verdict::Retry { delay_s }, "{asked}");
        }
    }

    #[test]
    fn a_stored_event_is_acknowledged_only_when_the_cdp_has_it() {
        use Outcome::*;
        #[rustfmt::skip]
        let cases = [
            (Accepted, false, Verdict::Ack),
            (Accepted, true, Verdict::Ack),
            (UnknownBrowserId, false, Verdict::ReplaceId),
            (UnknownBrowserId, true, Verdict::Retry { delay_s: 900 }),
            (Rejected, false, Verdict::Retry { delay_s: 900 }),
            (Retry, false, Verdict::Retry { delay_s: 5 }),
        ];
        for (outcome, replaced, expected) in cases {
            let verdict = Batch::default().verdict(outcome, replaced, 1, None, 1.0);
            assert_eq!(verdict, expected, "{outcome:?} {replaced}");
        }
    }

    #[test]
    fn delays_double_up_to_a_quarter_of_an_hour() {
        let delays: Vec<u32> = (0..12).map(|attempts| delay_s(attempts, 1.0)).collect();
        assert_eq!(delays, [5, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
        assert_eq!(delay_s(9, 0.0), 450);
        assert_eq!(delay_s(u32::MAX, 0.0), 450);
    }

    #[test]
    fn a_dead_cdp_is_not_asked_for_every_message_of_a_batch() {
        let mut batch = Batch::default();
        let fail = |batch: &mut Batch| batch.verdict(Outcome::Retry, false, 1, None, 0.5);
        fail(&mut batch);
        fail(&mut batch);
        assert!(batch.is_worth_a_try());
        batch.verdict(Outcome::Accepted, false, 1, None, 0.5);
        for left in [true, true, false, false] {
            fail(&mut batch);
            assert_eq!(batch.is_worth_a_try(), left);
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let date = "Wed, 21 Oct 2026 07:28:00 GMT";
        for (value, expected) in [
            ("5", Some(5)),
            (" 120 ", Some(120)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            (date, None),
        ] {
            assert_eq!(retry_after_s(value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn delays_are_bounded_for_any_random_number(attempts: u32, random in any::<f64>(), asked: Option<u32>) {
            let Verdict::Retry { delay_s } = Batch::default().verdict(Outcome::Retry, false, attempts, asked, random) else {
                panic!("a failure is retried");
            };
            prop_assert!((2..=3_600).contains(&delay_s));
            let Next::Wait { ms } = Tries::default().next(Outcome::Retry, asked, random) else {
                panic!("a failure is retried");
            };
            prop_assert!((150..=5_000).contains(&ms));
        }
    }
}
