//! The events of one visitor that leave together, in this order.
//!
//! In: complete events. Out: messages for the queue, in portions that it takes at once.

use crate::{
    cdp::{
        BrowserId,
        event::{self, Event},
    },
    events::StoredEvent,
};

/// Most bytes of the messages that the queue takes at once: 256 kB, of which it needs some itself.
const MAX_PARCEL: usize = 240_000;
/// Most messages that it takes at once.
const MAX_MESSAGES: usize = 100;
/// What the queue adds to each message, in bytes.
const OVERHEAD: usize = 100;

/// Events to be sent or stored.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The visitor's id, under which the events are; `None` when it stays, come what may: it has replaced another, or is
    /// no guest's but a bot's.
    pub replaceable: Option<BrowserId>,
    /// The visitor's `User-Agent`, by which the CDP knows the device.
    pub user_agent: String,
    /// The events, in their order.
    pub events: Vec<Event>,
}

impl Outgoing {
    /// The same events under `id`, which stays.
    #[must_use]
    pub fn under(mut self, id: &BrowserId) -> Self {
        for event in &mut self.events {
            event.body = event::with_browser_id(&event.body, id);
        }
        self.replaceable = None;
        self
    }

    /// As the queue has them, stored at `at_ms` (milliseconds since 1970).
    #[must_use]
    pub fn stored(&self, at_ms: u64) -> Vec<StoredEvent> {
        let replaced = self.replaceable.is_none();
        let store = |(n, event)| StoredEvent::new(event, &self.user_agent, replaced, at_ms, n);
        self.events.iter().enumerate().map(store).collect()
    }
}

/// `messages` in portions that the queue takes at once, in their order.
#[must_use]
pub fn parcels(messages: &[StoredEvent]) -> Vec<Vec<String>> {
    let mut parcels: Vec<Vec<String>> = Vec::new();
    let mut left = 0;
    for message in messages.iter().map(StoredEvent::to_json) {
        let size = message.len() + OVERHEAD;
        match parcels.last_mut() {
            Some(parcel) if size <= left && parcel.len() < MAX_MESSAGES => {
                left -= size;
                parcel.push(message);
            }
            _ => {
                left = MAX_PARCEL.saturating_sub(size);
                parcels.push(vec![message]);
            }
        }
    }
    parcels
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OLD: &str = "11111111-1111-4111-8111-111111111111";
    const NEW: &str = "22222222-2222-4222-8222-222222222222";

    fn outgoing(sizes: &[usize]) -> Outgoing {
        let event = |(n, size): (usize, &usize)| Event {
            id: format!("e{n}"),
            body: format!(r#"{{"browser_id":"{OLD}","x":"{}"}}"#, "x".repeat(*size)),
        };
        Outgoing {
            replaceable: BrowserId::parse(OLD),
            user_agent: "agent".to_owned(),
            events: sizes.iter().enumerate().map(event).collect(),
        }
    }

    #[test]
    fn events_are_stored_with_what_sending_them_needs() {
        let stored = outgoing(&[1, 2]).stored(9);
        assert_eq!(stored.len(), 2);
        assert_eq!((stored[0].order(), stored[1].order()), ((9, 0), (9, 1)));
        assert_eq!(stored[1].user_agent, "agent");
        assert!(!stored[1].replaced);
    }

    #[test]
    fn an_id_that_replaced_another_stays() {
        let id = BrowserId::parse(NEW).unwrap();
        let moved = outgoing(&[1]).under(&id);
        assert_eq!(moved.replaceable, None);
        let stored = moved.stored(0).remove(0);
        assert!(stored.replaced);
        assert_eq!(event::browser_id(&stored.body), Some(id));
    }

    #[test]
    fn a_hundred_messages_or_240_kb_are_one_portion() {
        let count = |sizes: &[usize]| -> Vec<usize> {
            let parcels = parcels(&outgoing(sizes).stored(0));
            parcels.iter().map(Vec::len).collect()
        };
        assert_eq!(count(&[]), [0; 0]);
        assert_eq!(count(&[1; 100]), [100]);
        assert_eq!(count(&[1; 101]), [100, 1]);
        assert_eq!(count(&[100_000; 5]), [2, 2, 1]);
        // What no portion can hold is still offered: the queue says no, and it is sent.
        assert_eq!(count(&[1, 500_000, 1]), [1, 1, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn portions_keep_every_message_in_its_place(sizes in prop::collection::vec(0_usize..90_000, 0..30)) {
            let stored = outgoing(&sizes).stored(3);
            let parcels = parcels(&stored);
            let all: Vec<StoredEvent> = parcels.concat().iter().map(|text| StoredEvent::parse(text).unwrap()).collect();
            prop_assert_eq!(all, stored);
            for parcel in parcels {
                prop_assert!(parcel.iter().map(|text| text.len() + OVERHEAD).sum::<usize>() <= MAX_PARCEL);
            }
        }
    }
}
