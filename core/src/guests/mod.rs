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
pub mod own;
pub mod vouch;

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
pub use route::label_of;
pub use secrets::Secrets;

/// Every path, below the prefix and its slash, with its method.
#[cfg(test)]
pub(crate) fn served() -> impl Iterator<Item = (&'static str, &'static str)> {
    scopes().map(|(method, path, _)| (method, path))
}

/// The same, with the scope that a key needs.
#[cfg(test)]
pub(crate) fn scopes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    route::ROUTES.iter().flat_map(|(shape, methods)| {
        let methods = methods.iter();
        methods.map(move |(method, operation)| (*method, *shape, operation.scope().name()))
    })
}

/// The fields of a guest in a body.
#[cfg(test)]
pub(crate) use guest::field_names;

/// The names of extensions.
#[cfg(test)]
pub(crate) const fn extension_names() -> [&'static str; 6] {
    crate::config::EXTENSIONS
}
