//! Circuit breakers: a CDP that fails is left alone, so that it costs no visitor the budget.
//!
//! ```text
//! ask (host and friendly id agree) ─► Pass ─► the call ─► Effect ─► settle
//!                                └► refused: nobody is asked
//! ```
//!
//! In: who is to be asked, what came of it, the time. Out: whether to ask. It knows one isolate alone, and never calls anybody.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod board;
mod circuit;
mod effect;
mod report;

#[cfg(test)]
mod tests;

pub use board::{Breakers, MAX_FLOWS, Pass};
pub use circuit::{FAILURES, PROBE_EVERY_MS, RECENT, WINDOW_MS};
pub use effect::Effect;
pub use report::Report;
