//! Answers at a path where a rule decides: a redirect of ours, and what of XM is no page. None of them may be shared.
//!
//! In: a decision, or XM's answer. Out: a private response.

use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    events::Source,
    log_line::LogLine,
    page_experience::{PageOutcome, PageResult, loop_cookie, rule_for},
    response::{self, Leaving, id_cookie},
};

use crate::{
    after,
    page_view::{PageRequest, identity::Identity},
    pass_through,
    platform::{headers, queue::Queue},
    sender,
    told::Listener,
    visit::{self, IdState},
};

impl PageRequest<'_> {
    /// Sends the visitor on.
    pub(super) fn redirect(
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

    /// The default page was chosen, and XM's answer is no page: it goes on unread, but no shared cache may keep for all what is
    /// there for some, and a new visitor keeps the id under which the flow has run.
    pub(in crate::page_view) async fn pass_decided(
        &self,
        listener: &mut Listener<'_>,
        xm: &web_sys::Response,
        mut identity: Identity,
        origin_ms: u32,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        if let Some(told) = self.told(listener, xm, &mut identity).await {
            let queue = Queue::bound(self.env);
            sender::send_later(context, queue, &self.config.cdp, told, Source::Xm);
        }
        let leaving = self.leaving_headers(&xm.headers(), &identity, false, origin_ms)?;
        pass_through::with_body(xm, &leaving, xm.body().as_ref())
    }

    /// Makes an answer private that is none of ours.
    pub(in crate::page_view) fn made_private(
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
    pub(in crate::page_view) fn scheme(&self) -> &str {
        self.origin.split(':').next().unwrap_or_default()
    }
}
