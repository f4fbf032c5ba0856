//! What lol_html is asked to show, and what is noted of each element that it shows.
//!
//! In: elements. Out: sightings and facts. Nothing here changes an element.

use std::{borrow::Cow, cell::RefCell, rc::Rc};

use lol_html::{
    AsciiCompatibleEncoding, ElementContentHandlers, HandlerResult, MemorySettings, Selector,
    Settings, html_content::Element,
};

use super::{
    Look, Opened, Outermost, PARSER_MEMORY, Seen, Sighting, places, unskimmable,
    watching::{close_implied, watch, watch_inside, watch_unmarked},
};
use crate::template::{CompileOptions, marks::Marks};

/// What elements of HTML are in, and those of SVG and MathML are not (Infra Standard, "Namespaces").
const HTML_NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

/// Constant selectors, parsed once per thread.
pub(super) struct Selectors {
    body: Option<Selector>,
    head: Option<Selector>,
    /// SVG and MathML in the head.
    foreign: Vec<Selector>,
    html: Option<Selector>,
    meta: Option<Selector>,
    template: Option<Selector>,
    components: Vec<Selector>,
    guest: Vec<Selector>,
    around: Vec<(&'static str, Selector)>,
    all: Option<Selector>,
}

thread_local! {
    pub(super) static SELECTORS: Selectors = Selectors {
        body: "body".parse().ok(),
        head: "head".parse().ok(),
        foreign: ["head svg", "head math"]
            .iter()
            .filter_map(|selector| selector.parse().ok())
            .collect(),
        html: "html".parse().ok(),
        meta: "meta".parse().ok(),
        template: "template".parse().ok(),
        components: [
            "[data-cdp-experience]",
            "[data-cdp-experiment]",
            "[data-cdp-experience] *",
            "[data-cdp-experiment] *",
        ]
        .iter()
        .filter_map(|selector| selector.parse().ok())
        .collect(),
        guest: ["[data-cdp-guest]", "[data-cdp-guest] *"]
            .iter()
            .filter_map(|selector| selector.parse().ok())
            .collect(),
        around: [
            ("a", "a [data-cdp-html]"),
            ("button", "button [data-cdp-html]"),
            ("nobr", "nobr [data-cdp-html]"),
            ("p", "p [data-cdp-html]"),
        ]
        .iter()
        .filter_map(|(name, selector)| Some((*name, selector.parse().ok()?)))
        .collect(),
        all: "*".parse().ok(),
    };
}

pub(super) fn settings<'s>(
    selectors: &'s Selectors,
    options: CompileOptions,
    seen: &Rc<RefCell<Seen>>,
) -> Settings<'static, 's> {
    let mut settings = Settings::new()
        // Where markup is ambiguous, browsers and lol_html may see different elements: stop looking there.
        .with_strict(true)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(PARSER_MEMORY));
    if let Some(encoding) = AsciiCompatibleEncoding::new(options.encoding) {
        settings = settings.with_encoding(encoding);
    }
    let mut on = |selector: &'s Selector, handler: Box<Handler>| {
        let seen = Rc::clone(seen);
        let handlers = ElementContentHandlers::default().element(
            move |element: &mut Element<'_, '_>| -> HandlerResult { handler(element, &seen) },
        );
        let taken = std::mem::replace(&mut settings, Settings::new());
        settings = taken.append_element_content_handler((Cow::Borrowed(selector), handlers));
    };
    let look = options.look;
    let places = options.places;
    let one = |selector: &'s Option<Selector>| selector.iter();
    if places {
        let apart = one(&selectors.template).chain(&selectors.foreign);
        apart.for_each(|s| on(s, Box::new(places::note_apart)));
        one(&selectors.head).for_each(|s| on(s, Box::new(places::note_head)));
        one(&selectors.body).for_each(|s| on(s, Box::new(places::note_head_end)));
    }
    if look != Look::Fragment {
        one(&selectors.body)
            .filter(|_| !places)
            .for_each(|s| on(s, Box::new(note_body)));
        selectors
            .html
            .iter()
            .for_each(|s| on(s, Box::new(note_lang)));
        selectors
            .meta
            .iter()
            .for_each(|s| on(s, Box::new(note_meta)));
    }
    if look != Look::Facts {
        // Before `note_element`, which takes what they noted.
        for (name, selector) in &selectors.around {
            let name: &'static str = name;
            on(
                selector,
                Box::new(move |element, seen| note_around(name, element, seen)),
            );
        }
    }
    match look {
        Look::Components => {
            let guest = selectors.guest.iter().filter(|_| options.guest);
            let sighted = selectors.template.iter().chain(&selectors.components);
            sighted
                .chain(guest)
                .for_each(|s| on(s, Box::new(note_element)));
        }
        Look::Facts => {}
        Look::Fragment => selectors
            .all
            .iter()
            .for_each(|s| on(s, Box::new(note_element))),
    }
    if places {
        one(&selectors.body).for_each(|s| on(s, Box::new(places::note_body_start)));
    }
    settings
}

type Handler = dyn Fn(&mut Element<'_, '_>, &Rc<RefCell<Seen>>) -> HandlerResult;

fn note_around(
    name: &'static str,
    element: &mut Element<'_, '_>,
    seen: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let start = element.source_location().bytes().start;
    let mut seen = seen.borrow_mut();
    match &mut seen.around {
        Some((noted, around)) if *noted == start => around.push(name),
        around => *around = Some((start, vec![name])),
    }
    Ok(())
}

fn note_body(element: &mut Element<'_, '_>, seen: &Rc<RefCell<Seen>>) -> HandlerResult {
    seen.borrow_mut()
        .enter_body(element.source_location().bytes().end);
    Ok(())
}

fn note_lang(element: &mut Element<'_, '_>, seen: &Rc<RefCell<Seen>>) -> HandlerResult {
    let mut seen = seen.borrow_mut();
    if !seen.in_body
        && let Some(lang) = element.get_attribute("lang")
    {
        seen.facts.note_lang(&lang);
    }
    Ok(())
}

fn note_meta(element: &mut Element<'_, '_>, seen: &Rc<RefCell<Seen>>) -> HandlerResult {
    let mut seen = seen.borrow_mut();
    if seen.in_body {
        return Ok(());
    }
    let charset_settled = seen.charset_settled;
    let facts = &mut seen.facts;
    if let Some(label) = element
        .get_attribute("charset")
        .filter(|_| !charset_settled)
    {
        facts.note_charset(&label);
    }
    let Some(content) = element.get_attribute("content") else {
        return Ok(());
    };
    if element
        .get_attribute("name")
        .is_some_and(|name| name.eq_ignore_ascii_case("cdp:page"))
    {
        facts.note_page(&html_escape::decode_html_entities(&content));
    }
    if !charset_settled
        && element
            .get_attribute("http-equiv")
            .is_some_and(|name| name.eq_ignore_ascii_case("content-type"))
    {
        let lower = content.to_ascii_lowercase();
        if let Some((_, label)) = lower.split_once("charset=") {
            facts.note_charset(label.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
        }
    }
    Ok(())
}

fn note_element(element: &mut Element<'_, '_>, shared: &Rc<RefCell<Seen>>) -> HandlerResult {
    let location = element.source_location().bytes();
    let mut seen = shared.borrow_mut();
    let tag = seen.placed(location.clone());
    // Several selectors may match one element.
    if seen.last_start == Some(tag.start) {
        return Ok(());
    }
    seen.last_start = Some(tag.start);
    let name = element.tag_name();
    unskimmable::note(&mut seen, &name, element, shared)?;
    close_implied(&mut seen, &name);
    watch_inside(&mut seen, &name, element, shared)?;
    let mut marks = match Marks::read(element) {
        Some(marks) => marks.moved(seen.shift),
        None if name == "template" => Marks::default(),
        None => return watch_unmarked(&mut seen, &name, element, shared),
    };
    let around = seen
        .around
        .take()
        .filter(|around| around.0 == location.start);
    if let (Some((_, around)), Some(_)) = (around, &marks.bindings.html) {
        marks.bindings.around = around;
    }
    if marks.bindings.html.is_some() && element.namespace_uri() != HTML_NAMESPACE {
        marks.bindings.around.push("svg");
    }
    if marks.component.is_some() && tag.start < seen.passed {
        // Found too late: its start has left.
        return Ok(());
    }
    seen.charset_settled |= marks.component.is_some();
    let id = seen.next_element;
    let can_have_content = element.can_have_content();
    if can_have_content {
        if seen.open == 0 {
            seen.outermost = Outermost {
                name: name.clone(),
                component: marks.component.is_some(),
            };
        }
        watch(&mut seen, &name, true, element, shared)?;
    } else {
        seen.next_element += 1;
    }
    seen.sightings.push(Sighting::Open(Box::new(Opened {
        element: id,
        name,
        tag,
        can_have_content,
        marks,
    })));
    Ok(())
}
