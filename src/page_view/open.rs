//! Phases 3 and 4, chained: XM is asked; then its answer is looked at, and if it is no page it goes on unread.
//!
//! In: a request that may be a page view. Out: XM's own response, the default page with private headers, or a page to
//! stream.

use std::rc::Rc;

use futures_util::FutureExt;
use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    config::{Bots, PageViews},
    events::Outgoing,
    guests::vouch::{self, Vouched},
    log_line::{LogLine, OriginLog},
    reason::{Failure, PassThrough},
    render::{Page, PageSettings},
    request::{Headers, VisitorClass},
    response::{self, Opened},
    reuse::Policy,
    rollout,
};

use super::{
    PageRequest,
    identity::Identity,
    send::{Bytes, OpenPage},
    start::Begun,
    whole::{Decided, Start},
    xm::XmAnswer,
};
use crate::{
    after,
    behind::Behind,
    isolate, pass_through,
    platform::{body_writer, headers::PlatformHeaders, queue::Queue},
    told::Listener,
    visit,
};

impl PageRequest<'_> {
    /// Answers it.
    pub(super) async fn answer(
        mut self,
        listener: &mut Listener<'_>,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        // 3. Start.
        let mut creating = Box::pin(self.create_id().fuse());
        let begun = match self.undecided() {
            None => self.start(&mut creating).await,
            Some(undecided) => match self.start_decided(undecided, &mut creating).await? {
                Start::Begun(begun) => begun,
                Start::Answered(response) => return Ok(response),
            },
        };
        let Begun {
            fetched,
            origin_ms,
            identity: mut created,
            decided,
            to_xm,
        } = begun;
        let mut line = LogLine::page();
        let note = |mut line: LogLine, status| {
            if let Some(decided) = &decided {
                line.note_page(&decided.outcome);
            }
            pass_through::note(line, status, self.clock);
        };
        let Ok(answer) = fetched else {
            note(line, 0);
            return pass_through::bad_gateway();
        };
        let has_body = answer.has_body();
        let XmAnswer {
            response: xm,
            template,
            mut fill,
            label,
        } = answer;
        line.template = label;

        // A new isolate may hear only now that the page is XM's.
        if let Some(reason) = self.switch.passes().await {
            if template.is_some() {
                let xm = pass_through::answer(&self.to_xm, reason, self.clock, true).await?;
                return pass_through::without_ours(xm);
            }
            pass_through::note(LogLine::passed(reason), xm.status(), self.clock);
            return pass_through::without_ours(xm);
        }

        // 4. Open: is it a page at all? If not, nobody reads it.
        let xm_headers = xm.headers();
        let status = xm.status();
        let page_type = match response::gate(status, &PlatformHeaders(&xm_headers), &self.site) {
            Opened::Page(page_type) => page_type,
            Opened::PassThrough(reason) => {
                if template.is_some() {
                    // It was a page when it was kept, and is none by today's settings.
                    return self.untouched(reason).await;
                }
                note(LogLine::passed(reason), status);
                if decided.is_some()
                    && let Some(identity) = created.take()
                {
                    return self
                        .pass_decided(listener, &xm, identity, origin_ms, context)
                        .await;
                }
                // The id that is under way already: a second one would be a second guest.
                let create = async {
                    match created {
                        Some(created) => created.id,
                        None => (&mut creating).await.id,
                    }
                };
                let visit = || self.visit.clone();
                let passed = listener.pass(xm, visit, create, context).await?;
                return self.made_private(passed);
            }
        };
        if !has_body {
            note(LogLine::passed(PassThrough::EmptyBody), status);
            return self.made_private(xm);
        }
        let mut identity = match created {
            Some(created) => created,
            None => (&mut creating).await,
        };
        drop(creating);
        self.template = label;
        if let Some(to_xm) = to_xm {
            self.to_xm = to_xm;
        }
        let told = self.told(listener, &xm, &mut identity).await;
        line.visitor = Some(visit::label(self.visit.class));
        line.id = Some(identity.label);
        let preview = self.seen.preview.clone();
        line.preview = preview.is_some();
        line.origin = Some(OriginLog {
            status,
            ms: origin_ms,
        });
        let mut may_ask = identity.id.is_some() && self.visit.grants.personalisation;
        if may_ask && !self.is_in_rollout(&identity) {
            may_ask = false;
            line.personalisation = Some(Failure::NotInRollout.label());
        }
        let personalise = may_ask || preview.is_some();
        // Whoever counts its views, the page may have marked goals.
        let analytics = identity.id.is_some() && self.visit.grants.analytics;
        let count = analytics && self.site.page_views == PageViews::Edge;
        // Crawlers read a site from end to end: what they ask for is no sign that anybody else will.
        fill.take_if(|_| self.visit.class == VisitorClass::Bot);
        let read = personalise || analytics || self.wants_tag(&identity, page_type);
        if read || fill.is_some() {
            let added = self.added(&xm_headers, &identity, page_type);
            let vouched = self.vouched(&xm_headers);
            // A CDP that is away decides nothing: unless something may stand in, nobody need find where.
            let refused = may_ask
                && preview.is_none()
                && Policy::of(&self.site).is_none()
                && isolate::refuses_pages();
            let settings = PageSettings {
                hold_limit: self.site.hold_limit_kib as usize * 1024,
                declared: page_type.declared,
                trusted_html: self.site.trusted_html.clone(),
                guest: vouched.is_some(),
                personalise: personalise && !refused,
                insertion: added.insertion,
            };
            let (mut page, bytes) = match (template, xm.body()) {
                (Some(template), _) => (
                    Page::of_template(settings, Rc::clone(&template)),
                    Bytes::Template(template),
                ),
                (None, Some(body)) => (Page::new(settings), Bytes::Xm(body, fill)),
                (None, None) => return self.made_private(xm),
            };
            let behind = match &preview {
                Some(preview) => {
                    self.tell(preview, &mut page);
                    self.overlay(&xm_headers, &identity, page_type)
                }
                None => added.tail.map(Behind::Tail),
            };
            if refused {
                page.refuse(Failure::BreakerOpen);
            }
            let whole = decided.map(|Decided { outcome, answer }| {
                page.know(outcome.friendly_id.clone(), answer, outcome.flow_ms);
                outcome
            });
            let opened = OpenPage {
                xm,
                bytes,
                identity,
                line,
                whole,
                page,
                behind,
                vouched,
                told,
                count,
                origin_ms,
            };
            return self.stream(opened, context).await;
        }

        // The default page: the runtime moves the bytes, and only the headers change.
        let leaving = self.leaving_headers(&xm_headers, &identity, false, origin_ms)?;
        line.body = Some("unread");
        let clock = self.clock;
        if self.visit.class == VisitorClass::Bot && self.site.bots == Bots::Count {
            let (cdp, site, path) = (
                self.config.cdp.clone(),
                self.site.clone(),
                self.path.clone(),
            );
            let (user_agent, at) = (self.visit.user_agent.clone(), self.requested_at_ms);
            let queue = Queue::bound(self.env);
            context.wait_until(async move {
                let event = after::bot_view(&cdp, &site, &user_agent, &path, at);
                after::send(queue.as_ref(), &cdp, event, &mut line).await;
                after::write(line, clock);
            });
        } else {
            after::write(line, clock);
        }
        if let Some(template) = template {
            return pass_through::with_bytes(&xm, &leaving, &template.body);
        }
        let Some(body) = xm.body() else {
            return self.made_private(xm);
        };
        // A coded body travels as it is, decoded by nobody; any other loses its length, like every shape of the page.
        let coded = PlatformHeaders(&xm_headers)
            .get("content-encoding")
            .is_some();
        let body = if coded {
            body
        } else {
            body_writer::without_length(&body)?
        };
        pass_through::with_body(&xm, &leaving, Some(&body))
    }

    /// What XM tells of the visitor with this page, to be sent when that has left. (A form that changes a guest is never a
    /// page's request.)
    pub(super) async fn told(
        &self,
        listener: &mut Listener<'_>,
        xm: &web_sys::Response,
        identity: &mut Identity,
    ) -> Option<Outgoing> {
        let heard = listener.hear(xm).await;
        identity.logout = heard.logout;
        let id = identity
            .id
            .as_ref()
            .filter(|_| self.visit.grants.analytics)?;
        let any = !heard.events.is_empty();
        any.then(|| listener.outgoing(heard.events, id, &self.visit))
    }

    fn is_in_rollout(&self, identity: &Identity) -> bool {
        let client_key = &self.config.cdp.client_key;
        let admits = |id| rollout::admits(&self.switch.rollout(), client_key, id);
        identity.id.as_ref().is_none_or(admits)
    }

    /// XM's word for the visitor, where pages may show something of a guest.
    pub(super) fn vouched(&self, xm: &web_sys::Headers) -> Option<Vouched> {
        if self.site.guest_fields.is_empty() {
            return None;
        }
        Vouched::read(&PlatformHeaders(xm).get(vouch::NAME)?)
    }
}
