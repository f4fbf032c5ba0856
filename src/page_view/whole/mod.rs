//! Phase 3 where a rule decides on the page as a whole: the browser id, the rule's flow and XM's default page at once; then
//! the default page, another one in its place, or a redirect.
//!
//! In: a request that may be a page view, and its rule. Out: XM's answer, unread, or our own. Nothing of a page that is not
//! served is read, set or told. Whatever fails, the default page is under way already.

mod asking;
mod private;

use std::rc::Rc;

use futures_util::{FutureExt, future::FusedFuture};
use wasm_bindgen::{JsCast, JsValue};
use xm_edge_core::{
    page_experience::{Choice, PageOutcome, PageResult},
    response::{self, Opened},
};

pub(super) use self::asking::{Asking, Decided};
use super::{
    PageRequest,
    identity::Identity,
    start::Begun,
    xm::{Unwanted, XmAnswer},
};
use crate::platform::{clock, fetch, headers::PlatformHeaders};

/// How long the headers of another page are waited for, in milliseconds. The default page is there, so nobody has to wait
/// for ever.
const OTHER_PAGE_MS: u32 = 5_000;

/// With what the page begins.
pub(super) enum Start {
    /// XM answers.
    Begun(Begun),
    /// We do.
    Answered(web_sys::Response),
}

type Fetched = (Result<XmAnswer, JsValue>, u32);

impl PageRequest<'_> {
    /// Asks XM and decides at once.
    pub(super) async fn start_decided(
        &self,
        undecided: PageOutcome,
        creating: &mut (impl FusedFuture<Output = Identity> + Unpin),
    ) -> Result<Start, JsValue> {
        let mut fetching = Box::pin(
            async {
                let fetched = self.ask_xm(&self.to_xm, Unwanted::LetGo).await;
                (fetched, self.clock.now_ms())
            }
            .fuse(),
        );
        let mut deciding = Box::pin(self.decide(undecided, creating).fuse());
        let mut arrived: Option<Fetched> = None;
        let (identity, decided) = loop {
            futures_util::select_biased! {
                fetched = fetching => arrived = Some(fetched),
                decided = deciding => break decided,
            }
        };
        let mut other = None;
        let decided = match decided {
            None => None,
            Some((mut decided, choice)) => {
                match choice {
                    Choice::Default { result, shown } => {
                        decided.outcome.result = result;
                        decided.outcome.shown = shown;
                    }
                    Choice::Redirect { location, variant } => {
                        decided.outcome.result = PageResult::Redirect;
                        decided.outcome.shown = variant;
                        let_go(arrived);
                        return self
                            .redirect(&location, &identity, &decided.outcome)
                            .map(Start::Answered);
                    }
                    Choice::Path { path, shown } => {
                        other = self.other_page(&path).await;
                        if other.is_some() {
                            decided.outcome.result = PageResult::Path;
                            decided.outcome.shown = Some(shown);
                        } else {
                            decided.outcome.result = PageResult::PathFailed;
                        }
                    }
                }
                Some(decided)
            }
        };
        let (to_xm, (fetched, origin_ms)) = match other {
            Some((request, answer)) => {
                let_go(arrived);
                (Some(request), (Ok(answer), self.clock.now_ms()))
            }
            None => match arrived {
                Some(arrived) => (None, arrived),
                None => (None, (&mut fetching).await),
            },
        };
        Ok(Start::Begun(Begun {
            fetched,
            origin_ms,
            identity: Some(identity),
            decided,
            to_xm,
        }))
    }

    /// The visitor's id, and what the flow decides for it within the rest of the budget.
    async fn decide(
        &self,
        undecided: PageOutcome,
        creating: &mut (impl FusedFuture<Output = Identity> + Unpin),
    ) -> (Identity, Option<(Decided, Choice)>) {
        let identity = creating.await;
        // Nobody decides on a page that is XM's; a new isolate may hear of that only now.
        let switched = self.switch.passes().await.is_some();
        let Some(id) = identity.id.clone().filter(|_| !switched) else {
            return (identity, None);
        };
        let asking = self.asking(Rc::new(self.caller(id, None)));
        let decided = asking.decide(undecided).await;
        (identity, Some(decided))
    }

    /// Another page of XM, if that is one: asked for as the visitor's own would be.
    async fn other_page(&self, path: &str) -> Option<(web_sys::Request, XmAnswer)> {
        let url = format!("{}{path}", self.xm);
        let init = self.to_xm.unchecked_ref::<web_sys::RequestInit>();
        let request = web_sys::Request::new_with_str_and_init(&url, init).ok()?;
        let sent = clock::within(OTHER_PAGE_MS, self.ask_xm(&request, Unwanted::LetGo));
        let answer = sent.await?.ok()?;
        let (status, list) = (answer.response.status(), answer.response.headers());
        let opened = response::gate(status, &PlatformHeaders(&list), &self.site);
        if status == 200 && matches!(opened, Opened::Page(_)) && answer.has_body() {
            Some((request, answer))
        } else {
            fetch::let_go(&answer.response);
            None
        }
    }
}

/// The default page is not served.
fn let_go(arrived: Option<Fetched>) {
    if let Some((Ok(answer), _)) = arrived {
        fetch::let_go(&answer.response);
    }
}
