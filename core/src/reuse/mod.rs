//! Decisions that were taken before, kept for their own visitor: used again for a while, or in place of one that fails.
//!
//! ```text
//! Kept (who asks for what) ─► Name ─► Memory, or a record in a cache ─► its age ─► fresh, last, or nothing
//! ```
//!
//! In: who asks for which flow in which circumstances, bodies of decisions. Out: names and records in which nothing can be
//! read but the decision itself, and that nobody can make who does not know the secret. It stores nothing outside of itself.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod memory;
mod policy;
mod record;

pub use memory::{MAX_BYTES, MAX_DECISION, Memory};
pub use policy::{Age, Policy};
pub use record::{Kept, Name, Sealer};
