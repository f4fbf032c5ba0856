//! What the CDP and XM answer in one page view.
//!
//! In: answers by friendly id and by path. Out: what the page's state machine is told. An id that has no
//! answer here is answered as the CDP answers when no flow of that name exists.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use serde_json::Value;
use xm_edge_core::{decision::Decision, reason::Failure};

/// The answer to one call.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    /// It arrives.
    Is(T),
    /// The call fails.
    Fails(Failure),
    /// It never arrives; the budget ends.
    Never,
}

/// A fragment as XM sends it: bytes and the charset of its `Content-Type`.
pub type FragmentBody = (Vec<u8>, Option<&'static Encoding>);

/// Everything that is answered.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    flows: BTreeMap<String, Answer<(u16, Vec<u8>)>>,
    fragments: BTreeMap<String, Answer<FragmentBody>>,
    guest: Option<Answer<Decision>>,
}

impl Answers {
    /// The flow of `id` answers 200 with `decision`.
    #[must_use]
    pub fn decide(self, id: &str, decision: &Value) -> Self {
        let body = decision.to_string().into_bytes();
        self.flow(id, Answer::Is((200, body)))
    }

    /// The flow of `id` answers with a status and a body.
    #[must_use]
    pub fn flow(mut self, id: &str, answer: Answer<(u16, Vec<u8>)>) -> Self {
        self.flows.insert(id.to_owned(), answer);
        self
    }

    /// XM answers for `path`.
    #[must_use]
    pub fn fragment(mut self, path: &str, answer: Answer<FragmentBody>) -> Self {
        self.fragments.insert(path.to_owned(), answer);
        self
    }

    /// The CDP answers for the visitor's guest.
    #[must_use]
    pub fn guest(mut self, answer: Answer<Decision>) -> Self {
        self.guest = Some(answer);
        self
    }

    /// What the page is told about the guest; `None`: nothing, ever.
    pub fn of_guest(&self) -> Option<Result<Decision, Failure>> {
        match &self.guest {
            Some(Answer::Is(guest)) => Some(Ok(guest.clone())),
            Some(Answer::Fails(failure)) => Some(Err(*failure)),
            Some(Answer::Never) => None,
            None => Some(Err(Failure::CdpError)),
        }
    }

    /// What the page is told about `id`; `None`: nothing, ever.
    pub fn of_flow(&self, id: &str) -> Option<Result<Decision, Failure>> {
        let no_flow = (200, br#"{"message":"No flow executed"}"#.to_vec());
        match self.flows.get(id).unwrap_or(&Answer::Is(no_flow)) {
            Answer::Is((status, body)) => Some(Decision::read(*status, body)),
            Answer::Fails(failure) => Some(Err(*failure)),
            Answer::Never => None,
        }
    }

    /// What the page is told about the fragment at `path`; `None`: nothing, ever.
    pub fn of_fragment(&self, path: &str) -> Option<Result<FragmentBody, Failure>> {
        match self.fragments.get(path) {
            Some(Answer::Is(body)) => Some(Ok(body.clone())),
            Some(Answer::Fails(failure)) => Some(Err(*failure)),
            Some(Answer::Never) => None,
            None => Some(Err(Failure::FragmentError)),
        }
    }
}
