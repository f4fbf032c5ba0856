//! Sends events to the CDP.
//!
//! In: a complete event. Out: what became of it. When to try again is the core's decision; nothing here delays a page.

use futures_util::future::{Either, select};
use xm_edge_core::{
    cdp::event::{self, Event},
    config::CdpSettings,
    events::{
        Outcome, outcome,
        sender::{Next, TRY_TIMEOUT_MS, Tries, retry_after_s},
    },
    request::BrowserId,
};

use crate::{
    cdp,
    platform::{clock, fetch},
    unknown_ids,
};

/// Most of a reply that is read, in bytes.
const MAX_REPLY: usize = 16 * 1024;

/// Sends `events` of one visitor, one after the other: a goal belongs to the person who was identified before it. Each is
/// tried as often as the core says. An id that the CDP does not know is replaced once, for all of them, and at the next
/// page view in the visitor's cookie.
pub async fn deliver(
    settings: &CdpSettings,
    user_agent: &str,
    browser_id: &BrowserId,
    events: &[Event],
) {
    let mut replacement = None;
    for event in events {
        let body = match &replacement {
            Some(id) => event::with_browser_id(&event.body, id),
            None => event.body.clone(),
        };
        if let Some(id) = deliver_one(settings, user_agent, browser_id, body).await {
            replacement = Some(id);
        }
    }
}

/// Sends one event; gives the id that replaced an unknown one.
async fn deliver_one(
    settings: &CdpSettings,
    user_agent: &str,
    browser_id: &BrowserId,
    mut body: String,
) -> Option<BrowserId> {
    let mut replacement = None;
    let mut tries = Tries::default();
    loop {
        let (outcome, retry_after_s) = try_once(settings, user_agent, &body).await;
        match tries.next(outcome, retry_after_s, js_sys::Math::random()) {
            Next::Done(_) => return replacement,
            Next::Wait { ms } => clock::delay(ms).await,
            Next::ReplaceId => {
                unknown_ids::note(browser_id);
                let id = cdp::create_browser_id(settings).await.ok()?;
                body = event::with_browser_id(&body, &id);
                replacement = Some(id);
            }
        }
    }
}

/// One try, and how long the CDP asks to wait before the next.
async fn try_once(settings: &CdpSettings, user_agent: &str, body: &str) -> (Outcome, Option<u32>) {
    let Ok(request) = cdp::post(settings, event::PATH, user_agent, body) else {
        return (Outcome::Rejected, None);
    };
    let sent = Box::pin(fetch::ask_with_headers(&request, MAX_REPLY));
    match select(sent, clock::delay(TRY_TIMEOUT_MS)).await {
        Either::Left((Ok((answer, headers)), _)) => (
            outcome(Some(answer.status), &answer.body.unwrap_or_default()),
            headers
                .get("retry-after")
                .ok()
                .flatten()
                .and_then(|value| retry_after_s(&value)),
        ),
        Either::Left((Err(_), _)) | Either::Right(_) => (outcome(None, &[]), None),
    }
}
