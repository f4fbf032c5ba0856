//! Where a decision comes from, for logs.

use crate::reason::Failure;

/// Where a decision comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The flow ran for this page view.
    #[default]
    Flow,
    /// It was taken before, and the flow failed in this way.
    Last(Failure),
    /// It was taken before, and nobody was asked.
    Reused,
}

impl Source {
    /// The constant label; `None` for what needs no saying.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Flow => None,
            Self::Last(_) => Some("last"),
            Self::Reused => Some("reused"),
        }
    }

    /// Why it had to stand in.
    #[must_use]
    pub const fn failure(self) -> Option<Failure> {
        match self {
            Self::Last(failure) => Some(failure),
            Self::Flow | Self::Reused => None,
        }
    }
}
