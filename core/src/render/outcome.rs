//! What became of each component and mark, for the log, the VIEW event and tests.
//!
//! In: what happened. Out: constant labels, friendly ids, variant ids and milliseconds; never a value that a
//! decision put into the page.

use std::collections::BTreeMap;

use crate::{
    decision::Source,
    reason::{BadMark, Failure},
    template::{ComponentId, ComponentKind, FriendlyId},
};

/// Result of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentResult {
    /// The default content with values bound.
    Bound,
    /// The decision arrived and chose the default.
    Control,
    /// The component's bytes are the origin's.
    Failed(Failure),
    /// A template or fragment was shown.
    Variant,
}

impl ComponentResult {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Control => "control",
            Self::Failed(failure) => failure.label(),
            Self::Variant => "variant",
        }
    }
}

/// What became of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentOutcome {
    /// Number in the page; `None` for components of fragments and for marks that never became one.
    pub id: Option<ComponentId>,
    /// Experience, experiment or guest.
    pub kind: ComponentKind,
    /// The friendly id, where the mark has a valid one.
    pub friendly_id: Option<FriendlyId>,
    /// The result.
    pub result: ComponentResult,
    /// What `data-cdp-shown` says; `None` in a failure, where it is not said (guests), and where the visitor left before it.
    pub shown: Option<String>,
    /// Milliseconds that its flow took, from call to answer (or to the end of the budget).
    pub flow_ms: u32,
    /// Bytes of the page's output that stand before the component.
    pub at: u64,
    /// Where its decision comes from.
    pub source: Source,
}

/// How often marks were ignored, by reason.
pub type MarkCounts = BTreeMap<BadMark, u32>;
