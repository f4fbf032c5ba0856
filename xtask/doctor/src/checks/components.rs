//! Components: those that stay as authored, and those that work otherwise than their author may think.

use std::collections::{BTreeMap, BTreeSet};

use xm_edge_core::{
    reason::Failure,
    template::{Asked, ComponentKind, FailedComponent},
};

use crate::{
    compiled::Found,
    finding::{Code, Finding, Place},
    page::Page,
    rules::Rules,
};

/// Attributes of `ext` that one event may have.
const MAX_EXT: usize = 50;
/// Longest variant id that the Worker looks up, in bytes.
const MAX_VARIANT_ID: usize = 256;

pub(super) fn check(page: &Page<'_>, rules: &Rules, found: &mut Vec<Finding>) {
    unreadable(page, found);
    for failed in &page.compiled.failed {
        found.extend(failure(page, failed));
        if let Some(asked) = &failed.asked {
            friendly_id(page, rules, asked, failed.start, found);
        }
    }
    for component in &page.compiled.components {
        friendly_id(page, rules, &component.asked, component.tag.start, found);
        variants(page, component, found);
        too_large(page, rules, component, found);
        nothing_to_show(page, component, found);
        in_itself(page, component, found);
    }
    shared(page, found);
    ext_limit(page, found);
}

/// The place of the mark that makes the element a component.
pub(super) fn mark_of(page: &Page<'_>, tag: usize) -> Place {
    let names = [
        "data-cdp-experience",
        "data-cdp-experiment",
        "data-cdp-guest",
    ];
    let mark = names.iter().find_map(|name| page.inventory.mark(tag, name));
    let range = mark.map_or(tag..tag + 1, |mark| {
        mark.value_at.clone().unwrap_or(mark.name_at.clone())
    });
    page.text.place(range.start, range.end)
}

fn unreadable(page: &Page<'_>, found: &mut Vec<Finding>) {
    let Some((failure, at)) = page.compiled.unreadable else {
        return;
    };
    let code = Code::of_failure(failure).unwrap_or(Code::AmbiguousMarkup);
    let blank = page.input.bytes.get(at..).unwrap_or_default();
    let at = at
        + blank
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
    let after = page
        .inventory
        .attributes
        .iter()
        .filter(|mark| mark.tag.start >= at)
        .count();
    let (message, help) = if code == Code::ParserLimit {
        (
            "the parser's memory ends here: a tag of megabytes, or elements nested by the ten thousand",
            "make the tag smaller, or close what is open",
        )
    } else {
        (
            "browsers and parsers disagree about this markup, so the rest of the page stays as authored",
            "close the element that is open here (a <select> before an <iframe>, <style> or <title>, for example)",
        )
    };
    let finding = Finding::new(code, format!("{message}; {after} marks follow"), help);
    found.push(finding.at(page.text.place(at, at + 1)));
}

fn failure(page: &Page<'_>, failed: &FailedComponent) -> Option<Finding> {
    let name = match &failed.asked {
        Some(Asked::Flow(friendly_id)) => format!("{} {friendly_id}", failed.kind.label()),
        Some(Asked::Guest) => "data-cdp-guest".to_owned(),
        None => format!("this {}", failed.kind.label()),
    };
    let element = page
        .inventory
        .attributes
        .iter()
        .find(|mark| mark.tag.start == failed.start)
        .map_or("element", |mark| mark.element.as_str());
    let (message, help) = match failed.failure {
        Failure::BadFriendlyId => (
            "the friendly id is none: 1 to 128 letters, digits, `_` and `-`, at the end perhaps `*`".to_owned(),
            "write the friendly id of the experience or experiment, as it stands in Sitecore Personalize".to_owned(),
        ),
        Failure::BadMark if element == "template" => (
            format!("{name} is a <template>, of which browsers show nothing"),
            "mark the element around it; a <template data-cdp-variant=\"…\"> belongs inside of a component".to_owned(),
        ),
        Failure::BadMark => (
            format!("data-cdp-variant-from or data-cdp-fragment of {name} is no JSON Pointer"),
            "a pointer begins with `/`, as in /variantId; `~` is written ~0 and `/` in a name ~1 (RFC 6901)".to_owned(),
        ),
        Failure::NoEndTag => (
            format!("{name} has no end tag of its own, so it stays as authored"),
            no_end_tag_help(element),
        ),
        Failure::TooMany => (
            format!("{name} is one too many: a page has at most 100 components, and marks nest at most 32 deep"),
            "mark fewer, larger components: one decision can fill many places of one component".to_owned(),
        ),
        // What ends the page's reading has its own finding.
        _ => return None,
    };
    let code = Code::of_failure(failed.failure)?;
    Some(Finding::new(code, message, help).at(mark_of(page, failed.start)))
}

/// What to do about a missing end tag.
pub(super) fn no_end_tag_help(element: &str) -> String {
    match element {
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "source" | "track"
        | "wbr" => {
            format!("<{element}> never has content: mark an element around it, such as a <span>")
        }
        "p" => "write </p>, and look inside: a <div>, a list, a table or a heading ends a <p> before it; use a <div>"
            .to_owned(),
        "li" | "td" | "th" | "tr" | "dd" | "dt" | "option" | "tbody" | "thead" | "tfoot" => {
            format!("write </{element}>: browsers guess it, the Worker does not")
        }
        _ => format!(
            "write </{element}>, and look inside for an end tag that closes more than it opened"
        ),
    }
}

fn friendly_id(
    page: &Page<'_>,
    rules: &Rules,
    asked: &Asked,
    tag: usize,
    found: &mut Vec<Finding>,
) {
    let Some(friendly_id) = asked.friendly_id().map(|id| id.as_str()) else {
        return;
    };
    let place = mark_of(page, tag);
    if rules.samples.is_unknown(friendly_id) {
        let help = match rules.samples.nearest(friendly_id) {
            Some(near) => format!("did you mean {near}?"),
            None => "add it to the file of decisions or known friendly ids, or correct the mark"
                .to_owned(),
        };
        let message = format!("nobody knows the friendly id {friendly_id}");
        found.push(Finding::new(Code::UnknownFriendlyId, message, help).at(place.clone()));
    }
    let stem = friendly_id.strip_suffix('*').unwrap_or(friendly_id);
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !stem.bytes().all(is_plain) {
        found.push(
            Finding::new(
                Code::FriendlyIdRefused,
                format!("the CDP's API refuses the friendly id {friendly_id}"),
                "it takes lower-case letters, digits and `_` only",
            )
            .at(place),
        );
    } else if stem != friendly_id {
        found.push(
            Finding::new(
                Code::FriendlyIdRefused,
                format!("not every host of the CDP's API takes the `*` of {friendly_id}"),
                "try it on your tenant: behind Edge it is the first live match; the direct API answers 400",
            )
            .at(place),
        );
    }
}

fn variants(page: &Page<'_>, component: &Found, found: &mut Vec<Finding>) {
    let mut seen = BTreeMap::new();
    for (id, range) in &component.variants {
        let mark = page.inventory.mark(range.start, "data-cdp-variant");
        let at = mark.map_or(range.start..range.start + 1, |mark| mark.whole());
        let place = page.text.place(at.start, at.end);
        let never = if id.is_empty() {
            Some("an empty variant id means the control, so this template is never shown")
        } else if id.ends_with("_default") {
            Some(
                "a variant id that ends in _default means the control, so this template is never shown",
            )
        } else if id.len() > MAX_VARIANT_ID {
            Some("a variant id of more than 256 bytes is never looked up")
        } else {
            None
        };
        if let Some(never) = never {
            let help =
                "the control is the component's own content; give the template the id of a variant";
            found.push(Finding::new(Code::VariantNeverShown, never, help).at(place));
        } else if let Some(first) = seen.insert(id, place.line) {
            let message = format!(
                "variant {id} is here twice: the template in line {first} is shown, this one never"
            );
            let help = "remove one, or give it its own id";
            found.push(Finding::new(Code::DuplicateVariant, message, help).at(place));
            seen.insert(id, first);
        }
    }
}

fn too_large(page: &Page<'_>, rules: &Rules, component: &Found, found: &mut Vec<Finding>) {
    if component.content_len <= rules.hold_limit() {
        return;
    }
    let message = format!(
        "the component's content is {} KiB, more than the {} KiB that may be held, so it stays as authored",
        component.content_len.div_ceil(1024),
        rules.site.hold_limit_kib
    );
    let help = "mark a smaller element, or raise hold_limit_kib in [vars.SITE]";
    found.push(Finding::new(Code::TooLarge, message, help).at(mark_of(page, component.tag.start)));
}

fn nothing_to_show(page: &Page<'_>, component: &Found, found: &mut Vec<Finding>) {
    if !component.variants.is_empty()
        || !component.bindings.is_empty()
        || component.fragment.is_some()
    {
        return;
    }
    let what = match &component.asked {
        Asked::Flow(friendly_id) => format!(
            "no decision of {friendly_id} can change anything here, and yet each view runs its flow"
        ),
        Asked::Guest => "nothing in here shows anything of the guest".to_owned(),
    };
    let help = "add a <template data-cdp-variant=\"…\"> or a data-cdp-text, or remove the mark";
    let finding = Finding::new(Code::ComponentWithoutEffect, what, help);
    found.push(finding.at(mark_of(page, component.tag.start)));
}

fn in_itself(page: &Page<'_>, component: &Found, found: &mut Vec<Finding>) {
    let Asked::Flow(friendly_id) = &component.asked else {
        return;
    };
    let outer = component
        .around
        .iter()
        .filter_map(|id| page.compiled.component(*id))
        .find(|outer| outer.asked == component.asked);
    if let Some(outer) = outer {
        let line = mark_of(page, outer.tag.start).line;
        let message = format!(
            "{friendly_id} stands inside of itself (line {line}) and takes the same decision"
        );
        let help = "one mark is enough: what is inside of a component reads its decision";
        found.push(
            Finding::new(Code::ComponentInItself, message, help)
                .at(mark_of(page, component.tag.start)),
        );
    }
}

fn shared(page: &Page<'_>, found: &mut Vec<Finding>) {
    let mut by_id: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for component in &page.compiled.components {
        if let Some(friendly_id) = component.asked.friendly_id() {
            by_id
                .entry(friendly_id.as_str())
                .or_default()
                .push(component);
        }
    }
    for (friendly_id, components) in by_id {
        let [first, rest @ ..] = &components[..] else {
            continue;
        };
        let line = mark_of(page, first.tag.start).line;
        let odd = rest.iter().find(|other| other.kind != first.kind);
        if let Some(odd) = odd {
            let word = |kind: ComponentKind| kind.label();
            let message = format!(
                "{friendly_id} is an {} here and an {} in line {line}",
                word(odd.kind),
                word(first.kind)
            );
            let help = "one flow is one of both; the Worker does the same for either";
            found.push(
                Finding::new(Code::KindsDiffer, message, help).at(mark_of(page, odd.tag.start)),
            );
        } else if !rest.is_empty() {
            let message = format!(
                "{friendly_id} marks {} components of this page",
                components.len()
            );
            let help = "they share one decision and one exposure; of different things, make different friendly ids";
            found.push(
                Finding::new(Code::SharedFriendlyId, message, help)
                    .at(mark_of(page, first.tag.start)),
            );
        }
    }
}

fn ext_limit(page: &Page<'_>, found: &mut Vec<Finding>) {
    let ids: BTreeSet<&str> = page
        .compiled
        .components
        .iter()
        .filter_map(|component| component.asked.friendly_id())
        .map(|id| id.as_str().trim_end_matches('*'))
        .collect();
    if ids.len() > MAX_EXT {
        let message = format!(
            "{} friendly ids are on this page, and its VIEW event can tell of {MAX_EXT}",
            ids.len()
        );
        let help =
            "the CDP takes 50 attributes an event: those of the first 50 components are told";
        found.push(Finding::new(Code::ExtLimit, message, help));
    }
}
