//! Offsets of a document as lines and columns that people and editors understand.
//!
//! In: bytes, their charset, a range. Out: a [`Place`]. Lines end at line feeds; columns count characters of the decoded
//! line, from 1, a tab as one.

use encoding_rs::Encoding;

use crate::finding::Place;

/// A document.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// As received.
    pub bytes: &'a [u8],
    /// ASCII-compatible.
    pub encoding: &'static Encoding,
    /// Path on XM, where it is a fragment.
    pub fragment: Option<&'a str>,
}

impl Text<'_> {
    /// Where `start..end` stands. What goes on in the next line is left out.
    #[must_use]
    pub fn place(&self, start: usize, end: usize) -> Place {
        let start = start.min(self.bytes.len());
        let before = &self.bytes[..start];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let rest = &self.bytes[start..];
        let line_end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let mut line = &self.bytes[line_start..line_end];
        line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = end.clamp(start, line_start + line.len().max(start - line_start));
        let head = self.decoded(&line[..(start - line_start).min(line.len())]);
        let text = self.decoded(line);
        let upto = self.decoded(&line[..(end - line_start).min(line.len())]);
        let (from, to) = (head.len().min(text.len()), upto.len().min(text.len()));
        // Part of a line may decode differently from the whole only in broken text: never cut a character.
        let on_boundary = text.is_char_boundary(from) && text.is_char_boundary(to);
        Place {
            fragment: self.fragment.map(str::to_owned),
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: head.chars().count() + 1,
            span: if on_boundary {
                from..to.max(from)
            } else {
                0..0
            },
            text,
        }
    }

    fn decoded(&self, bytes: &[u8]) -> String {
        self.encoding
            .decode_without_bom_handling(bytes)
            .0
            .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{SHIFT_JIS, UTF_8, WINDOWS_1252};

    use super::*;

    fn place(bytes: &[u8], encoding: &'static Encoding, at: &str) -> (usize, usize, String) {
        let text = Text {
            bytes,
            encoding,
            fragment: None,
        };
        let start = memchr::memmem::find(bytes, at.as_bytes()).expect("it is there");
        let place = text.place(start, start + at.len());
        let marked = place.text[place.span.clone()].to_owned();
        (place.line, place.column, marked)
    }

    #[test]
    fn columns_count_characters_of_the_decoded_line() {
        let expected = (2, 4, "<b>".to_owned());
        assert_eq!(
            place(
                "x\né €<b>".replace(' ', "").replace("é€", "é€a").as_bytes(),
                UTF_8,
                "<b>"
            ),
            expected
        );
        assert_eq!(
            place(b"x\r\n\xe9\x80a<b>\r\n", WINDOWS_1252, "<b>"),
            expected
        );
        assert_eq!(
            place(b"\x83\x5c\n\x83\x5c\x83\x5ca<b>", SHIFT_JIS, "<b>"),
            expected
        );
    }

    #[test]
    fn a_place_at_the_end_or_over_several_lines_stays_in_its_line() {
        let text = |bytes: &'static [u8]| Text {
            bytes,
            encoding: UTF_8,
            fragment: None,
        };
        let end = text(b"a\nb").place(3, 9);
        assert_eq!((end.line, end.column, end.span), (2, 2, 1..1));
        let over = text(b"<a\r\n b>").place(0, 7);
        assert_eq!(
            (over.line, over.column, over.text.as_str(), over.span),
            (1, 1, "<a", 0..2)
        );
        assert_eq!(text(b"").place(0, 0).line, 1);
        assert_eq!(text(b"\xff\xff<b>").place(2, 5).column, 3);
    }
}
