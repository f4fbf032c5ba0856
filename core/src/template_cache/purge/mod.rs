//! Purges: what XM has published since, and which kept pages are dead of it.
//!
//! ```text
//! POST …/purge ─► screen ─► (body) ─► read ─► Purge ─► Purges::add, and the edge stores its text ─► answer
//! ```
//!
//! In: patterns of paths with the time of the call. Out: whether a page that XM was asked for at some time is dead.

mod endpoint;
mod log;

pub use endpoint::{MAX_BODY, Reach, purged, read, screen};
pub use log::{MAX_PATTERNS, Purge, Purges, STORED_UNDER};
