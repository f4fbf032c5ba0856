//! The Worker: entry points.
//!
//! In: Cloudflare's events. Out: responses. Everything worth knowing is elsewhere: the chain of phases in
//! [`page_view`], the decisions in the crate `xm-edge-core`, the platform in [`platform`].

#![cfg(target_arch = "wasm32")]

mod after;
mod behind;
mod cdp;
mod consumer;
mod decide;
mod first_party;
mod isolate;
mod own_guest;
mod page_log;
mod page_view;
mod pass_through;
mod platform;
mod rollout;
mod sender;
mod stream;
mod templates;
mod told;
mod unknown_ids;
mod visit;

use std::pin::pin;

use futures_util::future::{Either, select};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{Context, Env, event};

use crate::platform::{gone, queue::MessageBatch};

/// Answers a request. Whatever fails, the visitor gets XM's own page.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let method = request.method();
    // The last net, for panics: everything else is handled explicitly. Not for what must not be sent twice (RFC 9110 §9.2.2): the
    // platform cannot know whether XM has it already, and would send it again without its body.
    if matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS") {
        context.pass_through_on_exception();
    }
    let gone = gone::of(&request);
    let answering = pin!(page_view::answer(&request, &method, &env, &context, &gone));
    let answered = match select(answering, gone.clone()).await {
        Either::Left((answered, _)) => answered,
        // The runtime ends what is under way for this visitor, and none of it would ever be freed: it is given up now.
        Either::Right(_) => return Ok(pass_through::to_nobody()?),
    };
    match answered {
        Ok(response) => Ok(response),
        // The platform refused something that it never refuses: XM's own answer, as if we were not there.
        Err(_) => Ok(page_view::fall_back(&request, &env).await?),
    }
}

/// Delivers events that the queue holds. Exported by hand: the `worker` crate's own would make a panic of an error.
///
/// # Errors
/// The platform did not take a verdict: what is not acknowledged comes again.
#[wasm_bindgen]
pub async fn queue(batch: MessageBatch, env: Env, _context: JsValue) -> Result<JsValue, JsValue> {
    consumer::consume(&batch, &env).await?;
    Ok(JsValue::UNDEFINED)
}
