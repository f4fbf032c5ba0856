//! Asking the CDP for one decision: whether anybody is asked, what stands in, and what an isolate learns from it.
//!
//! ```text
//! begin ─► Recall ─► recalled ─┐
//!    ├─────────────────────────┴► Call ─► answered ─► Settled, and perhaps a record to keep
//!    └► Settled                     └► timed_out, or dropped (its visitor left)
//! ```
//!
//! In: a [`Question`], what an [`Isolate`] knows, times, answers. Out: the next [`Step`]. A machine without I/O: the edge calls,
//! waits and looks up, and every interleaving of visitors is a native test. One question makes one call at most.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod question;
mod settled;

#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use question::{LOOK_UP_MS, Question, Recall};
pub use settled::{Answered, Reply};

use crate::{
    breaker::{Breakers, Effect, Pass},
    decision::{Decision, Source},
    reason::Failure,
    reuse::{Age, Memory},
};

/// What an isolate knows of the CDP and of earlier decisions. All of its visitors share it, and nothing else.
#[derive(Default)]
pub struct Isolate {
    /// Who is not asked for now.
    pub breakers: Breakers,
    /// Decisions that were taken before, by their visitors' own names.
    pub memory: Memory,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Run the flow. `recall`: at the same time look into the cache, for [`Asking::remember`].
    Call {
        /// Whether to look.
        recall: bool,
    },
    /// Look into the cache, for [`LOOK_UP_MS`] at most, then [`Asking::recalled`].
    Recall,
    /// It is decided, and nobody is asked.
    Settled(Result<Decision, Failure>),
}

/// One question on its way.
#[derive(Debug)]
pub struct Asking {
    question: Question,
    pass: Option<Pass>,
    /// The last decision, for when the flow fails.
    last: Option<Rc<str>>,
    looked_up: bool,
    /// The call has the time that an answer may take.
    is_patient: bool,
}

impl Asking {
    /// Begins, at `now_ms` of the wall clock.
    pub fn begin(question: Question, isolate: &mut Isolate, now_ms: u64) -> (Self, Step) {
        let mut asking = Self {
            pass: None,
            last: None,
            looked_up: false,
            is_patient: true,
            question,
        };
        let step = match asking.question.refused {
            Some(failure) => Step::Settled(Err(failure)),
            None => asking.first(isolate, now_ms),
        };
        (asking, step)
    }

    fn first(&mut self, isolate: &mut Isolate, now_ms: u64) -> Step {
        if let Some(recall) = &self.question.recall
            && let Some((taken_ms, body)) = isolate.memory.recall(&recall.name)
        {
            match recall.policy.age(taken_ms, now_ms) {
                Age::Fresh => {
                    if let Some(decision) = read(&body, Source::Reused) {
                        return Step::Settled(Ok(decision));
                    }
                }
                Age::Last => self.last = Some(body),
                Age::Old => {}
            }
        }
        let reuses = self
            .question
            .recall
            .as_ref()
            .is_some_and(|recall| recall.policy.reuses());
        if reuses && self.question.may_look_up() {
            return Step::Recall;
        }
        self.ask(isolate, now_ms)
    }

    /// What the cache had, if anything. `left_ms`: what is left of the budget.
    pub fn recalled(
        &mut self,
        record: Option<&str>,
        isolate: &mut Isolate,
        now_ms: u64,
        left_ms: u32,
    ) -> Step {
        self.looked_up = true;
        self.question.left_ms = left_ms;
        if let Some(decision) = self.remember(record, isolate, now_ms) {
            return Step::Settled(Ok(decision));
        }
        self.ask(isolate, now_ms)
    }

    /// Notes what the cache had; gives the decision when it is fresh.
    pub fn remember(
        &mut self,
        record: Option<&str>,
        isolate: &mut Isolate,
        now_ms: u64,
    ) -> Option<Decision> {
        self.looked_up = true;
        let recall = self.question.recall.as_ref()?;
        let (taken_ms, body) = recall.sealer.open(&recall.name, record?)?;
        let age = recall.policy.age(taken_ms, now_ms);
        if age == Age::Old {
            return None;
        }
        isolate.memory.keep(&recall.name, taken_ms, body);
        if age == Age::Fresh
            && recall.policy.reuses()
            && let Some(decision) = read(body, Source::Reused)
        {
            return Some(decision);
        }
        if recall.policy.stands_in() {
            self.last = Some(body.into());
        }
        None
    }

    fn ask(&mut self, isolate: &mut Isolate, now_ms: u64) -> Step {
        let stands_in = self
            .question
            .recall
            .as_ref()
            .is_some_and(|recall| recall.policy.stands_in());
        let may_recall = stands_in && self.last.is_none() && !self.looked_up;
        // Too late to be answered: a call would cost an exposure and show nothing.
        if let (Some(decision), 0) = (
            self.stand_in(Failure::Timeout),
            self.patience_ms(self.question.left_ms),
        ) {
            return Step::Settled(Ok(decision));
        }
        let Some(pass) = isolate
            .breakers
            .ask_flow(&self.question.friendly_id, now_ms)
        else {
            if may_recall && self.question.may_look_up() {
                return Step::Recall;
            }
            let failure = Failure::BreakerOpen;
            return Step::Settled(self.stand_in(failure).ok_or(failure));
        };
        self.pass = Some(pass);
        self.is_patient = self.question.is_patient();
        Step::Call { recall: may_recall }
    }

    /// How long to wait for an answer of which `left_ms` of the budget are left: to its end, or a little less where the last
    /// decision is at hand, so that it is placed in time.
    #[must_use]
    pub fn patience_ms(&self, left_ms: u32) -> u32 {
        if self.last.is_none() {
            return left_ms;
        }
        left_ms.saturating_sub(self.question.margin_ms())
    }

    /// Whether a decision is at hand for when the flow fails.
    #[must_use]
    pub const fn has_stand_in(&self) -> bool {
        self.last.is_some()
    }

    /// The last decision in place of one that failed.
    #[must_use]
    pub fn stand_in(&self, failure: Failure) -> Option<Decision> {
        read(self.last.as_deref()?, Source::Last(failure))
    }

    /// The call is over.
    pub fn answered(&mut self, reply: Reply, isolate: &mut Isolate, now_ms: u64) -> Answered {
        let answered = reply.read();
        if let Some(pass) = self.pass.take() {
            isolate.breakers.settle(pass, answered.effect, now_ms);
        }
        let (result, keep) = match answered.result {
            Ok((decision, body)) => (Ok(decision), self.keep(&body, isolate, now_ms)),
            // Who is forgotten is not to be remembered here.
            Err(failure) if answered.unknown_id => {
                self.last = None;
                self.looked_up = true;
                (Err(failure), None)
            }
            Err(failure) => (self.stand_in(failure).ok_or(failure), None),
        };
        Answered {
            result,
            keep,
            unknown_id: answered.unknown_id,
            may_recall: !self.looked_up,
        }
    }

    /// The record to keep in the cache.
    fn keep(&self, body: &[u8], isolate: &mut Isolate, now_ms: u64) -> Option<String> {
        let recall = self.question.recall.as_ref()?;
        let body = std::str::from_utf8(body).ok()?;
        isolate
            .memory
            .keep(&recall.name, now_ms, body)
            .then(|| recall.sealer.seal(&recall.name, now_ms, body))
    }

    /// Nobody waits for the answer any more, with `left_ms` of the budget left: it is over, or the visitor has gone.
    pub fn dropped(&mut self, left_ms: u32, isolate: &mut Isolate, now_ms: u64) {
        if let Some(pass) = self.pass.take() {
            let over = left_ms <= self.question.margin_ms().min(question::TICK_MS);
            let effect = if over {
                Effect::timeout(self.is_patient)
            } else {
                Effect::NOTHING
            };
            isolate.breakers.settle(pass, effect, now_ms);
        }
    }

    /// The answer did not come within [`Asking::patience_ms`].
    pub fn timed_out(&mut self, isolate: &mut Isolate, now_ms: u64) -> Result<Decision, Failure> {
        self.dropped(0, isolate, now_ms);
        let failure = Failure::Timeout;
        self.stand_in(failure).ok_or(failure)
    }

    /// What is asked.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }
}

/// A decision that was taken before.
fn read(body: &str, source: Source) -> Option<Decision> {
    let decision = Decision::read(200, body.as_bytes()).ok()?;
    Some(decision.from(source))
}
