//! Looks at pages as the Worker would, and says what it could not do with them and why.
//!
//! ```text
//! crawl (http, files) ─► page ─► compiled   the Worker's own compiler
//!                             └► inventory  everything that says data-cdp-
//!                        rules ─► checks ─► findings ─► report (text, JSON)
//! ```
//!
//! In: pages, settings, sample decisions. Out: findings with line and column. What a page would become is never a second
//! opinion: parser, gates, rules of attributes and URLs, and rendering are the Worker's own code.

pub mod checks;
pub mod compiled;
pub mod crawl;
pub mod finding;
pub mod http;
pub mod inventory;
pub mod page;
pub mod report;
pub mod rules;
pub mod text;
