//! What the core costs, in instructions.
//!
//! In: a page and its decisions. Out: how many instructions one view of it takes. The count is the same on a busy and on a quiet
//! machine; it says nothing of the runtime around the core, which `cargo xtask bench` measures.

pub mod count;
pub mod view;
