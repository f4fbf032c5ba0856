//! The parts of a page: nodes, what failed, what the page says about itself.
//!
//! In: parts; bytes and the body that they are about. Out: bytes; the parts again, or nothing unless they tile the body.

use super::{
    codes::{BAD_MARKS, FAILURES, KINDS, code, meaning},
    read::Reader,
    readable::{MAX_DEPTH, Place},
    tags::{pointer, read_bindings, read_tag, write_bindings, write_pointer, write_tag},
    write::Writer,
};
use crate::template::{
    Asked, Bindings, Compiled, Component, ComponentKind, Element, FailedComponent, FriendlyId,
    IgnoredMark, Node, PageFacts, Places, Range, Variant,
};

const BYTES: u8 = 0;
const COMPONENT: u8 = 1;
const ELEMENT: u8 = 2;
const TAG: u8 = 3;
const VARIANT: u8 = 4;

pub(super) fn write(writer: &mut Writer, parts: &Compiled) {
    write_nodes(writer, &parts.nodes, &[]);
    writer.list(&parts.failed, |writer, failed| {
        writer.option(failed.id, |writer, id| writer.number(u64::from(id.0)));
        writer.byte(code(&KINDS, &failed.kind));
        writer.option(failed.asked.as_ref(), write_asked);
        writer.byte(code(&FAILURES, &failed.failure));
        writer.length(failed.start);
    });
    writer.list(&parts.bad_marks, |writer, mark| {
        writer.byte(code(&BAD_MARKS, &mark.reason));
        writer.length(mark.tag);
    });
    let facts = &parts.facts;
    for fact in [&facts.html_lang, &facts.page_name, &facts.charset] {
        writer.option(fact.as_deref(), Writer::text);
    }
    for place in [parts.places.head_end, parts.places.body_start] {
        writer.option(place, Writer::length);
    }
}

pub(super) fn read(reader: &mut Reader<'_>, body: &[u8]) -> Option<Compiled> {
    let mut place = Place::new(body);
    let nodes = read_nodes(reader, &mut place, None, 0)?;
    place.is_at_end().then_some(())?;
    let failed = reader.list(|reader| {
        let id = reader.option(|reader| place.meet(reader.number()?))?;
        let kind = meaning(&KINDS, reader.byte()?)?;
        Some(FailedComponent {
            id,
            kind,
            asked: reader.option(read_asked)?,
            failure: meaning(&FAILURES, reader.byte()?)?,
            start: place.offset(reader.length()?)?,
        })
    })?;
    let bad_marks = reader.list(|reader| {
        Some(IgnoredMark {
            reason: meaning(&BAD_MARKS, reader.byte()?)?,
            tag: place.offset(reader.length()?)?,
        })
    })?;
    let facts = read_facts(reader)?;
    let mut between = || reader.option(|reader| outside(&nodes, place.offset(reader.length()?)?));
    let places = Places {
        head_end: between()?,
        body_start: between()?,
    };
    Some(Compiled {
        nodes,
        failed,
        bad_marks,
        facts,
        places,
    })
}

fn write_nodes(writer: &mut Writer, nodes: &[Node], variants: &[Variant]) {
    writer.list(nodes, |writer, node| match node {
        Node::Bytes(range) => {
            writer.byte(BYTES);
            writer.length(range.len());
        }
        Node::Component(component) => {
            writer.byte(COMPONENT);
            write_component(writer, component);
        }
        Node::Element(element) => {
            writer.byte(ELEMENT);
            write_tag(writer, &element.tag);
            write_bindings(writer, &element.bindings);
            write_nodes(writer, &element.content, variants);
            writer.length(element.end_tag.len());
        }
        Node::Tag(tag) => {
            writer.byte(TAG);
            write_tag(writer, tag);
        }
        Node::Variant(index, range) => {
            writer.byte(VARIANT);
            write_variant(writer, variants.get(*index), *range);
        }
    });
}

/// A variant stands where its place is: which one it is needs no number.
fn write_variant(writer: &mut Writer, variant: Option<&Variant>, range: Range) {
    let content = variant.map_or(&[][..], |variant| &variant.content);
    let (start, end) = match (content.first(), content.last()) {
        (Some(first), Some(last)) => (first.range().start, last.range().end),
        _ => (range.end, range.end),
    };
    writer.text(variant.map_or("", |variant| &variant.id));
    writer.length(Range::new(range.start, start).len());
    write_nodes(writer, content, &[]);
    writer.length(Range::new(end, range.end).len());
}

fn write_component(writer: &mut Writer, component: &Component) {
    writer.number(u64::from(component.id.0));
    writer.byte(code(&KINDS, &component.kind));
    write_asked(writer, &component.asked);
    write_tag(writer, &component.tag);
    write_bindings(writer, &component.bindings);
    writer.text(component.variant_from.as_str());
    write_pointer(writer, component.fragment.as_ref());
    write_nodes(writer, &component.content, &component.variants);
    writer.length(component.end_tag.len());
}

fn write_asked(writer: &mut Writer, asked: &Asked) {
    writer.option(asked.friendly_id(), |writer, id| writer.text(id.as_str()));
}

/// Nodes one behind the other. `variants`: of the component around, for those whose places are among the nodes.
fn read_nodes(
    reader: &mut Reader<'_>,
    place: &mut Place<'_>,
    mut variants: Option<&mut Vec<Variant>>,
    depth: usize,
) -> Option<Vec<Node>> {
    (depth <= MAX_DEPTH).then_some(())?;
    reader.list(|reader| {
        Some(match reader.byte()? {
            BYTES => Node::Bytes(
                place
                    .take(reader.length()?)
                    .filter(|bytes| !bytes.is_empty())?,
            ),
            COMPONENT => Node::Component(Box::new(read_component(reader, place, depth)?)),
            ELEMENT => Node::Element(Box::new(read_element(
                reader,
                place,
                variants.as_deref_mut(),
                depth,
            )?)),
            TAG => {
                let tag = read_tag(reader, place)?;
                (!tag.attributes.is_empty()).then_some(())?;
                Node::Tag(Box::new(tag))
            }
            VARIANT => {
                let variants = variants.as_deref_mut()?;
                let (variant, range) = read_variant(reader, place, depth)?;
                variants.push(variant);
                Node::Variant(variants.len() - 1, range)
            }
            _ => return None,
        })
    })
}

fn read_component(
    reader: &mut Reader<'_>,
    place: &mut Place<'_>,
    depth: usize,
) -> Option<Component> {
    let id = place.meet(reader.number()?)?;
    let kind = meaning(&KINDS, reader.byte()?)?;
    let asked = read_asked(reader)?;
    let is_guest = kind == ComponentKind::Guest;
    (is_guest == (asked == Asked::Guest)).then_some(())?;
    let tag = read_tag(reader, place)?;
    let bindings = read_bindings(reader)?;
    let variant_from = pointer(reader)?;
    let fragment = reader.option(pointer)?;
    let mut variants = Vec::new();
    let content = read_nodes(reader, place, Some(&mut variants), depth + 1)?;
    let end_tag = place.take(reader.length()?).filter(|tag| !tag.is_empty())?;
    Some(Component {
        id,
        kind,
        asked,
        tag,
        bindings,
        content,
        variants,
        variant_from,
        fragment,
        end_tag,
    })
}

fn read_element(
    reader: &mut Reader<'_>,
    place: &mut Place<'_>,
    variants: Option<&mut Vec<Variant>>,
    depth: usize,
) -> Option<Element> {
    let tag = read_tag(reader, place)?;
    let bindings = read_bindings(reader)?;
    (bindings != Bindings::default()).then_some(())?;
    let content = read_nodes(reader, place, variants, depth + 1)?;
    let end_tag = place.take(reader.length()?)?;
    Some(Element {
        tag,
        bindings,
        content,
        end_tag,
    })
}

fn read_variant(
    reader: &mut Reader<'_>,
    place: &mut Place<'_>,
    depth: usize,
) -> Option<(Variant, Range)> {
    let id = reader.text()?.to_owned();
    let start = place
        .take(reader.length()?)
        .filter(|lead| !lead.is_empty())?
        .start;
    let content = read_nodes(reader, place, None, depth + 1)?;
    place.take(reader.length()?)?;
    Some((Variant { id, content }, Range::new(start, place.at())))
}

fn read_asked(reader: &mut Reader<'_>) -> Option<Asked> {
    let flow = reader.option(|reader| FriendlyId::parse(reader.text()?))?;
    Some(flow.map_or(Asked::Guest, Asked::Flow))
}

/// What a page says about itself, no longer than the compiler would have it.
fn read_facts(reader: &mut Reader<'_>) -> Option<PageFacts> {
    let mut facts = PageFacts::default();
    let note = [
        PageFacts::note_lang,
        PageFacts::note_page,
        PageFacts::note_charset,
    ];
    let mut texts = Vec::new();
    for note in note {
        let text = reader.option(Reader::text)?;
        if let Some(text) = text {
            note(&mut facts, text);
        }
        texts.push(text);
    }
    let noted = [&facts.html_lang, &facts.page_name, &facts.charset];
    let same = noted.into_iter().map(Option::as_deref).eq(texts);
    same.then_some(facts)
}

/// An offset at which something can be put in: within no node that may be replaced.
fn outside(nodes: &[Node], offset: usize) -> Option<usize> {
    let is_inside = |node: &Node| {
        let range = node.range();
        !matches!(node, Node::Bytes(_)) && range.start < offset && offset < range.end
    };
    (!nodes.iter().any(is_inside)).then_some(offset)
}
