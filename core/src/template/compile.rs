//! Sightings become nodes: the compiler keeps the open elements of interest and emits finished parts in order.
//!
//! In: chunks of one document. Out: top-level [`Node`]s whose ranges tile the document without gap or overlap,
//! the open component (if any), and every failed mark by reason. It never holds bytes back: what to hold is
//! `render`'s decision.

mod frames;
#[cfg(test)]
mod tests;

use encoding_rs::Encoding;

use super::{
    Asked, ComponentId, ComponentKind, Node, PageFacts, Places, Range, Source,
    frame::{Frame, FrameKind, append},
    locate::{Locator, Look, Sighting},
};
use crate::reason::{BadMark, Failure};

/// How a document is compiled.
#[derive(Clone, Copy, Debug)]
pub struct CompileOptions {
    /// What is looked for.
    pub look: Look,
    /// Whether [`Compiler::places`] is of interest.
    pub places: bool,
    /// Charset of the document; marks are decoded with it.
    pub encoding: &'static Encoding,
    /// Whether `data-cdp-guest` counts. Otherwise elements so marked are as authored, components inside of them are not.
    pub guest: bool,
}

/// A mark that leaves its component as authored, found while compiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedComponent {
    /// Number in the page; `None` where it never got one.
    pub id: Option<ComponentId>,
    /// Experience, experiment or guest.
    pub kind: ComponentKind,
    /// Who would have been asked; `None` where the friendly id is none.
    pub asked: Option<Asked>,
    /// Why.
    pub failure: Failure,
    /// Offset of the start tag's `<`.
    pub start: usize,
}

/// A mark that was ignored because of its markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IgnoredMark {
    /// Why.
    pub reason: BadMark,
    /// Offset of the `<` of the start tag that has it.
    pub tag: usize,
}

/// The outermost component whose end has not been seen.
#[derive(Clone, Copy, Debug)]
pub struct OpenComponent<'c> {
    /// Number in the page.
    pub id: ComponentId,
    /// Experience, experiment or guest.
    pub kind: ComponentKind,
    /// Who decides.
    pub asked: &'c Asked,
    /// Offset of the start tag's `<`.
    pub start: usize,
    /// Offset after the start tag.
    pub content_start: usize,
}

/// Compiles one document as it streams past.
pub struct Compiler {
    locator: Locator,
    inside_component: bool,
    guest: bool,
    stack: Vec<Frame>,
    opaque: Option<Opaque>,
    /// Open elements marked for the guest where that does not count.
    unvouched: Vec<Unvouched>,
    /// Everything before is in a node already.
    cursor: usize,
    ready: Vec<Node>,
    components: u32,
    failed: Vec<FailedComponent>,
    bad_marks: Vec<IgnoredMark>,
    places: Places,
    hides_places: bool,
}

/// An open element in which no mark counts.
struct Opaque {
    element: u32,
    /// Frames around it.
    depth: usize,
    /// A `<template>` that is no variant: nothing in it is an element of the page. Otherwise a component that
    /// stays as authored.
    template: bool,
}

/// An open `data-cdp-guest` element whose marks must not read the decision of a component around it.
struct Unvouched {
    element: u32,
    /// Frames around it.
    depth: usize,
}

impl Compiler {
    /// A compiler for one document.
    #[must_use]
    pub fn new(options: CompileOptions) -> Self {
        Self {
            locator: Locator::new(options),
            inside_component: options.look == Look::Fragment,
            guest: options.guest,
            stack: Vec::new(),
            opaque: None,
            unvouched: Vec::new(),
            cursor: 0,
            ready: Vec::new(),
            components: 0,
            failed: Vec::new(),
            bad_marks: Vec::new(),
            places: Places::default(),
            hides_places: false,
        }
    }

    /// Takes the next chunk, which `source` already holds.
    ///
    /// # Errors
    /// Why the rest of the document cannot be understood. Everything received is then in [`Self::take_nodes`].
    pub fn write(&mut self, chunk: &[u8], source: &Source) -> Result<(), Failure> {
        let written = self.locator.write(chunk);
        self.digest(source);
        written.inspect_err(|failure| self.abandon(*failure, source.end()))
    }

    /// The document is complete.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn end(&mut self, source: &Source) -> Result<(), Failure> {
        let ended = self.locator.end();
        self.digest(source);
        if let Err(failure) = ended {
            self.abandon(failure, source.end());
            return Err(failure);
        }
        self.dissolve_from(0);
        self.flush_bytes(source.end());
        Ok(())
    }

    /// The document ends, or is understood no further, at `end`: what is open stays as authored.
    pub fn abandon(&mut self, failure: Failure, end: usize) {
        let open = std::mem::take(&mut self.stack);
        for frame in &open {
            self.note_failure(frame, failure);
        }
        if let Some(outermost) = open.into_iter().next() {
            let authored = outermost.tag.range.start;
            append(&mut self.ready, Node::Bytes(Range::new(authored, end)));
            self.cursor = end;
        } else {
            self.flush_bytes(end);
        }
        self.opaque = None;
    }

    /// The finished top-level nodes, in document order.
    pub fn take_nodes(&mut self) -> Vec<Node> {
        std::mem::take(&mut self.ready)
    }

    /// Components that stay as authored because of their markup, since the last call.
    pub fn take_failed(&mut self) -> Vec<FailedComponent> {
        std::mem::take(&mut self.failed)
    }

    /// Marks that were ignored because of their markup, since the last call.
    pub fn take_bad_marks(&mut self) -> Vec<IgnoredMark> {
        std::mem::take(&mut self.bad_marks)
    }

    /// Offset up to which the document is understood.
    #[must_use]
    pub fn located(&self) -> usize {
        self.locator.located()
    }

    /// The outermost component that is open.
    #[must_use]
    pub fn open_component(&self) -> Option<OpenComponent<'_>> {
        let frame = self.stack.first()?;
        let FrameKind::Component(component) = &frame.kind else {
            return None;
        };
        Some(OpenComponent {
            id: component.id,
            kind: component.kind,
            asked: &component.asked,
            start: frame.tag.range.start,
            content_start: frame.tag.range.end,
        })
    }

    /// What the page said about itself so far.
    #[must_use]
    pub fn facts(&self) -> PageFacts {
        self.locator.facts()
    }

    /// Where its head ends and its body begins, as far as that is seen: outside of components, whose bytes may be
    /// replaced.
    #[must_use]
    pub fn places(&self) -> Places {
        self.places
    }

    /// Whether one of the places is in a component, or in an element that looked like one.
    pub(super) const fn hides_places(&self) -> bool {
        self.hides_places
    }

    fn digest(&mut self, source: &Source) {
        for sighting in self.locator.take_sightings() {
            match sighting {
                Sighting::Open(opened) => self.open(*opened, source),
                Sighting::Close { element, end_tag } => self.close(element, end_tag),
                Sighting::HeadEnd(at) if self.stack.is_empty() => {
                    self.places.head_end.get_or_insert(at);
                }
                Sighting::BodyStart(at) if self.stack.is_empty() => {
                    self.places.body_start = Some(at);
                }
                Sighting::HeadEnd(_) | Sighting::BodyStart(_) => self.hides_places = true,
            }
        }
        if self.stack.is_empty() {
            self.flush_bytes(self.locator.located());
        }
    }
}
