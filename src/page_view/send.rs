//! Phases 5 and 6: the page streams to the visitor, and afterwards the CDP and the log hear of it.
//!
//! In: a page that XM has begun to send. Out: a response whose body is still to come. What is left to do runs on after
//! the response.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    config::BudgetFrom, log_line::LogLine, reason::PassThrough, render::Page, request::Headers,
};

use super::{PageRequest, identity::Identity};
use crate::{
    after,
    cdp::{Caller, Place},
    pass_through,
    platform::{body_reader::BodyReader, body_writer::BodyWriter, headers::PlatformHeaders},
    stream::Stream,
};

/// A page that XM has begun to send.
pub(super) struct OpenPage {
    pub(super) xm: web_sys::Response,
    pub(super) body: web_sys::ReadableStream,
    pub(super) identity: Identity,
    pub(super) line: LogLine,
    pub(super) page: Page,
    pub(super) count: bool,
    pub(super) origin_ms: u32,
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
            body,
            identity,
            mut line,
            mut page,
            count,
            origin_ms,
        } = opened;
        let Some(browser_id) = identity.id.clone() else {
            return Ok(xm);
        };
        let xm_headers = xm.headers();
        let coded = PlatformHeaders(&xm_headers)
            .get("content-encoding")
            .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
        let announced = PlatformHeaders(&xm_headers)
            .get("content-length")
            .and_then(|length| length.trim().parse().ok())
            .filter(|_| !coded);
        let mut reader = BodyReader::new(&body)?;
        let mut first = None;
        if coded {
            // A body that is not what its encoding says breaks at the first read: while nothing has left, XM's own
            // bytes can still be had, unread.
            match reader.read().await {
                Ok(chunk) => first = Some(chunk.unwrap_or_default()),
                Err(_) => {
                    let reason = PassThrough::Encoding;
                    return pass_through::answer(&self.to_xm, reason, self.clock, true).await;
                }
            }
        }
        let leaving = self.leaving_headers(&xm_headers, &identity, true, origin_ms)?;
        let (writer, readable) = BodyWriter::new()?;
        let response = pass_through::with_body(&xm, &leaving, Some(&readable))?;
        let budget_from = match self.site.decision_budget_from {
            BudgetFrom::Request => 0,
            BudgetFrom::Origin => origin_ms,
        };
        let deadline_ms = budget_from.saturating_add(self.site.decision_budget_ms);
        let (clock, path, at) = (self.clock, self.path, self.requested_at_ms);
        let caller = Rc::new(Caller {
            cdp: self.config.cdp.clone(),
            site: self.site,
            browser_id,
            user_agent: self.visit.user_agent,
            campaign: self.visit.campaign,
            place: Place::of(&self.request),
            origin_request: self.to_xm,
            xm: self.xm,
        });
        context.wait_until(async move {
            let stream = Stream {
                page: &mut page,
                reader,
                writer,
                first,
                announced,
                clock,
                deadline_ms,
            };
            let ended = stream.run(&caller).await;
            let wrote = clock.now_ms();
            if count && !ended.truncated {
                let facts = page.facts();
                let sent = after::send_view(&caller, &path, &facts, page.outcomes(), at).await;
                line.view = Some(sent.label());
            }
            line.ms = wrote;
            after::log(line, &page, ended);
        });
        Ok(response)
    }
}
