//! The report as JSON, for CI and other tools; docs/doctor.md describes it.

use serde_json::{Value, json};

use super::{ComponentReport, PageReport, Report};
use crate::finding::{Finding, Severity};

/// The version of the format: fields may be added without a new one.
const VERSION: u32 = 1;

/// The whole report.
#[must_use]
pub fn report(report: &Report) -> Value {
    let unreachable: Vec<Value> = report
        .unreachable
        .iter()
        .map(|missing| json!({"page": missing.name, "problem": missing.problem, "linked_from": missing.linked_from}))
        .collect();
    json!({
        "version": VERSION,
        "pages": report.pages.iter().map(page).collect::<Vec<_>>(),
        "unreachable": unreachable,
        "summary": {
            "pages": report.pages.len(),
            "pages_left": report.left,
            "components": report.components(),
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "notes": report.count(Severity::Note),
        },
    })
}

/// One page.
#[must_use]
pub fn page(page: &PageReport) -> Value {
    json!({
        "page": page.name,
        "url": page.answered_by,
        "status": page.status,
        "behind_worker": page.behind_worker,
        "components": page.components.iter().map(component).collect::<Vec<_>>(),
        "findings": page.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn component(component: &ComponentReport) -> Value {
    let bindings: Vec<Value> = component
        .bindings
        .iter()
        .map(|binding| {
            json!({
                "mark": binding.mark, "pointer": binding.pointer, "line": binding.line, "variant": binding.variant,
            })
        })
        .collect();
    let samples: Vec<Value> = component
        .samples
        .iter()
        .map(|shown| json!({"result": shown.result, "shown": shown.shown}))
        .collect();
    json!({
        "kind": component.kind,
        "friendly_id": component.friendly_id,
        "line": component.place.line,
        "column": component.place.column,
        "inside": component.inside,
        "variants": component.variants,
        "bindings": bindings,
        "fragment": component.fragment,
        "samples": samples,
    })
}

fn finding(finding: &Finding) -> Value {
    let place = finding.place.as_ref();
    json!({
        "code": finding.code.label(),
        "severity": finding.code.severity().label(),
        "message": finding.message,
        "help": finding.help,
        "fragment": place.and_then(|place| place.fragment.as_deref()),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "source": place.and_then(|place| place.text.get(place.span.clone())),
    })
}
