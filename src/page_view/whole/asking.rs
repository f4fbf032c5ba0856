//! Who asks the flow of a page, and what its decision chooses.
//!
//! In: a visitor with an id, a rule. Out: a choice, within the budget. The flow runs once: the page's own components of the same
//! friendly id get this answer.

use std::rc::Rc;

use xm_edge_core::{
    decision::Decision,
    page_experience::{Choice, PageOutcome, PageResult, Visited, choose, rule_for},
    reason::Failure,
    request::Target,
    template::PageFacts,
};

use crate::{
    cdp::Caller,
    page_view::PageRequest,
    platform::clock::{self, Clock},
    stream::Answers,
};

/// What was decided on the page as a whole.
pub(in crate::page_view) struct Decided {
    pub(in crate::page_view) outcome: PageOutcome,
    /// For the page's own components of the same friendly id.
    pub(in crate::page_view) answer: Result<Decision, Failure>,
}

/// Who asks the flow of a page, for which request.
pub(in crate::page_view) struct Asking {
    caller: Rc<Caller>,
    clock: Clock,
    url: String,
    redirected: bool,
    keeps_cookies: bool,
}

impl Asking {
    /// Runs the flow within what is left of the budget, and reads its decision.
    pub(in crate::page_view) async fn decide(self, mut outcome: PageOutcome) -> (Decided, Choice) {
        let answer = self.run(&mut outcome).await;
        if let Ok(decision) = &answer {
            outcome.source = decision.source();
        }
        let choice = match &answer {
            Ok(decision) => choose(
                decision,
                &Visited {
                    target: &Target::parse(&self.url),
                    site: &self.caller.site,
                    redirected: self.redirected,
                    keeps_cookies: self.keeps_cookies,
                },
            ),
            Err(failure) => Choice::Default {
                result: PageResult::Failed(*failure),
                shown: None,
            },
        };
        (Decided { outcome, answer }, choice)
    }

    async fn run(&self, outcome: &mut PageOutcome) -> Result<Decision, Failure> {
        let asked_ms = self.clock.now_ms();
        let budget_ms = self.caller.site.decision_budget_ms;
        let left = budget_ms.saturating_sub(asked_ms);
        if left == 0 {
            return Err(Failure::Timeout);
        }
        // What the page says of itself is not known yet.
        let facts = PageFacts::default();
        let deciding = self.caller.decide(outcome.friendly_id.clone(), &facts);
        let answer = clock::within(left, deciding).await;
        outcome.flow_ms = self.clock.now_ms().saturating_sub(asked_ms);
        answer.unwrap_or(Err(Failure::Timeout))
    }
}

impl PageRequest<'_> {
    /// What is to be decided for this visitor, if anything.
    pub(in crate::page_view) fn undecided(&self) -> Option<PageOutcome> {
        let rule = rule_for(&self.site, &self.path)?;
        // A preview is of this page: nothing may lead away from it, and no flow run for it alone.
        let asked = self.visit.grants.personalisation && self.seen.preview.is_none();
        asked.then(|| PageOutcome::of(rule))?
    }

    /// Who asks the page's flow, for which request.
    pub(in crate::page_view) fn asking(&self, caller: Rc<Caller>) -> Asking {
        Asking {
            caller,
            clock: self.clock,
            url: self.request.url(),
            redirected: self.visit.redirected,
            keeps_cookies: self.visit.id.id().is_some(),
        }
    }
}
