//! Pages of XM that are kept as compiled templates: which, for how long, under what name, in which form.
//!
//! ```text
//! request ─► may_answer ─► Key ─► Memory, or the bytes of a cache (format) ─► Entry ─► standing ─► serve, refresh, ask
//! XM's answer ─► storing ─► noise ─► Entry ─► Memory, and its bytes for a cache
//! POST …/purge ─► Purges ─► covers an entry: dead
//! ```
//!
//! In: requests, XM's answers, times by the wall clock, what caches hold. Out: entries, names, bytes, verdicts with a constant
//! reason. Whatever it is not sure of is not kept, and an entry that it does not trust is a miss. It stores nothing outside of
//! itself, and never changes a byte of a page.
//!
//! The rules are those of RFC 9111 for a shared cache. A crate does them (`http-cache-semantics`), but knows neither the fields
//! for CDNs of RFC 9213 nor an operator's rules, takes `proxy-revalidate` for "stale at once" and `Pragma` in an answer for
//! `no-cache`, and wants all headers copied into a map of its own.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod purge;

mod directives;
mod entry;
mod expectations;
mod fills;
#[cfg(test)]
mod fixture;
mod format;
mod freshness;
mod key;
mod lifetime;
mod memory;
mod noise;
mod request;
mod rule;
mod storing;
mod validation;

pub use entry::{Entry, Page};
pub use expectations::Expectations;
pub use fills::{Fill, Fills};
pub use format::Broken;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use format::{assert_sound, sealed, written};
pub use key::{Asked, Key};
pub use lifetime::{Lifetime, Standing};
pub use memory::{BUDGET, Memory};
pub use noise::{Fingerprint, fingerprint, per_render};
pub use request::{may_answer, may_fill};
pub use rule::rule_for;
pub use storing::{Answer, Storable, says_anything, storing};
pub use validation::{Validated, conditions, validated};

/// The values of the lines of `name` (lower case).
fn values<'h>(headers: &'h [(String, String)], name: &str) -> impl Iterator<Item = &'h str> {
    headers
        .iter()
        .filter(move |(line, _)| line.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// The value of `name` (lower case), its lines joined.
fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    let lines: Vec<&str> = values(headers, name).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
