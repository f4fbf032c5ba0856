//! Delivers the events that the queue `EVENTS` holds: the same Worker consumes what it stored.
//!
//! In: a batch. Out: each message acknowledged because the CDP has it, or given back. A message that is neither would be
//! forgotten, so whatever cannot be said to the platform fails the batch, and all of it comes again.

use std::{cell::RefCell, collections::VecDeque, vec::IntoIter};

use futures_util::FutureExt;
use wasm_bindgen::JsValue;
use worker::Env;
use xm_edge_core::{
    cdp::BrowserId,
    config::CdpSettings,
    events::{
        Outcome, StoredEvent, Tally, parcels,
        sender::{Batch, Delivered, Lane, Pace, Verdict, lanes, refused_delay_s},
    },
};

use crate::{
    platform::{
        clock::Clock,
        environment,
        queue::{Message, MessageBatch, Queue},
    },
    sender, unknown_ids,
};

/// Delivers a batch.
///
/// # Errors
/// What is neither acknowledged nor given back then comes again.
pub async fn consume(batch: &MessageBatch, env: &Env) -> Result<(), JsValue> {
    let clock = Clock::start();
    let messages = batch.messages()?;
    let settings = environment::settings(env);
    let delivery = Delivery {
        queue: Queue::bound(env),
        messages,
        batch: RefCell::default(),
        tally: RefCell::new(Tally::of_batch(batch.queue_name())),
        failed: RefCell::new(None),
    };
    match &settings.config {
        Ok(config) => delivery.run(&config.cdp).await,
        Err(_) => delivery.give_all_back("config_invalid"),
    }
    worker::console_log!("{}", delivery.tally.into_inner().json(clock.now_ms()));
    delivery.failed.into_inner().map_or(Ok(()), Err)
}

/// A batch under way.
struct Delivery {
    /// Where events go whose id was replaced.
    queue: Option<Queue>,
    messages: Vec<Message>,
    batch: RefCell<Batch>,
    tally: RefCell<Tally>,
    /// The platform did not take a verdict.
    failed: RefCell<Option<JsValue>>,
}

impl Delivery {
    async fn run(&self, settings: &CdpSettings) {
        let mut read = Vec::new();
        for (index, message) in self.messages.iter().enumerate() {
            let stored = message
                .text()
                .and_then(|text| StoredEvent::parse(&text).ok());
            match stored {
                Some(stored) => read.push(Delivered {
                    index,
                    attempts: message.attempts(),
                    stored,
                }),
                None => self.give_back(index, refused_delay_s(), "unreadable"),
            }
        }
        // So many side by side as the platform keeps connections open; each takes the next lane when it is through with one.
        let lanes = RefCell::new(lanes(read).into_iter());
        let worker = || self.send_lanes(settings, &lanes).boxed_local();
        futures_util::join!(worker(), worker(), worker(), worker(), worker(), worker());
    }

    async fn send_lanes(&self, settings: &CdpSettings, lanes: &RefCell<IntoIter<Lane>>) {
        loop {
            let next = lanes.borrow_mut().next();
            let Some(lane) = next else { return };
            self.send_lane(settings, lane).await;
        }
    }

    /// Sends the events of one visitor, one after the other.
    async fn send_lane(&self, settings: &CdpSettings, lane: Lane) {
        let (browser_id, mut pace) = (lane.browser_id.as_ref(), lane.pace);
        let mut left = VecDeque::from(lane.events);
        while let Some(event) = left.pop_front() {
            let waits_s = pace.waits_s(&self.batch.borrow(), event.attempts);
            if let Some(delay_s) = waits_s {
                self.give_back(event.index, delay_s, "unsent");
                continue;
            }
            let (outcome, retry_after_s) = if is_known_to_be_unknown(browser_id, &event) {
                (Outcome::UnknownBrowserId, None)
            } else {
                let StoredEvent {
                    user_agent, body, ..
                } = &event.stored;
                sender::try_once(settings, user_agent, body).await
            };
            match self.judge(&mut pace, &event, outcome, retry_after_s) {
                Verdict::Ack => self.ack(event.index, outcome.label()),
                Verdict::Retry { delay_s } => {
                    self.give_back(event.index, delay_s, outcome.label());
                }
                Verdict::ReplaceId => match new_id(settings, browser_id).await {
                    Some(id) => {
                        left.push_front(event);
                        self.move_to(&id, &mut left).await;
                    }
                    // As good as no answer.
                    None => match self.judge(&mut pace, &event, Outcome::Retry, None) {
                        Verdict::Retry { delay_s } => {
                            self.give_back(event.index, delay_s, outcome.label());
                        }
                        Verdict::Ack | Verdict::ReplaceId => {
                            self.give_back(event.index, refused_delay_s(), outcome.label());
                        }
                    },
                },
            }
        }
    }

    /// Puts what is left of a visitor into the queue under `id`, in order, and acknowledges it: a new id is a new guest, and
    /// must not be made again when the CDP fails now. What the queue does not take is left, under the new id as well.
    async fn move_to(&self, id: &BrowserId, left: &mut VecDeque<Delivered>) {
        for event in left.iter_mut() {
            event.stored = event.stored.with_browser_id(id);
        }
        let Some(queue) = &self.queue else { return };
        let messages: Vec<StoredEvent> = left.iter().map(|event| event.stored.clone()).collect();
        for parcel in parcels(&messages) {
            if sender::store_parcel(queue, &parcel).await.is_err() {
                return;
            }
            for event in left.drain(..parcel.len()) {
                self.ack(event.index, "replaced");
            }
        }
    }

    fn judge(
        &self,
        pace: &mut Pace,
        event: &Delivered,
        outcome: Outcome,
        retry_after_s: Option<u32>,
    ) -> Verdict {
        let (replaced, attempts) = (event.stored.replaced, event.attempts);
        let batch = &mut self.batch.borrow_mut();
        pace.verdict(batch, outcome, replaced, attempts, retry_after_s)
    }

    fn ack(&self, index: usize, label: &'static str) {
        if let Some(message) = self.messages.get(index) {
            message.ack();
            self.tally.borrow_mut().count(label);
        }
    }

    fn give_back(&self, index: usize, delay_s: u32, label: &'static str) {
        let Some(message) = self.messages.get(index) else {
            return;
        };
        self.tally.borrow_mut().count(label);
        if let Err(error) = message.retry(delay_s) {
            self.failed.replace(Some(error));
        }
    }

    fn give_all_back(&self, label: &'static str) {
        for index in 0..self.messages.len() {
            self.give_back(index, refused_delay_s(), label);
        }
    }
}

/// Whether sending `event` would only say again that its id is unknown.
fn is_known_to_be_unknown(browser_id: Option<&BrowserId>, event: &Delivered) -> bool {
    !event.stored.replaced && browser_id.is_some_and(unknown_ids::contains)
}

async fn new_id(settings: &CdpSettings, old: Option<&BrowserId>) -> Option<BrowserId> {
    unknown_ids::replace(settings, old?).await
}
