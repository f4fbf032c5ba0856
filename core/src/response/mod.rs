//! The response: whether XM's answer is a page at all, and with which headers it leaves.
//!
//! In: status and headers, read through [`Headers`](crate::request::Headers). Out: an [`Opened`], and
//! [`HeaderEdit`](crate::request::HeaderEdit)s for the last step before the visitor. It never reads or writes the body.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod etag;
pub mod id_cookie;
pub mod server_timing;

mod content_type;
mod gate;
mod headers;
mod status;

pub use content_type::PageType;
pub use gate::{Opened, gate};
pub use headers::{Leaving, edits};
pub use status::rebuilt_status;
