//! Start tags and bindings.
//!
//! In: a start tag, its bindings; bytes. Out: bytes; the same again, every range inside its tag.

use super::{
    codes::{AROUND, code, meaning},
    read::Reader,
    readable::Place,
    write::Writer,
};
use crate::template::{AttributeBinding, Bindings, Pointer, Range, StartTag};

pub(super) fn write_tag(writer: &mut Writer, tag: &StartTag) {
    let inside = |offset: usize| offset.saturating_sub(tag.range.start);
    writer.length(tag.range.len());
    writer.text(&tag.name);
    writer.length(inside(tag.insert_at));
    writer.list(&tag.attributes, |writer, binding| {
        writer.text(&binding.name);
        writer.text(binding.pointer.as_str());
        writer.option(binding.authored, |writer, range| {
            writer.length(inside(range.start));
            writer.length(range.len());
        });
    });
}

pub(super) fn read_tag(reader: &mut Reader<'_>, place: &mut Place<'_>) -> Option<StartTag> {
    let range = place.take(reader.length()?)?;
    // `<`, a letter and `>`.
    (range.len() >= 3 && place.byte(range.start) == Some(b'<')).then_some(())?;
    let name = reader.text().filter(|name| !name.is_empty())?.to_owned();
    let insert_at = range.start.checked_add(reader.length()?)?;
    (range.start + 1 < insert_at && insert_at < range.end).then_some(())?;
    let attributes = reader.list(|reader| {
        let name = reader.text().filter(|name| !name.is_empty())?.to_owned();
        let pointer = pointer(reader)?;
        let authored = reader.option(|reader| {
            let start = range.start.checked_add(reader.length()?)?;
            let end = start.checked_add(reader.length()?)?;
            let fits = insert_at <= start && start < end && end < range.end;
            fits.then_some(Range::new(start, end))
        })?;
        Some(AttributeBinding {
            name,
            pointer,
            authored,
        })
    })?;
    Some(StartTag {
        range,
        name,
        insert_at,
        attributes,
    })
}

pub(super) fn write_bindings(writer: &mut Writer, bindings: &Bindings) {
    for pointer in [&bindings.text, &bindings.html, &bindings.condition] {
        write_pointer(writer, pointer.as_ref());
    }
    writer.list(&bindings.around, |writer, name| {
        writer.byte(code(&AROUND, name));
    });
}

pub(super) fn read_bindings(reader: &mut Reader<'_>) -> Option<Bindings> {
    Some(Bindings {
        text: reader.option(pointer)?,
        html: reader.option(pointer)?,
        condition: reader.option(pointer)?,
        around: reader.list(|reader| meaning(&AROUND, reader.byte()?))?,
    })
}

pub(super) fn write_pointer(writer: &mut Writer, pointer: Option<&Pointer>) {
    writer.option(pointer, |writer, pointer| writer.text(pointer.as_str()));
}

pub(super) fn pointer(reader: &mut Reader<'_>) -> Option<Pointer> {
    Pointer::parse(reader.text()?)
}
