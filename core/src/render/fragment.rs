//! Fragments: HTML of another XM path, shown as a component's content.
//!
//! In: the path that a decision names, and what XM answered. Out: a compiled fragment in the page's charset, or
//! the reason why not. A fragment is taken whole before any of it leaves: half of one could not be undone.

use encoding_rs::{Encoding, UTF_8};

use super::charset::Charset;
use crate::{
    reason::Failure,
    template::{CompileOptions, Compiler, Look, Node, Source},
};

/// Largest fragment, in bytes.
pub const MAX_FRAGMENT_BYTES: usize = 256 * 1024;
/// Longest path of a fragment, in bytes.
const MAX_PATH: usize = 2048;

/// An absolute path on XM, with optional query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FragmentPath(String);

impl FragmentPath {
    /// Checks `text`: it begins with one `/`, cannot be read as another host, and holds neither control
    /// characters, spaces, backslashes nor a fragment identifier.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let absolute = text.starts_with('/') && !text.starts_with("//");
        let clean = text
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '\\' | '#'));
        (absolute && clean && text.len() <= MAX_PATH).then(|| Self(text.to_owned()))
    }

    /// As the decision wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A compiled fragment.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) source: Source,
    pub(super) nodes: Vec<Node>,
}

impl Fragment {
    /// Compiles what XM answered.
    pub(super) fn compile(
        bytes: Vec<u8>,
        declared: Option<&'static Encoding>,
        page: Charset,
        guest: bool,
    ) -> Result<Self, Failure> {
        if bytes.len() > MAX_FRAGMENT_BYTES {
            return Err(Failure::TooLarge);
        }
        let bytes = in_charset_of(page, bytes, declared.unwrap_or(UTF_8));
        let source = Source::whole(bytes);
        let encoding = match page {
            Charset::Declared(encoding) => encoding,
            Charset::Ascii => UTF_8,
        };
        let mut compiler = Compiler::new(CompileOptions {
            look: Look::Fragment,
            places: false,
            encoding,
            guest,
        });
        let whole = crate::template::Range::new(0, source.end());
        compiler
            .write(source.slice(whole), &source)
            .and_then(|()| compiler.end(&source))
            .map_err(|_| Failure::FragmentError)?;
        Ok(Self {
            nodes: compiler.take_nodes(),
            source,
        })
    }
}

/// The fragment's bytes in the page's charset; as they are where both agree.
fn in_charset_of(page: Charset, bytes: Vec<u8>, declared: &'static Encoding) -> Vec<u8> {
    if bytes.is_ascii() || page == Charset::Declared(declared) {
        return bytes;
    }
    let (text, _) = declared.decode_with_bom_removal(&bytes);
    let mut out = Vec::with_capacity(text.len());
    page.write(&text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;

    #[test]
    fn only_paths_of_the_site_itself_are_fetched() {
        for good in ["/", "/a/b", "/a?x=//y", "/é"] {
            assert!(FragmentPath::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a",
            "//evil",
            "/\\evil",
            "https://evil/",
            "/a b",
            "/a\nb",
            "/a#b",
            "/\t/evil",
        ] {
            assert!(FragmentPath::parse(bad).is_none(), "{bad:?}");
        }
        assert!(FragmentPath::parse(&format!("/{}", "x".repeat(MAX_PATH))).is_none());
    }

    #[test]
    fn a_fragment_takes_the_charset_of_the_page() {
        let compiled = |bytes: &[u8], declared, page| {
            let fragment = Fragment::compile(bytes.to_vec(), declared, page, false).unwrap();
            let all = crate::template::Range::new(0, fragment.source.end());
            fragment.source.slice(all).to_vec()
        };
        let latin = Charset::Declared(WINDOWS_1252);
        assert_eq!(compiled("é".as_bytes(), Some(UTF_8), latin), [0xE9]);
        assert_eq!(compiled(&[0xE9], Some(WINDOWS_1252), latin), [0xE9]);
        assert_eq!(compiled("é".as_bytes(), None, Charset::Ascii), b"&#233;");
        let utf_8 = Charset::Declared(UTF_8);
        let broken = compiled(&[0xEF, 0xBB, 0xBF, 0xFF], Some(UTF_8), utf_8);
        assert_eq!(
            broken,
            [0xEF, 0xBB, 0xBF, 0xFF],
            "in the page's own charset it stays as it is"
        );
    }

    #[test]
    fn a_fragment_is_refused_from_the_first_byte_over_256_kib() {
        let compiled = |len: usize| {
            let fragment = Fragment::compile(vec![b'x'; len], None, Charset::Ascii, false);
            fragment.map(|fragment| fragment.source.end())
        };
        assert_eq!(compiled(262_144).ok(), Some(262_144));
        assert_eq!(compiled(262_145).err(), Some(Failure::TooLarge));
    }
}
