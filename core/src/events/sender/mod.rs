//! When an event is sent again: in the request that made it, and from the queue.
//!
//! ```text
//! without a queue   Tries: at most three, in the time that the platform leaves after a response
//! from the queue    lanes ─► Lane (one visitor, in order) ─► Batch (all of them: is the CDP there?) ─► Verdict
//! ```
//!
//! In: what became of a try, how many there were. Out: what to do next. It never waits or sends.
//!
//! Two promises. Without a queue, best effort. With one, at least once: a stored event is acknowledged only when the CDP
//! has it; everything else goes back to the queue, and after the queue's own `max_retries` to its dead-letter queue.

mod batch;
mod lane;
mod tries;

pub use batch::{Batch, Verdict, refused_delay_s};
pub use lane::{Delivered, Lane, Pace, lanes};
pub use tries::{Next, Tries};

/// Longest that one try may take, in milliseconds. Three of them and the pauses stay within the 30 seconds that the
/// platform gives to work after a response.
pub const TRY_TIMEOUT_MS: u32 = 5_000;
/// Longest that storing may take, in milliseconds, before the event goes to the CDP directly.
pub const STORE_TIMEOUT_MS: u32 = 3_000;

/// Seconds in a `Retry-After`; its other form, a date, is not read (RFC 9110 §10.2.3).
#[must_use]
pub fn retry_after_s(value: &str) -> Option<u32> {
    value.trim().parse().ok()
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
    use super::*;

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
}
