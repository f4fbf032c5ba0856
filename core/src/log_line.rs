//! The structured log line: one per page, and one per request that was left alone.
//!
//! In: labels, friendly ids, counts, milliseconds. Out: one line of JSON. Nothing personal can enter it: it has no
//! field for a browser id, a cookie, an address, a URL or a value of a decision.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    reason::{Failure, PassThrough},
    render::{ComponentOutcome, MarkCounts},
};

/// What happened to a request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogLine {
    message: &'static str,
    /// `page`, or why the request or the response was passed through.
    pub route: &'static str,
    /// `human`, `bot` or `prefetch`; absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<&'static str>,
    /// What XM answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginLog>,
    /// Where the browser id came from, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'static str>,
    /// Each component, as far as it was settled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentLog>,
    /// Marks that were ignored, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ignored_marks: BTreeMap<&'static str, u32>,
    /// How the body ended: `complete`, `origin_truncated`, `visitor_gone`, or `unread`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'static str>,
    /// What became of the VIEW.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<&'static str>,
    /// What is wrong with the page's tag: `doubled`, it was put in and stands further down in XM's page, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<&'static str>,
    /// Why the bound queue did not take the VIEW.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_fault: Option<&'static str>,
    /// Why nobody was asked for decisions: `not_in_rollout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personalisation: Option<&'static str>,
    /// Milliseconds from the start of the request to this line's subject being over.
    pub ms: u32,
}

/// XM's answer in the log.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OriginLog {
    /// The status; 0 when there was no answer.
    pub status: u16,
    /// Milliseconds until its headers.
    pub ms: u32,
}

/// A component in the log.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentLog {
    /// `experience` or `experiment`.
    pub kind: &'static str,
    /// The friendly id; absent where the mark has no valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_id: Option<String>,
    /// The result's label.
    pub result: &'static str,
    /// Milliseconds that the flow took.
    pub ms: u32,
    /// `reused` or `last`: the decision was taken before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// Why the last decision had to stand in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'static str>,
}

impl LogLine {
    /// A line about a page.
    #[must_use]
    pub fn page() -> Self {
        Self {
            message: "xm-edge",
            route: "page",
            ..Self::default()
        }
    }

    /// A line about something that passed through.
    #[must_use]
    pub fn passed(reason: PassThrough) -> Self {
        Self {
            route: reason.label(),
            ..Self::page()
        }
    }

    /// Adds what became of the page's components and marks.
    pub fn note(&mut self, outcomes: &[ComponentOutcome], ignored: &MarkCounts) {
        self.components = outcomes.iter().map(ComponentLog::from).collect();
        self.ignored_marks = ignored
            .iter()
            .map(|(reason, count)| (reason.label(), *count))
            .collect();
    }

    /// The line.
    #[must_use]
    pub fn json(&self) -> String {
        // Only texts and numbers under text keys: serde_json has nothing to refuse.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<&ComponentOutcome> for ComponentLog {
    fn from(outcome: &ComponentOutcome) -> Self {
        Self {
            kind: outcome.kind.label(),
            friendly_id: outcome.friendly_id.as_ref().map(ToString::to_string),
            result: outcome.result.label(),
            ms: outcome.flow_ms,
            source: outcome.source.label(),
            failure: outcome.source.failure().map(Failure::label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_what_happened_and_nothing_else() {
        let mut line = LogLine::passed(PassThrough::NoTransform);
        line.origin = Some(OriginLog { status: 200, ms: 7 });
        line.ms = 9;
        assert_eq!(
            line.json(),
            r#"{"message":"xm-edge","route":"no_transform","origin":{"status":200,"ms":7},"ms":9}"#
        );
    }
}
