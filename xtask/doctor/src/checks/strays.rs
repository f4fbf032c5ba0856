//! What looks like a mark and is none: misspelt, outside of any component, inside of something that is no markup.

use std::collections::BTreeSet;

use crate::{
    finding::{Code, Finding},
    inventory::{self, Attribute, PREFIX},
    page::Page,
};

/// All marks but `data-cdp-attr-NAME`.
const MARKS: [&str; 11] = [
    "experience",
    "experiment",
    "fragment",
    "goal",
    "goal-ext",
    "guest",
    "html",
    "if",
    "text",
    "variant",
    "variant-from",
];
/// What the Worker writes itself.
const SHOWN: &str = "data-cdp-shown";

pub(super) fn check(page: &Page<'_>, found: &mut Vec<Finding>) {
    hidden(page, found);
    let failed: BTreeSet<usize> = page
        .compiled
        .failed
        .iter()
        .map(|failed| failed.start)
        .collect();
    let ignored: BTreeSet<usize> = page
        .compiled
        .ignored
        .iter()
        .map(|ignored| ignored.tag)
        .collect();
    let mut personalised = false;
    for mark in &page.inventory.attributes {
        let place = || {
            let whole = mark.whole();
            page.text.place(whole.start, whole.end)
        };
        let finding = match kind(&mark.name) {
            Kind::Unknown(help) => {
                let message = format!("{} is no mark, so it does nothing", mark.name);
                Some(Finding::new(Code::UnknownMark, message, help))
            }
            Kind::Goal | Kind::Other => None,
            Kind::Shown => (!std::mem::replace(&mut personalised, true)).then(|| {
                Finding::new(
                    Code::AlreadyPersonalised,
                    "this page was personalised already: the Worker writes data-cdp-shown",
                    "look at XM's own page, or at the site as a bot sees it; a saved page has one visitor's variants",
                )
            }),
            Kind::Component => {
                let settled = page.compiled.understood.contains(&mark.tag.start) || failed.contains(&mark.tag.start);
                (!settled).then(|| in_template(page, mark)).flatten()
            }
            Kind::Variant if page.compiled.understood.contains(&mark.tag.start) => None,
            Kind::Variant => misplaced(page, mark, &ignored),
            Kind::Inside => outside(page, mark, &ignored, &failed),
        };
        found.extend(finding.map(|finding| finding.at(place())));
    }
}

enum Kind {
    Component,
    Goal,
    Inside,
    Other,
    Shown,
    Unknown(String),
    Variant,
}

fn kind(name: &str) -> Kind {
    let Some(mark) = name.strip_prefix(PREFIX) else {
        // Others may have names like ours: only what is a mark but for the slip is meant.
        return match inventory::after_slip(name).and_then(nearest) {
            Some(near) => Kind::Unknown(format!("did you mean {PREFIX}{near}?")),
            None => Kind::Other,
        };
    };
    match mark {
        "experience" | "experiment" | "guest" => Kind::Component,
        "goal" | "goal-ext" => Kind::Goal,
        "variant" => Kind::Variant,
        _ if MARKS.contains(&mark) => Kind::Inside,
        _ if name == SHOWN => Kind::Shown,
        _ if mark
            .strip_prefix("attr-")
            .is_some_and(|attribute| !attribute.is_empty()) =>
        {
            Kind::Inside
        }
        "attr-" | "attr" => {
            Kind::Unknown("name the attribute: data-cdp-attr-href, for example".to_owned())
        }
        _ => Kind::Unknown(match nearest(mark) {
            Some(near) => format!("did you mean {PREFIX}{near}?"),
            None => {
                "docs/marks.md lists all marks; names of your own should not begin with data-cdp-"
                    .to_owned()
            }
        }),
    }
}

fn nearest(mark: &str) -> Option<&'static str> {
    let distance = |known: &&&str| strsim::osa_distance(known, mark);
    let nearest = MARKS.iter().min_by_key(distance)?;
    (distance(&nearest) <= mark.len() / 3 + 1).then_some(*nearest)
}

/// A mark inside of a `<template>` that is no variant.
fn in_template(page: &Page<'_>, mark: &Attribute) -> Option<Finding> {
    let is_variant = |start| page.compiled.understood.contains(&start);
    let template = page.inventory.template_around(mark.tag.start, is_variant)?;
    let line = page.text.place(template.start, template.start).line;
    let message = format!(
        "{} stands in a <template> (line {line}) that is no variant of a component",
        mark.name
    );
    let help = "browsers show nothing of it; move the mark out, or make the template a variant";
    Some(Finding::new(Code::HiddenMark, message, help))
}

/// Whether a component around stays as authored, which has a finding of its own.
fn in_failed(page: &Page<'_>, at: usize) -> bool {
    let in_span = |start: usize| {
        let span = page.inventory.spans.iter().find(|span| span.start == start);
        span.is_some_and(|span| span.start < at && at < span.end)
    };
    let unread = page.compiled.unreadable.is_some_and(|(_, from)| at >= from);
    unread
        || page
            .compiled
            .failed
            .iter()
            .any(|failed| in_span(failed.start))
}

fn in_unvouched_guest(page: &Page<'_>, at: usize) -> bool {
    let guests = page
        .inventory
        .attributes
        .iter()
        .filter(|mark| mark.name == "data-cdp-guest");
    guests.map(|mark| mark.tag.start).any(|start| {
        let span = page.inventory.spans.iter().find(|span| span.start == start);
        start == at || span.is_some_and(|span| span.start < at && at < span.end)
    })
}

fn misplaced(page: &Page<'_>, mark: &Attribute, ignored: &BTreeSet<usize>) -> Option<Finding> {
    let at = mark.tag.start;
    if ignored.contains(&at) {
        return None;
    }
    let (message, help) = if mark.element != "template" {
        (
            format!(
                "data-cdp-variant works on a <template> only, and this is a <{}>",
                mark.element
            ),
            "put the content into <template data-cdp-variant=\"…\">, so that no visitor sees it undecided",
        )
    } else if in_failed(page, at) || in_unvouched_guest(page, at) {
        return None;
    } else if page.inventory.template_around(at, |_| false).is_some() {
        (
            "this variant stands inside of another <template>, where it is never shown".to_owned(),
            "variants stand side by side in their component; only a component of its own inside of a variant has variants",
        )
    } else {
        (
            "this variant stands outside of any component, so it is never shown".to_owned(),
            "put it inside of the element with data-cdp-experience or data-cdp-experiment",
        )
    };
    Some(Finding::new(Code::VariantMisplaced, message, help))
}

fn outside(
    page: &Page<'_>,
    mark: &Attribute,
    ignored: &BTreeSet<usize>,
    failed: &BTreeSet<usize>,
) -> Option<Finding> {
    let at = mark.tag.start;
    let own = matches!(
        mark.name.as_str(),
        "data-cdp-variant-from" | "data-cdp-fragment"
    );
    let is_component = page
        .compiled
        .components
        .iter()
        .any(|component| component.tag.start == at);
    let counts = page.compiled.understood.contains(&at) && (!own || is_component);
    if counts
        || ignored.contains(&at)
        || failed.contains(&at)
        || in_failed(page, at)
        || in_unvouched_guest(page, at)
    {
        return None;
    }
    if let Some(finding) = in_template(page, mark) {
        return Some(finding);
    }
    let inside = page.compiled.around(at);
    let (message, help) = match inside {
        Some(_) if own => (
            format!(
                "{} works on the component itself, and this is an element inside of it",
                mark.name
            ),
            "move it to the element with data-cdp-experience or data-cdp-experiment",
        ),
        Some(_) => return None,
        None => (
            format!(
                "{} stands outside of any component, so it does nothing",
                mark.name
            ),
            "put it inside of an element with data-cdp-experience or data-cdp-experiment, whose decision it reads",
        ),
    };
    Some(Finding::new(Code::MarkOutside, message, help))
}

fn hidden(page: &Page<'_>, found: &mut Vec<Finding>) {
    for hidden in &page.inventory.hidden {
        let word = String::from_utf8_lossy(&page.input.bytes[hidden.at.clone()]).into_owned();
        let (code, help) = if hidden.silent {
            (
                Code::SilentMark,
                "fine if it is meant so; it never works from there",
            )
        } else {
            (
                Code::HiddenMark,
                "to a browser that is text and no element: move the marked element out of it",
            )
        };
        let message = format!("{word} stands in {}, where it is no mark", hidden.inside);
        found.push(
            Finding::new(code, message, help).at(page.text.place(hidden.at.start, hidden.at.end)),
        );
    }
}
