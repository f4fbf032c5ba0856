//! `POST …/event` and `POST …/identity`: events that a page sends.
//!
//! In: a request of a page. Out: 202 once the event is on its way. The answer does not wait for the CDP, except for the id
//! of a visitor who has none yet.

use futures_util::future::{Either, select};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use worker::Context;
use xm_edge_core::{
    config::{CdpSettings, Config, Site, site_for},
    endpoints::{
        Admission, Answer, Endpoint, Incoming, MAX_BODY, Received, accepted, admit, event,
        identity, ignored, not_stored, screen,
    },
    events::{EventContext, complete},
    request::BrowserId,
    response::id_cookie,
};

use super::{Call, respond};
use crate::{
    cdp,
    platform::{
        body_reader::BodyReader,
        clock::{self, Clock},
    },
    sender,
    visit::{IdState, Visit},
};

/// Answers a POST of a page.
pub(super) async fn answer(
    call: &Call<'_>,
    endpoint: Endpoint,
    config: &Config,
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
        Received::Event(incoming) => respond(&take(call, incoming, config, context).await),
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

async fn take(call: &Call<'_>, incoming: Incoming, config: &Config, context: &Context) -> Answer {
    let site = site_for(config, &call.target.host, &incoming.page_path).into_owned();
    let visit = Visit::read(call.target, call.headers, &site, &config.cdp.client_key);
    let known = match &visit.id {
        IdState::Known(id) => Some(id.clone()),
        _ => None,
    };
    let admission = admit(visit.class, visit.grants, known, incoming.checked.kind());
    let (browser_id, is_new) = match admission {
        Admission::Ignore(reason) => return ignored(reason),
        Admission::Send(id) => (id, false),
        Admission::CreateId => match create_id(&config.cdp, &site).await {
            Some(id) => (id, true),
            None => return not_stored(),
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
    let answer = accepted(&event.id);
    let answer = if is_new {
        let cookie = id_cookie::keep(&browser_id, &config.cdp.client_key, &site);
        answer.with("set-cookie", cookie)
    } else {
        answer
    };
    let (cdp, user_agent) = (config.cdp.clone(), visit.user_agent);
    context.wait_until(async move {
        sender::deliver(&cdp, &user_agent, &browser_id, &[event]).await;
    });
    answer
}

/// A browser id, if the CDP gives one within the site's budget.
async fn create_id(cdp: &CdpSettings, site: &Site) -> Option<BrowserId> {
    let create = Box::pin(cdp::create_browser_id(cdp));
    match select(create, clock::delay(site.id_budget_ms)).await {
        Either::Left((created, _)) => created.ok(),
        Either::Right(_) => None,
    }
}
