//! A request, phase by phase: the table of contents of the product.
//!
//! ```text
//! gate ─► visitor ─► start (XM and the browser id at once) ─► open ─► stream ─► after
//! ```
//!
//! In: the platform's request. Out: the platform's response. Each phase's decisions are the core's; a phase that fails
//! ends in XM's own bytes.

use std::rc::Rc;

use futures_util::FutureExt;
use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::{Bots, BudgetFrom, Config, PageViews, Site, site_for},
    log_line::{LogLine, OriginLog},
    reason::PassThrough,
    render::{Page, PageSettings},
    request::{
        BrowserId, Headers, Route, Target, VisitorClass, gate,
        loop_guard::{self, Pass},
    },
    response::{self, Leaving, Opened, PageCharset, id_cookie, server_timing},
};

use crate::{
    after,
    cdp::{self, Caller, Place},
    endpoints, pass_through,
    platform::{
        body_reader::BodyReader,
        body_writer::BodyWriter,
        clock::{self, Clock},
        environment, fetch,
        headers::{self, PlatformHeaders},
    },
    stream::Stream,
    visit::{self, IdState, Visit},
};

/// The prefix of the endpoints while the configuration is broken.
const DEFAULT_PREFIX: &str = "/_cdp";

/// Answers one request.
///
/// # Errors
/// Only where the platform refuses to make a response at all.
pub async fn answer(
    request: web_sys::Request,
    env: &Env,
    context: &Context,
) -> Result<web_sys::Response, JsValue> {
    let clock = Clock::start();
    let url = request.url();
    let target = Target::parse(&url);
    let own_headers = request.headers();
    let headers = PlatformHeaders(&own_headers);
    let hops = loop_guard::hops(&headers);
    let pass = loop_guard::pass(hops);
    if pass == Pass::Circle {
        return pass_through::loop_detected();
    }
    let settings = environment::settings(env);
    let method = request.method();

    let (prefix, problems) = match &settings.config {
        Ok(config) => (config.site.endpoint_prefix.as_str(), &[][..]),
        Err(problems) => (DEFAULT_PREFIX, problems.as_slice()),
    };
    if let Some(rest) = endpoints::below(prefix, target.path) {
        return endpoints::answer(&method, rest, problems);
    }
    let xm_origin = settings.xm_origin.as_ref();
    let Ok(config) = &settings.config else {
        let route = Route::PassThrough(PassThrough::Config);
        let to_xm = pass_through::to_xm(&request, &target, route, hops, xm_origin)?;
        return pass_through::answer(&to_xm, PassThrough::Config, clock, true).await;
    };
    let site = site_for(config, &target.host, target.path).into_owned();

    // 1. Gate.
    let route = match pass {
        Pass::First => gate(&method, &target, &headers, &site),
        _ => Route::PassThrough(PassThrough::Loop),
    };
    let to_xm = pass_through::to_xm(&request, &target, route, hops, xm_origin)?;
    if let Route::PassThrough(reason) = route {
        let quiet = matches!(reason, PassThrough::StaticFile | PassThrough::ExcludedPath);
        let log = !quiet || site.debug;
        let response = pass_through::answer(&to_xm, reason, clock, log).await?;
        return match (reason, method.as_str()) {
            (PassThrough::Method, "HEAD") => {
                pass_through::head_of_page(response, &target, &headers, &site)
            }
            _ => Ok(response),
        };
    }

    // 2. Visitor.
    let visit = Visit::read(&target, &headers, &site, &config.cdp.client_key);
    let view = PageRequest {
        clock,
        requested_at_ms: Clock::epoch_ms(),
        config,
        site,
        visit,
        path: target.path.to_owned(),
        xm: xm_base(&target, config),
        to_xm,
        request,
    };
    view.answer(context).await
}

fn xm_base(target: &Target<'_>, config: &Config) -> String {
    match &config.xm_origin {
        Some(origin) => origin.origin().ascii_serialization(),
        None => format!("{}://{}", target.scheme, target.host),
    }
}

/// A request that may be a page view.
struct PageRequest<'c> {
    clock: Clock,
    requested_at_ms: u64,
    config: &'c Config,
    site: Site,
    visit: Visit,
    path: String,
    xm: String,
    to_xm: web_sys::Request,
    request: web_sys::Request,
}

/// The browser id as the response leaves, and how it came about.
struct Identity {
    id: Option<BrowserId>,
    label: &'static str,
}

impl PageRequest<'_> {
    async fn answer(self, context: &Context) -> Result<web_sys::Response, JsValue> {
        // 3. Start: XM and, for a visitor without one, the browser id, at once.
        let mut creating = Box::pin(self.create_id().fuse());
        let mut fetching = Box::pin(fetch::send(&self.to_xm).fuse());
        let mut created = None;
        let fetched = loop {
            futures_util::select_biased! {
                fetched = fetching => break fetched,
                id = creating => created = Some(id),
            }
        };
        let origin_ms = self.clock.now_ms();
        let Ok(xm) = fetched else {
            pass_through::note(LogLine::page(), 0, self.clock);
            return pass_through::bad_gateway();
        };

        // 4. Open: is it a page at all? If not, nobody reads it.
        let xm_headers = xm.headers();
        let status = xm.status();
        let charset = match response::gate(status, &PlatformHeaders(&xm_headers), &self.site) {
            Opened::Page(charset) => charset,
            Opened::PassThrough(reason) => {
                pass_through::note(LogLine::passed(reason), status, self.clock);
                return Ok(xm);
            }
        };
        let Some(body) = xm.body() else {
            pass_through::note(LogLine::passed(PassThrough::EmptyBody), status, self.clock);
            return Ok(xm);
        };
        let identity = match created {
            Some(created) => created,
            None => (&mut creating).await,
        };
        drop((creating, fetching));
        let mut line = LogLine::page();
        line.visitor = Some(visit::label(self.visit.class));
        line.id = Some(identity.label);
        line.origin = Some(OriginLog {
            status,
            ms: origin_ms,
        });
        let personalise = identity.id.is_some() && self.visit.grants.personalisation;
        let count = identity.id.is_some()
            && self.visit.grants.analytics
            && self.site.page_views == PageViews::Edge;
        if personalise || count {
            let page = Page::new(self.page_settings(charset, personalise));
            let opened = OpenPage {
                xm,
                body,
                identity,
                line,
                page,
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
            context.wait_until(async move {
                let sent = after::send_bot_view(&cdp, &site, &user_agent, &path, at).await;
                line.view = Some(sent.label());
                after::write(line, clock);
            });
        } else {
            after::write(line, clock);
        }
        pass_through::with_body(&xm, &leaving, Some(&body))
    }

    /// The browser id: known, created in time, or none.
    async fn create_id(&self) -> Identity {
        match &self.visit.id {
            IdState::Known(id) => Identity {
                id: Some(id.clone()),
                label: "known",
            },
            IdState::None(label) => Identity { id: None, label },
            IdState::Withdrawn => Identity {
                id: None,
                label: "withdrawn",
            },
            IdState::Wanted => {
                let mut create = Box::pin(cdp::create_browser_id(&self.config.cdp).fuse());
                let mut late = clock::delay(self.site.id_budget_ms).fuse();
                futures_util::select_biased! {
                    created = create => match created {
                        Ok(id) => Identity { id: Some(id), label: "created" },
                        Err(label) => Identity { id: None, label },
                    },
                    () = late => Identity { id: None, label: "timeout" },
                }
            }
        }
    }

    fn page_settings(&self, charset: PageCharset, personalise: bool) -> PageSettings {
        PageSettings {
            hold_limit: self.site.hold_limit_kib as usize * 1024,
            declared: charset.declared,
            trusted_html: self.site.trusted_html.clone(),
            personalise,
        }
    }

    /// XM's headers, made private: the last step, the same for every shape of the page.
    fn leaving_headers(
        &self,
        xm: &web_sys::Headers,
        identity: &Identity,
        decoded: bool,
        origin_ms: u32,
    ) -> Result<web_sys::Headers, JsValue> {
        let client_key = &self.config.cdp.client_key;
        let cookie = match (&identity.id, &self.visit.id) {
            (Some(id), _) => Some(id_cookie::keep(id, client_key, &self.site)),
            (None, IdState::Withdrawn) => Some(id_cookie::expire(client_key, &self.site)),
            (None, _) => None,
        };
        let timing = self
            .site
            .debug
            .then(|| self.server_timing(identity, origin_ms));
        let leaving = headers::copy(xm)?;
        let edits = response::edits(&Leaving {
            decoded,
            id_cookie: cookie.as_deref(),
            server_timing: timing.as_deref(),
        });
        headers::apply(&leaving, &edits);
        Ok(leaving)
    }

    fn server_timing(&self, identity: &Identity, origin_ms: u32) -> String {
        let visitor = visit::label(self.visit.class);
        server_timing::value(&[
            server_timing::Timing {
                name: "xm-edge",
                ms: Some(f64::from(self.clock.now_ms())),
                description: Some(visitor),
            },
            server_timing::Timing {
                name: "xm",
                ms: Some(f64::from(origin_ms)),
                description: None,
            },
            server_timing::Timing {
                name: "id",
                ms: None,
                description: Some(identity.label),
            },
        ])
    }

    /// 5. Stream, and 6. after.
    async fn stream(
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

/// A page that XM has begun to send.
struct OpenPage {
    xm: web_sys::Response,
    body: web_sys::ReadableStream,
    identity: Identity,
    line: LogLine,
    page: Page,
    count: bool,
    origin_ms: u32,
}
