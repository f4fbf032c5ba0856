//! In which bytes our own text joins a page.
//!
//! In: the charset that the response declares, the one that the page declares, a byte order mark. Out: an
//! encoder that can never produce bytes that mean something else: where the declarations disagree, or are
//! missing, everything outside ASCII becomes a numeric character reference.

use encoding_rs::{Encoding, UTF_8};

/// How text is written into the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// ASCII with numeric character references.
    Ascii,
    /// The one charset that everybody declares.
    Declared(&'static Encoding),
}

impl Charset {
    /// Decides from the `Content-Type`'s charset, `<meta>`'s, and whether the page begins with UTF-8's BOM.
    #[must_use]
    pub fn agreed(
        header: Option<&'static Encoding>,
        meta: Option<&'static Encoding>,
        utf8_bom: bool,
    ) -> Self {
        let bom = utf8_bom.then_some(UTF_8);
        let mut declared = [bom, header, meta].into_iter().flatten();
        match declared.next() {
            Some(first) if declared.all(|other| other == first) => Self::Declared(first),
            _ => Self::Ascii,
        }
    }

    /// Appends `html` (already escaped for its context) to `out`.
    pub fn write(self, html: &str, out: &mut Vec<u8>) {
        match self {
            Self::Declared(encoding) if encoding == UTF_8 => out.extend_from_slice(html.as_bytes()),
            _ if html.is_ascii() => out.extend_from_slice(html.as_bytes()),
            Self::Declared(encoding) => html.chars().for_each(|c| match encoded(encoding, c) {
                Some(bytes) => out.extend_from_slice(&bytes),
                None => reference(c, out),
            }),
            Self::Ascii => html.chars().for_each(|c| match u8::try_from(c) {
                Ok(byte) if byte.is_ascii() => out.push(byte),
                _ => reference(c, out),
            }),
        }
    }
}

/// The bytes that mean `c` in `encoding`, and nothing else: its encoder also writes some characters as what another
/// one is read from (`¥` as `\` in Japanese charsets, which makes a path another host's).
fn encoded(encoding: &'static Encoding, c: char) -> Option<Vec<u8>> {
    let mut buffer = [0; 4];
    let text = &*c.encode_utf8(&mut buffer);
    let (bytes, _, unmappable) = encoding.encode(text);
    let read = encoding.decode_without_bom_handling(&bytes).0 == text;
    (read && !unmappable).then(|| bytes.into_owned())
}

/// A numeric character reference: the same character in every charset. HTML reads references to the control characters of C1
/// as windows-1252 has them (`&#128;` is `€`), so that no reference means those.
fn reference(c: char, out: &mut Vec<u8>) {
    let c = if matches!(c, '\u{80}'..='\u{9F}') {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    };
    out.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{EUC_JP, GBK, SHIFT_JIS, WINDOWS_1252};

    fn written(charset: Charset, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        charset.write(text, &mut out);
        out
    }

    #[test]
    fn declarations_must_agree() {
        let agreed = Charset::agreed;
        assert_eq!(agreed(Some(UTF_8), None, false), Charset::Declared(UTF_8));
        assert_eq!(agreed(None, Some(GBK), false), Charset::Declared(GBK));
        assert_eq!(agreed(Some(GBK), Some(GBK), false), Charset::Declared(GBK));
        assert_eq!(agreed(Some(GBK), Some(UTF_8), false), Charset::Ascii);
        assert_eq!(agreed(Some(GBK), None, true), Charset::Ascii);
        assert_eq!(agreed(None, None, true), Charset::Declared(UTF_8));
        assert_eq!(agreed(None, None, false), Charset::Ascii, "nobody says");
    }

    #[test]
    fn what_a_charset_lacks_is_a_numeric_reference() {
        let latin = Charset::Declared(WINDOWS_1252);
        assert_eq!(written(latin, "é€"), [0xE9, 0x80]);
        assert_eq!(written(latin, "é中"), [&[0xE9][..], b"&#20013;"].concat());
        assert_eq!(written(Charset::Declared(GBK), "中"), [0xD6, 0xD0]);
        assert_eq!(written(Charset::Ascii, "é中a"), b"&#233;&#20013;a");
        assert_eq!(written(Charset::Declared(UTF_8), "é"), "é".as_bytes());
    }

    #[test]
    fn a_control_character_does_not_become_another_character() {
        for charset in [Charset::Ascii, Charset::Declared(WINDOWS_1252)] {
            assert_eq!(written(charset, "\u{80}\u{9F}"), b"&#65533;&#65533;");
        }
        let utf_8 = written(Charset::Declared(UTF_8), "\u{80}");
        assert_eq!(utf_8, "\u{80}".as_bytes());
    }

    #[test]
    fn a_character_is_never_written_as_bytes_that_are_read_as_another() {
        for japanese in [SHIFT_JIS, EUC_JP] {
            let written = written(Charset::Declared(japanese), "/¥evil.example ‾");
            assert_eq!(
                written,
                b"/&#165;evil.example &#8254;",
                "{}",
                japanese.name()
            );
        }
    }
}
