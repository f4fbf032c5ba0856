//! The structured log line: one per page, and one per request that was left alone.
//!
//! In: labels, friendly ids, variant ids, counts, milliseconds. Out: one line of JSON. Nothing personal can enter it: it has
//! no field for a browser id, a cookie, an address, a URL or a value of a decision, but for what was shown, and that only in the
//! letters of an id.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    page_experience::PageOutcome,
    reason::{Failure, PassThrough},
    render::{ComponentOutcome, MarkCounts},
};

/// Longest variant id in the log, in bytes.
const MAX_SHOWN: usize = 128;

/// What happened to a request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogLine {
    message: &'static str,
    /// `page`, or why the request or the response was passed through.
    pub route: &'static str,
    /// `shadow = true`: what would have been, while the visitor got XM's own answer.
    #[serde(skip_serializing_if = "is_false")]
    pub shadow: bool,
    /// `human`, `bot` or `prefetch`; absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<&'static str>,
    /// It was a preview: nobody is counted.
    #[serde(skip_serializing_if = "is_false")]
    pub preview: bool,
    /// What XM answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginLog>,
    /// Where a compiled template of the page came from, or why none was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<&'static str>,
    /// Where the browser id came from, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'static str>,
    /// The page as a whole, where a rule decides on it; then each component, as far as it was settled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentLog>,
    /// Marks that were ignored, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ignored_marks: BTreeMap<&'static str, u32>,
    /// How the body ended: `complete`, `origin_truncated`, `visitor_gone` or `unread`; `too_large` to be revalidated or for
    /// shadow mode, and there also `unfinished` when it was no longer looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'static str>,
    /// Why the rest of the page could not be looked at: `ambiguous_markup`, `parser_limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markup: Option<&'static str>,
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
    /// Milliseconds in which the page could not go on because a component at its front was not decided.
    #[serde(skip_serializing_if = "is_zero")]
    pub held_ms: u32,
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
    /// `experience`, `experiment` or `guest`; `page_experience` or `page_experiment` for the page as a whole.
    pub kind: &'static str,
    /// The friendly id; absent where the mark has no valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_id: Option<String>,
    /// The result's label.
    pub result: &'static str,
    /// What was shown: a variant id or `control`. Absent where nobody saw it, and where it has other letters than ids have: a
    /// decision must not write into logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
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

    /// Adds what became of the page as a whole.
    pub fn note_page(&mut self, outcome: &PageOutcome) {
        self.components.push(ComponentLog::from(outcome));
    }

    /// Adds what became of the page's components and marks.
    pub fn note(&mut self, outcomes: &[ComponentOutcome], ignored: &MarkCounts) {
        self.components
            .extend(outcomes.iter().map(ComponentLog::from));
        self.ignored_marks.clear();
        self.ignored_marks.extend(
            ignored
                .iter()
                .map(|(reason, count)| (reason.label(), *count)),
        );
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
            shown: loggable(outcome.shown.as_deref()),
            ms: outcome.flow_ms,
            source: outcome.source.label(),
            failure: outcome.source.failure().map(Failure::label),
        }
    }
}

impl From<&PageOutcome> for ComponentLog {
    fn from(outcome: &PageOutcome) -> Self {
        Self {
            kind: outcome.kind(),
            friendly_id: Some(outcome.friendly_id.to_string()),
            result: outcome.result.label(),
            shown: loggable(outcome.shown.as_deref()),
            ms: outcome.flow_ms,
            source: outcome.source.label(),
            failure: outcome.source.failure().map(Failure::label),
        }
    }
}

/// What was shown, if it is written like an id.
fn loggable(shown: Option<&str>) -> Option<String> {
    let shown = shown?;
    let fits = (1..=MAX_SHOWN).contains(&shown.len())
        && shown
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-'));
    fits.then(|| shown.to_owned())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
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

    #[test]
    fn a_decision_cannot_write_into_the_log() {
        for id in ["b", "control", "a.B:c_d-9", &"x".repeat(MAX_SHOWN)] {
            assert_eq!(loggable(Some(id)).as_deref(), Some(id));
        }
        for text in [
            "",
            "jane@example.com",
            "Jane Doe",
            "/home-b",
            "a\nb",
            "é",
            "{}",
            &"x".repeat(MAX_SHOWN + 1),
        ] {
            assert_eq!(loggable(Some(text)), None, "{text:?}");
        }
    }
}
