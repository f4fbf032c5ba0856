//! Phase 3 where a rule decides on the page as a whole: the browser id, the rule's flow and XM's default page at once; then
//! the default page, another one in its place, or a redirect.
//!
//! In: a request that may be a page view, and its rule. Out: XM's answer, unread, or our own. Nothing of a page that is not
//! served is read, set or told. Whatever fails, the default page is under way already.

use std::rc::Rc;

use futures_util::{FutureExt, future::FusedFuture};
use wasm_bindgen::{JsCast, JsValue};
use worker::Context;
use xm_edge_core::{
    decision::Decision,
    events::Source,
    log_line::LogLine,
    page_experience::{Choice, PageOutcome, PageResult, Visited, choose, loop_cookie, rule_for},
    reason::Failure,
    request::Target,
    response::{self, Leaving, Opened, id_cookie},
    template::PageFacts,
};

use super::{PageRequest, identity::Identity, start::Begun};
use crate::{
    after,
    cdp::Caller,
    pass_through,
    platform::{
        clock::{self, Clock},
        fetch,
        headers::{self, PlatformHeaders},
        queue::Queue,
    },
    sender,
    stream::Answers,
    told::Listener,
    visit::{self, IdState},
};

/// How long the headers of another page are waited for, in milliseconds. The default page is there, so nobody has to wait
/// for ever.
const OTHER_PAGE_MS: u32 = 5_000;

/// What was decided on the page as a whole.
pub(super) struct Decided {
    pub(super) outcome: PageOutcome,
    /// For the page's own components of the same friendly id.
    pub(super) answer: Result<Decision, Failure>,
}

/// With what the page begins.
pub(super) enum Start {
    /// XM answers.
    Begun(Begun),
    /// We do.
    Answered(web_sys::Response),
}

/// Who asks the flow of a page, for which request.
pub(super) struct Asking {
    caller: Rc<Caller>,
    clock: Clock,
    url: String,
    redirected: bool,
    keeps_cookies: bool,
}

impl Asking {
    /// Runs the flow within what is left of the budget, and reads its decision.
    pub(super) async fn decide(self, mut outcome: PageOutcome) -> (Decided, Choice) {
        let answer = self.run(&mut outcome).await;
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

type Fetched = (Result<web_sys::Response, JsValue>, u32);

impl PageRequest<'_> {
    /// What is to be decided for this visitor, if anything.
    pub(super) fn undecided(&self) -> Option<PageOutcome> {
        let rule = rule_for(&self.site, &self.path)?;
        let asked = self.visit.grants.personalisation;
        asked.then(|| PageOutcome::of(rule))?
    }

    /// Asks XM and decides at once.
    pub(super) async fn start_decided(
        &self,
        undecided: PageOutcome,
        creating: &mut (impl FusedFuture<Output = Identity> + Unpin),
    ) -> Result<Start, JsValue> {
        let mut fetching = Box::pin(
            async {
                let fetched = fetch::send_while_wanted(&self.to_xm).await;
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
            Some((request, response)) => {
                let_go(arrived);
                (Some(request), (Ok(response), self.clock.now_ms()))
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
        let Some(id) = identity.id.clone() else {
            return (identity, None);
        };
        let asking = self.asking(Rc::new(self.caller(id, None)));
        let decided = asking.decide(undecided).await;
        (identity, Some(decided))
    }

    /// Who asks the page's flow, for which request.
    pub(super) fn asking(&self, caller: Rc<Caller>) -> Asking {
        Asking {
            caller,
            clock: self.clock,
            url: self.request.url(),
            redirected: self.visit.redirected,
            keeps_cookies: self.visit.id.id().is_some(),
        }
    }

    /// Another page of XM, if that is one: asked for as the visitor's own would be.
    async fn other_page(&self, path: &str) -> Option<(web_sys::Request, web_sys::Response)> {
        let url = format!("{}{path}", self.xm);
        let init = self.to_xm.unchecked_ref::<web_sys::RequestInit>();
        let request = web_sys::Request::new_with_str_and_init(&url, init).ok()?;
        let sent = clock::within(OTHER_PAGE_MS, fetch::send_while_wanted(&request));
        let response = sent.await?.ok()?;
        let list = response.headers();
        let opened = response::gate(response.status(), &PlatformHeaders(&list), &self.site);
        let is_page = response.status() == 200 && matches!(opened, Opened::Page(_));
        if is_page && response.body().is_some() {
            Some((request, response))
        } else {
            fetch::let_go(&response);
            None
        }
    }

    fn redirect(
        &self,
        location: &str,
        identity: &Identity,
        outcome: &PageOutcome,
    ) -> Result<web_sys::Response, JsValue> {
        let client_key = &self.config.cdp.client_key;
        let mut cookies = vec![loop_cookie::set(self.scheme())];
        match (&self.visit.id, &identity.id) {
            (IdState::Wanted, Some(id)) => {
                cookies.push(id_cookie::keep(id, client_key, &self.site));
            }
            (state, _) => cookies.extend(state.renewal(client_key, &self.site)),
        }
        let mut line = LogLine::page();
        line.route = PageResult::Redirect.label();
        line.visitor = Some(visit::label(self.visit.class));
        line.id = Some(identity.label);
        line.note_page(outcome);
        after::write(line, self.clock);
        pass_through::found(location, &cookies)
    }

    /// XM's answer to a request that a rule may decide on is no page: it goes on unread, but no shared cache may keep for all
    /// what is there for some.
    pub(super) async fn pass_undecided(
        &self,
        listener: &mut Listener<'_>,
        xm: &web_sys::Response,
        identity: Option<Identity>,
        origin_ms: u32,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        let mut identity = identity.unwrap_or_else(|| Identity::none("none"));
        if let Some(told) = self.told(listener, xm, &mut identity).await {
            let queue = Queue::bound(self.env);
            sender::send_later(context, queue, &self.config.cdp, told, Source::Xm);
        }
        let leaving = self.leaving_headers(&xm.headers(), &identity, false, origin_ms)?;
        pass_through::with_body(xm, &leaving, xm.body().as_ref())
    }

    /// Makes an answer private that is none of ours.
    pub(super) fn made_private(
        &self,
        passed: web_sys::Response,
    ) -> Result<web_sys::Response, JsValue> {
        if rule_for(&self.site, &self.path).is_none() {
            return Ok(passed);
        }
        let leaving = headers::copy(&passed.headers())?;
        headers::apply(&leaving, &response::edits(&Leaving::default()));
        pass_through::with_body(&passed, &leaving, passed.body().as_ref())
    }

    /// The scheme of the page, as the visitor sees it.
    pub(super) fn scheme(&self) -> &str {
        self.origin.split(':').next().unwrap_or_default()
    }
}

/// The default page is not served.
fn let_go(arrived: Option<Fetched>) {
    if let Some((Ok(response), _)) = arrived {
        fetch::let_go(&response);
    }
}
