//! The row of Workers Analytics Engine: what a line of the log says, as columns that SQL can add up.
//!
//! In: a [`LogLine`]. Out: one row for each line. It holds what the line holds and nothing else, so nothing personal. Columns are
//! numbered by the platform: new ones come at the end, and none ever changes its meaning.

use crate::{
    log_line::{ComponentLog, LogLine},
    reason::Failure,
    render::ComponentResult,
};

/// The columns `blob1`, `blob2` … in order.
pub const BLOBS: [&str; 11] = [
    "route",
    "visitor",
    "template",
    "id",
    "body",
    "view",
    "queue_fault",
    "personalisation",
    "results",
    "slowest",
    "markup",
];

/// The columns `double1`, `double2` … in order.
pub const DOUBLES: [&str; 15] = [
    "ms",
    "origin_status",
    "origin_ms",
    "held_ms",
    "components",
    "decided",
    "control",
    "failed",
    "timeout",
    "breaker_open",
    "cdp_error",
    "ignored_marks",
    "slowest_ms",
    "preview",
    "shadow",
];

/// Longest list of results, in bytes. The platform takes 16 KB in all blobs of a row, and drops a row with more.
const MAX_RESULTS: usize = 8 * 1024;

/// A row. The numbers and texts stand in the order of [`BLOBS`] and [`DOUBLES`].
#[derive(Clone, Debug, PartialEq)]
pub struct PageRow {
    /// What rows are sampled by: the route, so that a rare one is not lost among pages.
    pub index: &'static str,
    /// Texts; empty where the line says nothing. None has a line break.
    pub blobs: [String; BLOBS.len()],
    /// Numbers.
    pub doubles: [f64; DOUBLES.len()],
}

impl From<&LogLine> for PageRow {
    fn from(line: &LogLine) -> Self {
        let text = |label: Option<&str>| label.unwrap_or_default().to_owned();
        let slowest = line.components.iter().max_by_key(|component| component.ms);
        let slowest = slowest.filter(|component| component.ms > 0);
        let origin = line.origin.as_ref();
        let number = |number: Option<u32>| f64::from(number.unwrap_or_default());
        let components = &line.components;
        let result = |label: &str| count(components, |component| component.result == label);
        let [variant, bound, control] = [
            ComponentResult::Variant,
            ComponentResult::Bound,
            ComponentResult::Control,
        ]
        .map(|healthy| result(healthy.label()));
        let all = count(components, |_| true);
        Self {
            index: line.route,
            blobs: [
                line.route.to_owned(),
                text(line.visitor),
                text(line.template),
                text(line.id),
                text(line.body),
                text(line.view),
                text(line.queue_fault),
                text(line.personalisation),
                results(components),
                text(slowest.and_then(|component| component.friendly_id.as_deref())),
                text(line.markup),
            ],
            doubles: [
                f64::from(line.ms),
                number(origin.map(|origin| u32::from(origin.status))),
                number(origin.map(|origin| origin.ms)),
                f64::from(line.held_ms),
                all,
                variant + bound,
                control,
                all - variant - bound - control,
                result(Failure::Timeout.label()),
                result(Failure::BreakerOpen.label()),
                result(Failure::CdpError.label()),
                line.ignored_marks.values().copied().map(f64::from).sum(),
                number(slowest.map(|component| component.ms)),
                f64::from(u8::from(line.preview)),
                f64::from(u8::from(line.shadow)),
            ],
        }
    }
}

fn count(components: &[ComponentLog], counts: impl Fn(&ComponentLog) -> bool) -> f64 {
    let count = components.iter().filter(|c| counts(c)).count();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// `friendly_id=result` of each component, in document order, a space between them; as many as fit.
fn results(components: &[ComponentLog]) -> String {
    let mut list = String::new();
    for component in components {
        let name = component.friendly_id.as_deref().unwrap_or(component.kind);
        if list.len() + name.len() + component.result.len() + 2 > MAX_RESULTS {
            break;
        }
        if !list.is_empty() {
            list.push(' ');
        }
        list.push_str(name);
        list.push('=');
        list.push_str(component.result);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{log_line::OriginLog, reason::PassThrough};

    fn component(friendly_id: &str, result: &'static str, ms: u32) -> ComponentLog {
        ComponentLog {
            kind: "experience",
            friendly_id: Some(friendly_id.to_owned()),
            result,
            shown: Some("b".to_owned()),
            ms,
            source: None,
            failure: None,
        }
    }

    fn double(row: &PageRow, name: &str) -> f64 {
        row.doubles[DOUBLES.iter().position(|column| *column == name).unwrap()]
    }

    fn blob<'r>(row: &'r PageRow, name: &str) -> &'r str {
        &row.blobs[BLOBS.iter().position(|column| *column == name).unwrap()]
    }

    #[test]
    fn each_column_has_what_its_name_says() {
        let mut line = LogLine::page();
        line.visitor = Some("human");
        line.template = Some("memory");
        line.id = Some("known");
        line.body = Some("complete");
        line.view = Some("accepted");
        line.queue_fault = Some("refused");
        line.markup = Some("parser_limit");
        line.personalisation = Some("not_in_rollout");
        line.origin = Some(OriginLog { status: 200, ms: 7 });
        line.ms = 90;
        line.held_ms = 40;
        line.preview = true;
        line.components = vec![
            component("hero", "variant", 11),
            component("promo", "bound", 30),
            component("news", "control", 12),
            component("late", "timeout", 29),
            component("away", "breaker_open", 0),
            component("bad", "cdp_error", 3),
            component("odd", "invalid_decision", 4),
        ];
        line.ignored_marks
            .extend([("url_refused", 2), ("too_deep", 3)]);
        let row = PageRow::from(&line);
        assert_eq!(row.index, "page");
        let texts = [
            ("route", "page"),
            ("visitor", "human"),
            ("template", "memory"),
            ("id", "known"),
            ("body", "complete"),
            ("view", "accepted"),
            ("queue_fault", "refused"),
            ("personalisation", "not_in_rollout"),
            (
                "results",
                "hero=variant promo=bound news=control late=timeout away=breaker_open bad=cdp_error odd=invalid_decision",
            ),
            ("slowest", "promo"),
            ("markup", "parser_limit"),
        ];
        for (name, text) in texts {
            assert_eq!(blob(&row, name), text, "{name}");
        }
        let numbers = [
            ("ms", 90.0),
            ("origin_status", 200.0),
            ("origin_ms", 7.0),
            ("held_ms", 40.0),
            ("components", 7.0),
            ("decided", 2.0),
            ("control", 1.0),
            ("failed", 4.0),
            ("timeout", 1.0),
            ("breaker_open", 1.0),
            ("cdp_error", 1.0),
            ("ignored_marks", 5.0),
            ("slowest_ms", 30.0),
            ("preview", 1.0),
            ("shadow", 0.0),
        ];
        for (name, number) in numbers {
            assert!((double(&row, name) - number).abs() < f64::EPSILON, "{name}");
        }
    }

    #[test]
    fn what_the_line_does_not_say_is_empty() {
        let row = PageRow::from(&LogLine::passed(PassThrough::NotHtml));
        assert_eq!(row.index, "not_html");
        assert_eq!(row.blobs.concat(), "not_html");
        assert!(row.doubles.iter().all(|number| number.abs() < f64::EPSILON));
    }

    #[test]
    fn a_row_is_never_larger_than_the_platform_takes() {
        let mut line = LogLine::page();
        line.components = vec![component(&"x".repeat(128), "breaker_open", 0); 200];
        let row = PageRow::from(&line);
        let bytes: usize = row.blobs.iter().map(String::len).sum();
        assert!((MAX_RESULTS - 200..16_000).contains(&bytes), "{bytes}");
        assert!(blob(&row, "results").ends_with("=breaker_open"));
        assert!(double(&row, "breaker_open") > 199.0);
        assert!(row.index.len() <= 96 && BLOBS.len() <= 20 && DOUBLES.len() <= 20);
    }
}
