//! What everything behind an entry relies on, checked without the code that reads entries.
//!
//! In: an entry. Out: a panic, unless every range is where it must be. It is part of tests and of fuzzing alone.

#![allow(clippy::indexing_slicing)]

use crate::{
    template::{Component, Node, Range, StartTag},
    template_cache::Entry,
};

/// Checks `entry`.
///
/// # Panics
/// Unless every range is where it must be.
pub fn assert_sound(entry: &Entry) {
    let template = &entry.page.template;
    let whole = Range::new(0, template.body.len());
    let mut ids = Vec::new();
    tile(&template.parts.nodes, whole, 0, &mut ids);
    assert!(ids.len() <= 100);
    for failed in &template.parts.failed {
        assert!(failed.start <= whole.end);
        if let Some(id) = failed.id {
            assert!(!ids.contains(&id.0));
        }
    }
    for mark in &template.parts.bad_marks {
        assert!(mark.tag <= whole.end);
    }
    let places = template.parts.places;
    for place in [places.head_end, places.body_start].into_iter().flatten() {
        assert!(place <= whole.end);
        for node in &template.parts.nodes {
            let range = node.range();
            let inside = range.start < place && place < range.end;
            assert!(matches!(node, Node::Bytes(_)) || !inside);
        }
    }
    assert!(entry.lifetime.born_ms <= entry.lifetime.asked_ms);
}

/// The nodes fill `range`, without gap or overlap.
fn tile(nodes: &[Node], range: Range, depth: usize, ids: &mut Vec<u32>) {
    assert!(depth <= 32);
    let mut at = range.start;
    for node in nodes {
        let own = node.range();
        assert_eq!(own.start, at);
        assert!(own.start <= own.end && own.end <= range.end);
        at = own.end;
        match node {
            Node::Bytes(bytes) => assert!(!bytes.is_empty()),
            Node::Component(component) => whole_component(component, depth, ids),
            Node::Element(element) => {
                tag(&element.tag);
                let content = Range::new(element.tag.range.end, element.end_tag.start);
                tile(&element.content, content, depth + 1, ids);
            }
            Node::Tag(bound) => tag(bound),
            Node::Variant(..) => assert!(depth > 0),
        }
    }
    assert_eq!(at, range.end);
}

fn whole_component(component: &Component, depth: usize, ids: &mut Vec<u32>) {
    assert!(component.id.0 < 100 && !ids.contains(&component.id.0));
    ids.push(component.id.0);
    tag(&component.tag);
    let content = Range::new(component.tag.range.end, component.end_tag.start);
    tile(&component.content, content, depth + 1, ids);
    let mut places = Vec::new();
    variant_places(&component.content, &mut places);
    assert_eq!(places.len(), component.variants.len());
    for (number, (index, place)) in places.into_iter().enumerate() {
        assert_eq!(number, index);
        let content = &component.variants[index].content;
        if let (Some(first), Some(last)) = (content.first(), content.last()) {
            let inside = Range::new(first.range().start, last.range().end);
            assert!(place.start < inside.start && inside.end <= place.end);
            tile(content, inside, depth + 2, ids);
        }
    }
}

fn variant_places(nodes: &[Node], places: &mut Vec<(usize, Range)>) {
    for node in nodes {
        match node {
            Node::Variant(index, range) => places.push((*index, *range)),
            Node::Element(element) => variant_places(&element.content, places),
            Node::Bytes(_) | Node::Component(_) | Node::Tag(_) => {}
        }
    }
}

fn tag(tag: &StartTag) {
    assert!(tag.range.start < tag.insert_at && tag.insert_at < tag.range.end);
    for authored in tag.attributes.iter().filter_map(|binding| binding.authored) {
        assert!(tag.insert_at <= authored.start && authored.start < authored.end);
        assert!(authored.end < tag.range.end);
    }
}
