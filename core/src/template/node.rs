//! The template's parts: what a compiled page consists of.
//!
//! In: nothing. Out: plain data whose ranges are absolute offsets into the document that they were compiled
//! from. It never holds bytes of the page.

use std::fmt;

use super::Pointer;

/// Bytes `start..end` of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl Range {
    /// `start..end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// The name under which the CDP knows an experience or experiment: `[A-Za-z0-9_-]`, optionally with a
/// trailing `*`, at most 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FriendlyId(String);

impl FriendlyId {
    /// Longest friendly id.
    pub const MAX_LEN: usize = 128;

    /// Checks `text`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let stem = text.strip_suffix('*').unwrap_or(text);
        let fits = !stem.is_empty() && text.len() <= Self::MAX_LEN;
        let clean = stem
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        (fits && clean).then(|| Self(text.to_owned()))
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FriendlyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is asked for what a component shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Asked {
    /// The flow of this friendly id.
    Flow(FriendlyId),
    /// The visitor's own guest record.
    Guest,
}

impl Asked {
    /// The friendly id, where it is a flow.
    #[must_use]
    pub const fn friendly_id(&self) -> Option<&FriendlyId> {
        match self {
            Self::Flow(friendly_id) => Some(friendly_id),
            Self::Guest => None,
        }
    }
}

/// One part of a page, in document order.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Bytes that never change.
    Bytes(Range),
    /// A marked component.
    Component(Box<Component>),
    /// An element whose content or existence is bound.
    Element(Box<Element>),
    /// A start tag with bound attributes; its element's content follows as nodes of the same list.
    Tag(Box<StartTag>),
    /// Where the variant of this index stands in the component's default content.
    Variant(usize, Range),
}

impl Node {
    /// The bytes of the document that the node stands for.
    #[must_use]
    pub fn range(&self) -> Range {
        match self {
            Self::Bytes(range) | Self::Variant(_, range) => *range,
            Self::Component(component) => component.range(),
            Self::Element(element) => Range::new(element.tag.range.start, element.end_tag.end),
            Self::Tag(tag) => tag.range,
        }
    }
}

/// Number of a component in its page, in document order of start tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(pub u32);

/// What the mark on the component calls it; the CDP treats experiences and experiments alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentKind {
    /// `data-cdp-experience`.
    Experience,
    /// `data-cdp-experiment`.
    Experiment,
    /// `data-cdp-guest`: values of the visitor's own guest record, in default content.
    Guest,
}

impl ComponentKind {
    /// The word for logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Experience => "experience",
            Self::Experiment => "experiment",
            Self::Guest => "guest",
        }
    }
}

/// A component: its own tags, default content and variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Number in the page.
    pub id: ComponentId,
    /// Experience, experiment or guest.
    pub kind: ComponentKind,
    /// Who decides.
    pub asked: Asked,
    /// The start tag with the bindings of its attributes.
    pub tag: StartTag,
    /// Bindings of the component's own content and existence.
    pub bindings: Bindings,
    /// The default content, variants' places included.
    pub content: Vec<Node>,
    /// The templates, in document order.
    pub variants: Vec<Variant>,
    /// Where the variant id stands in the decision.
    pub variant_from: Pointer,
    /// Where the path of a fragment stands in the decision.
    pub fragment: Option<Pointer>,
    /// The component's own end tag.
    pub end_tag: Range,
}

impl Component {
    /// From the start tag's `<` to the end tag's `>`.
    #[must_use]
    pub fn range(&self) -> Range {
        Range::new(self.tag.range.start, self.end_tag.end)
    }

    /// Whether a decision could show anything but the default content.
    #[must_use]
    pub fn has_alternatives(&self) -> bool {
        !self.variants.is_empty() || self.fragment.is_some() || self.bindings != Bindings::default()
    }
}

/// One `<template data-cdp-variant="ID">`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The variant id.
    pub id: String,
    /// The template's content.
    pub content: Vec<Node>,
}

/// An element inside a component whose content or existence is bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The start tag with the bindings of its attributes.
    pub tag: StartTag,
    /// Bindings of content and existence; never all absent.
    pub bindings: Bindings,
    /// The content as authored.
    pub content: Vec<Node>,
    /// The element's own end tag; empty (at the start tag's end) for a void element.
    pub end_tag: Range,
}

/// What decides over an element's content and existence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bindings {
    /// `data-cdp-text`.
    pub text: Option<Pointer>,
    /// `data-cdp-html`.
    pub html: Option<Pointer>,
    /// With `html`: the elements around that markup in the value could end, among `p`, `a`, `button` and `nobr`; `svg` for an
    /// element of SVG or MathML, which most of HTML's elements end.
    pub around: Vec<&'static str>,
    /// `data-cdp-if`.
    pub condition: Option<Pointer>,
}

/// A start tag that may be edited.
#[derive(Clone, Debug, PartialEq)]
pub struct StartTag {
    /// From `<` to `>`.
    pub range: Range,
    /// Tag name in lower case.
    pub name: String,
    /// Offset after the tag name, where a new attribute can stand and wins over any later one of its name.
    pub insert_at: usize,
    /// Bound attributes, in source order.
    pub attributes: Vec<AttributeBinding>,
}

/// `data-cdp-attr-NAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeBinding {
    /// `NAME`, lower case.
    pub name: String,
    /// Where the value stands in the decision.
    pub pointer: Pointer,
    /// The whole authored attribute of that name (`name="value"`), where there is one.
    pub authored: Option<Range>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_ends_where_it_starts_or_before_is_empty() {
        for (start, end, len) in [(3, 5, 2), (3, 3, 0), (3, 2, 0)] {
            let range = Range::new(start, end);
            assert_eq!((range.len(), range.is_empty()), (len, len == 0));
        }
    }
}
