//! Open elements of interest: what begins and ends builds a tree of nodes, or dissolves into bytes.
//!
//! In: what was seen, in document order. Out: nodes, and why a component is none. It never looks at bytes outside of start tags.

use super::{Compiler, FailedComponent, IgnoredMark, Opaque, Unvouched};
use crate::{
    reason::{BadMark, Failure},
    template::{
        Asked, Bindings, ComponentId, ComponentKind, FriendlyId, Node, Pointer, Range, Source,
        frame::{ComponentFrame, Finished, Frame, FrameKind, append},
        locate::Opened,
        start_tag::start_tag,
    },
};

/// Most components on a page (faults contract P10).
const MAX_COMPONENTS: u32 = 100;
/// Deepest nesting of marked elements; rendering recurses this far.
const MAX_DEPTH: usize = 32;
/// Default of `data-cdp-variant-from`.
const DEFAULT_VARIANT_FROM: &str = "/variantId";

impl Compiler {
    pub(super) fn open(&mut self, opened: Opened, source: &Source) {
        if self.opaque.is_some() {
            return;
        }
        let is_guest = matches!(opened.marks.component, Some((ComponentKind::Guest, _)));
        if is_guest && !self.guest && opened.name != "template" {
            if opened.can_have_content {
                self.unvouched.push(Unvouched {
                    element: opened.element,
                    depth: self.stack.len(),
                });
            }
            return;
        }
        let inside = (self.inside_component || !self.stack.is_empty()) && !self.is_unvouched();
        if inside {
            self.ignore(opened.tag.start, opened.marks.bad.iter().copied());
        }
        if opened.name == "template" {
            self.open_template(opened, source);
        } else if opened.marks.component.is_some() {
            self.open_component_frame(opened, source);
        } else if inside {
            self.open_element(opened, source);
        }
    }

    /// Whether the nearest of the components and guest elements around is a guest element that does not count.
    fn is_unvouched(&self) -> bool {
        let is_component = |frame: &Frame| matches!(frame.kind, FrameKind::Component(_));
        let inside = self.stack.iter().rposition(is_component);
        self.unvouched
            .last()
            .is_some_and(|guest| inside.is_none_or(|index| guest.depth > index))
    }

    fn open_component_frame(&mut self, opened: Opened, source: &Source) {
        let Some((kind, id_text)) = &opened.marks.component else {
            return;
        };
        let asked = asked(*kind, id_text);
        let pointers_ok = !matches!(opened.marks.variant_from, Some(Err(())))
            && !matches!(opened.marks.fragment, Some(Err(())));
        let failure = if asked.is_none() {
            Some(Failure::BadFriendlyId)
        } else if !pointers_ok {
            Some(Failure::BadMark)
        } else if !opened.can_have_content {
            Some(Failure::NoEndTag)
        } else if self.components >= MAX_COMPONENTS || self.stack.len() >= MAX_DEPTH {
            Some(Failure::TooMany)
        } else {
            None
        };
        let (Some(asked), None) = (asked.clone(), failure) else {
            self.failed.push(FailedComponent {
                id: None,
                kind: *kind,
                asked,
                failure: failure.unwrap_or(Failure::BadFriendlyId),
                start: opened.tag.start,
            });
            if opened.can_have_content {
                self.shut(&opened, false);
            }
            return;
        };
        let component = ComponentFrame {
            id: ComponentId(self.components),
            kind: *kind,
            asked,
            variant_from: match &opened.marks.variant_from {
                Some(Ok(pointer)) => pointer.clone(),
                _ => Pointer::parse(DEFAULT_VARIANT_FROM).unwrap_or_default(),
            },
            // What stands in a guest record may be the visitor's own words: they choose no path on XM.
            fragment: match kind {
                ComponentKind::Guest => None,
                _ => opened.marks.fragment.clone().and_then(Result::ok),
            },
            variants: Vec::new(),
        };
        self.components += 1;
        self.push_frame(opened, FrameKind::Component(component), source);
    }

    /// Until the end of `opened` no mark counts.
    fn shut(&mut self, opened: &Opened, template: bool) {
        self.opaque = Some(Opaque {
            element: opened.element,
            depth: self.stack.len(),
            template,
        });
    }

    fn open_template(&mut self, opened: Opened, source: &Source) {
        // A browser shows nothing of a template: as a component it could only spend exposures.
        if let Some((kind, id_text)) = &opened.marks.component {
            self.failed.push(FailedComponent {
                id: None,
                kind: *kind,
                asked: asked(*kind, id_text),
                failure: Failure::BadMark,
                start: opened.tag.start,
            });
            return self.shut(&opened, true);
        }
        let of_component = matches!(
            self.stack
                .iter()
                .rev()
                .find(|frame| !matches!(frame.kind, FrameKind::Element))
                .map(|frame| &frame.kind),
            Some(FrameKind::Component(_))
        );
        match &opened.marks.variant {
            Some(id) if of_component && self.stack.len() < MAX_DEPTH => {
                let id = id.clone();
                self.push_frame(opened, FrameKind::Variant { id }, source);
            }
            _ => self.shut(&opened, true),
        }
    }

    fn open_element(&mut self, mut opened: Opened, source: &Source) {
        let start = opened.tag.start;
        let refused = refuse_raw_text(&opened.name, &mut opened.marks.bindings);
        self.ignore(start, refused);
        let bindings = &mut opened.marks.bindings;
        if !opened.can_have_content
            && (bindings.text.take().is_some() | bindings.html.take().is_some())
        {
            self.ignore(start, [BadMark::NoEndTag]);
        }
        if *bindings == Bindings::default() {
            if !opened.marks.attributes.is_empty() {
                self.flush_bytes(opened.tag.start);
                self.cursor = opened.tag.end;
                let tag = start_tag(opened, source).1;
                append(self.list(), Node::Tag(Box::new(tag)));
            }
        } else if self.stack.len() >= MAX_DEPTH {
            self.ignore(start, [BadMark::TooDeep]);
        } else if opened.can_have_content {
            self.push_frame(opened, FrameKind::Element, source);
        } else {
            let end = opened.tag.end;
            self.push_frame(opened, FrameKind::Element, source);
            self.finish_top(Range::new(end, end));
        }
    }

    fn push_frame(&mut self, opened: Opened, kind: FrameKind, source: &Source) {
        self.flush_bytes(opened.tag.start);
        self.cursor = opened.tag.end;
        let element = opened.element;
        let (bindings, tag) = start_tag(opened, source);
        self.stack.push(Frame {
            element,
            tag,
            bindings,
            content: Vec::new(),
            kind,
        });
    }

    pub(super) fn close(&mut self, element: u32, end_tag: Option<Range>) {
        self.unvouched.retain(|guest| guest.element != element);
        if let Some(opaque) = self.opaque.as_ref().filter(|o| o.element == element) {
            // To a browser, whatever follows a template without an end tag is still inside it.
            if end_tag.is_some() || !opaque.template {
                self.opaque = None;
            }
            return;
        }
        let Some(index) = self.stack.iter().position(|frame| frame.element == element) else {
            return;
        };
        // What is still open inside ends here without an end tag of its own.
        self.dissolve_from(index + 1);
        match end_tag {
            Some(end_tag) => self.finish_top(end_tag),
            None => self.dissolve_from(index),
        }
    }

    fn finish_top(&mut self, end_tag: Range) {
        self.flush_bytes(end_tag.start);
        let Some(frame) = self.stack.pop() else {
            return;
        };
        self.cursor = end_tag.end;
        match frame.finish(end_tag) {
            Finished::Node(node) => append(self.list(), node),
            Finished::Variant(variant, range) => {
                let component = self.stack.iter_mut().rev().find_map(|f| match &mut f.kind {
                    FrameKind::Component(component) => Some(component),
                    _ => None,
                });
                let node = component.map_or(Node::Bytes(range), |component| {
                    component.variants.push(variant);
                    Node::Variant(component.variants.len() - 1, range)
                });
                append(self.list(), node);
            }
        }
    }

    pub(super) fn dissolve_from(&mut self, index: usize) {
        self.opaque
            .take_if(|opaque| !opaque.template && opaque.depth > index);
        while self.stack.len() > index {
            let Some(frame) = self.stack.pop() else {
                return;
            };
            let start = frame.tag.range.start;
            match frame.kind {
                FrameKind::Component(_) => self.note_failure(&frame, Failure::NoEndTag),
                FrameKind::Element => self.ignore(start, [BadMark::NoEndTag]),
                FrameKind::Variant { .. } => {
                    self.ignore(start, [BadMark::NoEndTag]);
                    self.opaque = Some(Opaque {
                        element: frame.element,
                        depth: index,
                        template: true,
                    });
                }
            }
            for node in frame.dissolve() {
                append(self.list(), node);
            }
        }
    }

    pub(super) fn note_failure(&mut self, frame: &Frame, failure: Failure) {
        if let FrameKind::Component(component) = &frame.kind {
            self.failed.push(FailedComponent {
                id: Some(component.id),
                kind: component.kind,
                asked: Some(component.asked.clone()),
                failure,
                start: frame.tag.range.start,
            });
        }
    }

    fn ignore(&mut self, tag: usize, reasons: impl IntoIterator<Item = BadMark>) {
        let marks = reasons
            .into_iter()
            .map(|reason| IgnoredMark { reason, tag });
        self.bad_marks.extend(marks);
    }

    pub(super) fn flush_bytes(&mut self, end: usize) {
        if end > self.cursor {
            let range = Range::new(self.cursor, end);
            self.cursor = end;
            append(self.list(), Node::Bytes(range));
        }
    }

    fn list(&mut self) -> &mut Vec<Node> {
        match self.stack.last_mut() {
            Some(frame) => &mut frame.content,
            None => &mut self.ready,
        }
    }
}

/// Who decides over a component of this kind; `None`: the friendly id is none.
fn asked(kind: ComponentKind, id_text: &str) -> Option<Asked> {
    match kind {
        ComponentKind::Guest => Some(Asked::Guest),
        ComponentKind::Experience | ComponentKind::Experiment => {
            FriendlyId::parse(id_text).map(Asked::Flow)
        }
    }
}

/// Elements whose content is not text: a value there would be script, style or nothing.
fn refuse_raw_text(name: &str, bindings: &mut Bindings) -> Vec<BadMark> {
    let raw = matches!(
        name,
        "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" | "plaintext"
    );
    let no_markup = raw || matches!(name, "textarea" | "title");
    let refused = [
        raw && bindings.text.take().is_some(),
        no_markup && bindings.html.take().is_some(),
    ];
    refused
        .iter()
        .filter(|refused| **refused)
        .map(|_| BadMark::RawTextElement)
        .collect()
}
