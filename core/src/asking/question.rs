//! What is asked, and how much time there is for it.

use std::rc::Rc;

use crate::{
    reason::Failure,
    reuse::{Name, Policy, Sealer},
    template::FriendlyId,
};

/// How long a look into the cache may hold up a call, in milliseconds: a cache near by answers sooner, and one that hangs must
/// cost nobody the budget.
pub const LOOK_UP_MS: u32 = 10;
/// Of timers and the clock, one may be so many milliseconds early.
pub(super) const TICK_MS: u32 = 2;
/// Most milliseconds before the budget's end at which the last decision stands in.
const MARGIN_MS: u32 = 10;
/// The same, as a share of the budget.
const MARGIN_SHARE: u32 = 20;

/// A flow to be run for a visitor.
#[derive(Debug)]
pub struct Question {
    /// Which.
    pub friendly_id: FriendlyId,
    /// Why it must not be run, whatever the CDP's state.
    pub refused: Option<Failure>,
    /// Under what its decisions are kept; `None` where the site keeps none.
    pub recall: Option<Recall>,
    /// The site's budget for decisions, in milliseconds.
    pub budget_ms: u32,
    /// What is left of it.
    pub left_ms: u32,
}

/// Where to look for earlier decisions of this visitor.
pub struct Recall {
    /// Their name.
    pub name: Name,
    /// Who sealed them.
    pub sealer: Rc<Sealer>,
    /// For how long they count.
    pub policy: Policy,
}

impl Question {
    /// Whether an answer that does not come in time says something of the CDP: a component that is late in a slow page has too
    /// little of the budget left for that.
    pub(super) const fn is_patient(&self) -> bool {
        self.left_ms.saturating_mul(2) >= self.budget_ms
    }

    /// How long before the budget's end the last decision stands in.
    pub(super) fn margin_ms(&self) -> u32 {
        (self.budget_ms / MARGIN_SHARE).clamp(1, MARGIN_MS)
    }

    /// Whether there is time to look into the cache first.
    pub(super) const fn may_look_up(&self) -> bool {
        self.left_ms > 2 * LOOK_UP_MS
    }
}

/// Names stand for visitors.
impl std::fmt::Debug for Recall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recall(…)")
    }
}
