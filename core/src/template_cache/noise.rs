//! What differs from one render of a page to the next: tokens, nonces, and the time that Sitecore writes into it.
//!
//! In: a body. Out: a reason not to keep it; a fingerprint that such a time does not change.

use crate::reason::NotKept;

/// Tells bodies apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(super) u64);

/// Why `body` is no page for others, if so.
#[must_use]
pub fn per_render(body: &[u8]) -> Option<NotKept> {
    let _ = body;
    None
}

/// The fingerprint of `body`.
#[must_use]
pub fn fingerprint(body: &[u8]) -> Fingerprint {
    Fingerprint(body.len() as u64)
}
