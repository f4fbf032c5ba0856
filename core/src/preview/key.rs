//! The secret that signs preview links.
//!
//! In: the value of `PREVIEW_KEY`. Out: a key, or what to do about it. It is never shown, logged or compared.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The secret.
pub const NAME: &str = "PREVIEW_KEY";

/// Fewest bytes of a key: shorter ones can be guessed.
const MIN: usize = 16;

/// What is signed is a preview link and nothing else that the key may ever sign.
const PURPOSE: &[u8] = b"xm-edge preview 1\n";

/// A key that may sign.
#[derive(Clone)]
pub struct PreviewKey(Hmac<Sha256>);

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// The secret is not set.
    Missing,
    /// It has fewer than 16 bytes.
    Short,
}

impl PreviewKey {
    /// Takes the secret's value. White space around it (what `echo KEY | wrangler secret put` leaves) does not count.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(value: Option<&str>) -> Result<Self, KeyFault> {
        let key = value.unwrap_or_default().trim();
        if key.is_empty() {
            return Err(KeyFault::Missing);
        }
        if key.len() < MIN {
            return Err(KeyFault::Short);
        }
        // A MAC takes keys of any length.
        let mac = Hmac::new_from_slice(key.as_bytes()).map_err(|_| KeyFault::Short)?;
        Ok(Self(mac.chain_update(PURPOSE)))
    }

    /// The signature of `text`.
    pub(super) fn sign(&self, text: &str) -> Vec<u8> {
        let mac = self.0.clone().chain_update(text);
        mac.finalize().into_bytes().to_vec()
    }

    /// Whether `signature` is that of `text`; the time that it takes says nothing of how much of it is right.
    pub(super) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let mac = self.0.clone().chain_update(text);
        mac.verify_slice(signature).is_ok()
    }
}

impl fmt::Debug for PreviewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreviewKey(…)")
    }
}

impl KeyFault {
    /// What the operator does about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Missing => {
                "Preview is not set up: the secret PREVIEW_KEY of the Worker is missing. Set it to a random text of 16 or \
                 more characters: npx wrangler secret put PREVIEW_KEY"
            }
            Self::Short => {
                "Preview is off: the secret PREVIEW_KEY of the Worker has fewer than 16 characters and could be guessed. \
                 Set a longer one: npx wrangler secret put PREVIEW_KEY"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_could_be_guessed_is_none() {
        for missing in [None, Some(""), Some(" \n")] {
            assert_eq!(PreviewKey::read(missing).unwrap_err(), KeyFault::Missing);
        }
        for short in ["0123456789abcde", "  0123456789abcde\n"] {
            let fault = PreviewKey::read(Some(short)).unwrap_err();
            assert_eq!(fault, KeyFault::Short);
            assert!(fault.remedy().contains(NAME));
        }
        let key = PreviewKey::read(Some("0123456789abcdef\n")).unwrap();
        assert_eq!(format!("{key:?}"), "PreviewKey(…)");
        let same = PreviewKey::read(Some("0123456789abcdef")).unwrap();
        assert!(same.verifies("a", &key.sign("a")));
    }

    #[test]
    fn another_key_or_text_has_another_signature() {
        let key = PreviewKey::read(Some("0123456789abcdef")).unwrap();
        let other = PreviewKey::read(Some("0123456789abcdeg")).unwrap();
        let signature = key.sign("a");
        assert!(key.verifies("a", &signature));
        assert!(!other.verifies("a", &signature));
        assert!(!key.verifies("b", &signature));
        assert!(!key.verifies("a", &signature[1..]));
        assert!(!key.verifies("a", b""));
    }
}
