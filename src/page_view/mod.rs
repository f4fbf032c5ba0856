//! A request, phase by phase: the table of contents of the product.
//!
//! ```text
//! gate ─► visitor ─► start (XM and the browser id at once) ─► open ─► stream ─► after
//!                  │   └ whole (and the flow of a page-level rule) ─► redirect
//!                  └ shadow (XM's own answer; the rest only for the log)
//! ```
//!
//! In: the platform's request. Out: the platform's response. Each phase's decisions are the core's; a phase that fails
//! ends in XM's own bytes.

mod identity;
mod leaving;
mod open;
mod preview;
mod send;
mod shadow;
mod start;
mod tag;
mod whole;
mod xm;

use std::rc::Rc;

use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::{Config, Site, site_for},
    preview::Seen,
    reason::PassThrough,
    request::{
        Cookies, Route, Target, gate,
        loop_guard::{self, Pass},
    },
    rollout::Standing,
};

use crate::{
    cdp, first_party, page_log, pass_through,
    platform::{background, clock::Clock, environment, gone::Gone, headers::PlatformHeaders},
    rollout::{self, Switch},
    told::Listener,
    visit::Visit,
};

/// Answers one request.
///
/// # Errors
/// Only where the platform refuses to make a response at all.
pub async fn answer(
    request: &web_sys::Request,
    method: &str,
    env: &Env,
    context: &Context,
    gone: &Gone,
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
    page_log::open(env);

    let call = first_party::Call {
        request,
        method,
        target: &target,
        headers: &headers,
    };
    if let Some(answered) = call.answer(&settings.config, env, context).await {
        return answered;
    }
    let xm_origin = settings.xm_origin.as_ref();
    let Ok(config) = &settings.config else {
        let route = Route::PassThrough(PassThrough::Config);
        let to_xm = pass_through::to_xm(request, &target, route, hops, xm_origin)?;
        return pass_through::answer(&to_xm, PassThrough::Config, clock, true).await;
    };
    let site = site_for(config, &target.host, target.path).into_owned();

    // 1. Gate.
    let mut route = match pass {
        Pass::First => gate(method, &target, &headers, &site),
        _ => Route::PassThrough(PassThrough::Loop),
    };
    let tenant = &config.cdp;
    let switch = (route == Route::Page).then(|| Switch::look(env, context, &tenant.client_key));
    if let Some(reason) = switch.as_ref().and_then(Switch::passes_now) {
        route = Route::PassThrough(reason);
    }
    let mut listener = Listener::new(request, env, tenant, &site, method, &url, target.path);
    let to_xm = pass_through::to_xm(request, &target, route, hops, xm_origin)?;
    let visit = || Visit::read(&target, &headers, &site, &tenant.client_key);
    if let Route::PassThrough(reason) = route {
        let quiet = matches!(reason, PassThrough::StaticFile | PassThrough::ExcludedPath);
        let log = !quiet || site.debug;
        let response = pass_through::answer(&to_xm, reason, clock, log).await?;
        let is_head = (reason, method) == (PassThrough::Method, "HEAD");
        // A page that is XM's, or the head of one.
        if switch.is_some() || is_head && rollout::is_off(env) {
            return pass_through::without_ours(response);
        }
        if is_head {
            return pass_through::head_of_page(response, &target, &headers, &site);
        }
        // In shadow mode no answer carries an id that it could be kept by.
        let create = async {
            match site.shadow {
                true => None,
                false => cdp::create_in_time(tenant, &site).await.ok(),
            }
        };
        return listener.pass(response, visit, create, context).await;
    }

    // 2. Visitor.
    let cookies = Cookies::from_headers(&headers);
    let seen = preview::seen(cookies.header(), &target, &to_xm, env);
    let mut visit = Visit::with_cookies(&cookies, &target, &headers, &site, &tenant.client_key);
    if seen.preview.is_some() {
        visit = visit.of_preview();
        listener.be_deaf();
    }
    let view = PageRequest {
        clock,
        requested_at_ms: Clock::epoch_ms(),
        config,
        env,
        context: Rc::new(background::share(context)),
        // A page without one has been passed through.
        switch: switch.unwrap_or(Switch::Holds(Standing::Unknown)),
        site: site.clone(),
        visit,
        seen,
        path: target.path.to_owned(),
        query: target.query.map(str::to_owned),
        origin: format!("{}://{}", target.scheme, target.host),
        xm: xm_base(&target, config),
        to_xm,
        // The handle, not the body: Request's own `clone` is JavaScript's.
        request: Clone::clone(request),
        gone: gone.clone(),
        template: None,
    };
    // What a marketer previews is shown; shadow mode is for visitors.
    if view.site.shadow && view.seen.preview.is_none() {
        let route = Route::PassThrough(PassThrough::Shadow);
        let as_asked = pass_through::to_xm(request, &target, route, hops, xm_origin)?;
        return view.shadow(&as_asked, &mut listener, context).await;
    }
    view.answer(&mut listener, context).await
}

/// XM's own answer to `request`, after everything else failed.
///
/// # Errors
/// The request's body is consumed already, or the platform makes no response.
pub async fn fall_back(
    request: &web_sys::Request,
    env: &Env,
) -> Result<web_sys::Response, JsValue> {
    let url = request.url();
    let target = Target::parse(&url);
    let hops = loop_guard::hops(&PlatformHeaders(&request.headers()));
    let reason = PassThrough::Internal;
    let settings = environment::settings(env);
    let route = Route::PassThrough(reason);
    let to_xm = pass_through::to_xm(request, &target, route, hops, settings.xm_origin.as_ref())?;
    pass_through::answer(&to_xm, reason, Clock::start(), true).await
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
    env: &'c Env,
    /// Where work goes on behind the page.
    context: Rc<Context>,
    /// For whom it is personalised, if at all.
    switch: Switch,
    site: Site,
    visit: Visit,
    /// What the visitor's cookies say of previews.
    seen: Seen,
    path: String,
    query: Option<String>,
    /// Scheme and host of the page, as the visitor sees them.
    origin: String,
    xm: String,
    to_xm: web_sys::Request,
    request: web_sys::Request,
    /// When the visitor has gone.
    gone: Gone,
    /// How a template answered in XM's place, if it did.
    template: Option<&'static str>,
}
