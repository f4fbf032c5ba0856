//! Whether XM's answer may be kept, and for how long (RFC 9111 §3, for a shared cache).
//!
//! In: XM's answer to a GET, the rule of the path. Out: what is kept of its headers, and a [`Lifetime`]; or why not.

use super::Lifetime;
use crate::{config::CacheRule, reason::NotKept};

/// XM's answer to a GET.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// Every header, each `Set-Cookie` by itself.
    pub headers: &'a [(String, String)],
    /// When XM was asked, by the wall clock.
    pub asked_ms: u64,
    /// When its headers were there, by the wall clock.
    pub answered_ms: u64,
}

/// What may be kept of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storable {
    /// The headers that are kept, names in lower case.
    pub headers: Vec<(String, String)>,
    /// For how long it counts.
    pub lifetime: Lifetime,
}

/// Whether `answer` may be kept.
///
/// # Errors
/// Why not.
pub fn storing(answer: &Answer<'_>, rule: Option<&CacheRule>) -> Result<Storable, NotKept> {
    let _ = (answer, rule);
    Err(NotKept::NoLifetime)
}
