//! Whom a page in shadow mode asks: the CDP, but for nothing of a page that the visitor would not have got.
//!
//! In: the visitor's caller, what is being decided on the page as a whole. Out: answers. No flow runs twice.

use std::{future::pending, rc::Rc};

use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use xm_edge_core::{
    decision::Decision,
    page_experience::{Choice, PageOutcome, PageResult},
    reason::Failure,
    render::FragmentPath,
    template::{FriendlyId, PageFacts},
};

use crate::{
    cdp::Caller,
    page_view::whole::{Asking, Decided},
    stream::{Answers, FragmentAnswer},
};

/// What would have been decided on the page as a whole, and whether the visitor would have got this page.
#[derive(Clone)]
pub(super) struct Whole {
    pub(super) outcome: PageOutcome,
    answer: Result<Decision, Failure>,
    pub(super) stays: bool,
}

/// All who wait for it get the same.
pub(super) type Deciding = Shared<LocalBoxFuture<'static, Whole>>;

/// Decides on the page as a whole.
pub(super) fn deciding(asking: Asking, undecided: PageOutcome) -> Deciding {
    let deciding = async move {
        let (decided, choice) = asking.decide(undecided).await;
        let Decided {
            mut outcome,
            answer,
        } = decided;
        let (result, shown, stays) = match choice {
            Choice::Default { result, shown } => (result, shown, true),
            Choice::Path { shown, .. } => (PageResult::Path, Some(shown), false),
            Choice::Redirect { variant, .. } => (PageResult::Redirect, variant, false),
        };
        (outcome.result, outcome.shown) = (result, shown);
        Whole {
            outcome,
            answer,
            stays,
        }
    };
    deciding.boxed_local().shared()
}

/// The visitor's caller; components wait for what is decided on the page as a whole.
pub(super) struct Answering {
    pub(super) caller: Rc<Caller>,
    pub(super) deciding: Option<(FriendlyId, Deciding)>,
}

impl Answers for Answering {
    fn decide(
        &self,
        friendly_id: FriendlyId,
        facts: &PageFacts,
    ) -> impl Future<Output = Result<Decision, Failure>> + 'static {
        let is_whole = self
            .deciding
            .as_ref()
            .is_some_and(|(id, _)| *id == friendly_id);
        // Asked only when it is wanted: whoever counts calls must not count this one before.
        let (caller, facts) = (Rc::clone(&self.caller), facts.clone());
        let deciding = self.deciding.as_ref().map(|(_, deciding)| deciding.clone());
        async move {
            match deciding {
                Some(deciding) => match deciding.await {
                    Whole { stays: false, .. } => pending().await,
                    whole if is_whole => whole.answer,
                    _ => caller.decide(friendly_id, &facts).await,
                },
                None => caller.decide(friendly_id, &facts).await,
            }
        }
    }

    fn fragment(&self, path: FragmentPath) -> impl Future<Output = FragmentAnswer> + 'static {
        self.caller.fragment(path)
    }

    fn guest(&self) -> impl Future<Output = Result<Decision, Failure>> + 'static {
        self.caller.guest()
    }
}
