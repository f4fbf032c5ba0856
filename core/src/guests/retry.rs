//! When a call of the CDP is made again: after 429 and 503, as `Retry-After` asks, within a bound.
//!
//! In: a status, `Retry-After`, the time, a random number. Out: how long to wait, or that the answer stands. A call
//! without an answer is not made again: it may have been carried out.

use std::time::UNIX_EPOCH;

use httpdate::parse_http_date;

/// Longest that one call may take, in milliseconds.
pub(super) const TRY_TIMEOUT_MS: u32 = 10_000;

/// Most tries of one call.
const MAX_TRIES: u32 = 3;
/// Longest that one request of XM waits in all, in milliseconds: its own client gives up some time.
const MAX_WAIT_MS: u32 = 5_000;
/// Pauses when the CDP does not say how long, in milliseconds, on average.
const PAUSES_MS: [f64; 2] = [250.0, 1_000.0];

/// The tries of the present call, and what all calls of the request waited.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    made: u32,
    waited_ms: u32,
    /// Calls that were made again.
    pub(super) repeated: u32,
}

impl Tries {
    /// Milliseconds to wait before the same call is made again; `None`: the answer stands. `random`: from 0 to 1.
    pub(super) fn again(
        &mut self,
        status: u16,
        retry_after_ms: Option<u32>,
        random: f64,
    ) -> Option<u32> {
        self.made += 1;
        if !matches!(status, 429 | 503) || self.made >= MAX_TRIES {
            return None;
        }
        let wait = retry_after_ms.unwrap_or_else(|| self.pause(random));
        let waited = self.waited_ms.checked_add(wait)?;
        if waited > MAX_WAIT_MS {
            return None;
        }
        self.waited_ms = waited;
        self.repeated += 1;
        Some(wait)
    }

    /// The next call begins.
    pub(super) fn next_call(&mut self) {
        self.made = 0;
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is at most 1500"
    )]
    fn pause(self, random: f64) -> u32 {
        let index = self.made.saturating_sub(1) as usize;
        let pause = PAUSES_MS.get(index).copied().unwrap_or_default();
        let random = if random.is_nan() {
            0.0
        } else {
            random.clamp(0.0, 1.0)
        };
        (pause * (0.5 + random)) as u32
    }
}

/// `Retry-After` in milliseconds: seconds, or a date (RFC 9110 §10.2.3). What is past or no number is `None`.
pub(super) fn retry_after_ms(value: &str, epoch_ms: u64) -> Option<u32> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let at = parse_http_date(value)
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?;
    let wait = at.as_millis().checked_sub(u128::from(epoch_ms))?;
    u32::try_from(wait).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_429_and_503_are_tried_again_and_twice_at_most() {
        for status in [200, 201, 204, 302, 400, 401, 404, 408, 409, 500, 502, 504] {
            assert_eq!(
                Tries::default().again(status, Some(0), 0.5),
                None,
                "{status}"
            );
        }
        for status in [429, 503] {
            let mut tries = Tries::default();
            assert_eq!(tries.again(status, Some(1_000), 0.5), Some(1_000));
            assert_eq!(tries.again(status, None, 0.5), Some(1_000));
            assert_eq!(tries.again(status, Some(0), 0.5), None);
            assert_eq!(tries.repeated, 2);
            tries.next_call();
            assert_eq!(tries.again(status, Some(0), 0.5), Some(0));
        }
    }

    #[test]
    fn a_request_waits_no_longer_than_its_bound() {
        let mut tries = Tries::default();
        assert_eq!(tries.again(429, Some(5_001), 0.5), None);
        assert_eq!(tries.again(429, Some(u32::MAX), 0.5), None);
        let mut tries = Tries::default();
        assert_eq!(tries.again(429, Some(5_000), 0.5), Some(5_000));
        assert_eq!(tries.again(429, Some(1), 0.5), None);
        tries.next_call();
        assert_eq!(tries.again(429, Some(1), 0.5), None);
        for random in [f64::NAN, -1.0, 0.0, 1.0, 9.0] {
            let wait = Tries::default().again(503, None, random).unwrap();
            assert!((125..=375).contains(&wait), "{random} {wait}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        const NOW: u64 = 1_445_412_470_000; // Wed, 21 Oct 2015 07:27:50 GMT
        #[rustfmt::skip]
        let cases = [
            ("0", Some(0)), (" 7 ", Some(7_000)), ("4294967295", Some(u32::MAX)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(10_000)), ("Wed, 21 Oct 2015 07:27:00 GMT", None),
            ("", None), ("-1", None), ("1.5", None), ("soon", None), ("99999999999", None),
        ];
        for (value, expected) in cases {
            assert_eq!(retry_after_ms(value, NOW), expected, "{value}");
        }
    }
}
