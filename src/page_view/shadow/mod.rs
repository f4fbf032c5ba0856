//! Shadow mode: XM's own answer goes to the visitor, and a copy of it is decided on, for the log alone.
//!
//! In: a request that may be a page view. Out: XM's response, without the headers that are for this Worker. No byte waits for
//! anything, and nothing is set, told or changed. Only visitors who bring a browser id are decided for: another one's could
//! not be kept, and would be a new guest with each page.

mod answering;

use std::{future::pending, pin::pin, rc::Rc};

use futures_util::future::{Either, select};
use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    config::BudgetFrom,
    log_line::{LogLine, OriginLog},
    reason::PassThrough,
    render::{Page, PageSettings},
    request::Headers,
    response::{self, Opened, PageType},
};

use self::answering::{Answering, Deciding, deciding};
use super::PageRequest;
use crate::{
    after,
    cdp::Caller,
    pass_through,
    platform::{
        body_reader::BodyReader,
        body_writer::Output,
        clock::{self, Clock},
        fetch, gone,
        headers::PlatformHeaders,
    },
    stream::{Body, Stream},
    told::Listener,
    visit::{self, IdState},
};

/// Most of a page that is looked at, in bytes. A visitor may take a page slower than it is looked at: so much of it waits in
/// memory then.
const MAX_PAGE: u64 = 2 * 1024 * 1024;

/// How long a page is looked at, in milliseconds. The platform says nothing of a visitor who leaves while it sends XM's own
/// body, and ends what is left to do some 30 seconds later, without the log line.
const LOOK_MS: u32 = 10_000;

impl PageRequest<'_> {
    /// Answers it as XM does. `as_asked`: the request for XM, as the visitor made it.
    pub(super) async fn shadow(
        self,
        as_asked: &web_sys::Request,
        listener: &mut Listener<'_>,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        let mut line = LogLine::page();
        line.shadow = true;
        let Ok(xm) = fetch::send(as_asked).await else {
            pass_through::note(line, 0, self.clock);
            return pass_through::bad_gateway();
        };
        if let Some(reason) = self.switch.passes().await {
            pass_through::note(LogLine::passed(reason), xm.status(), self.clock);
            return pass_through::without_ours(xm);
        }
        let (status, list) = (xm.status(), xm.headers());
        let headers = PlatformHeaders(&list);
        line.origin = Some(OriginLog {
            status,
            ms: self.clock.now_ms(),
        });
        match response::gate(status, &headers, &self.site) {
            Opened::PassThrough(reason) => {
                line.route = reason.label();
                pass_through::note(line, status, self.clock);
            }
            Opened::Page(page_type) => {
                line.visitor = Some(visit::label(self.visit.class));
                line.id = Some(match &self.visit.id {
                    IdState::Known(_) => "known",
                    IdState::None(label) => label,
                    IdState::Withdrawn => "withdrawn",
                    IdState::Replaced { .. } | IdState::Wanted => PassThrough::Shadow.label(),
                });
                let length = headers.get("content-length");
                let length = length.and_then(|length| length.trim().parse::<u64>().ok());
                let is_large = length.is_some_and(|length| length > MAX_PAGE);
                let caller = self.shadow_caller(&list);
                match caller.filter(|_| !is_large && xm.body().is_some()) {
                    Some(caller) => self.look_at(&xm, page_type, caller, line, context)?,
                    None => {
                        line.body = Some(if is_large { "too_large" } else { "unread" });
                        after::write(line, self.clock);
                    }
                }
            }
        }
        let visit = || self.visit.clone();
        listener.pass(xm, visit, async { None }, context).await
    }

    /// Who would have asked, for a visitor who brought an id.
    fn shadow_caller(&self, xm: &web_sys::Headers) -> Option<Rc<Caller>> {
        let IdState::Known(id) = &self.visit.id else {
            return None;
        };
        let asked = self.visit.grants.personalisation;
        asked.then(|| Rc::new(self.caller(id.clone(), self.vouched(xm))))
    }

    /// Decides on a copy of the page, after the response.
    fn look_at(
        &self,
        xm: &web_sys::Response,
        page_type: PageType,
        caller: Rc<Caller>,
        line: LogLine,
        context: &Context,
    ) -> Result<(), JsValue> {
        let Some(copy) = xm.clone()?.body() else {
            return Ok(());
        };
        let page = Page::new(PageSettings {
            hold_limit: self.site.hold_limit_kib as usize * 1024,
            declared: page_type.declared,
            trusted_html: self.site.trusted_html.clone(),
            guest: caller.vouched.is_some(),
            personalise: true,
            insertion: None,
        });
        let budget_from = match self.site.decision_budget_from {
            BudgetFrom::Request => 0,
            BudgetFrom::Origin => self.clock.now_ms(),
        };
        let stream = Stream {
            body: Body::Streaming {
                reader: BodyReader::new(&copy)?,
                first: None,
                announced: None,
                fill: None,
            },
            output: Output::Nowhere { limit: MAX_PAGE },
            gone: gone::never(),
            behind: None,
            clock: self.clock,
            deadline_ms: budget_from.saturating_add(self.site.decision_budget_ms),
        };
        let deciding = self.undecided().map(|undecided| {
            let asking = self.asking(Rc::clone(&caller));
            (undecided.friendly_id.clone(), deciding(asking, undecided))
        });
        let answers = Answering { caller, deciding };
        context.wait_until(look(stream, page, answers, line, self.clock));
        Ok(())
    }
}

/// Renders the page for nobody, and logs what came of it.
async fn look(stream: Stream, mut page: Page, answers: Answering, mut line: LogLine, clock: Clock) {
    let canceller = stream.canceller();
    let deciding = answers
        .deciding
        .as_ref()
        .map(|(_, deciding)| deciding.clone());
    let ended = {
        let running = pin!(stream.run(&mut page, &answers));
        let leaves = async |deciding: Option<Deciding>| match deciding {
            Some(deciding) => !deciding.await.stays,
            None => false,
        };
        let left = pin!(async {
            if !leaves(deciding.clone()).await {
                pending::<()>().await;
            }
        });
        match clock::within(LOOK_MS, select(running, left)).await {
            Some(Either::Left(((ended, ..), _))) => Some(ended),
            Some(Either::Right(_)) | None => None,
        }
    };
    if let (None, Some(canceller)) = (ended, canceller) {
        canceller.cancel();
    }
    if let Some(deciding) = deciding {
        let whole = deciding.await;
        line.note_page(&whole.outcome);
        if !whole.stays {
            // The visitor would have got another page: nothing of this one would have been shown.
            line.body = Some("unread");
            after::write(line, clock);
            return;
        }
    }
    if let Some(ended) = ended {
        line.ms = clock.now_ms();
        after::log(line, &page, ended);
    } else {
        line.note(page.outcomes(), page.ignored_marks());
        line.held_ms = page.held_ms();
        line.body = Some("unfinished");
        after::write(line, clock);
    }
}
