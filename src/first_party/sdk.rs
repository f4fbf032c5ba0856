//! The proxy for Sitecore's own browser libraries: the plan is the core's, the calls are made here.
//!
//! In: a request of an SDK. Out: the CDP's answer, on the site's own terms, or why there is none. No cookie, credential or
//! address of the visitor goes with it. A call ends with the visitor who made it, but for events, and with its time.

use std::rc::Rc;

use futures_util::FutureExt;
use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::Config,
    endpoints::problem,
    sdk_proxy::{self, Forward, MAX_BODY, MAX_REPLY, Plan, Refusal, TIME_LIMIT_MS, plan},
};

use super::{Call, init, respond, with_headers};
use crate::platform::{
    body_reader::BodyReader,
    clock,
    fetch::{self, Answer},
    headers::PlatformHeaders,
};

/// Answers a call of an SDK, or says that there is no such endpoint.
pub(super) async fn answer(
    call: &Call<'_>,
    config: &Config,
    env: &Env,
    context: &Context,
) -> Result<web_sys::Response, JsValue> {
    let page = sdk_proxy::page_path(call.target, call.headers);
    let site = call.site(config, page.as_deref().unwrap_or("/"), env);
    match plan(call.method, call.target, call.headers, &config.cdp, &site) {
        Plan::Answer(answer) => with_headers(answer.status, &answer.headers, &answer.body),
        Plan::Refuse(refusal) => refuse(refusal),
        Plan::Forward(forward) => forward_call(call, &forward, context).await,
    }
}

async fn forward_call(
    call: &Call<'_>,
    forward: &Forward,
    context: &Context,
) -> Result<web_sys::Response, JsValue> {
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
    if forward.reply.streams() {
        let opened = clock::within(TIME_LIMIT_MS, fetch::send_while_wanted(&request)).await;
        return match ended(opened) {
            Ok(script) => pass_on(forward, &script),
            Err(refusal) => refuse(refusal),
        };
    }
    let asked = ask(request);
    if forward.outlives_visitor {
        let asked = asked.map(Rc::new).boxed_local().shared();
        context.wait_until(asked.clone().map(drop));
        return reply(forward, asked.await.as_ref());
    }
    reply(forward, &asked.await)
}

/// A whole answer of the API, and its headers.
type Answered = Result<(Answer, web_sys::Headers), Refusal>;

async fn ask(request: web_sys::Request) -> Answered {
    let request = request.into();
    let asked = fetch::ask_with_headers(&request, MAX_REPLY);
    ended(clock::within(TIME_LIMIT_MS, asked).await)
}

fn ended<T>(within: Option<Result<T, JsValue>>) -> Result<T, Refusal> {
    within
        .ok_or(Refusal::Timeout)?
        .map_err(|_| Refusal::Upstream)
}

fn reply(forward: &Forward, answered: &Answered) -> Result<web_sys::Response, JsValue> {
    let (answer, upstream) = match answered {
        Ok(answered) => answered,
        Err(refusal) => return refuse(*refusal),
    };
    let headers = forward
        .reply
        .headers(answer.status, &PlatformHeaders(upstream));
    let (Ok(headers), Some(whole)) = (headers, &answer.body) else {
        return refuse(Refusal::Upstream);
    };
    let init = init(answer.status, &headers)?;
    let rewritten = forward.reply.body(whole);
    let body = rewritten.as_deref().unwrap_or(whole);
    // A 204 has no body, not even an empty one.
    let body = (!body.is_empty()).then(|| js_sys::Uint8Array::from(body));
    web_sys::Response::new_with_opt_js_u8_array_and_init(body.as_ref(), &init)
}

fn pass_on(forward: &Forward, script: &web_sys::Response) -> Result<web_sys::Response, JsValue> {
    let headers = forward
        .reply
        .headers(script.status(), &PlatformHeaders(&script.headers()));
    match headers {
        Ok(headers) => web_sys::Response::new_with_opt_readable_stream_and_init(
            script.body().as_ref(),
            &init(script.status(), &headers)?,
        ),
        Err(refusal) => refuse(refusal),
    }
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
