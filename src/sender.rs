//! Sends events: every one of them goes through here.
//!
//! ```text
//! Outgoing ─► queue bound? ─► stored ─► (src/consumer.rs) ─► the CDP
//!                   └ no, or it refuses ─────────────────────► the CDP, at most three tries
//! ```
//!
//! In: complete events of one visitor. Out: what became of each. When to try again is the core's decision; nothing here
//! delays a page.

use futures_util::future::{Either, select};
use worker::Context;
use xm_edge_core::{
    cdp::event,
    config::CdpSettings,
    events::{
        Fate, Outcome, Outgoing, QueueFault, Sent, Source, Tally, outcome, parcels,
        sender::{Next, STORE_TIMEOUT_MS, TRY_TIMEOUT_MS, Tries, retry_after_s},
    },
    request::BrowserId,
};

use crate::{
    cdp,
    platform::{
        clock::{self, Clock},
        fetch,
        queue::Queue,
    },
    unknown_ids,
};

/// Most of a reply that is read, in bytes.
const MAX_REPLY: usize = 16 * 1024;

/// Stores `outgoing` in the queue, where one is bound, or sends it.
pub async fn send(queue: Option<&Queue>, settings: &CdpSettings, outgoing: Outgoing) -> Sent {
    let outgoing = renewed(settings, outgoing).await;
    let Some(queue) = queue else {
        return deliver(settings, outgoing, Tries::new).await;
    };
    let (stored, rest, queue_fault) = store(queue, outgoing).await;
    let mut fates = vec![Fate::Stored; stored];
    if !rest.events.is_empty() {
        fates.extend(deliver(settings, rest, Tries::new).await.fates);
    }
    Sent { fates, queue_fault }
}

/// Sends `outgoing` after the response, and logs what became of it.
pub fn send_later(
    context: &Context,
    queue: Option<Queue>,
    settings: &CdpSettings,
    outgoing: Outgoing,
    source: Source,
) {
    if outgoing.events.is_empty() {
        return;
    }
    let settings = settings.clone();
    context.wait_until(async move {
        let clock = Clock::start();
        let sent = send(queue.as_ref(), &settings, outgoing).await;
        log(source, &sent, clock);
    });
}

/// One line about the events of an answer, without anything of them.
pub fn log(source: Source, sent: &Sent, clock: Clock) {
    let line = Tally::of_answer(source, sent).json(clock.now_ms());
    worker::console_log!("{line}");
}

/// As [`send`], while somebody waits for the answer: stored, or with the CDP at the first try, or neither.
pub async fn send_now(queue: &Queue, settings: &CdpSettings, outgoing: Outgoing) -> Sent {
    let (stored, rest, queue_fault) = store(queue, outgoing).await;
    let mut fates = vec![Fate::Stored; stored];
    if !rest.events.is_empty() {
        fates.extend(deliver(settings, rest, Tries::once).await.fates);
    }
    Sent { fates, queue_fault }
}

/// Under the visitor's new id, where the CDP has said already that it does not know the present one.
async fn renewed(settings: &CdpSettings, outgoing: Outgoing) -> Outgoing {
    let Some(old) = outgoing.replaceable.clone() else {
        return outgoing;
    };
    if !unknown_ids::contains(&old) {
        return outgoing;
    }
    match unknown_ids::replace(settings, &old).await {
        Some(id) => outgoing.under(&id),
        None => outgoing,
    }
}

/// Stores as many events as the queue takes; gives their number, the others, and what was wrong.
async fn store(queue: &Queue, mut outgoing: Outgoing) -> (usize, Outgoing, Option<QueueFault>) {
    let mut stored = 0;
    for parcel in parcels(&outgoing.stored(Clock::epoch_ms())) {
        if let Err(fault) = store_parcel(queue, &parcel).await {
            outgoing.events.drain(..stored);
            return (stored, outgoing, Some(fault));
        }
        stored += parcel.len();
    }
    outgoing.events.clear();
    (stored, outgoing, None)
}

/// Stores what the queue takes at once, within the time that it has.
pub async fn store_parcel(queue: &Queue, parcel: &[String]) -> Result<(), QueueFault> {
    let storing = Box::pin(queue.store(parcel));
    match select(storing, clock::delay(STORE_TIMEOUT_MS)).await {
        Either::Left((Ok(()), _)) => Ok(()),
        Either::Left((Err(_), _)) => Err(QueueFault::Refused),
        Either::Right(_) => Err(QueueFault::Timeout),
    }
}

/// Sends `outgoing` to the CDP, one event after the other: a goal belongs to the person who was identified before it. An id
/// that the CDP does not know is replaced once, for all of them, and at the next page view in the visitor's cookie.
async fn deliver(settings: &CdpSettings, outgoing: Outgoing, tries: fn(bool) -> Tries) -> Sent {
    let Outgoing {
        mut replaceable,
        user_agent,
        events,
    } = outgoing;
    let mut replacement = None;
    let mut sent = Sent::default();
    for event in events {
        let body = match &replacement {
            Some(id) => event::with_browser_id(&event.body, id),
            None => event.body,
        };
        let tries = tries(replaceable.is_some());
        let old = replaceable.as_ref();
        let (fate, id) = deliver_one(settings, &user_agent, old, body, tries).await;
        sent.fates.push(fate);
        if id.is_some() {
            replacement = id;
            replaceable = None;
        }
    }
    sent
}

/// Sends one event; gives the id that replaced an unknown one.
async fn deliver_one(
    settings: &CdpSettings,
    user_agent: &str,
    browser_id: Option<&BrowserId>,
    mut body: String,
    mut tries: Tries,
) -> (Fate, Option<BrowserId>) {
    let mut replacement = None;
    loop {
        let (outcome, retry_after_s) = try_once(settings, user_agent, &body).await;
        match (
            tries.next(outcome, retry_after_s, js_sys::Math::random()),
            browser_id,
        ) {
            (Next::Done(fate), _) => return (fate, replacement),
            (Next::Wait { ms }, _) => clock::delay(ms).await,
            (Next::ReplaceId, None) => return (Fate::UnknownBrowserId, replacement),
            (Next::ReplaceId, Some(old)) => match unknown_ids::replace(settings, old).await {
                Some(id) => {
                    body = event::with_browser_id(&body, &id);
                    replacement = Some(id);
                }
                None => return (Fate::UnknownBrowserId, None),
            },
        }
    }
}

/// One try, and how long the CDP asks to wait before the next.
pub async fn try_once(
    settings: &CdpSettings,
    user_agent: &str,
    body: &str,
) -> (Outcome, Option<u32>) {
    let request = cdp::post(settings, event::PATH, user_agent, body)
        // No event is lost for a device name that the platform refuses to send.
        .or_else(|_| cdp::post(settings, event::PATH, "", body));
    let Ok(request) = request else {
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
