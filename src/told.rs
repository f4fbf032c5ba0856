//! What XM tells of a visitor: `CDP-Event` response headers, and rules of the configuration (goals, forms that identify
//! or change the visitor's guest).
//!
//! In: a request, XM's response. Out: events that are sent after the response, and the response without the headers that are
//! for this Worker alone. The body is read by nobody, except a small form, from a copy.

use uuid::Uuid;
use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    cdp::event::Event,
    config::{CdpSettings, Site},
    endpoints::{Admission, admit},
    events::{
        Checked, EventContext, Outgoing, Source, Told,
        catalogue::Kind,
        complete,
        form::{self, FormCopy},
        header, rules,
    },
    guests::own::Changes,
    request::{BrowserId, Headers},
    response::id_cookie,
};

use crate::{
    own_guest::Whose,
    pass_through,
    platform::{
        body_reader::BodyReader,
        clock::Clock,
        environment,
        headers::{self, PlatformHeaders},
        queue::Queue,
    },
    sender,
    visit::Visit,
};

/// A request whose answer may tell of events.
pub struct Listener<'l> {
    pub env: &'l Env,
    pub cdp: &'l CdpSettings,
    pub site: &'l Site,
    pub method: &'l str,
    pub url: &'l str,
    pub path: &'l str,
    matched: Option<rules::Matched>,
    /// A copy of the request, for its form.
    form: Option<(web_sys::Request, FormCopy)>,
    /// It is a preview: whatever XM tells is not passed on.
    deaf: bool,
}

/// What an answer told.
#[derive(Default)]
pub struct Heard {
    /// Events, in order.
    pub events: Vec<Checked>,
    /// The visitor logged out.
    pub logout: bool,
    /// What a form changes of the visitor's guest.
    pub changes: Changes,
}

impl Heard {
    /// Whether nothing was told.
    pub fn is_nothing(&self) -> bool {
        self.events.is_empty() && !self.logout && self.changes.is_nothing()
    }

    fn add(&mut self, told: Told) {
        match told {
            Told::Event(checked) => self.events.push(checked),
            Told::Logout => self.logout = true,
        }
    }
}

impl<'l> Listener<'l> {
    /// Prepares to listen: finds the rules, and copies the request where one of them wants its form.
    pub fn new(
        request: &web_sys::Request,
        env: &'l Env,
        cdp: &'l CdpSettings,
        site: &'l Site,
        method: &'l str,
        url: &'l str,
        path: &'l str,
    ) -> Self {
        let matched = rules::matching(site, method, path);
        let form = matched
            .as_ref()
            .and_then(|matched| copy_form(request, matched));
        Self {
            env,
            cdp,
            site,
            method,
            url,
            path,
            matched,
            form,
            deaf: false,
        }
    }

    /// Hears nothing from now on: in a preview nobody did anything.
    pub fn be_deaf(&mut self) {
        self.deaf = true;
    }

    /// What `response` tells. What is not understood is logged by its reason.
    pub async fn hear(&mut self, response: &web_sys::Response) -> Heard {
        let list = response.headers();
        let headers = PlatformHeaders(&list);
        let mut heard = Heard::default();
        if self.deaf {
            return heard;
        }
        if let Some(value) = headers.get(header::NAME) {
            for line in header::parse(&value) {
                match line {
                    Ok(told) => heard.add(told),
                    Err(fault) => refused(fault.label()),
                }
            }
        }
        let Some(matched) = &self.matched else {
            return heard;
        };
        let location = headers.get("location");
        let status = response.status();
        if !rules::succeeded(self.method, self.url, status, location.as_deref()) {
            return heard;
        }
        if let Some((request, mut copy)) = self.form.take() {
            fill(&request, &mut copy).await;
            if matched.identifies() {
                match matched.identity(&copy) {
                    Ok(identity) => heard.events.push(identity),
                    Err(fault) => refused(fault.label()),
                }
            }
            match matched.guest_texts(&copy) {
                Ok(texts) => heard.changes = Changes::of(&texts),
                Err(fault) => refused(fault.label()),
            }
        }
        for goal in matched.goals() {
            heard.add(goal);
        }
        heard
    }

    /// Sends what was told of the visitor with `browser_id`, and changes their guest, after the response.
    pub fn send(&self, heard: Heard, browser_id: &BrowserId, visit: &Visit, context: &Context) {
        if !heard.changes.is_nothing() {
            let whose = Whose {
                cdp: self.cdp.clone(),
                site: self.site.clone(),
                secrets: environment::secrets(self.env),
                browser_id: browser_id.clone(),
            };
            whose.change_later(heard.changes, context);
        }
        let outgoing = self.outgoing(heard.events, browser_id, visit);
        sender::send_later(
            context,
            Queue::bound(self.env),
            self.cdp,
            outgoing,
            Source::Xm,
        );
    }

    /// What is to be sent of the visitor with `browser_id`.
    pub fn outgoing(
        &self,
        events: Vec<Checked>,
        browser_id: &BrowserId,
        visit: &Visit,
    ) -> Outgoing {
        let complete = |checked| self.complete(checked, browser_id);
        Outgoing {
            replaceable: Some(browser_id.clone()),
            user_agent: visit.user_agent.clone(),
            events: events.into_iter().map(complete).collect(),
        }
    }

    fn complete(&self, checked: Checked, browser_id: &BrowserId) -> Event {
        let context = EventContext {
            cdp: self.cdp,
            site: self.site,
            browser_id,
            html_lang: None,
            page_name: None,
            path: self.path,
            requested_at_ms: Clock::epoch_ms(),
        };
        complete(checked, &context, Uuid::new_v4().to_string())
    }

    /// Listens to a response that passes through: sends what it tells, and gives it back without our headers. `create`: an id
    /// for a visitor who has none; waited for only where an event needs it.
    ///
    /// # Errors
    /// Only where the platform refuses to make a response at all.
    pub async fn pass(
        &mut self,
        response: web_sys::Response,
        visit: impl FnOnce() -> Visit,
        create: impl Future<Output = Option<BrowserId>>,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        let heard = self.hear(&response).await;
        let list = response.headers();
        let marked = pass_through::FOR_US
            .iter()
            .any(|name| list.has(name).unwrap_or(false));
        if heard.is_nothing() && !marked {
            return Ok(response);
        }
        let visit = visit();
        let leaving = headers::copy(&list)?;
        for name in pass_through::FOR_US {
            leaving.delete(name)?;
        }
        if let Some(cookie) = self.send_or_ignore(heard, &visit, create, context).await {
            leaving.append("set-cookie", &cookie)?;
            // Who gets a cookie of their own gets an answer of their own.
            leaving.set("cache-control", "private, no-store")?;
        }
        pass_through::with_body(&response, &leaving, response.body().as_ref())
    }

    /// Sends what was told, if the visitor may be told of; returns the cookie that must go with the answer.
    async fn send_or_ignore(
        &self,
        heard: Heard,
        visit: &Visit,
        create: impl Future<Output = Option<BrowserId>>,
        context: &Context,
    ) -> Option<String> {
        let client_key = &self.cdp.client_key;
        let logout = heard.logout;
        let known = visit.id.id().cloned();
        let is_known = known.is_some();
        let mut cookie = None;
        if let Some(kind) = decisive(&heard.events) {
            match admit(visit.class, visit.grants, known, kind) {
                Admission::Send(id) => {
                    if !self.site.shadow {
                        cookie = visit.id.renewal(client_key, self.site);
                    }
                    self.send(heard, &id, visit, context);
                }
                Admission::CreateId => {
                    if let Some(id) = create.await {
                        cookie = Some(id_cookie::keep(&id, client_key, self.site));
                        self.send(heard, &id, visit, context);
                    }
                }
                Admission::Ignore(_) => {}
            }
        } else if !heard.changes.is_nothing()
            && visit.grants.analytics
            && let Some(id) = known
        {
            self.send(heard, &id, visit, context);
        }
        if logout && !self.site.shadow && (is_known || cookie.is_some()) {
            // The next page view starts under a new id.
            cookie = Some(id_cookie::expire(client_key, self.site));
        }
        cookie
    }
}

/// Logs why something was not understood: a constant label, and nothing of what it was.
fn refused(label: &'static str) {
    worker::console_warn!(r#"{{"message":"xm-edge","event_refused":"{label}"}}"#);
}

/// The kind by which events are admitted together: one that is worth a new browser id, if there is any.
fn decisive(events: &[Checked]) -> Option<Kind> {
    let mut kinds = events.iter().map(Checked::kind);
    let first = kinds.next()?;
    if first == Kind::ForceClose {
        return Some(kinds.find(|kind| *kind != first).unwrap_or(first));
    }
    Some(first)
}

/// A copy of a request with a small form. Its body is split before XM reads it; what is larger, or of unknown length, is
/// not copied, for the runtime would have to keep all of it.
fn copy_form(
    request: &web_sys::Request,
    matched: &rules::Matched,
) -> Option<(web_sys::Request, FormCopy)> {
    let list = request.headers();
    let headers = PlatformHeaders(&list);
    let length: usize = headers.get("content-length")?.trim().parse().ok()?;
    let copy = matched.copy(headers.get("content-type").as_deref())?;
    if length > form::MAX_BODY {
        return None;
    }
    Some((request.clone().ok()?, copy))
}

async fn fill(request: &web_sys::Request, copy: &mut FormCopy) {
    let Some(body) = request.body() else { return };
    let Ok(mut reader) = BodyReader::new(&body) else {
        return;
    };
    while let Ok(Some(chunk)) = reader.read().await {
        copy.push(&chunk);
    }
}
