//! XM's page: from a template that is kept, or from XM.
//!
//! In: the request for XM. Out: an answer whose body is a template or a stream, and what keeps a copy of the stream where the page
//! may be kept. Whatever is wrong with what is kept, XM is asked as ever.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use xm_edge_core::{
    config::CacheRule,
    reason::NotKept,
    request::{Cookies, Target},
    response::{self, Opened},
    template::Template,
    template_cache::{
        Answer, Asked, Entry, Key, Standing, Validated, conditions, may_answer, may_fill, rule_for,
        says_anything, storing, validated,
    },
};

use super::PageRequest;
use crate::{
    platform::{
        clock::{self, Clock},
        fetch,
        headers::{self, PlatformHeaders},
    },
    templates::{self, Fill, Found, Lead, Place},
};

/// A page view waits so long for another one that has asked XM for the same page, in milliseconds.
const FOLLOW_MS: u32 = 1_500;
/// So often it looks whether the page is there, in milliseconds: what one request waits for, no other may wake.
const LOOK_EVERY_MS: u32 = 8;

/// What becomes of a request to XM that nobody waits for any more.
#[derive(Clone, Copy)]
pub(super) enum Unwanted {
    /// It goes on: the visitor who leaves ends it anyway.
    ReadOn,
    /// It is aborted.
    LetGo,
}

/// XM's answer, or one in its place.
pub(super) struct XmAnswer {
    /// Status and headers; the body, where it is XM's.
    pub(super) response: web_sys::Response,
    /// The body in its place.
    pub(super) template: Option<Rc<Template>>,
    /// What keeps a copy of XM's body.
    pub(super) fill: Option<Box<Fill>>,
    /// For the log: how a template answered, or why none is kept.
    pub(super) label: Option<&'static str>,
}

impl XmAnswer {
    /// An answer of XM that is kept by nobody.
    const fn of(response: web_sys::Response) -> Self {
        Self {
            response,
            template: None,
            fill: None,
            label: None,
        }
    }

    /// A kept page.
    fn kept(entry: &Entry, label: &'static str) -> Result<Self, JsValue> {
        let list = headers::made_of(&entry.headers)?;
        let init = web_sys::ResponseInit::new();
        init.set_headers(&list);
        Ok(Self {
            response: web_sys::Response::new_with_opt_str_and_init(None, &init)?,
            template: Some(Rc::clone(&entry.page.template)),
            fill: None,
            label: Some(label),
        })
    }

    /// Whether there is a body.
    pub(super) fn has_body(&self) -> bool {
        self.template.is_some() || self.response.body().is_some()
    }
}

/// A page that may be kept.
struct Sought<'s> {
    request: &'s web_sys::Request,
    unwanted: Unwanted,
    place: Place,
    rule: Option<&'s CacheRule>,
}

impl PageRequest<'_> {
    /// The page that `request` asks XM for.
    ///
    /// # Errors
    /// XM cannot be reached, and nothing may stand in for it.
    pub(super) async fn ask_xm(
        &self,
        request: &web_sys::Request,
        unwanted: Unwanted,
    ) -> Result<XmAnswer, JsValue> {
        match self.sought(request, unwanted) {
            Ok(sought) => self.find(&sought).await,
            Err(reason) => {
                let label = reason.map(NotKept::label);
                let answer = XmAnswer::of(send(request, unwanted).await?);
                Ok(XmAnswer { label, ..answer })
            }
        }
    }

    /// What may be kept of what is asked for; otherwise why nothing is, where the operator would wonder.
    fn sought<'s>(
        &'s self,
        request: &'s web_sys::Request,
        unwanted: Unwanted,
    ) -> Result<Sought<'s>, Option<NotKept>> {
        // What a marketer previews is what XM has now.
        if self.seen.preview.is_some() {
            return Err(None);
        }
        let url = request.url();
        let target = Target::parse(&url);
        let rule = rule_for(&self.site.cache, target.path);
        let list = self.request.headers();
        let own = PlatformHeaders(&list);
        may_answer(&own, rule).map_err(|reason| rule.map(|_| reason))?;
        let cookies = Cookies::from_headers(&own);
        let key = Key::of(&Asked {
            url: &url,
            host: &self.origin,
            cookies: &cookies,
            version: &self.site.cache_version,
            client_key: &self.config.cdp.client_key,
        });
        Ok(Sought {
            request,
            unwanted,
            rule,
            place: Place {
                key,
                host: target.host.into_owned(),
                path: target.path.to_owned(),
                has_rule: rule.is_some(),
            },
        })
    }

    async fn find(&self, sought: &Sought<'_>) -> Result<XmAnswer, JsValue> {
        let place = &sought.place;
        templates::listen(self.env, &self.context);
        let mut found = templates::in_memory(place);
        if found.is_none() && templates::expects(place) {
            found = templates::in_cache(place, self.env).await;
        }
        let (mut lead, mut stale) = (None, None);
        let mut followed_ms = 0;
        loop {
            if let Some(Found { entry, from }) = found.take() {
                match entry.lifetime.standing(Clock::epoch_ms()) {
                    Standing::Fresh => return XmAnswer::kept(&entry, from),
                    Standing::StaleWhileRevalidate => {
                        self.refresh(sought, &entry);
                        return XmAnswer::kept(&entry, "stale");
                    }
                    Standing::MustAsk => stale = Some(entry),
                    Standing::Dead => {}
                }
            }
            let alone = stale
                .as_ref()
                .is_some_and(|entry: &Rc<Entry>| !entry.lifetime.is_shared_by_asking());
            if alone || lead.is_some() || followed_ms >= FOLLOW_MS || !templates::expects(place) {
                break;
            }
            lead = Lead::begin(place);
            if lead.is_none() {
                clock::delay(LOOK_EVERY_MS).await;
                followed_ms += LOOK_EVERY_MS;
            }
            found = templates::in_memory(place).map(|found| Found {
                from: "collapsed",
                ..found
            });
        }
        self.fetch(sought, stale, lead).await
    }

    /// Asks XM, whether what is stale has changed if there is any.
    async fn fetch(
        &self,
        sought: &Sought<'_>,
        stale: Option<Rc<Entry>>,
        lead: Option<Lead>,
    ) -> Result<XmAnswer, JsValue> {
        let asked_ms = Clock::epoch_ms();
        let request = match &stale {
            Some(entry) => conditional(sought.request, entry)?,
            None => Clone::clone(sought.request),
        };
        let sent = send(&request, sought.unwanted).await;
        let failed = sent
            .as_ref()
            .map_or(true, |response| response.status() >= 500);
        if let Some(entry) = stale.as_ref().filter(|_| failed)
            && entry.lifetime.may_serve_on_error(Clock::epoch_ms())
        {
            if let Ok(response) = &sent {
                fetch::let_go(response);
            }
            return XmAnswer::kept(entry, "stale_on_error");
        }
        let response = sent?;
        match stale.filter(|_| response.status() == 304) {
            None => Ok(self.opened(sought, response, asked_ms, lead)),
            Some(entry) => {
                let list = headers::list(&response.headers())?;
                let answer = Answer {
                    status: response.status(),
                    headers: &list,
                    asked_ms,
                    answered_ms: Clock::epoch_ms(),
                };
                match validated(&entry, &answer, sought.rule) {
                    Validated::Renewed(renewed) => {
                        let answer = XmAnswer::kept(&renewed, "revalidated");
                        let kept = templates::keep(&sought.place, Rc::new(renewed));
                        self.context.wait_until(kept);
                        answer
                    }
                    Validated::Forbidden(reason) => {
                        self.context.wait_until(templates::forget(&sought.place));
                        XmAnswer::kept(&entry, reason.label())
                    }
                    Validated::Other => {
                        let asked_ms = Clock::epoch_ms();
                        let response = send(sought.request, sought.unwanted).await?;
                        Ok(self.opened(sought, response, asked_ms, lead))
                    }
                }
            }
        }
    }

    /// XM's answer; with what keeps a copy of it, if it may be kept.
    fn opened(
        &self,
        sought: &Sought<'_>,
        response: web_sys::Response,
        asked_ms: u64,
        lead: Option<Lead>,
    ) -> XmAnswer {
        let verdict = self.storable(sought, &response, asked_ms, lead);
        let (fill, reason) = match verdict {
            Some(Ok(fill)) => (Some(fill), None),
            Some(Err(reason)) => {
                templates::refused(&sought.place);
                (None, Some(reason))
            }
            None => (None, None),
        };
        XmAnswer {
            fill,
            label: reason.filter(|_| sought.rule.is_some()).map(NotKept::label),
            ..XmAnswer::of(response)
        }
    }

    /// What keeps a copy, or why nobody may; `None` where it is no page.
    fn storable(
        &self,
        sought: &Sought<'_>,
        response: &web_sys::Response,
        asked_ms: u64,
        lead: Option<Lead>,
    ) -> Option<Result<Box<Fill>, NotKept>> {
        let own = response.headers();
        let read = PlatformHeaders(&own);
        let Opened::Page(page_type) = response::gate(response.status(), &read, &self.site) else {
            return None;
        };
        if sought.rule.is_none() && !says_anything(&read) {
            return Some(Err(NotKept::NoLifetime));
        }
        let list = headers::list(&own).ok()?;
        let answer = Answer {
            status: response.status(),
            headers: &list,
            asked_ms,
            answered_ms: Clock::epoch_ms(),
        };
        let visitors = self.request.headers();
        let host = Target::parse(&self.request.url()).host.into_owned();
        let storable = may_fill(&PlatformHeaders(&visitors), &host)
            .and_then(|()| storing(&answer, sought.rule));
        Some(
            storable.map(|storable| {
                Box::new(Fill::new(&sought.place, storable, page_type.declared, lead))
            }),
        )
    }

    /// Refreshes `entry` behind the response, once at a time.
    fn refresh(&self, sought: &Sought<'_>, entry: &Rc<Entry>) {
        let Some(lead) = Lead::begin(&sought.place) else {
            return;
        };
        let Ok(request) = conditional(sought.request, entry) else {
            return;
        };
        let refreshing = templates::Refreshing {
            request,
            place: sought.place.clone(),
            rule: sought.rule.cloned(),
            entry: Rc::clone(entry),
            site: self.site.clone(),
            lead,
        };
        self.context.wait_until(refreshing.run());
    }
}

async fn send(
    request: &web_sys::Request,
    unwanted: Unwanted,
) -> Result<web_sys::Response, JsValue> {
    match unwanted {
        Unwanted::ReadOn => fetch::send(request).await,
        Unwanted::LetGo => fetch::send_while_wanted(request).await,
    }
}

/// `request`, with the question whether `entry` has changed.
fn conditional(request: &web_sys::Request, entry: &Entry) -> Result<web_sys::Request, JsValue> {
    let init = request.unchecked_ref::<web_sys::RequestInit>();
    let request = web_sys::Request::new_with_str_and_init(&request.url(), init)?;
    for (name, value) in conditions(entry) {
        request.headers().set(name, &value)?;
    }
    Ok(request)
}
