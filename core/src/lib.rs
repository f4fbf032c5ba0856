//! The pure core of xm-edge: bytes, settings and answers come in; bytes, wishes and events go out.
//!
//! ```text
//! request ─► template (compile) ─► decision ─► render ─► response ─► events
//! ```
//!
//! It never reads a clock, a random number, the network or storage, and never logs: whatever the platform
//! must do is a value that a function here returns. The Worker around it (`src/` of the workspace root) is
//! the only place that knows Cloudflare.

pub mod answer;
pub mod api_keys;
pub mod asking;
pub mod breaker;
pub mod cdp;
pub mod config;
pub mod decision;
pub mod endpoints;
pub mod events;
pub mod guests;
pub mod insertion;
pub mod log_line;
pub mod page_experience;
pub mod page_row;
pub mod preview;
pub mod reason;
pub mod render;
pub mod request;
pub mod response;
pub mod reuse;
pub mod rollout;
pub mod sdk_proxy;
pub mod steady;
pub mod tag;
pub mod template;
pub mod template_cache;
pub mod waiting;
