//! What a call came to.

use crate::{breaker::Effect, cdp::browser, decision::Decision, reason::Failure};

/// What the CDP answered.
#[derive(Debug)]
pub enum Reply {
    /// With a status and a body; `None`: a body that is too large.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: Option<Vec<u8>>,
    },
    /// No connection, or one that broke.
    Unreachable,
}

/// What is to be made of it.
#[derive(Debug)]
pub struct Answered {
    /// For the page.
    pub result: Result<Decision, Failure>,
    /// A record to keep in the cache under the question's name.
    pub keep: Option<String>,
    /// The CDP does not know the browser id.
    pub unknown_id: bool,
    /// The cache was not heard of yet, and what it has may stand in.
    pub may_recall: bool,
}

/// An answer, read.
pub(super) struct Read {
    pub(super) result: Result<(Decision, Vec<u8>), Failure>,
    pub(super) effect: Effect,
    pub(super) unknown_id: bool,
}

impl Reply {
    pub(super) fn read(self) -> Read {
        let (status, body) = match self {
            Self::Answered { status, body } => (status, body),
            Self::Unreachable => {
                return Read {
                    result: Err(Failure::CdpError),
                    effect: Effect::UNREACHABLE,
                    unknown_id: false,
                };
            }
        };
        let unknown_id = body
            .as_deref()
            .is_some_and(|body| browser::is_unknown(status, body));
        let result = match body {
            Some(body) => Decision::read(status, &body).map(|decision| (decision, body)),
            None => Err(Failure::InvalidDecision),
        };
        Read {
            effect: Effect::answer(status, result.is_ok(), unknown_id),
            result,
            unknown_id,
        }
    }
}
