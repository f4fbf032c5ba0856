//! Whether the end tag that lol_html gives an open element is the one that a browser takes.
//!
//! In: elements inside of it. Out: its end, with its own tag or without. In doubt without: it stays as authored.

use std::{cell::RefCell, rc::Rc};

use lol_html::{HandlerResult, html_content::Element};

use super::{MAX_WATCHES, Seen, Sighting, Watch};
use crate::template::{ignored_end, implied_end};

/// Reports the open elements that a browser closes before the start tag `name`.
pub(super) fn close_implied(seen: &mut Seen, name: &str) {
    let Seen {
        watches, sightings, ..
    } = seen;
    watches.retain(|watch| {
        let ends = watch.protected == 0 && implied_end::implies_end(&watch.name, name);
        if ends {
            sightings.push(Sighting::Close {
                element: watch.element,
                end_tag: None,
            });
        }
        !ends
    });
}

/// Notes what the element `name` keeps from the open marked elements around it, until it ends.
pub(super) fn watch_inside(
    seen: &mut Seen,
    name: &str,
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    if seen.watches.is_empty() || !element.can_have_content() {
        return Ok(());
    }
    let hides = ignored_end::hides_until_closed(name);
    let reopened = ignored_end::is_reopened(name);
    let mut matters = hides || reopened;
    for watch in &mut seen.watches {
        if implied_end::protects(&watch.name, name) {
            watch.protected += 1;
            matters = true;
        }
    }
    if !matters {
        return Ok(());
    }
    let (shared, name, inside) = (Rc::clone(shared), name.to_owned(), seen.next_element);
    element.on_end_tag(Box::new(move |end| {
        let end = end.name();
        let crossed = end != name;
        let ignored = crossed && hides && ignored_end::is_ignored(&end, &name);
        let mut seen = shared.borrow_mut();
        for watch in seen.watches.iter_mut().filter(|w| w.element < inside) {
            // Opened again, an element of its own name takes its end tag.
            watch.lost |= ignored || (crossed && reopened && watch.name == name);
            if implied_end::protects(&watch.name, &name) {
                watch.protected = watch.protected.saturating_sub(1);
            }
        }
        Ok(())
    }))
}

/// Inside marked elements whose end tags `name` could hide, an element that may end by a start tag is watched, too.
pub(super) fn watch_unmarked(
    seen: &mut Seen,
    name: &str,
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let mut watches = seen.watches.iter();
    if ignored_end::hides_while_open(name)
        && watches.any(|watch| ignored_end::ends_by_name(&watch.name))
    {
        watch(seen, name, false, element, shared)?;
    }
    Ok(())
}

/// Watches the element until it ends; a marked one's end is reported.
pub(super) fn watch(
    seen: &mut Seen,
    name: &str,
    marked: bool,
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let id = seen.next_element;
    seen.next_element += 1;
    seen.open += 1;
    if seen.watches.len() < MAX_WATCHES {
        seen.watches.push(Watch {
            element: id,
            name: name.to_owned(),
            protected: 0,
            lost: false,
        });
    }
    let (shared, name) = (Rc::clone(shared), name.to_owned());
    element.on_end_tag(Box::new(move |end| {
        let end_name = end.name();
        let mut seen = shared.borrow_mut();
        let end_tag = seen.placed(end.source_location().bytes());
        seen.open = seen.open.saturating_sub(1);
        if seen.open == 0 {
            seen.plain_from = seen.outermost.component.then_some(end_tag.end);
        }
        let watch = seen.watches.iter().position(|watch| watch.element == id);
        let watch = watch.map(|index| seen.watches.remove(index));
        if watch.is_some() && end_name != name && ignored_end::is_ignored(&end_name, &name) {
            seen.watches
                .iter_mut()
                .filter(|outer| outer.element < id)
                .for_each(|outer| outer.lost = true);
        }
        if marked {
            let own = end_name == name && watch.is_some_and(|watch| !watch.lost);
            seen.sightings.push(Sighting::Close {
                element: id,
                end_tag: own.then_some(end_tag),
            });
        }
        Ok(())
    }))
}
