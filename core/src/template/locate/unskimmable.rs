//! What in the head or in a component makes the page behind it more than a skim can tell: pictures, formulas and lists of choices
//! that do not end by themselves.
//!
//! In: the head's bytes, lol_html's elements inside of components. Out: whether, behind the component, a tag is simply a tag.

use std::{cell::RefCell, rc::Rc};

use lol_html::{HandlerResult, html_content::Element};

use super::Seen;

const HTML: &str = "http://www.w3.org/1999/xhtml";

/// What no head has; in a head it is taken for what it looks like, even in a script.
const NOT_IN_HEAD: [&[u8]; 5] = [b"frameset", b"math", b"plaintext", b"select", b"svg"];
/// Length of the longest of them.
const LONGEST: usize = 9;

/// What is open, or will never be known.
#[derive(Default)]
pub(super) struct Unskimmable {
    lost: bool,
    /// Open `<svg>`.
    pictures: u32,
    /// Open `<select>`.
    choices: u32,
    /// The last bytes of the head so far.
    tail: Vec<u8>,
}

impl Unskimmable {
    pub(super) const fn is_nothing(&self) -> bool {
        !self.lost && self.pictures == 0 && self.choices == 0
    }

    /// Something was read that nobody looked at in this way.
    pub(super) const fn lose(&mut self) {
        self.lost = true;
    }

    /// Looks at the next bytes of the head, or of what follows it.
    pub(super) fn note_head(&mut self, bytes: &[u8]) {
        if self.lost {
            return;
        }
        self.tail.extend_from_slice(bytes);
        self.lost = memchr::memchr_iter(b'<', &self.tail).any(|start| {
            let rest = self.tail.get(start + 1..).unwrap_or_default();
            NOT_IN_HEAD.iter().any(|name| {
                let found = rest.get(..name.len());
                found.is_some_and(|found| found.eq_ignore_ascii_case(name))
            })
        });
        let looked_at = self.tail.len().saturating_sub(LONGEST);
        self.tail.drain(..looked_at);
    }

    /// The count of open elements of this name; `None` for those that are not counted.
    fn count(&mut self, name: &str) -> Option<&mut u32> {
        match name {
            "svg" => Some(&mut self.pictures),
            "select" => Some(&mut self.choices),
            _ => None,
        }
    }
}

/// Notes an element inside of a component.
pub(super) fn note(
    seen: &mut Seen,
    name: &str,
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Seen>>,
) -> HandlerResult {
    let known = &mut seen.unskimmable;
    if known.lost {
        return Ok(());
    }
    let in_picture = known.pictures > 0;
    let must_end = match name {
        "svg" | "select" => true,
        "frameset" | "math" | "plaintext" => false,
        "title" | "desc" if in_picture => true,
        "template" if known.choices > 0 => false,
        "foreignobject" if in_picture => false,
        // Either the picture is over, or there is HTML in it.
        _ if in_picture && element.namespace_uri() == HTML => false,
        _ => return Ok(()),
    };
    if !must_end || !element.can_have_content() {
        known.lost = true;
        return Ok(());
    }
    if let Some(count) = known.count(name) {
        *count += 1;
    }
    let (shared, name) = (Rc::clone(shared), name.to_owned());
    element.on_end_tag(Box::new(move |end| {
        let known = &mut shared.borrow_mut().unskimmable;
        known.lost |= end.name() != name;
        if let Some(count) = known.count(&name) {
            *count = count.saturating_sub(1);
        }
        Ok(())
    }))
}
