//! Who may call what is XM's alone: the keys of `XM_API_KEY` and `XM_API_KEY_2`, and what each of them may do.
//!
//! ```text
//! secrets ─► entry (scopes, key) ─► ApiKeys      once per isolate; only hashes are kept
//! Authorization ─► ApiKeys::admit ─► Scopes, or why not
//! ```
//!
//! In: two secrets; headers. Out: scopes, or a refusal. It never keeps, shows or compares a key itself: two SHA-256
//! are compared, all of them, in constant time, so that neither the time nor the length of a key tells anything.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod caller;
mod scope;

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

pub use caller::{refuse_body, refuse_browsers, too_large, unset};
pub use scope::{Scope, Scopes};

/// The secrets that hold keys. Two of them, so that a key can be replaced without knowing the old one: the new one goes
/// into the other, and when XM uses it, the first is deleted.
pub const SECRETS: [&str; 2] = ["XM_API_KEY", "XM_API_KEY_2"];

/// The keys that are accepted.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeys(Vec<([u8; 32], Scopes)>);

/// Why a secret holds no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// Neither secret is set.
    Missing,
    /// The secret of this name is not written as it must be.
    Malformed(&'static str),
}

/// Why a caller was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No `Authorization: Bearer …`.
    NoKey,
    /// A key that is none of ours.
    WrongKey,
    /// The key may not do this.
    Scope(Scope),
}

impl ApiKeys {
    /// Reads the secrets. `get`: the value of a secret; an empty one counts as absent.
    ///
    /// # Errors
    /// When there is no key, or one that is not written as it must be: rather none is admitted than one with other
    /// rights than it was meant to have.
    pub fn read(get: impl Fn(&'static str) -> Option<String>) -> Result<Self, KeyFault> {
        Self::read_from(&get)
    }

    fn read_from(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Self, KeyFault> {
        let mut keys = Vec::new();
        for name in SECRETS {
            let secret = get(name).unwrap_or_default();
            for entry in secret.split_ascii_whitespace() {
                let (scopes, key) = read_entry(entry).ok_or(KeyFault::Malformed(name))?;
                keys.push((hash(key), scopes));
            }
        }
        if keys.is_empty() {
            return Err(KeyFault::Missing);
        }
        Ok(Self(keys))
    }

    /// Admits a caller to what needs `scope`. `authorization`: the value of that header.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, authorization: Option<&str>, scope: Scope) -> Result<(), Denied> {
        let key = authorization.and_then(bearer).ok_or(Denied::NoKey)?;
        let scopes = self.scopes_of(key).ok_or(Denied::WrongKey)?;
        if scopes.contain(scope) {
            Ok(())
        } else {
            Err(Denied::Scope(scope))
        }
    }

    /// What the key may do. Every key is compared, whichever matches.
    fn scopes_of(&self, key: &str) -> Option<Scopes> {
        let given = hash(key);
        let mut scopes = 0;
        for (known, allowed) in &self.0 {
            let matches = known.ct_eq(&given);
            scopes |= u8::conditional_select(&0, &allowed.bits(), matches);
        }
        Scopes::from_bits(scopes)
    }
}

/// Not even a hash stands in a log.
impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeys({})", self.0.len())
    }
}

/// `KEY`, which may do everything, or `read,write:KEY`. A colon cannot stand in a bearer token (RFC 6750 §2.1), so the
/// two never look alike.
fn read_entry(entry: &str) -> Option<(Scopes, &str)> {
    let (scopes, key) = match entry.split_once(':') {
        Some((scopes, key)) => (Scopes::parse(scopes)?, key),
        None => (Scopes::ALL, entry),
    };
    let fits = !key.is_empty() && !key.contains(':') && key.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some((scopes, key))
}

/// The token of a `Bearer` header; the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(first: &str, second: &str) -> Result<ApiKeys, KeyFault> {
        ApiKeys::read(|name| Some(if name == SECRETS[0] { first } else { second }.to_owned()))
    }

    #[test]
    fn a_key_without_scopes_may_do_everything() {
        let keys = keys("secret", "").unwrap();
        for scope in [
            Scope::Read,
            Scope::Write,
            Scope::Delete,
            Scope::Preview,
            Scope::Purge,
        ] {
            assert_eq!(keys.admit(Some("Bearer secret"), scope), Ok(()));
        }
    }

    #[test]
    fn only_the_very_key_in_a_bearer_header_is_admitted() {
        let keys = keys("secret-key", "").unwrap();
        #[rustfmt::skip]
        let cases = [
            (Some("Bearer secret-key"), Ok(())),
            (Some("bearer secret-key"), Ok(())),
            (Some("BEARER  secret-key "), Ok(())),
            (None, Err(Denied::NoKey)),
            (Some(""), Err(Denied::NoKey)),
            (Some("secret-key"), Err(Denied::NoKey)),
            (Some("Basic secret-key"), Err(Denied::NoKey)),
            (Some("Bearer"), Err(Denied::NoKey)),
            (Some("Bearer "), Err(Denied::NoKey)),
            (Some("Bearersecret-key"), Err(Denied::NoKey)),
            (Some("Bearer secret-ke"), Err(Denied::WrongKey)),
            (Some("Bearer secret-keys"), Err(Denied::WrongKey)),
            (Some("Bearer Secret-key"), Err(Denied::WrongKey)),
            (Some("Bearer secret-key, Bearer secret-key"), Err(Denied::WrongKey)),
            (Some("Bearer read:secret-key"), Err(Denied::WrongKey)),
            (Some("Bearer secret-key secret-key"), Err(Denied::WrongKey)),
        ];
        for (header, expected) in cases {
            assert_eq!(keys.admit(header, Scope::Read), expected, "{header:?}");
        }
    }

    #[test]
    fn a_key_may_do_what_stands_before_it() {
        let keys = keys(
            "read:reader write,read:editor\ndelete:eraser",
            "all preview:marketer purge:publisher",
        )
        .unwrap();
        use Scope::{Delete, Preview, Purge, Read, Write};
        #[rustfmt::skip]
        let cases = [
            ("reader", [true, false, false, false, false]), ("editor", [true, true, false, false, false]),
            ("eraser", [false, false, true, false, false]), ("all", [true, true, true, true, true]),
            ("marketer", [false, false, false, true, false]), ("publisher", [false, false, false, false, true]),
        ];
        for (key, allowed) in cases {
            for (scope, allowed) in [Read, Write, Delete, Preview, Purge]
                .into_iter()
                .zip(allowed)
            {
                let admitted = keys.admit(Some(&format!("Bearer {key}")), scope);
                let expected = if allowed {
                    Ok(())
                } else {
                    Err(Denied::Scope(scope))
                };
                assert_eq!(admitted, expected, "{key} {scope:?}");
            }
        }
    }

    #[test]
    fn while_a_key_is_replaced_both_are_admitted() {
        let both = keys("old\n", " new ").unwrap();
        assert_eq!(both.admit(Some("Bearer old"), Scope::Write), Ok(()));
        assert_eq!(both.admit(Some("Bearer new"), Scope::Write), Ok(()));
        let one = keys("", "new").unwrap();
        assert_eq!(
            one.admit(Some("Bearer old"), Scope::Write),
            Err(Denied::WrongKey)
        );
    }

    #[test]
    fn a_slip_in_a_secret_admits_nobody() {
        for absent in ["", " \n"] {
            assert_eq!(keys(absent, ""), Err(KeyFault::Missing));
        }
        for slip in [
            "reed:key",
            "read:",
            ":key",
            "read,:key",
            "read write:key:key",
            "Read:key",
            "ключ",
        ] {
            assert_eq!(
                keys("good", slip),
                Err(KeyFault::Malformed(SECRETS[1])),
                "{slip}"
            );
        }
    }

    #[test]
    fn nothing_shows_a_key() {
        let keys = keys("hunter2 read:hunter3", "").unwrap();
        assert_eq!(format!("{keys:?}"), "ApiKeys(2)");
    }

    proptest! {
        #[test]
        fn no_header_panics_or_is_admitted_by_chance(header in "\\PC*") {
            prop_assert!(keys("secret-key", "").unwrap().admit(Some(&header), Scope::Read).is_err());
        }

        #[test]
        fn no_secret_panics(first in "\\PC*", second in "\\PC*") {
            let _ = keys(&first, &second);
        }
    }
}
