//! The guest API for XM's server, below `endpoint_prefix`: create, find, retrieve, replace, update and delete guests and
//! their data extensions, with credentials that only the edge has.
//!
//! ```text
//! open: route ─► access ─► query, headers ─► Exchange ◄── body (guest, extension: checked field by field)
//!                                               │  ▲
//!                    Step: call, wait, recall ◄─┘  └── the CDP's answers (reply, retry, links)
//!                    Step: answer ─► the edge sends it, remembers what an idempotency key made, logs one line
//! ```
//!
//! In: a request, the tenant, the secrets; then the CDP's answers. Out: [`Step`]s, the last one an
//! [`Answer`](crate::answer::Answer). It calls nothing before all of the request is valid, nothing but the configured
//! CDP ever, and no answer, problem or log line holds a credential.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod idempotency;

mod access;
mod call;
mod criteria;
mod exchange;
mod extension;
mod fields;
mod guest;
mod links;
mod log;
mod open;
mod reply;
mod retry;
mod route;
mod rule;
mod secrets;

pub use call::Call;
pub use exchange::{Exchange, Recalled, Step};
pub use log::Line;
pub use open::{MAX_BODY, Request, open};
pub use reply::{MAX_REPLY, Reply};
pub use secrets::Secrets;
