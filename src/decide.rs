//! The door to the CDP's flows: what the core's [`Asking`] wants is done here, one call at most for each question.
//!
//! In: a question and the request that would put it. Out: a decision, or why there is none. Whoever stops waiting drops the
//! future; the clock then tells the end of the budget from a visitor who has gone.

use std::{pin::Pin, rc::Rc};

use futures_util::{
    FutureExt,
    future::{Fuse, FusedFuture},
};
use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    asking::{Answered, Asking, LOOK_UP_MS, Question, Reply, Step},
    decision::{Decision, MAX_BODY_BYTES},
    reason::Failure,
    request::BrowserId,
};

use crate::{
    isolate,
    platform::{
        cache::{self, Place},
        clock::{self, Clock},
        fetch::{self, Answer},
    },
    unknown_ids,
};

/// A question on its way, and how long there is for it.
pub struct Door {
    asking: Asking,
    clock: Clock,
    /// End of the budget, on `clock`.
    deadline_ms: u32,
}

/// How the flow is asked.
pub struct Call {
    /// What is sent.
    pub request: Result<fetch::Prepared, JsValue>,
    /// For whom.
    pub browser_id: BrowserId,
    /// Where work goes on behind the page.
    pub context: Rc<Context>,
}

impl Door {
    /// Decides `question` by `call`, which is made only if it must be.
    pub async fn decide(
        question: Question,
        clock: Clock,
        deadline_ms: u32,
        call: impl FnOnce() -> Call,
    ) -> Result<Decision, Failure> {
        let (asking, mut step) =
            isolate::with(|isolate, now| Asking::begin(question, isolate, now));
        let mut door = Self {
            asking,
            clock,
            deadline_ms,
        };
        if step == Step::Recall {
            let record = clock::within(LOOK_UP_MS, door.look_up()).await.flatten();
            let left = door.left_ms();
            step = isolate::with(|isolate, now| {
                door.asking.recalled(record.as_deref(), isolate, now, left)
            });
        }
        match step {
            Step::Call { recall } => door.call(call(), recall).await,
            Step::Settled(result) => result,
            // It was looked up once, and that is all.
            Step::Recall => Err(Failure::BreakerOpen),
        }
    }

    fn left_ms(&self) -> u32 {
        self.deadline_ms.saturating_sub(self.clock.now_ms())
    }

    /// What the cache keeps for the question.
    fn look_up(&self) -> impl Future<Output = Option<String>> + use<> {
        let recall = self.asking.question().recall.as_ref();
        let name = recall.map(|recall| recall.name.clone());
        async move {
            let found = cache::get(Place::Reuse, name?.as_str()).await;
            found.ok().flatten()
        }
    }

    async fn call(&mut self, call: Call, recall: bool) -> Result<Decision, Failure> {
        let Ok(request) = &call.request else {
            return Err(Failure::CdpError);
        };
        let mut answer = Box::pin(fetch::ask(request, MAX_BODY_BYTES).fuse());
        if !recall && !self.asking.has_stand_in() {
            let answer = answer.await;
            return self.answered(answer, &call).result;
        }
        let mut looking = Box::pin(Fuse::terminated());
        if recall {
            looking.set(self.look_up().fuse());
        }
        let mut patience = Box::pin(Fuse::terminated());
        self.be_patient(patience.as_mut());
        loop {
            futures_util::select_biased! {
                answer = answer => {
                    let answered = self.answered(answer, &call);
                    let late = answered.may_recall && !looking.is_terminated();
                    return match answered.result {
                        Err(failure) if late => self.wait_for(looking.as_mut(), failure).await,
                        result => result,
                    };
                }
                record = looking => {
                    self.remember(record.as_deref());
                    self.be_patient(patience.as_mut());
                }
                () = patience => {
                    return isolate::with(|isolate, now| self.asking.timed_out(isolate, now));
                }
            }
        }
    }

    /// Where the last decision is at hand, it stands in a little before the end of the budget.
    fn be_patient(&self, mut patience: Pin<&mut Fuse<clock::Delay>>) {
        if self.asking.has_stand_in() {
            let wait = self.asking.patience_ms(self.left_ms());
            patience.set(clock::delay(wait).fuse());
        }
    }

    fn answered(&mut self, answer: Result<Answer, JsValue>, call: &Call) -> Answered {
        let reply = match answer {
            Ok(Answer { status, body, .. }) => Reply::Answered { status, body },
            Err(_) => Reply::Unreachable,
        };
        let mut answered = isolate::with(|isolate, now| self.asking.answered(reply, isolate, now));
        if answered.unknown_id {
            unknown_ids::note(&call.browser_id);
        }
        if let (Some(record), Some(recall)) = (answered.keep.take(), &self.asking.question().recall)
        {
            let (name, kept_s) = (recall.name.clone(), recall.policy.kept_s());
            call.context.wait_until(async move {
                // Without a cache the isolate's memory holds.
                let _ = cache::put(Place::Reuse, name.as_str(), &record, kept_s).await;
            });
        }
        answered
    }

    fn remember(&mut self, record: Option<&str>) {
        isolate::with(|isolate, now| self.asking.remember(record, isolate, now));
    }

    /// The flow failed before the cache answered: what that has may still stand in, if it comes at once.
    async fn wait_for(
        &mut self,
        looking: impl Future<Output = Option<String>>,
        failure: Failure,
    ) -> Result<Decision, Failure> {
        let record = clock::within(LOOK_UP_MS.min(self.left_ms()), looking).await;
        self.remember(record.flatten().as_deref());
        self.asking.stand_in(failure).ok_or(failure)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let left = self.left_ms();
        isolate::with(|isolate, now| self.asking.dropped(left, isolate, now));
    }
}
