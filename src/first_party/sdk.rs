//! The proxy for Sitecore's own browser libraries: the plan is the core's, the calls are made here.
//!
//! In: a request of an SDK. Out: the CDP's answer, on the site's own terms. No cookie, credential or address of the visitor
//! goes with it.

use wasm_bindgen::JsValue;
use xm_edge_core::{
    config::{Config, site_for},
    endpoints::problem,
    sdk_proxy::{self, Forward, MAX_BODY, MAX_REWRITTEN, Plan, Refusal, plan},
};

use super::{Call, init, respond, with_headers};
use crate::platform::{body_reader::BodyReader, fetch, headers::PlatformHeaders};

/// Answers a call of an SDK, or says that there is no such endpoint.
pub(super) async fn answer(call: &Call<'_>, config: &Config) -> Result<web_sys::Response, JsValue> {
    let page = sdk_proxy::page_path(call.target, call.headers);
    let site = site_for(config, &call.target.host, page.as_deref().unwrap_or("/"));
    match plan(call.method, call.target, call.headers, &config.cdp, &site) {
        Plan::Answer(answer) => with_headers(answer.status, &answer.headers, &answer.body),
        Plan::Refuse(refusal) => refuse(refusal),
        Plan::Forward(forward) => forward_call(call, &forward).await,
    }
}

async fn forward_call(call: &Call<'_>, forward: &Forward) -> Result<web_sys::Response, JsValue> {
    let body = match &forward.body {
        None => None,
        Some(rules) => {
            let Some(sent) = read(call.request).await? else {
                return refuse(Refusal::TooLarge);
            };
            match rules.apply(&sent) {
                Ok(body) => Some(body.into_owned()),
                Err(refusal) => return refuse(refusal),
            }
        }
    };
    let request = request(forward, body.as_deref())?;
    let Ok(upstream) = fetch::send(&request).await else {
        return refuse(Refusal::Upstream);
    };
    let status = upstream.status();
    let upstream_headers = upstream.headers();
    let headers = match forward
        .reply
        .headers(status, &PlatformHeaders(&upstream_headers))
    {
        Ok(headers) => headers,
        Err(refusal) => return refuse(refusal),
    };
    let init = init(status, &headers)?;
    if !forward.reply.rewrites() {
        let body = upstream.body();
        return web_sys::Response::new_with_opt_readable_stream_and_init(body.as_ref(), &init);
    }
    let whole = match upstream.body() {
        Some(body) => BodyReader::new(&body)?.read_to_end(MAX_REWRITTEN).await,
        None => Ok(Some(Vec::new())),
    };
    let Ok(Some(whole)) = whole else {
        return refuse(Refusal::Upstream);
    };
    let body = forward.reply.body(&whole).unwrap_or(whole);
    let body = js_sys::Uint8Array::from(body.as_slice());
    web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&body), &init)
}

async fn read(request: &web_sys::Request) -> Result<Option<Vec<u8>>, JsValue> {
    match request.body() {
        Some(body) => BodyReader::new(&body)?.read_to_end(MAX_BODY).await,
        None => Ok(Some(Vec::new())),
    }
}

fn request(forward: &Forward, body: Option<&[u8]>) -> Result<web_sys::Request, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in &forward.headers {
        headers.append(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(forward.method);
    init.set_headers(&headers);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    if let Some(body) = body {
        init.set_body(&js_sys::Uint8Array::from(body));
    }
    web_sys::Request::new_with_str_and_init(&forward.url, &init)
}

fn refuse(refusal: Refusal) -> Result<web_sys::Response, JsValue> {
    let mut answer = problem(refusal.status(), refusal.detail(), &[]);
    if let Some(allow) = refusal.allow() {
        answer = answer.with("allow", allow);
    }
    respond(&answer)
}
