//! What became of a try to send an event.
//!
//! In: the CDP's answer, or its absence. Out: an [`Outcome`]. It never retries itself.

use crate::cdp::browser;

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The CDP has it. (With an unknown point of sale it is dropped there, and the answer does not say so.)
    Accepted,
    /// The CDP refuses it, and would refuse it again.
    Rejected,
    /// It may succeed later: no answer, too many requests, or the CDP is in trouble.
    Retry,
    /// The CDP does not know the browser id: it must be replaced.
    UnknownBrowserId,
}

impl Outcome {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Retry => "retry",
            Self::UnknownBrowserId => "unknown_browser_id",
        }
    }
}

/// Judges an answer; `status`: `None` when there was none (refused, reset, timed out).
///
/// Boxever JS finds `NOT_FOUND` in answers that are no 404 (a script with that status would not run), so a 2xx is
/// searched for it too.
#[must_use]
pub fn outcome(status: Option<u16>, body: &[u8]) -> Outcome {
    match status {
        Some(200..=299 | 404) if browser::says_not_found(body) => Outcome::UnknownBrowserId,
        Some(200..=299) => Outcome::Accepted,
        None | Some(408 | 425 | 429 | 500..=599) => Outcome::Retry,
        Some(_) => Outcome::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_the_outcomes_apart() {
        use Outcome::*;
        let labels = [Accepted, Rejected, Retry, UnknownBrowserId].map(Outcome::label);
        assert_eq!(
            labels,
            ["accepted", "rejected", "retry", "unknown_browser_id"]
        );
    }

    #[test]
    fn every_answer_has_its_outcome() {
        use Outcome::*;
        let unknown = r#"{"status":"NOT_FOUND","error_msg":"Invalid browser id/ref specified"}"#;
        #[rustfmt::skip]
        let cases = [
            (Some(201), r#"{"status":"OK","ref":"x"}"#, Accepted),
            (Some(200), "", Accepted),
            (Some(204), "<html>", Accepted),
            (Some(404), unknown, UnknownBrowserId),
            (Some(200), unknown, UnknownBrowserId),
            (Some(404), "", Rejected),
            (Some(404), r#"{"status":404}"#, Rejected),
            (Some(400), unknown, Rejected),
            (Some(401), "", Rejected),
            (Some(302), "", Rejected),
            (Some(408), "", Retry),
            (Some(425), "", Retry),
            (Some(429), "", Retry),
            (Some(500), unknown, Retry),
            (Some(503), "", Retry),
            (None, "", Retry),
        ];
        for (status, body, expected) in cases {
            assert_eq!(
                outcome(status, body.as_bytes()),
                expected,
                "{status:?} {body}"
            );
        }
    }
}
