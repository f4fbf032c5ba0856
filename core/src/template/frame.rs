//! An element of interest whose end has not been seen yet.
//!
//! In: the start of an element. Out: the node it becomes at its end, or the nodes it dissolves into when it has
//! no end tag of its own.

use super::{
    Asked, Bindings, Component, ComponentId, ComponentKind, Element, Node, Pointer, Range,
    StartTag, Variant,
};

#[derive(Debug)]
pub(super) struct Frame {
    /// The locator's number of the element.
    pub(super) element: u32,
    pub(super) tag: StartTag,
    pub(super) bindings: Bindings,
    pub(super) content: Vec<Node>,
    pub(super) kind: FrameKind,
}

#[derive(Debug)]
pub(super) enum FrameKind {
    Component(ComponentFrame),
    Element,
    Variant { id: String },
}

#[derive(Debug)]
pub(super) struct ComponentFrame {
    pub(super) id: ComponentId,
    pub(super) kind: ComponentKind,
    pub(super) asked: Asked,
    pub(super) variant_from: Pointer,
    pub(super) fragment: Option<Pointer>,
    pub(super) variants: Vec<Variant>,
}

/// What a frame becomes when its own end tag is seen.
pub(super) enum Finished {
    Node(Node),
    Variant(Variant, Range),
}

impl Frame {
    pub(super) fn finish(self, end_tag: Range) -> Finished {
        match self.kind {
            FrameKind::Component(component) => {
                Finished::Node(Node::Component(Box::new(Component {
                    id: component.id,
                    kind: component.kind,
                    asked: component.asked,
                    tag: self.tag,
                    bindings: self.bindings,
                    content: self.content,
                    variants: component.variants,
                    variant_from: component.variant_from,
                    fragment: component.fragment,
                    end_tag,
                })))
            }
            FrameKind::Element => Finished::Node(Node::Element(Box::new(Element {
                tag: self.tag,
                bindings: self.bindings,
                content: self.content,
                end_tag,
            }))),
            FrameKind::Variant { id } => {
                let range = Range::new(self.tag.range.start, end_tag.end);
                let content = self.content;
                Finished::Variant(Variant { id, content }, range)
            }
        }
    }

    /// The nodes that stand for the frame when it has no end tag: its bytes, with what needs none.
    pub(super) fn dissolve(self) -> Vec<Node> {
        let tag_range = self.tag.range;
        match self.kind {
            FrameKind::Element => {
                // Attributes need no end tag.
                let tag = if self.tag.attributes.is_empty() {
                    Node::Bytes(tag_range)
                } else {
                    Node::Tag(Box::new(self.tag))
                };
                std::iter::once(tag).chain(self.content).collect()
            }
            // Whatever is inside is the origin's again: a component that fails is so as a whole, however much
            // of it had left when that became known.
            FrameKind::Component(_) | FrameKind::Variant { .. } => {
                let end = self.content.last().map_or(tag_range.end, |n| n.range().end);
                vec![Node::Bytes(Range::new(tag_range.start, end))]
            }
        }
    }
}

/// Appends `node`, joining neighbouring bytes.
pub(super) fn append(nodes: &mut Vec<Node>, node: Node) {
    if let Node::Bytes(range) = node {
        if range.is_empty() {
            return;
        }
        if let Some(Node::Bytes(last)) = nodes.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
    }
    nodes.push(node);
}
