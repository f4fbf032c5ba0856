//! An entry as bytes, for a cache that holds bytes.
//!
//! In: an [`Entry`]; bytes. Out: bytes; the entry again, or why they are none. Bytes of a cache are never trusted.

use super::Entry;

/// Why bytes are no entry: a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The checksum does not hold: cut, or changed.
    Checksum,
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
            Self::Parts => "parts",
            Self::Version => "version",
        }
    }
}

impl Entry {
    /// The entry as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    /// The entry in `bytes`; its body is not copied.
    ///
    /// # Errors
    /// Why they are none.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, Broken> {
        let _ = bytes;
        Err(Broken::Version)
    }
}
