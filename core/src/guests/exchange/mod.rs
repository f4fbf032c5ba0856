//! One request of XM's server and the calls of the CDP that it takes, as a state machine without I/O.
//!
//! In: a valid request, its body, then the CDP's answers one by one. Out: the next [`Step`]. It makes one call at a time,
//! and after the first that fails no other.

mod calls;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use serde_json::{Map, Value};

use self::settle::Settled;
use super::{
    call::{Call, Caller},
    criteria::{Criterion, Query},
    extension, fields, guest,
    idempotency::{Key, Made},
    open::MAX_BODY,
    reply::{Reply, odd},
    retry::{TRY_TIMEOUT_MS, Tries, retry_after_ms},
    route::{Operation, Route, Whose},
};
use crate::{
    answer::{Answer, Invalid, problem},
    api_keys::too_large,
    cdp::{BrowserId, GuestRef},
    config::GuestApi,
};

const UNDER_WAY: &str = "A request with this Idempotency-Key is on its way. Send this one again when that one is answered.";
const ANOTHER_REQUEST: &str =
    "An Idempotency-Key is for one request alone, and this is another; the CDP was not called.";

/// What the edge does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this and nothing more.
    Answer(Answer),
    /// Make this call, give up after `timeout_ms`, and hand over the reply.
    Call {
        /// The call.
        call: Call,
        /// Milliseconds.
        timeout_ms: u32,
    },
    /// Look up what is remembered under this name, and hand it over.
    Recall(String),
    /// Wait.
    Wait {
        /// Milliseconds.
        ms: u32,
    },
}

/// What was remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// A request of the same name is on its way just now.
    UnderWay,
    /// Nothing: the name is taken from now on until the exchange ends.
    Nothing,
    /// This record.
    Record(String),
}

/// An exchange.
pub struct Exchange {
    caller: Caller,
    route: Route,
    query: Query,
    prefix: String,
    browser_id: Option<BrowserId>,
    key_header: Option<String>,
    key: Option<Key>,
    body: Map<String, Value>,
    searches: Vec<(String, Criterion)>,
    found: Option<(String, GuestRef)>,
    guest: Option<GuestRef>,
    /// Of the legacy API's extension.
    extension_ref: Option<String>,
    stages: VecDeque<Stage>,
    tries: Tries,
    calls: u32,
    wait_ms: Option<u32>,
    done: Option<Answer>,
    made: Option<Made>,
}

/// A call that is still to be made, or a memory to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// What the operation itself is.
    Act,
    /// One of the fields to delete.
    DeleteField(usize),
    /// The extension in the legacy API, which knows it by a reference.
    FindExtension,
    Recall,
    /// The guest that the search found.
    RetrieveFound,
    /// The guest that this very request made before.
    RetrieveMade(Made),
    /// The guest behind the browser id.
    Resolve,
    /// One criterion of `createOrFind`.
    Search(usize),
}

impl Exchange {
    pub(super) fn new(
        caller: Caller,
        route: Route,
        query: Query,
        browser_id: Option<BrowserId>,
        key_header: Option<String>,
        prefix: &str,
    ) -> Self {
        let guest = match &route.whose {
            Some(Whose::Ref(guest)) => Some(guest.clone()),
            Some(Whose::Me) | None => None,
        };
        let mut exchange = Self {
            caller,
            route,
            query,
            prefix: prefix.to_owned(),
            browser_id,
            key_header,
            key: None,
            body: Map::new(),
            searches: Vec::new(),
            found: None,
            guest,
            extension_ref: None,
            stages: VecDeque::new(),
            tries: Tries::default(),
            calls: 0,
            wait_ms: None,
            done: None,
            made: None,
        };
        if !exchange.awaits_body() {
            exchange.plan();
        }
        exchange
    }

    /// Whether [`receive`](Self::receive) comes first.
    #[must_use]
    pub const fn awaits_body(&self) -> bool {
        self.route.operation.has_body()
    }

    /// Takes the body: at most [`MAX_BODY`] bytes, and one more when there are more.
    pub fn receive(&mut self, body: &[u8]) {
        if let Err(refused) = self.read(body) {
            self.done = Some(refused);
        } else {
            self.plan();
        }
    }

    fn read(&mut self, body: &[u8]) -> Result<(), Answer> {
        if body.len() > MAX_BODY {
            return Err(too_large(MAX_BODY));
        }
        self.body = match self.route.operation {
            Operation::CreateExtension => extension::read(body, None)?,
            Operation::ReplaceExtension | Operation::UpdateExtension => {
                extension::read(body, self.route.extension)?
            }
            _ => guest::read(body)?,
        };
        if self.query.create_or_find {
            self.searches = guest::criteria(&self.body);
            if self.searches.is_empty() {
                let wrong = "createOrFind needs identifiers, email or emails to find the guest by";
                return Err(fields::invalid(&[Invalid {
                    field: "body".to_owned(),
                    problem: wrong.to_owned(),
                }]));
            }
        }
        if let Some(key) = &self.key_header {
            let (client_key, token) = (self.caller.client_key(), self.caller.token());
            self.key = Some(Key::new(
                key,
                client_key,
                token,
                self.query.create_or_find,
                body,
            ));
        }
        Ok(())
    }

    fn plan(&mut self) {
        let stages = &mut self.stages;
        stages.extend(self.key.is_some().then_some(Stage::Recall));
        stages.extend(self.browser_id.is_some().then_some(Stage::Resolve));
        stages.extend((0..self.searches.len()).map(Stage::Search));
        let legacy = self.caller.api == GuestApi::V2;
        match self.route.operation {
            Operation::DeleteFields => {
                stages.extend((0..self.query.names.len()).map(Stage::DeleteField))
            }
            Operation::RetrieveExtension
            | Operation::ReplaceExtension
            | Operation::DeleteExtension
                if legacy =>
            {
                stages.extend([Stage::FindExtension, Stage::Act]);
            }
            _ => stages.push_back(Stage::Act),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn step(&mut self) -> Step {
        if let Some(answer) = &self.done {
            return Step::Answer(answer.clone());
        }
        if let Some(ms) = self.wait_ms.take() {
            return Step::Wait { ms };
        }
        let call = match self.stages.front() {
            Some(Stage::Recall) => {
                return Step::Recall(
                    self.key
                        .as_ref()
                        .map(|key| key.name.clone())
                        .unwrap_or_default(),
                );
            }
            Some(stage) => self.call(stage),
            None => None,
        };
        match call {
            Some(call) => {
                self.calls = self.calls.saturating_add(1);
                Step::Call {
                    call,
                    timeout_ms: TRY_TIMEOUT_MS,
                }
            }
            // Every plan ends in an answer; if one did not, this is better than a loop.
            None => Step::Answer(odd("The CDP failed.")),
        }
    }

    /// Takes what was remembered.
    pub fn recalled(&mut self, recalled: &Recalled) {
        self.stages.pop_front();
        let Some(key) = &self.key else { return };
        match recalled {
            Recalled::Nothing => {}
            Recalled::UnderWay => {
                self.done = Some(problem(409, UNDER_WAY, &[]).with("retry-after", "1"));
            }
            Recalled::Record(record) => match key.made(record) {
                Ok(Some(made)) => self.stages = VecDeque::from([Stage::RetrieveMade(made)]),
                Ok(None) => {}
                Err(()) => {
                    let error = Invalid {
                        field: "Idempotency-Key".to_owned(),
                        problem: "was used before with another request".to_owned(),
                    };
                    self.done = Some(problem(422, ANOTHER_REQUEST, &[error]));
                }
            },
        }
    }

    /// Takes the CDP's answer to the last call. `random`: from 0 to 1, so that servers which were refused together do not
    /// come again together; `epoch_ms`: now.
    pub fn answered(&mut self, reply: &Reply, random: f64, epoch_ms: u64) {
        let mut after_ms = None;
        if let Reply::Answered {
            status,
            retry_after,
            ..
        } = reply
        {
            after_ms = retry_after
                .as_deref()
                .and_then(|value| retry_after_ms(value, epoch_ms));
            if let Some(ms) = self.tries.again(*status, after_ms, random) {
                self.wait_ms = Some(ms);
                return;
            }
        }
        self.tries.next_call();
        let Some(stage) = self.stages.pop_front() else {
            return;
        };
        let after_s = after_ms.map(|ms| ms.div_ceil(1_000));
        if let Settled::Break(answer) = self.settle(&stage, reply, after_s) {
            self.done = Some(answer);
        }
    }

    /// What to remember, and under which name, when the exchange has ended.
    #[must_use]
    pub fn remember(&self) -> Option<(&str, String)> {
        let (key, made) = (self.key.as_ref()?, self.made.as_ref()?);
        Some((&key.name, key.record(made)))
    }

    /// The guest whose data this is, once that is known.
    #[must_use]
    pub const fn guest(&self) -> Option<&GuestRef> {
        self.guest.as_ref()
    }

    /// Calls of the CDP that were made, and how many of them were repetitions.
    #[must_use]
    pub const fn counts(&self) -> (u32, u32) {
        (self.calls, self.tries.repeated)
    }
}
