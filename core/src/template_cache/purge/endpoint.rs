//! `POST …/purge`: XM's server says what it has published.
//!
//! In: headers, then a body `{"paths": […]}`, `{"path": "…"}` or `{"all": true}`. Out: a [`Purge`], and the answer that says how far
//! it reaches; or a problem that names every field. Everything that can be refused without the body is refused before it is read.

use super::Purge;
use crate::{
    answer::{Answer, problem},
    api_keys::{ApiKeys, KeyFault},
    request::Headers,
};

/// Most of a body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// How far a purge reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every data centre, as KV tells them.
    Everywhere,
    /// The data centre that was called, and no other.
    DataCentre,
    /// The isolate that was called alone: nothing could be stored.
    Isolate,
}

/// Refuses what needs no body to be refused.
///
/// # Errors
/// The answer.
pub fn screen(headers: &impl Headers, keys: Result<&ApiKeys, &KeyFault>) -> Result<(), Answer> {
    let _ = (headers, keys);
    Err(problem(503, "", &[]))
}

/// What `body` purges. `body`: at most [`MAX_BODY`] bytes, and one more when there are more.
///
/// # Errors
/// The answer.
pub fn read(body: &[u8]) -> Result<Purge, Answer> {
    let _ = body;
    Err(problem(400, "", &[]))
}

/// The answer to a purge that was carried out.
#[must_use]
pub fn purged(purge: &Purge, reach: Reach) -> Answer {
    let _ = (purge, reach);
    problem(503, "", &[])
}
