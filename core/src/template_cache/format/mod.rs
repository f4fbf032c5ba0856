//! An entry as bytes, for a cache that holds bytes.
//!
//! ```text
//! body ─ head (charset, lifetime, path, headers) ─ parts ─ length of the body, version, checksum, magic
//! ```
//!
//! In: an [`Entry`]; bytes. Out: bytes; the entry again, or why they are none. Bytes of a cache are never trusted: whatever was
//! cut, changed, or written by another release is no entry, and parts that do not fit the body are none either.
//!
//! The body stands first and as it is, so that reading an entry cuts the buffer and copies nothing. Positions are written as
//! lengths: a node begins where the one before it ended, so nodes that overlap or leave a gap cannot be written at all.
//! Serde's formats would write positions, and each would have to be checked against all others.

mod codes;
mod head;
mod read;
mod readable;
#[cfg(any(test, feature = "fuzzing"))]
mod soundness;
mod tags;
mod tree;
mod write;

use std::rc::Rc;

use xxhash_rust::xxh64::xxh64;

use super::{Entry, Fingerprint, Page};
use crate::template::Template;
use read::Reader;
use write::Writer;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use soundness::assert_sound;

/// The last bytes of every entry.
const MAGIC: [u8; 4] = *b"XMTC";
/// The form. Whatever changes the bytes, or what the compiler finds in a page, makes a new one.
pub(super) const VERSION: u32 = 2;
/// Bytes behind the parts.
const TRAILER: usize = 8 + 4 + 8 + 4;

/// Why bytes are no entry: a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The checksum does not hold: something was changed.
    Checksum,
    /// They do not end as an entry does: cut, or something else.
    Foreign,
    /// The parts do not fit together.
    Parts,
    /// Another form, of an older or newer release.
    Version,
}

impl Broken {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Checksum => "checksum",
            Self::Foreign => "foreign",
            Self::Parts => "parts",
            Self::Version => "version",
        }
    }
}

impl Entry {
    /// The entry as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = &self.page.template.body;
        let mut writer = Writer::new(body);
        head::write(&mut writer, self);
        tree::write(&mut writer, &self.page.template.parts);
        finish(writer.into_bytes(), body.len())
    }

    /// The entry in `bytes`; its body is not copied.
    ///
    /// # Errors
    /// Why they are none.
    pub fn decode(mut bytes: Vec<u8>) -> Result<Self, Broken> {
        let Trailer { body, parts } = Trailer::open(&bytes)?;
        let written = bytes.get(parts).ok_or(Broken::Parts)?;
        let whole = bytes.get(..body).ok_or(Broken::Parts)?;
        let mut reader = Reader::new(written);
        let read = head::read(&mut reader).and_then(|head| {
            let parts = tree::read(&mut reader, whole)?;
            reader.is_at_end().then_some((head, parts))
        });
        let (head, parts) = read.ok_or(Broken::Parts)?;
        bytes.truncate(body);
        let template = Template::new(bytes, parts);
        Ok(Self {
            page: Rc::new(Page {
                template: Rc::new(template),
                encoding: head.encoding,
                fingerprint: Fingerprint(head.fingerprint),
            }),
            headers: head.headers,
            lifetime: head.lifetime,
            path: head.path,
        })
    }
}

/// An entry with a right checksum, whatever its parts say: `written` is what stands between body and trailer.
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[must_use]
pub fn sealed(body: &[u8], written: &[u8]) -> Vec<u8> {
    finish([body, written].concat(), body.len())
}

/// What stands between body and trailer of an entry's bytes.
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[must_use]
pub fn written(entry: &Entry) -> Vec<u8> {
    let mut bytes = entry.encode();
    bytes.truncate(bytes.len().saturating_sub(TRAILER));
    bytes.split_off(entry.page.template.body.len())
}

/// Appends what makes bytes an entry.
fn finish(mut bytes: Vec<u8>, body: usize) -> Vec<u8> {
    bytes.extend_from_slice(&(body as u64).to_le_bytes());
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    let checksum = xxh64(&bytes, u64::from(VERSION));
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes.extend_from_slice(&MAGIC);
    bytes
}

/// Where the body ends, and where head and parts are.
struct Trailer {
    body: usize,
    parts: std::ops::Range<usize>,
}

impl Trailer {
    fn open(bytes: &[u8]) -> Result<Self, Broken> {
        let (rest, magic) = bytes.split_last_chunk::<4>().ok_or(Broken::Foreign)?;
        let (checked, checksum) = rest.split_last_chunk::<8>().ok_or(Broken::Foreign)?;
        let (rest, version) = checked.split_last_chunk::<4>().ok_or(Broken::Foreign)?;
        let (rest, body) = rest.split_last_chunk::<8>().ok_or(Broken::Foreign)?;
        if *magic != MAGIC {
            return Err(Broken::Foreign);
        }
        if u32::from_le_bytes(*version) != VERSION {
            return Err(Broken::Version);
        }
        if u64::from_le_bytes(*checksum) != xxh64(checked, u64::from(VERSION)) {
            return Err(Broken::Checksum);
        }
        let body = usize::try_from(u64::from_le_bytes(*body)).map_err(|_| Broken::Parts)?;
        debug_assert_eq!(rest.len() + TRAILER, bytes.len());
        Ok(Self {
            body,
            parts: body..rest.len(),
        })
    }
}

#[cfg(test)]
mod tests;
