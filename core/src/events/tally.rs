//! The log line about events: how many had which outcome.
//!
//! In: labels. Out: one line of JSON. It has no field for an id, a type or a value of an event.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::events::Sent;

/// Where events came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `POST …/event`, `POST …/identity`, the beacon.
    Page,
    /// `CDP-Event` headers and rules.
    Xm,
}

/// Counts of events.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    message: &'static str,
    /// `events`: of one answer; `queue`: of one batch.
    route: &'static str,
    /// `page` or `xm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    /// The name of the queue that delivered the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// How many had which outcome.
    outcomes: BTreeMap<&'static str, u32>,
    /// Why the bound queue did not take them.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_fault: Option<&'static str>,
    /// Milliseconds that it took.
    ms: u32,
}

impl Tally {
    /// Of the events of one answer.
    #[must_use]
    pub fn of_answer(source: Source, sent: &Sent) -> Self {
        let mut tally = Self {
            message: "xm-edge",
            route: "events",
            source: Some(match source {
                Source::Page => "page",
                Source::Xm => "xm",
            }),
            queue_fault: sent.queue_fault.map(|fault| fault.label()),
            ..Self::default()
        };
        for fate in &sent.fates {
            tally.count(fate.label());
        }
        tally
    }

    /// Of a batch of the queue called `queue`.
    #[must_use]
    pub fn of_batch(queue: String) -> Self {
        Self {
            message: "xm-edge",
            route: "queue",
            queue: Some(queue),
            ..Self::default()
        }
    }

    /// One more. `label`: constant.
    pub fn count(&mut self, label: &'static str) {
        *self.outcomes.entry(label).or_default() += 1;
    }

    /// The line, `ms` milliseconds after the start.
    #[must_use]
    pub fn json(mut self, ms: u32) -> String {
        self.ms = ms;
        // Only texts and numbers under text keys: serde_json has nothing to refuse.
        serde_json::to_string(&self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Fate, QueueFault};

    #[test]
    fn a_line_about_an_answer_has_labels_and_counts() {
        let sent = Sent {
            fates: vec![Fate::Accepted, Fate::Lost, Fate::Accepted],
            queue_fault: None,
        };
        assert_eq!(
            Tally::of_answer(Source::Xm, &sent).json(7),
            r#"{"message":"xm-edge","route":"events","source":"xm","outcomes":{"accepted":2,"lost":1},"ms":7}"#
        );
        let sent = Sent {
            fates: vec![Fate::Rejected],
            queue_fault: Some(QueueFault::Timeout),
        };
        assert_eq!(
            Tally::of_answer(Source::Page, &sent).json(0),
            r#"{"message":"xm-edge","route":"events","source":"page","outcomes":{"rejected":1},"queue_fault":"timeout","ms":0}"#
        );
    }

    #[test]
    fn a_line_about_a_batch_names_its_queue() {
        let mut tally = Tally::of_batch("xm-edge-events".to_owned());
        tally.count("accepted");
        tally.count("unreadable");
        tally.count("accepted");
        assert_eq!(
            tally.json(81),
            r#"{"message":"xm-edge","route":"queue","queue":"xm-edge-events","outcomes":{"accepted":2,"unreadable":1},"ms":81}"#
        );
    }

    #[test]
    fn labels_tell_the_outcomes_apart() {
        use Fate::*;
        let labels = [Accepted, Lost, Rejected, Stored, UnknownBrowserId].map(Fate::label);
        assert_eq!(
            labels,
            [
                "accepted",
                "lost",
                "rejected",
                "stored",
                "unknown_browser_id"
            ]
        );
        assert_eq!(QueueFault::Refused.label(), "refused");
    }
}
