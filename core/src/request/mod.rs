//! The request, before anything is fetched: what it asks for, who asks, and what the origin shall see.
//!
//! ```text
//! loop_guard ─► gate (paths, editing, navigation) ─► visitor ─► consent ─► browser_id ─► origin
//! ```
//!
//! In: method, URL and headers, read through [`Headers`]. Out: a [`Route`], a [`VisitorClass`], [`Grants`], a
//! [`BrowserId`](browser_id::BrowserId) and the [`HeaderEdit`]s for the request to XM. It never changes the
//! request itself, never reads the body and never calls anything.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod browser_id;
pub mod campaign;
pub mod consent;
pub mod cookies;
pub mod loop_guard;
pub mod origin;

mod bots;
mod editing;
#[cfg(test)]
pub(crate) mod fixture;
mod gate;
pub(crate) mod headers;
mod navigation;
mod paths;
pub(crate) mod shape;
mod target;
mod visitor;

pub use browser_id::BrowserId;
pub use campaign::Campaign;
pub use consent::Grants;
pub use cookies::Cookies;
pub use gate::{Route, gate, gate_url};
pub use headers::{HeaderEdit, Headers};
pub use paths::is_xm_own;
pub use target::Target;
pub use visitor::{VisitorClass, classify};
