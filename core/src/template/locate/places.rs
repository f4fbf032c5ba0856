//! Where the head ends and the body begins, for what is put there.
//!
//! In: lol_html's elements. Out: [`Sighting`]s of the two places, in document order. A tag inside of comments, scripts or text
//! is none; one inside of a template or a picture is none of the page's. It is asked only where something is to be put in.

use std::{cell::RefCell, rc::Rc};

use lol_html::{HandlerResult, html_content::Element};

use super::{Seen, Sighting};

/// What is known of the head.
#[derive(Default)]
pub(super) struct Head {
    /// Offset of the `<body` that ended it.
    body: Option<usize>,
    /// Templates, and elements of SVG and MathML, that are open, or that a browser, unlike lol_html, has not closed.
    apart: u32,
}

/// Until its own end tag, what is inside is no HTML of the page's.
pub(super) fn note_apart(
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let mut seen = shared.borrow_mut();
    if seen.in_body || !element.can_have_content() {
        return Ok(());
    }
    seen.head.apart += 1;
    let (shared, name) = (Rc::clone(shared), element.tag_name());
    element.on_end_tag(Box::new(move |end| {
        if end.name() == name {
            let apart = &mut shared.borrow_mut().head.apart;
            *apart = apart.saturating_sub(1);
        }
        Ok(())
    }))
}

/// `</head>`, if it is the tag's own end.
pub(super) fn note_head(
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let seen = shared.borrow();
    if seen.in_body || seen.head.apart > 0 {
        return Ok(());
    }
    drop(seen);
    let shared = Rc::clone(shared);
    element.on_end_tag(Box::new(move |end| {
        let mut seen = shared.borrow_mut();
        if end.name() == "head" && !seen.in_body && seen.head.apart == 0 {
            let start = end.source_location().bytes().start;
            seen.sightings.push(Sighting::HeadEnd(start));
        }
        Ok(())
    }))
}

/// `<body …>`, which ends a head that has no end tag. Noted before what the tag itself may be marked as.
pub(super) fn note_head_end(
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let mut seen = shared.borrow_mut();
    if !seen.in_body && seen.head.apart == 0 {
        let tag = element.source_location().bytes();
        seen.enter_body(tag.end);
        seen.head.body = Some(tag.start);
        seen.sightings.push(Sighting::HeadEnd(tag.start));
    }
    Ok(())
}

/// The end of `<body …>`. Noted after what the tag itself may be marked as.
pub(super) fn note_body_start(
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let mut seen = shared.borrow_mut();
    let tag = element.source_location().bytes();
    if seen.head.body == Some(tag.start) {
        seen.sightings.push(Sighting::BodyStart(tag.end));
    }
    Ok(())
}
