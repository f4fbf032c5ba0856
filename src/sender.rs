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
};

use crate::{
    cdp,
    platform::{clock, fetch},
};

/// Most of a reply that is read, in bytes.
const MAX_REPLY: usize = 16 * 1024;

/// Sends `event`, as often as the core says. An id that the CDP does not know is replaced once.
pub async fn deliver(settings: &CdpSettings, user_agent: &str, event: &Event) -> Outcome {
    let mut body = event.body.clone();
    let mut tries = Tries::default();
    loop {
        let (outcome, retry_after_s) = try_once(settings, user_agent, &body).await;
        match tries.next(outcome, retry_after_s, js_sys::Math::random()) {
            Next::Done(outcome) => return outcome,
            Next::Wait { ms } => clock::delay(ms).await,
            Next::ReplaceId => match cdp::create_browser_id(settings).await {
                Ok(id) => body = event::with_browser_id(&body, &id),
                Err(_) => return outcome,
            },
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
