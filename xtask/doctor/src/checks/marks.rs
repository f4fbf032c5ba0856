//! Marks inside of components that no decision can make work, whatever it says.

use xm_edge_core::{reason::BadMark, render::is_attribute_refused, template::Pointer};

use super::components::no_end_tag_help;
use crate::{
    compiled::{Binding, Found},
    finding::{Code, Finding, Place},
    page::Page,
    rules::Rules,
};

pub(super) fn check(page: &Page<'_>, rules: &Rules, found: &mut Vec<Finding>) {
    for ignored in &page.compiled.ignored {
        let place = place(page, ignored.tag, ignored.reason);
        found.push(ignored_by_markup(page, ignored.tag, ignored.reason).at(place));
    }
    for component in &page.compiled.components {
        for binding in &component.bindings {
            found.extend(refused(page, rules, component, binding));
        }
    }
    if !page.vouched || rules.site.guest_fields.is_empty() {
        guest_not_vouched(page, rules, found);
    }
}

/// The mark at fault, as far as the reason tells which.
fn place(page: &Page<'_>, tag: usize, reason: BadMark) -> Place {
    let of_tag = || {
        page.inventory
            .attributes
            .iter()
            .filter(move |mark| mark.tag.start == tag)
    };
    let takes_pointer = |name: &str| {
        matches!(name, "data-cdp-text" | "data-cdp-html" | "data-cdp-if")
            || name.starts_with("data-cdp-attr-")
    };
    let mark =
        match reason {
            BadMark::PointerSyntax => of_tag()
                .find(|mark| takes_pointer(&mark.name) && Pointer::parse(&mark.value).is_none()),
            BadMark::RawTextElement => of_tag()
                .find(|mark| matches!(mark.name.as_str(), "data-cdp-text" | "data-cdp-html")),
            _ => of_tag().find(|mark| mark.name == "data-cdp-variant" || takes_pointer(&mark.name)),
        };
    let range = mark.map_or(tag..tag + 1, |mark| mark.whole());
    page.text.place(range.start, range.end)
}

fn ignored_by_markup(page: &Page<'_>, tag: usize, reason: BadMark) -> Finding {
    let marks = page
        .inventory
        .attributes
        .iter()
        .filter(|mark| mark.tag.start == tag);
    let element = marks
        .clone()
        .next()
        .map_or("element", |mark| mark.element.as_str());
    let is_variant = element == "template";
    let (message, help) = match reason {
        BadMark::NoEndTag if is_variant => (
            "this variant's </template> is missing: to a browser the rest of the page is inside of it".to_owned(),
            "write </template> where the variant ends".to_owned(),
        ),
        BadMark::NoEndTag => (
            format!("this <{element}> has no end tag of its own, so its content cannot be replaced"),
            no_end_tag_help(element),
        ),
        BadMark::PointerSyntax => (
            "this is no JSON Pointer".to_owned(),
            "a pointer begins with `/`, as in /headline or /items/0/title; `~` is written ~0 and `/` in a name ~1 \
             (RFC 6901)"
                .to_owned(),
        ),
        BadMark::RawTextElement => (
            format!("the content of a <{element}> is no text of the page, and no decision may write it"),
            "bind an element around it, or an attribute".to_owned(),
        ),
        BadMark::TooDeep => (
            "marked elements nest deeper than 32 here".to_owned(),
            "mark fewer of the elements around".to_owned(),
        ),
        other => (format!("this mark is ignored: {}", other.label()), String::new()),
    };
    Finding::new(Code::of_mark(reason), message, help)
}

fn refused(
    page: &Page<'_>,
    rules: &Rules,
    component: &Found,
    binding: &Binding,
) -> Option<Finding> {
    let mark = page.inventory.mark(binding.tag, &binding.mark)?;
    let at = |finding: Finding| {
        let whole = mark.whole();
        finding.at(page.text.place(whole.start, whole.end))
    };
    if let Some(name) = binding.mark.strip_prefix("data-cdp-attr-") {
        return is_attribute_refused(&binding.element, name).then(|| {
            let message = format!("no decision may set {name} of a <{}>", binding.element);
            let help = "script, style, security settings and what a resource is stay XM's own; use a variant instead";
            at(Finding::new(Code::AttributeRefused, message, help))
        });
    }
    let Some(friendly_id) = component.asked.friendly_id() else {
        let allowed = rules
            .site
            .guest_fields
            .iter()
            .filter_map(|field| Pointer::parse(field))
            .any(|field| binding.pointer.is_within(&field));
        return (!allowed).then(|| {
            let message = format!("pages may not show {} of a guest", binding.pointer.as_str());
            let help =
                "add the pointer to guest_fields in [vars.SITE], if everybody may see their own";
            at(Finding::new(Code::GuestField, message, help))
        });
    };
    (binding.mark == "data-cdp-html" && !rules.trusts(friendly_id.as_str())).then(|| {
        let message = format!("{friendly_id} may not write HTML, so this element stays as authored");
        let help = format!(
            "use data-cdp-text or a variant; or, if whoever edits the flow may put script into your pages, \
             trusted_html = [\"{friendly_id}\"] in [vars.SITE]"
        );
        at(Finding::new(Code::HtmlNotTrusted, message, help))
    })
}

fn guest_not_vouched(page: &Page<'_>, rules: &Rules, found: &mut Vec<Finding>) {
    let Some(mark) = page
        .inventory
        .attributes
        .iter()
        .find(|mark| mark.name == "data-cdp-guest")
    else {
        return;
    };
    let message = if rules.site.guest_fields.is_empty() {
        "guest data is shown on no page: guest_fields of [vars.SITE] is empty"
    } else {
        "XM vouched for nobody on this response, so nothing of a guest is shown"
    };
    let help =
        "XM sends the header CDP-Guest with pages for somebody who has logged in (docs/guests.md)";
    let whole = mark.whole();
    found.push(
        Finding::new(Code::GuestNotVouched, message, help)
            .at(page.text.place(whole.start, whole.end)),
    );
}
