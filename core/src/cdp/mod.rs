//! The CDP on the wire: what is sent to it and what its answers mean.
//!
//! In: settings, ids, texts. Out: paths, JSON bodies and parsed replies. It never calls the CDP, never retries and
//! never decides when to.
//!
//! Everything here goes to the direct API (`CDP_ENDPOINT`), also when `SITECORE_EDGE_CONTEXT_ID` is set: the Edge
//! host has another contract (guest references, lists of variants) and serves the browser SDKs only.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod browser;
pub mod event;
pub mod flow;
pub mod guest;
pub mod unknown_ids;

mod browser_id;
pub(crate) mod date_time;
mod language;

pub use browser_id::BrowserId;
pub use guest::GuestRef;
pub use language::language;
