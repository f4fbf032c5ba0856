//! The page as the Worker's own compiler sees it, flattened into lists.
//!
//! In: bytes, charset, whether XM vouches for the visitor. Out: components in document order, what failed, and the start tags
//! whose marks count. It has no rule of its own.

use std::{collections::BTreeSet, ops::Range};

use encoding_rs::Encoding;
use xm_edge_core::{
    reason::Failure,
    template::{
        Asked, Bindings, CompileOptions, Compiler, Component, ComponentId, ComponentKind,
        FailedComponent, IgnoredMark, Look, Node, PageFacts, Pointer, Source, StartTag,
    },
};

/// A component that the Worker would render.
#[derive(Clone, Debug)]
pub struct Found {
    /// Number in the page.
    pub id: ComponentId,
    /// Experience, experiment or guest.
    pub kind: ComponentKind,
    /// Who decides.
    pub asked: Asked,
    /// The start tag.
    pub tag: Range<usize>,
    /// From start tag to end tag.
    pub range: Range<usize>,
    /// Bytes between both tags, which must fit into the hold limit.
    pub content_len: usize,
    /// Id and extent of each template.
    pub variants: Vec<(String, Range<usize>)>,
    /// The marks that read its decision, in document order.
    pub bindings: Vec<Binding>,
    /// Where the variant id stands.
    pub variant_from: Pointer,
    /// Where a fragment's path stands.
    pub fragment: Option<Pointer>,
    /// The components around it, outermost first.
    pub around: Vec<ComponentId>,
}

/// A mark that reads a decision.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Start of the tag that has it.
    pub tag: usize,
    /// Name of the element.
    pub element: String,
    /// The attribute: `data-cdp-text`.
    pub mark: String,
    /// Its pointer.
    pub pointer: Pointer,
    /// The variant that it is in.
    pub variant: Option<String>,
}

/// What the compiler says of a page.
#[derive(Debug)]
pub struct Compiled {
    /// In the order of their start tags.
    pub components: Vec<Found>,
    /// Components that stay as authored.
    pub failed: Vec<FailedComponent>,
    /// Marks that are ignored.
    pub ignored: Vec<IgnoredMark>,
    /// Starts of all tags whose marks count.
    pub understood: BTreeSet<usize>,
    /// Language, page name, charset.
    pub facts: PageFacts,
    /// Why, and from where, the rest of the page is not looked at.
    pub unreadable: Option<(Failure, usize)>,
}

/// Compiles a page, or a fragment.
#[must_use]
pub fn compile(bytes: &[u8], encoding: &'static Encoding, guest: bool) -> Compiled {
    let mut compiler = Compiler::new(CompileOptions {
        look: Look::Components,
        places: false,
        encoding,
        guest,
    });
    let source = Source::whole(bytes.to_vec());
    let read = compiler.write(bytes, &source);
    let located = compiler.located();
    let failure = read.and_then(|()| compiler.end(&source)).err();
    let mut walk = Walk::default();
    walk.nodes(&compiler.take_nodes());
    walk.components.sort_by_key(|found| found.tag.start);
    Compiled {
        components: walk.components,
        failed: compiler.take_failed(),
        ignored: compiler.take_bad_marks(),
        understood: walk.understood,
        facts: compiler.facts(),
        unreadable: failure.map(|failure| (failure, located)),
    }
}

impl Compiled {
    /// The component of this number.
    #[must_use]
    pub fn component(&self, id: ComponentId) -> Option<&Found> {
        self.components.iter().find(|found| found.id == id)
    }

    /// The innermost component around an offset.
    #[must_use]
    pub fn around(&self, at: usize) -> Option<&Found> {
        self.components
            .iter()
            .rfind(|found| found.range.contains(&at))
    }
}

#[derive(Default)]
struct Walk {
    components: Vec<Found>,
    understood: BTreeSet<usize>,
    /// Open components as indices into `components`, and the variant of the innermost.
    around: Vec<usize>,
    variant: Option<String>,
}

impl Walk {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Bytes(_) | Node::Variant(..) => {}
                Node::Component(component) => self.component(component),
                Node::Element(element) => {
                    self.tag(&element.tag, &element.bindings);
                    self.nodes(&element.content);
                }
                Node::Tag(tag) => self.tag(tag, &Bindings::default()),
            }
        }
    }

    fn component(&mut self, component: &Component) {
        let places = variant_places(&component.content);
        let around = self
            .around
            .iter()
            .filter_map(|index| self.components.get(*index));
        let around = around.map(|found| found.id).collect();
        let content = component.tag.range.end..component.end_tag.start;
        self.components.push(Found {
            id: component.id,
            kind: component.kind,
            asked: component.asked.clone(),
            tag: component.tag.range.start..component.tag.range.end,
            range: component.range().start..component.range().end,
            content_len: content.len(),
            variants: Vec::new(),
            bindings: Vec::new(),
            variant_from: component.variant_from.clone(),
            fragment: component.fragment.clone(),
            around,
        });
        let index = self.components.len() - 1;
        self.around.push(index);
        let outer = self.variant.take();
        self.tag(&component.tag, &component.bindings);
        self.nodes(&component.content);
        for (number, variant) in component.variants.iter().enumerate() {
            let place = places.iter().find(|(of, _)| *of == number);
            if let Some((_, range)) = place {
                self.understood.insert(range.start);
                self.components[index]
                    .variants
                    .push((variant.id.clone(), range.clone()));
            }
            self.variant = Some(variant.id.clone());
            self.nodes(&variant.content);
        }
        self.components[index]
            .bindings
            .sort_by_key(|binding| binding.tag);
        self.variant = outer;
        self.around.pop();
    }

    fn tag(&mut self, tag: &StartTag, bindings: &Bindings) {
        self.understood.insert(tag.range.start);
        let Some(found) = self
            .around
            .last()
            .and_then(|index| self.components.get_mut(*index))
        else {
            return;
        };
        let own = [
            ("data-cdp-if", &bindings.condition),
            ("data-cdp-text", &bindings.text),
            ("data-cdp-html", &bindings.html),
        ];
        let own = own
            .into_iter()
            .filter_map(|(mark, pointer)| Some((mark.to_owned(), pointer.as_ref()?)));
        let attributes = tag
            .attributes
            .iter()
            .map(|bound| (format!("data-cdp-attr-{}", bound.name), &bound.pointer));
        for (mark, pointer) in own.chain(attributes) {
            found.bindings.push(Binding {
                tag: tag.range.start,
                element: tag.name.clone(),
                mark,
                pointer: pointer.clone(),
                variant: self.variant.clone(),
            });
        }
    }
}

/// Where each variant of a component stands, at whatever depth of marked elements.
fn variant_places(nodes: &[Node]) -> Vec<(usize, Range<usize>)> {
    let mut places = Vec::new();
    for node in nodes {
        match node {
            Node::Variant(index, range) => places.push((*index, range.start..range.end)),
            Node::Element(element) => places.extend(variant_places(&element.content)),
            Node::Bytes(_) | Node::Component(_) | Node::Tag(_) => {}
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

    use super::*;

    #[test]
    fn components_variants_and_bindings_are_listed_in_document_order() {
        let page = br#"<div data-cdp-experience=a data-cdp-attr-title=/t><b data-cdp-if=/i><template data-cdp-variant=v>
            <i data-cdp-text=/x></i><p data-cdp-experiment=n><u data-cdp-text=/y></u></p></template></b></div>"#;
        let compiled = compile(page, UTF_8, false);
        let [outer, inner] = &compiled.components[..] else {
            panic!("{:?}", compiled.components);
        };
        let marks: Vec<_> = outer
            .bindings
            .iter()
            .map(|binding| {
                (
                    binding.mark.as_str(),
                    binding.pointer.as_str(),
                    binding.variant.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            marks,
            [
                ("data-cdp-attr-title", "/t", None),
                ("data-cdp-if", "/i", None),
                ("data-cdp-text", "/x", Some("v"))
            ]
        );
        assert_eq!(outer.variants[0].0, "v");
        assert_eq!(&page[outer.variants[0].1.clone()][..9], b"<template");
        assert_eq!(inner.around, [outer.id]);
        assert_eq!(inner.bindings[0].variant, None);
        assert_eq!(compiled.understood.len(), 6);
    }
}
