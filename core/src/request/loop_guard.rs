//! The loop guard: a request that has already passed through this Worker is not personalised again, and one that
//! circles is ended.
//!
//! In: the request's headers. Out: how often it has passed, and what that means. It cannot tell our own hop from a
//! client that sends the header itself; such a client gets XM's own page, which harms nobody.

use crate::request::Headers;

/// The header that counts the hops.
pub const HEADER: &str = "x-xm-edge-hops";

/// From this many hops on the request goes round in a circle.
const CIRCLES_AT: u8 = 3;

/// What the number of hops means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The route leads back to itself: answer 508 Loop Detected (RFC 5842 §7.2).
    Circle,
    /// The first time: an ordinary request.
    First,
    /// It has been here before: pass it through as [`Loop`](crate::reason::PassThrough::Loop).
    Repeated,
}

/// How often the request has passed through this Worker. A value that we never send counts as once.
#[must_use]
pub fn hops(headers: &impl Headers) -> u8 {
    headers
        .get(HEADER)
        .map_or(0, |value| value.trim().parse().unwrap_or(1))
}

/// What to do after `hops`.
#[must_use]
pub const fn pass(hops: u8) -> Pass {
    match hops {
        0 => Pass::First,
        CIRCLES_AT.. => Pass::Circle,
        _ => Pass::Repeated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_personalised_once_and_a_circle_ends() {
        #[rustfmt::skip]
        let cases = [
            (None, 0, Pass::First),
            (Some("0"), 0, Pass::First),
            (Some("1"), 1, Pass::Repeated),
            (Some(" 2 "), 2, Pass::Repeated),
            (Some("3"), 3, Pass::Circle),
            (Some("255"), 255, Pass::Circle),
            (Some("256"), 1, Pass::Repeated),
            (Some("-1"), 1, Pass::Repeated),
            (Some("1, 1"), 1, Pass::Repeated),
            (Some(""), 1, Pass::Repeated),
        ];
        for (value, expected, what) in cases {
            let headers: Vec<_> = value.map(|value| (HEADER, value)).into_iter().collect();
            assert_eq!(hops(&headers), expected, "{value:?}");
            assert_eq!(pass(expected), what, "{value:?}");
        }
    }
}
