//! The loop between a page's state machine and the world: read, ask, wait, write.
//!
//! In: a [`Page`], XM's body or a template, a writer to the visitor. Out: when it ends, how it ended. It decides nothing: every
//! event is handed to the page, and whatever the page wants is done here.

use std::{future::Future, pin::Pin, rc::Rc};

use encoding_rs::Encoding;
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, Fuse, FusedFuture, ready},
    stream::FuturesUnordered,
};
use wasm_bindgen::JsValue;
use xm_edge_core::{
    decision::Decision,
    reason::Failure,
    render::{FragmentPath, Page, Wish},
    template::{FriendlyId, PageFacts, Template},
};

use crate::{
    behind::Behind,
    platform::{
        body_reader::{BodyReader, Canceller},
        body_writer::Output,
        clock::{self, Clock},
        gone::Gone,
    },
    templates::Fill,
};

/// Connections for flows and fragments: the platform allows six at once, and XM's body holds one.
const MAX_CALLS: usize = 5;
/// Rendered bytes that may wait for a slow visitor before reading pauses.
const MAX_BACKLOG: usize = 64 * 1024;

/// A fragment's bytes and declared charset.
pub type FragmentAnswer = Result<(Vec<u8>, Option<&'static Encoding>), Failure>;

/// Whom the loop asks.
pub trait Answers {
    /// Runs the flow of `friendly_id` for a page that said `facts` of itself.
    fn decide(
        &self,
        friendly_id: FriendlyId,
        facts: &PageFacts,
    ) -> impl Future<Output = Result<Decision, Failure>> + 'static;

    /// Fetches a fragment from XM.
    fn fragment(&self, path: FragmentPath) -> impl Future<Output = FragmentAnswer> + 'static;

    /// Retrieves the visitor's guest record.
    fn guest(&self) -> impl Future<Output = Result<Decision, Failure>> + 'static;
}

/// Nobody is asked for a page view without a browser id; only a preview's page has wishes then.
impl<A: Answers> Answers for Option<A> {
    fn decide(
        &self,
        friendly_id: FriendlyId,
        facts: &PageFacts,
    ) -> impl Future<Output = Result<Decision, Failure>> + 'static {
        match self {
            Some(answers) => Either::Left(answers.decide(friendly_id, facts)),
            None => Either::Right(ready(Err(Failure::NoBrowserId))),
        }
    }

    fn fragment(&self, path: FragmentPath) -> impl Future<Output = FragmentAnswer> + 'static {
        match self {
            Some(answers) => Either::Left(answers.fragment(path)),
            None => Either::Right(ready(Err(Failure::FragmentError))),
        }
    }

    fn guest(&self) -> impl Future<Output = Result<Decision, Failure>> + 'static {
        match self {
            Some(answers) => Either::Left(answers.guest()),
            None => Either::Right(ready(Err(Failure::NoBrowserId))),
        }
    }
}

/// [`Answers`] behind one pointer: the loop exists once, whoever is asked.
pub trait Asked {
    /// Starts what the page wishes for.
    fn call(&self, wish: Wish, facts: &PageFacts) -> Call;
}

impl<A: Answers> Asked for A {
    fn call(&self, wish: Wish, facts: &PageFacts) -> Call {
        match wish {
            Wish::Flow(id) => {
                let decided = self.decide(id.clone(), facts);
                Box::pin(async move { Answer::Flow(id, decided.await) })
            }
            Wish::Fragment(path) => {
                let fetched = self.fragment(path.clone());
                Box::pin(async move { Answer::Fragment(path, fetched.await) })
            }
            Wish::Guest => {
                let retrieved = self.guest();
                Box::pin(async move { Answer::Guest(retrieved.await) })
            }
        }
    }
}

/// How a page ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended {
    /// Bytes that XM sent.
    pub received: u64,
    /// XM's body broke off, or was shorter than announced.
    pub truncated: bool,
    /// The visitor went away.
    pub visitor_gone: bool,
    /// Bytes of the rendered page that the visitor has taken.
    pub written: u64,
    /// XM sends more than is looked at.
    pub too_large: bool,
}

/// What comes back from a call.
pub enum Answer {
    Flow(FriendlyId, Result<Decision, Failure>),
    Fragment(FragmentPath, FragmentAnswer),
    Guest(Result<Decision, Failure>),
}

/// Where a page's bytes come from.
pub enum Body {
    /// XM sends them.
    Streaming {
        /// XM's body.
        reader: BodyReader,
        /// Bytes that were read before the response was opened.
        first: Option<Vec<u8>>,
        /// `Content-Length` of an identity-coded body.
        announced: Option<u64>,
        /// What keeps a copy, so that the next visitor's page need not be asked for.
        fill: Option<Box<Fill>>,
    },
    /// They are here, compiled.
    Template(Rc<Template>),
}

/// One page on its way.
pub struct Stream {
    /// What is read.
    pub body: Body,
    /// Where the page goes.
    pub output: Output,
    /// Resolves when the visitor has gone away.
    pub gone: Gone,
    /// What is put at the end of the page's body, if anything.
    pub behind: Option<Behind>,
    /// The request's clock.
    pub clock: Clock,
    /// End of the decision budget, on `clock`.
    pub deadline_ms: u32,
}

/// A call under way.
pub type Call = Pin<Box<dyn Future<Output = Answer>>>;
type Read = (BodyReader, Result<Option<Vec<u8>>, JsValue>);

impl Stream {
    /// What ends XM's body, if one is read.
    pub fn canceller(&self) -> Option<Canceller> {
        match &self.body {
            Body::Streaming { reader, .. } => Some(reader.canceller()),
            Body::Template(_) => None,
        }
    }

    /// Runs until everything has left or nobody takes it any more. What was filled on the way comes back where the page came
    /// whole.
    pub async fn run(
        self,
        page: &mut Page,
        answers: &dyn Asked,
    ) -> (Ended, Output, Option<Box<Fill>>) {
        let Self {
            body,
            mut output,
            gone,
            mut behind,
            clock,
            deadline_ms,
        } = self;
        let mut ended = Ended::default();
        let (reader, first, announced, mut fill) = match body {
            Body::Streaming {
                reader,
                first,
                announced,
                fill,
            } => (Some(reader), first, announced, fill),
            Body::Template(template) => {
                ended.received = template.body.len() as u64;
                if let Some(behind) = &mut behind {
                    behind.look_at(&template);
                }
                page.begin();
                (None, None, None, None)
            }
        };
        let mut receive =
            |page: &mut Page, behind: &mut Option<Behind>, ended: &mut Ended, bytes: &[u8]| {
                ended.received += bytes.len() as u64;
                if let Some(fill) = &mut fill {
                    fill.push(bytes);
                }
                match behind {
                    // Only a preview is interested in the time.
                    Some(Behind::Overlay(_)) => page.tell_time(clock.now_ms()),
                    Some(behind) => behind.push(bytes),
                    None => {}
                }
                page.push(bytes);
                // The end of a body of known length needs no read of its own.
                if announced == Some(ended.received) {
                    page.end(true);
                }
            };
        if let Some(first) = first {
            receive(page, &mut behind, &mut ended, &first);
        }
        let canceller = reader.as_ref().map(BodyReader::canceller);
        let cancel = || canceller.iter().for_each(Canceller::cancel);
        let mut idle = reader;
        let mut read = Box::pin(Fuse::terminated());
        let mut write = Box::pin(Fuse::terminated());
        let mut budget = Box::pin(Fuse::terminated());
        let mut calls: FuturesUnordered<Call> = FuturesUnordered::new();
        let mut gone = gone.fuse();
        let mut expired = false;
        // Up to where the page will have left when what is being written has been taken.
        let mut writing_to = 0;
        loop {
            // 1. The budget counts from its start, however late the page began to wait.
            if !expired {
                let now = clock.now_ms();
                page.tell_time(now);
                if now >= deadline_ms {
                    expired = true;
                    calls.clear();
                    page.deadline(now);
                }
            }
            // 2. Wishes, as many at once as there are connections.
            while calls.len() < MAX_CALLS {
                let Some(wish) = page.next_wish(clock.now_ms()) else {
                    break;
                };
                calls.push(answers.call(wish, &page.facts()));
                if budget.is_terminated() {
                    let left = deadline_ms.saturating_sub(clock.now_ms());
                    budget.set(clock::delay(left).fuse());
                }
            }
            // 3. Output, in one crossing for everything that may leave; the end goes along with the last of it.
            if write.is_terminated() {
                let mut out = page.take_output();
                writing_to = page.taken();
                if let Some(behind) = &mut behind
                    && !out.is_empty()
                {
                    out = behind.pass(out);
                }
                if page.is_done()
                    && let Some(behind) = behind.take()
                {
                    out.extend(if ended.truncated {
                        behind.give_up()
                    } else {
                        behind.finish(page)
                    });
                }
                if page.is_done() && !ended.truncated {
                    match output.finish(out).await {
                        Ok(()) => ended.written = writing_to,
                        Err(_) => ended.visitor_gone = true,
                    }
                    break;
                } else if !out.is_empty() {
                    write.set(output.write(&out).fuse());
                } else if page.is_done() {
                    break;
                }
            }
            // 4. Input, unless the visitor or a component is behind.
            let limit = output.limit();
            if limit.is_some_and(|limit| ended.received > limit) {
                ended.too_large = true;
                cancel();
                break;
            }
            let wanted = match limit {
                Some(_) => !page.has_ended(),
                None => page.wants_bytes() && page.output_len() < MAX_BACKLOG,
            };
            if wanted && let Some(reader) = idle.take() {
                read.set(read_once(reader).fuse());
            }
            // 5. Whatever happens first.
            futures_util::select_biased! {
                (reader, chunk) = read => {
                    match chunk {
                        Ok(Some(bytes)) => receive(page, &mut behind, &mut ended, &bytes),
                        Ok(None) => {
                            ended.truncated = announced.is_some_and(|n| n != ended.received);
                            page.end(!ended.truncated);
                        }
                        Err(_) => {
                            ended.truncated = true;
                            page.end(false);
                        }
                    }
                    idle = Some(reader);
                }
                answer = calls.select_next_some() => {
                    let now = clock.now_ms();
                    match answer {
                        Answer::Flow(id, answer) => page.decided(&id, answer, now),
                        Answer::Fragment(path, answer) => page.fragment(&path, answer, now),
                        Answer::Guest(answer) => page.guest(answer, now),
                    }
                }
                written = write => match written {
                    Ok(()) => ended.written = writing_to,
                    Err(_) => {
                        ended.visitor_gone = true;
                        break;
                    }
                },
                () = gone => {
                    ended.visitor_gone = true;
                    break;
                }
                () = budget => {
                    expired = true;
                    calls.clear();
                    page.deadline(clock.now_ms());
                }
                // Nothing under way and nothing to come: never wait for ever.
                complete => if expired {
                    ended.truncated = true;
                    break;
                } else {
                    expired = true;
                    page.deadline(clock.now_ms());
                },
            }
        }
        if ended.visitor_gone {
            cancel();
        }
        if ended.visitor_gone || ended.truncated {
            output.abort();
        }
        let came_whole = page.has_ended() && !ended.truncated;
        (ended, output, fill.filter(|_| came_whole))
    }
}

async fn read_once(mut reader: BodyReader) -> Read {
    let chunk = reader.read().await;
    (reader, chunk)
}
