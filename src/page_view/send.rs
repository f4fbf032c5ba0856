//! Phases 5 and 6: the page streams to the visitor, and afterwards the CDP and the log hear of it.
//!
//! In: a page that XM has begun to send, or that is here already. Out: a response whose body is still to come. What is left
//! to do runs on after the response.

use std::rc::Rc;

use futures_util::future::{Either, OptionFuture, select};
use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    config::{BrowserCache, BudgetFrom},
    events::{Outgoing, Source},
    guests::vouch::Vouched,
    log_line::LogLine,
    page_experience::{PageOutcome, shown},
    reason::PassThrough,
    render::Page,
    request::{BrowserId, Headers},
    response::etag,
    template::Template,
};

use super::{PageRequest, identity::Identity};
use crate::{
    after,
    behind::Behind,
    cdp::{Caller, Place},
    pass_through,
    platform::{
        body_reader::BodyReader,
        body_writer::{BodyWriter, Output},
        clock::{self, Clock},
        environment, gone,
        headers::{self, PlatformHeaders},
        queue::Queue,
    },
    sender,
    stream::{Body, Ended, Stream},
    templates::Fill,
};

/// What a page is made of.
pub(super) enum Bytes {
    /// XM has begun to send it; what keeps a copy for others, where it may be kept.
    Xm(web_sys::ReadableStream, Option<Box<Fill>>),
    /// It is here.
    Template(Rc<Template>),
}

/// A page that is about to leave.
pub(super) struct OpenPage {
    pub(super) xm: web_sys::Response,
    pub(super) bytes: Bytes,
    pub(super) identity: Identity,
    pub(super) line: LogLine,
    /// What was decided on the page as a whole.
    pub(super) whole: Option<PageOutcome>,
    pub(super) page: Page,
    /// What is put at its end.
    pub(super) behind: Option<Behind>,
    /// XM's word for the visitor, where it counts.
    pub(super) vouched: Option<Vouched>,
    /// Events that XM told with it.
    pub(super) told: Option<Outgoing>,
    pub(super) count: bool,
    pub(super) origin_ms: u32,
}

/// Largest page that is rendered into memory for its ETag.
const MAX_PAGE_IN_MEMORY: usize = 8 * 1024 * 1024;

/// How long the VIEW of a page waits for the events that XM told with it, in milliseconds. Each of them may take as long as
/// its tries do, and together they must end within the 30 seconds that the platform leaves after a response.
const TOLD_FIRST_MS: u32 = 2_000;

/// What the CDP and the log hear of a page when it has left.
struct Afterwards {
    /// `None` without a browser id.
    caller: Option<Rc<Caller>>,
    queue: Option<Queue>,
    told: Option<Outgoing>,
    line: LogLine,
    whole: Option<PageOutcome>,
    path: String,
    count: bool,
    requested_at_ms: u64,
    clock: Clock,
}

impl Afterwards {
    /// The page is whole: it is kept for others, if it may be. The future stores it.
    fn keep(&mut self, fill: Option<Box<Fill>>) -> Option<impl Future<Output = ()> + use<>> {
        match fill?.finish() {
            Ok(kept) => {
                self.line.template = Some("kept");
                Some(kept)
            }
            Err(reason) => {
                self.line.template = Some(reason.label());
                None
            }
        }
    }

    async fn tell(self, mut page: Page, ended: Ended) {
        let mut line = self.line;
        let mut whole = self.whole;
        if ended.visitor_gone {
            page.seen(ended.written);
            if let Some(whole) = whole.as_mut().filter(|_| ended.written == 0) {
                whole.shown = None;
            }
        }
        if let Some(whole) = &whole {
            line.note_page(whole);
        }
        line.ms = self.clock.now_ms();
        line.tag = page.is_doubled().then_some("doubled");
        if let Some(caller) = &self.caller {
            let queue = self.queue.as_ref();
            let told = self.told.map(|told| {
                Box::pin(async move {
                    let clock = Clock::start();
                    let sent = sender::send(queue, &caller.cdp, told).await;
                    sender::log(Source::Xm, &sent, clock);
                })
            });
            // Who the visitor is comes before what they see; a CDP that is away holds up only one of them.
            let late = match told {
                Some(told) => match select(told, clock::delay(TOLD_FIRST_MS)).await {
                    Either::Left(_) => None,
                    Either::Right(((), told)) => Some(told),
                },
                None => None,
            };
            let viewing = async {
                if self.count && !ended.truncated {
                    let shown = shown(whole.as_ref(), page.outcomes());
                    let at = self.requested_at_ms;
                    let event = after::view(caller, &self.path, &page.facts(), &shown, at);
                    after::send(queue, &caller.cdp, event, &mut line).await;
                }
            };
            futures_util::join!(viewing, OptionFuture::from(late));
        }
        after::log(line, &page, ended);
    }
}

/// A body being read: what came first, where it had to be waited for, and the length that was announced.
type Opened = (BodyReader, Option<Vec<u8>>, Option<u64>);

/// Begins to read XM's body; `None` when it is not what its encoding says.
async fn open_body(
    body: &web_sys::ReadableStream,
    headers: &PlatformHeaders<'_>,
) -> Result<Option<Opened>, JsValue> {
    let coded = headers
        .get("content-encoding")
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    if coded {
        // A body that is not what its encoding says breaks at the first read: while nothing has left, XM's own
        // bytes can still be had, unread.
        let mut reader = BodyReader::new(body)?;
        let first = reader.read().await;
        return Ok(first
            .ok()
            .map(|first| (reader, Some(first.unwrap_or_default()), None)));
    }
    let announced = headers
        .get("content-length")
        .and_then(|length| length.trim().parse().ok());
    let reader = match announced {
        Some(length) => BodyReader::of_length(body, length)?,
        None => BodyReader::new(body)?,
    };
    Ok(Some((reader, None, announced)))
}

impl PageRequest<'_> {
    /// Streams it.
    pub(super) async fn stream(
        self,
        opened: OpenPage,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        let OpenPage {
            xm,
            bytes,
            identity,
            line,
            whole,
            mut page,
            behind,
            vouched,
            told,
            count,
            origin_ms,
        } = opened;
        let xm_headers = xm.headers();
        let body = match bytes {
            Bytes::Template(template) => {
                page.begin();
                Body::Template(template)
            }
            Bytes::Xm(body, fill) => match open_body(&body, &PlatformHeaders(&xm_headers)).await? {
                Some((reader, first, announced)) => Body::Streaming {
                    reader,
                    first,
                    announced,
                    fill,
                },
                None => {
                    if let Some(told) = told {
                        let queue = Queue::bound(self.env);
                        sender::send_later(context, queue, &self.config.cdp, told, Source::Xm);
                    }
                    return self.untouched(PassThrough::Encoding).await;
                }
            },
        };
        let leaving = self.leaving_headers(&xm_headers, &identity, true, origin_ms)?;
        let budget_from = match self.site.decision_budget_from {
            BudgetFrom::Request => 0,
            BudgetFrom::Origin => origin_ms,
        };
        let deadline_ms = budget_from.saturating_add(self.site.decision_budget_ms);
        let clock = self.clock;
        let caller = identity.id.clone();
        let caller = caller.map(|id| {
            let caller = self.caller(id, vouched);
            Rc::new(Caller {
                deadline_ms,
                ..caller
            })
        });
        let mut afterwards = Afterwards {
            caller: caller.clone(),
            queue: Queue::bound(self.env),
            told,
            line,
            whole,
            path: self.path.clone(),
            count,
            requested_at_ms: self.requested_at_ms,
            clock,
        };
        // All of it is known: no stream need carry it.
        let at_once = matches!(body, Body::Template(_)) && page.is_done();
        let stream = |output, gone| Stream {
            body,
            output,
            gone,
            behind,
            clock,
            deadline_ms,
        };
        // A preview is never kept, and so never asked for again.
        let revalidates =
            self.site.browser_cache == BrowserCache::Revalidate && self.seen.preview.is_none();
        if revalidates || at_once {
            let bytes = Vec::new();
            let limit = MAX_PAGE_IN_MEMORY;
            let stream = stream(Output::Memory { bytes, limit }, gone::never());
            let (mut ended, output, fill) = stream.run(&mut page, &caller).await;
            if let Some(kept) = afterwards.keep(fill) {
                context.wait_until(kept);
            }
            let whole = match output {
                Output::Memory { bytes, .. } if !ended.visitor_gone && !ended.truncated => {
                    Some(bytes)
                }
                // What was rendered is thrown away: the visitor sees none of its components.
                _ => {
                    page.seen(0);
                    ended.too_large = ended.visitor_gone;
                    ended.visitor_gone = false;
                    None
                }
            };
            context.wait_until(afterwards.tell(page, ended));
            return match whole {
                Some(bytes) if revalidates => self.revalidated(&xm, &leaving, &bytes),
                Some(bytes) => pass_through::with_bytes(&xm, &leaving, &bytes),
                None => self.default_page(&identity, origin_ms).await,
            };
        }
        let (writer, readable) = BodyWriter::new()?;
        let response = pass_through::with_body(&xm, &leaving, Some(&readable))?;
        let stream = stream(Output::Visitor(writer), self.gone.clone());
        context.wait_until(async move {
            let (ended, _, fill) = stream.run(&mut page, &caller).await;
            let kept = OptionFuture::from(afterwards.keep(fill));
            futures_util::join!(kept, afterwards.tell(page, ended));
        });
        Ok(response)
    }

    /// `browser_cache = "revalidate"`: 304 when the browser holds the very same bytes, else the page with its tag.
    fn revalidated(
        &self,
        xm: &web_sys::Response,
        leaving: &web_sys::Headers,
        bytes: &[u8],
    ) -> Result<web_sys::Response, JsValue> {
        let etag = etag::of(bytes);
        let held = etag::is_held(&PlatformHeaders(&self.request.headers()), &etag);
        headers::apply(leaving, &etag::edits(etag));
        if held {
            pass_through::not_modified(leaving)
        } else {
            pass_through::with_bytes(xm, leaving, bytes)
        }
    }

    /// XM's own answer, asked for again because the first one is consumed.
    pub(super) async fn untouched(
        &self,
        reason: PassThrough,
    ) -> Result<web_sys::Response, JsValue> {
        let xm = pass_through::answer(&self.to_xm, reason, self.clock, true).await?;
        self.made_private(xm)
    }

    /// XM's page once more, with private headers and nothing in it changed.
    async fn default_page(
        &self,
        identity: &Identity,
        origin_ms: u32,
    ) -> Result<web_sys::Response, JsValue> {
        let reason = PassThrough::TooLarge;
        let xm = pass_through::answer(&self.to_xm, reason, self.clock, true).await?;
        let leaving = self.leaving_headers(&xm.headers(), identity, false, origin_ms)?;
        pass_through::with_body(&xm, &leaving, xm.body().as_ref())
    }

    /// Who asks for the visitor.
    pub(super) fn caller(&self, browser_id: BrowserId, vouched: Option<Vouched>) -> Caller {
        Caller {
            cdp: self.config.cdp.clone(),
            site: self.site.clone(),
            browser_id,
            user_agent: self.visit.user_agent.clone(),
            campaign: self.visit.campaign.clone(),
            place: Place::of(&self.request),
            origin_request: Clone::clone(&self.to_xm),
            xm: self.xm.clone(),
            rollout: self.switch.rollout(),
            clock: self.clock,
            deadline_ms: self.site.decision_budget_ms,
            sealer: environment::sealer(self.env, &self.config.cdp.client_key),
            context: Rc::clone(&self.context),
            vouched,
            secrets: environment::secrets(self.env),
        }
    }
}
