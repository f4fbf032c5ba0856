//! What the outcome of a call says about the host and about the flow.
//!
//! In: a status, or that there was none. Out: an [`Effect`]. A visitor can make up a browser id and leave at any moment, so
//! neither may open a breaker, nor keep one closed.

/// What a call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Bad,
    Good,
    Nothing,
}

/// What came of a call, for the breakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    pub(super) host: Says,
    pub(super) flow: Says,
    pub(super) timed_out: bool,
}

impl Effect {
    /// It came to nothing that says anything: the visitor left.
    pub const NOTHING: Self = Self::both(Says::Nothing);
    /// No connection, or one that broke.
    pub const UNREACHABLE: Self = Self::both(Says::Bad);
    /// No answer in the time that the site gives.
    pub const TIMEOUT: Self = Self {
        timed_out: true,
        ..Self::UNREACHABLE
    };
    /// No answer in so little time that this says nothing.
    pub const HURRIED: Self = Self {
        timed_out: true,
        ..Self::NOTHING
    };

    const fn both(says: Says) -> Self {
        Self {
            host: says,
            flow: says,
            timed_out: false,
        }
    }

    /// No answer; `enough`: the call had the time that an answer may take.
    #[must_use]
    pub const fn timeout(enough: bool) -> Self {
        if enough { Self::TIMEOUT } else { Self::HURRIED }
    }

    /// An answer of this status; `good`: its body is what was asked for; `unknown_id`: it says that there is no such browser.
    #[must_use]
    pub const fn answer(status: u16, good: bool, unknown_id: bool) -> Self {
        let (host, flow) = match status {
            _ if unknown_id => (Says::Nothing, Says::Nothing),
            200..=299 if good => (Says::Good, Says::Good),
            // Credentials and rate are the tenant's, whatever is asked.
            401 | 403 | 408 | 429 => (Says::Bad, Says::Bad),
            // The host answers as it should; what was asked for is wrong.
            200..=299 | 400..=499 => (Says::Good, Says::Bad),
            // The CDP redirects no call: what does is not the CDP.
            _ => (Says::Bad, Says::Bad),
        };
        Self {
            host,
            flow,
            timed_out: false,
        }
    }

    /// Whether it is a failure of either.
    pub(super) const fn is_failure(self) -> bool {
        matches!(self.host, Says::Bad) || matches!(self.flow, Says::Bad)
    }
}
