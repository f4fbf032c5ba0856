//! Where a start tag may be edited: after its name, and in place of an authored attribute.
//!
//! In: a start tag as sighted, and its bytes. Out: a [`StartTag`] with absolute ranges.

use super::{
    AttributeBinding, Bindings, Range, Source, StartTag,
    locate::Opened,
    marks::{AttributeMark, Authored},
};

/// The bindings and the editable start tag of an element.
pub(super) fn start_tag(opened: Opened, source: &Source) -> (Bindings, StartTag) {
    let range = opened.tag;
    let bytes = source.slice(range);
    let name_len = bytes
        .iter()
        .skip(1)
        .take_while(|byte| !is_space(**byte) && !matches!(byte, b'/' | b'>'))
        .count();
    let bind = |mark: AttributeMark| AttributeBinding {
        name: mark.name,
        pointer: mark.pointer,
        authored: mark.authored.map(|authored| whole(authored, range, bytes)),
    };
    let tag = StartTag {
        range,
        name: opened.name,
        insert_at: range.start + 1 + name_len,
        attributes: opened.marks.attributes.into_iter().map(bind).collect(),
    };
    (opened.marks.bindings, tag)
}

/// The whole attribute: from its name to the closing quote, the end of an unquoted value, or a lone `=`.
fn whole(authored: Authored, tag: Range, bytes: &[u8]) -> Range {
    let at = |offset: usize| bytes.get(offset.wrapping_sub(tag.start)).copied();
    let start = authored.name.start;
    if let Some(value) = authored.value {
        let quote = at(value.start.wrapping_sub(1)).filter(|byte| is_quote(*byte));
        if quote.is_some() && at(value.end) == quote {
            return Range::new(start, value.end + 1);
        }
        if !value.is_empty() {
            return Range::new(start, value.end);
        }
    }
    // `alt`, `alt=`, `alt =`
    let mut equals = authored.name.end;
    while at(equals).is_some_and(is_space) {
        equals += 1;
    }
    if at(equals) == Some(b'=') {
        Range::new(start, equals + 1)
    } else {
        authored.name
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}
