//! Preview: a marketer sees a page with the variants of their choice, and nobody counts it.
//!
//! ```text
//! XM's server, cargo xtask preview-link ─► Link ─► token ─► …/preview?token=… ─► cookie ─► page ─► overlay
//!                                           ▲                                               │
//!                                           └──────── another variant, chosen there ◄───────┘
//! ```
//!
//! In: links, tokens, cookies, the time; what became of a page. Out: answers, what is set ahead for a page, HTML for its
//! end. It calls nobody: what a link sets is asked of no CDP, and no event comes of it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod cookie;
pub mod token;

mod key;
mod link;

pub use cookie::{Preview, Seen};
pub use key::{KeyFault, NAME as KEY, PreviewKey};
pub use link::{CONTROL, Choice, Choices, Link};
pub use token::Refused;
