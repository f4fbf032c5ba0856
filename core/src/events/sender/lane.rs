//! The messages of one visitor in a batch, in the order in which they happened.
//!
//! In: a batch as it came. Out: lanes, which may be sent side by side, and per lane what may go and what has to wait.
//!
//! The promise is that every event arrives; the order is kept as far as it costs no event. Behind an event that must be
//! tried again the visitor's later ones wait, and come again not before it. But they wait only for its first attempts:
//! a CDP that never takes one event must not keep all others of the visitor until the dead-letter queue has them.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Batch, Verdict, refused_delay_s};
use crate::{
    cdp::{BrowserId, event},
    events::{Outcome, StoredEvent},
};

/// So many attempts of an event do its visitor's later ones wait for: about two minutes.
const MAX_WAITED_ATTEMPTS: u32 = 5;

/// A message that was read.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Its place in the batch.
    pub index: usize,
    /// How often the queue has delivered it, this time included.
    pub attempts: u32,
    /// The event.
    pub stored: StoredEvent,
}

/// One visitor's messages.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Whose they are; `None`: an event without a readable id, alone in its lane.
    pub browser_id: Option<BrowserId>,
    /// In the order in which they happened.
    pub events: Vec<Delivered>,
    /// When they go.
    pub pace: Pace,
}

/// When the messages of a lane go.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The same for all events of a visitor, so that those which failed together come again together.
    jitter: f64,
    /// Later messages wait at least so long, in seconds.
    held_s: Option<u32>,
}

/// Sorts a batch by visitor, and each visitor's messages by time. The queue may have mixed them.
#[must_use]
pub fn lanes(batch: Vec<Delivered>) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for delivered in batch {
        let id = event::browser_id(&delivered.stored.body);
        let known = lanes
            .iter_mut()
            .find(|lane| id.is_some() && lane.browser_id == id);
        if let Some(Lane { events, .. }) = known {
            let order = delivered.stored.order();
            let place = events.partition_point(|earlier| earlier.stored.order() <= order);
            events.insert(place, delivered);
            continue;
        }
        let name = id
            .as_ref()
            .map_or(delivered.stored.id.as_str(), BrowserId::as_str);
        lanes.push(Lane {
            pace: Pace::new(name),
            browser_id: id,
            events: vec![delivered],
        });
    }
    lanes
}

impl Pace {
    fn new(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let [byte, ..] = hasher.finish().to_be_bytes();
        Self {
            jitter: f64::from(byte) / 255.0,
            held_s: None,
        }
    }

    /// Seconds after which a message comes again that is not even tried; `None`: it is to be sent now.
    pub fn waits_s(&mut self, batch: &Batch, attempts: u32) -> Option<u32> {
        if self.held_s.is_none() && batch.is_worth_a_try() {
            return None;
        }
        let delay_s = batch.delay_s(attempts, self.jitter);
        Some(self.hold(delay_s))
    }

    /// Judges a try. `replaced`: as the stored event says.
    pub fn verdict(
        &mut self,
        batch: &mut Batch,
        outcome: Outcome,
        replaced: bool,
        attempts: u32,
        retry_after_s: Option<u32>,
    ) -> Verdict {
        batch.note(outcome, retry_after_s);
        match outcome {
            Outcome::Accepted => Verdict::Ack,
            Outcome::UnknownBrowserId if !replaced => Verdict::ReplaceId,
            Outcome::Rejected | Outcome::UnknownBrowserId => Verdict::Retry {
                delay_s: refused_delay_s(),
            },
            Outcome::Retry => {
                let mut delay_s = batch.delay_s(attempts, self.jitter);
                if attempts <= MAX_WAITED_ATTEMPTS {
                    delay_s = self.hold(delay_s);
                }
                Verdict::Retry { delay_s }
            }
        }
    }

    /// From now on nobody comes again sooner.
    fn hold(&mut self, delay_s: u32) -> u32 {
        let delay_s = self.held_s.map_or(delay_s, |held| held.max(delay_s));
        self.held_s = Some(delay_s);
        delay_s
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::events::Outgoing;

    fn delivered(index: usize, browser: u8, at_ms: u64) -> Delivered {
        let body =
            format!(r#"{{"browser_id":"{browser:08x}-11eb-4cf9-8d5d-274e9f344925","n":{index}}}"#);
        let event = event::Event {
            id: format!("e{index}"),
            body,
        };
        let outgoing = Outgoing {
            replaceable: None,
            user_agent: String::new(),
            events: vec![event],
        };
        Delivered {
            index,
            attempts: 1,
            stored: outgoing.stored(at_ms).remove(0),
        }
    }

    fn indices(lanes: &[Lane]) -> Vec<Vec<usize>> {
        let of = |lane: &Lane| lane.events.iter().map(|event| event.index).collect();
        lanes.iter().map(of).collect()
    }

    #[test]
    fn each_visitor_has_a_lane_in_the_order_of_time() {
        let mut odd = delivered(5, 1, 0);
        odd.stored.body = "{}".to_owned();
        let batch = vec![
            delivered(0, 1, 20),
            delivered(1, 2, 5),
            delivered(2, 1, 10),
            delivered(3, 1, 20),
            delivered(4, 2, 5),
            odd.clone(),
            Delivered { index: 6, ..odd },
        ];
        let lanes = lanes(batch);
        assert_eq!(
            indices(&lanes),
            [vec![2, 0, 3], vec![1, 4], vec![5], vec![6]]
        );
        assert_eq!(lanes[2].browser_id, None);
    }

    #[test]
    fn events_of_one_answer_keep_their_order_whatever_the_queue_makes_of_it() {
        let event = |id: &str| event::Event {
            id: id.to_owned(),
            body: r#"{"browser_id":"11111111-11eb-4cf9-8d5d-274e9f344925"}"#.to_owned(),
        };
        let outgoing = Outgoing {
            replaceable: None,
            user_agent: String::new(),
            events: ["a", "b", "c"].map(event).to_vec(),
        };
        let mixed = outgoing.stored(7).into_iter().rev();
        let batch = mixed.enumerate().map(|(index, stored)| Delivered {
            index,
            attempts: 1,
            stored,
        });
        let lanes = lanes(batch.collect());
        let ids: Vec<&str> = lanes[0]
            .events
            .iter()
            .map(|event| event.stored.id.as_str())
            .collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }

    #[test]
    fn a_stored_event_is_acknowledged_only_when_the_cdp_has_it() {
        use Outcome::*;
        #[rustfmt::skip]
        let cases = [
            (Accepted, false, Verdict::Ack),
            (Accepted, true, Verdict::Ack),
            (UnknownBrowserId, false, Verdict::ReplaceId),
            (UnknownBrowserId, true, Verdict::Retry { delay_s: 900 }),
            (Rejected, false, Verdict::Retry { delay_s: 900 }),
            (Retry, false, Verdict::Retry { delay_s: 5 }),
        ];
        for (outcome, replaced, expected) in cases {
            let mut pace = Pace {
                jitter: 1.0,
                held_s: None,
            };
            let verdict = pace.verdict(&mut Batch::default(), outcome, replaced, 1, None);
            assert_eq!(verdict, expected, "{outcome:?} {replaced}");
        }
    }

    #[test]
    fn behind_an_event_that_comes_again_its_visitors_later_ones_wait_and_nobody_elses() {
        let mut batch = Batch::default();
        let (mut one, mut other) = (Pace::new("one"), Pace::new("other"));
        let Verdict::Retry { delay_s } = one.verdict(&mut batch, Outcome::Retry, false, 3, None)
        else {
            panic!("a failure is retried");
        };
        // Although it was delivered less often, it does not come sooner.
        assert_eq!(one.waits_s(&batch, 1), Some(delay_s));
        assert!(one.waits_s(&batch, 5) > Some(delay_s));
        assert_eq!(other.waits_s(&batch, 1), None);
    }

    #[test]
    fn a_refused_event_keeps_nobody_waiting() {
        let (mut batch, mut pace) = (Batch::default(), Pace::new("one"));
        pace.verdict(&mut batch, Outcome::Rejected, false, 1, None);
        pace.verdict(&mut batch, Outcome::UnknownBrowserId, true, 1, None);
        assert_eq!(pace.waits_s(&batch, 1), None);
    }

    #[test]
    fn an_event_that_never_succeeds_does_not_keep_its_visitors_others_for_ever() {
        for (attempts, waits) in [(1, true), (5, true), (6, false), (100, false)] {
            let (mut batch, mut pace) = (Batch::default(), Pace::new("one"));
            pace.verdict(&mut batch, Outcome::Retry, false, attempts, None);
            assert_eq!(pace.waits_s(&batch, 1).is_some(), waits, "{attempts}");
        }
    }

    #[test]
    fn when_the_cdp_is_gone_nothing_is_tried_and_what_it_asked_for_holds_for_all() {
        let (mut batch, mut pace) = (Batch::default(), Pace::new("one"));
        pace.verdict(&mut batch, Outcome::Retry, false, 9, Some(3_000));
        assert_eq!(Pace::new("other").waits_s(&batch, 1), Some(3_000));
    }

    proptest! {
        #[test]
        fn delays_are_bounded_and_never_shrink_within_a_visitor(
            tries in prop::collection::vec((1_u32..200, any::<bool>(), any::<Option<u32>>()), 1..20),
            name in "[a-f0-9]{8}",
        ) {
            let (mut batch, mut pace) = (Batch::default(), Pace::new(&name));
            let mut last = None;
            for (attempts, succeeds, asked) in tries {
                let waits_s = pace.waits_s(&batch, attempts);
                let delay_s = match waits_s {
                    Some(delay_s) => delay_s,
                    None if succeeds => {
                        pace.verdict(&mut batch, Outcome::Accepted, false, attempts, None);
                        continue;
                    }
                    None => {
                        let verdict = pace.verdict(&mut batch, Outcome::Retry, false, attempts, asked);
                        let Verdict::Retry { delay_s } = verdict else { panic!("a failure is retried") };
                        delay_s
                    }
                };
                prop_assert!((2..=3_600).contains(&delay_s));
                if waits_s.is_some() || attempts <= MAX_WAITED_ATTEMPTS {
                    prop_assert!(Some(delay_s) >= last);
                    last = Some(delay_s);
                }
            }
        }

        #[test]
        fn no_message_of_a_batch_is_lost_or_doubled(visitors in prop::collection::vec((0_u8..5, 0_u64..4), 0..60)) {
            let batch: Vec<Delivered> = visitors
                .iter()
                .enumerate()
                .map(|(index, (visitor, at_ms))| delivered(index, *visitor, *at_ms))
                .collect();
            let lanes = lanes(batch);
            let mut seen = indices(&lanes).concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..visitors.len()).collect::<Vec<_>>());
            let visitors: HashSet<_> = lanes.iter().map(|lane| lane.browser_id.clone()).collect();
            prop_assert_eq!(visitors.len(), lanes.len());
        }
    }
}
