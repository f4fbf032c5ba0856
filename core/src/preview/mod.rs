//! Preview: a marketer sees a page with the variants of their choice, and nobody counts it.
//!
//! ```text
//! XM's server (create), cargo xtask preview-link
//!        └─► Link ─► token ─► …/preview?token=… (follow) ─► cookie ─► page view ─► overlay
//!                                   ▲                                                 │
//!                                   └──────────── another choice, made there ◄────────┘
//! ```
//!
//! In: links, tokens, cookies, the time; what became of a page. Out: answers, what is set ahead for a page, HTML for its
//! end. It calls nobody: what a link sets is asked of no CDP, and no event comes of it.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)
)]

pub mod cookie;
pub mod create;
pub mod overlay;
pub mod token;

mod follow;
mod key;
mod link;
mod notice;
mod secrets;

pub use cookie::{Preview, Seen};
pub use follow::follow;
pub use key::{KeyFault, NAME as KEY, PreviewKey};
pub use link::{CONTROL, Choice, Choices, Link};
pub use overlay::{Overlay, asset_at};
pub use secrets::Secrets;
pub use token::Refused;
