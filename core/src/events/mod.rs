//! Events: what a page view tells the CDP, and what became of it.
//!
//! In: settings, facts of the page, what was shown; the CDP's answer. Out: an [`Event`](crate::cdp::event::Event) to
//! send, an [`Outcome`]. It never sends, never waits and never asks whether the visitor consents: the caller does.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod catalogue;
pub mod form;
pub mod header;
pub mod outcome;
pub mod page_view;
pub mod rules;

mod success;
mod told;

pub use catalogue::{Checked, EventContext, Invalid, check, complete};
pub use outcome::{Outcome, outcome};
pub use page_view::{BotView, PageView};
pub use told::Told;
