//! `POST …/event` and `POST …/identity`: events that a page sends.
//!
//! In: a request of a page. Out: 202 once the event is stored or, without a queue, on its way. The answer does not wait for
//! the CDP, except for the id of a visitor who has none yet, and where the queue fails.

use futures_util::FutureExt;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::{CdpSettings, Config},
    endpoints::{
        Admission, Answer, Endpoint, Incoming, MAX_BODY, Received, accepted, admit, event,
        identity, ignored, not_stored, screen,
    },
    events::{EventContext, Fate, Outgoing, Source, complete},
    response::id_cookie,
};

use super::{Call, respond};
use crate::{
    cdp,
    platform::{body_reader::BodyReader, clock::Clock, queue::Queue},
    sender,
    visit::Visit,
};

/// Answers a POST of a page.
pub(super) async fn answer(
    call: &Call<'_>,
    endpoint: Endpoint,
    config: &Config,
    env: &Env,
    context: &Context,
) -> Result<web_sys::Response, JsValue> {
    let (method, target, headers) = (call.method, call.target, call.headers);
    if let Some(refused) = screen(method, target, headers) {
        return respond(&refused);
    }
    let body = read(call.request).await?;
    let received = match endpoint {
        Endpoint::Identity => identity::receive(method, target, headers, &body),
        _ => event::receive(method, target, headers, &body),
    };
    match received {
        Received::Answer(refused) => respond(&refused),
        Received::Event(incoming) => respond(&take(call, incoming, config, env, context).await),
    }
}

/// At most [`MAX_BODY`] bytes of the body, and one more when there are more.
async fn read(request: &web_sys::Request) -> Result<Vec<u8>, JsValue> {
    let Some(body) = request.body() else {
        return Ok(Vec::new());
    };
    let whole = BodyReader::new(&body)?.read_to_end(MAX_BODY).await?;
    Ok(whole.unwrap_or_else(|| vec![b' '; MAX_BODY + 1]))
}

async fn take(
    call: &Call<'_>,
    incoming: Incoming,
    config: &Config,
    env: &Env,
    context: &Context,
) -> Answer {
    let site = call.site(config, &incoming.page_path, env).into_owned();
    let client_key = &config.cdp.client_key;
    let visit = Visit::read(call.target, call.headers, &site, client_key);
    let known = visit.id.id().cloned();
    let admission = admit(visit.class, visit.grants, known, incoming.checked.kind());
    let (browser_id, cookie) = match admission {
        Admission::Ignore(reason) => return ignored(reason),
        Admission::Send(id) => (id, visit.id.renewal(client_key, &site)),
        Admission::CreateId => match cdp::create_in_time(&config.cdp, &site).await {
            Ok(id) => {
                let cookie = id_cookie::keep(&id, client_key, &site);
                (id, Some(cookie))
            }
            Err(_) => return not_stored(),
        },
    };
    let event = complete(
        incoming.checked,
        &EventContext {
            cdp: &config.cdp,
            site: &site,
            browser_id: &browser_id,
            html_lang: None,
            page_name: None,
            path: &incoming.page_path,
            requested_at_ms: Clock::epoch_ms(),
        },
        Uuid::new_v4().to_string(),
    );
    let event_id = event.id.clone();
    let outgoing = Outgoing {
        replaceable: Some(browser_id),
        user_agent: visit.user_agent,
        events: vec![event],
    };
    let answer = if is_taken(outgoing, &config.cdp, env, context).await {
        accepted(&event_id)
    } else {
        not_stored()
    };
    // Also when it is to be sent again: under the same id.
    match cookie {
        Some(cookie) => answer.with("set-cookie", cookie),
        None => answer,
    }
}

/// Whether the page may be told that its event is accepted. With a queue that means that the queue has it, or, where the
/// queue fails, the CDP; without one, that it is on its way.
async fn is_taken(outgoing: Outgoing, cdp: &CdpSettings, env: &Env, context: &Context) -> bool {
    let Some(queue) = Queue::bound(env) else {
        sender::send_later(context, None, cdp, outgoing, Source::Page);
        return true;
    };
    let (clock, cdp) = (Clock::start(), cdp.clone());
    let taking = async move {
        let sent = sender::send_now(&queue, &cdp, outgoing).await;
        sender::log(Source::Page, &sent, clock);
        matches!(sent.first(), Some(Fate::Accepted | Fate::Stored))
    };
    // The page may be gone before the answer: its event is stored all the same.
    let taking = taking.boxed_local().shared();
    context.wait_until(taking.clone().map(drop));
    taking.await
}
