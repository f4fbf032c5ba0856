//! What became of an event, as far as the request that made it knows.
//!
//! Out: constant labels for the log, so that an operator can count what was lost.

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// The CDP has it. (With an unknown point of sale it is dropped there, and the answer does not say so.)
    Accepted,
    /// The CDP could not take it in all tries: it is lost.
    Lost,
    /// The CDP refuses it.
    Rejected,
    /// The queue has it, and will deliver it.
    Stored,
    /// The CDP does not know the browser id, and no other could be had.
    UnknownBrowserId,
}

impl Fate {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Lost => "lost",
            Self::Rejected => "rejected",
            Self::Stored => "stored",
            Self::UnknownBrowserId => "unknown_browser_id",
        }
    }
}

/// Why a bound queue did not take events, which then go to the CDP directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueFault {
    /// It said no: too many requests, too large, deleted, unreachable.
    Refused,
    /// It did not answer in time. It may have them all the same: the CDP then gets them twice.
    Timeout,
}

impl QueueFault {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
        }
    }
}

/// What became of the events of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Of each, in their order.
    pub fates: Vec<Fate>,
    /// What was wrong with the queue.
    pub queue_fault: Option<QueueFault>,
}

impl Sent {
    /// Of the first, where there is only one.
    #[must_use]
    pub fn first(&self) -> Option<Fate> {
        self.fates.first().copied()
    }
}
