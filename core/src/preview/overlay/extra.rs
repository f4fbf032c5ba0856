//! What the panel says besides: choices that the page has no place for, marks that were left alone.
//!
//! In: the page and its preview. Out: HTML, ASCII; nothing where there is nothing to say.

use std::fmt::Write as _;

use super::{
    Settings,
    html::Text,
    listing::{self, Listed},
    panel::Written,
    words,
};
use crate::render::Page;

/// What the link sets and the page does not have.
pub(super) fn absent(out: &mut String, settings: &Settings, listed: &[Listed<'_>]) -> Written {
    let absent = listing::absent(listed, &settings.preview.link.show);
    if absent.is_empty() {
        return Ok(());
    }
    out.push_str("<div class=\"item\"><h2>Chosen, and not on this page</h2><ul class=\"group\">");
    for (id, choice) in absent {
        let (id, choice) = (Text(id), Text(choice.as_str()));
        write!(
            out,
            "<li><span class=\"count\">{id}</span>: {choice} <button class=\"quiet\" name=\"show\" value=\"{id}=\">Remove\
             <span class=\"sr\"> {id}</span></button></li>"
        )?;
    }
    out.push_str("</ul></div>");
    Ok(())
}

/// Marks that were left alone.
pub(super) fn ignored(out: &mut String, page: &Page) -> Written {
    let marks = page.ignored_marks();
    if marks.is_empty() {
        return Ok(());
    }
    out.push_str("<div class=\"item\"><h2>Marks that were left alone</h2><ul class=\"group\">");
    for (mark, count) in marks {
        write!(
            out,
            "<li class=\"warn\"><span class=\"shown\">{} &times; {}</span> {}</li>",
            count,
            mark.label(),
            words::bad_mark(*mark)
        )?;
    }
    out.push_str("</ul></div>");
    Ok(())
}
