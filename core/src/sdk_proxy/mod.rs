//! Sitecore's own browser libraries, first-party: an allow-listed proxy below `endpoint_prefix`.
//!
//! ```text
//! route (allow-list) ─► same_site, consent ─► query, json (whose keys?) ─► headers ─► Plan
//!                                                        upstream's answer ─► reply ─► the page
//! ```
//!
//! In: method, target and headers of a request. Out: a [`Plan`]: what to send to the CDP, an answer made here, or a
//! refusal. Whatever it does not name reaches the CDP byte-identical: raw `{}` in a query, unknown parameters, the
//! order of JSON members. It never forwards a cookie, a credential or the address of a visitor, never lets a page use
//! another tenant's key, and never calls anything.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod consent;
mod contract;
mod headers;
mod json;
mod page;
mod plan;
mod query;
mod refusal;
mod reply;
mod route;
mod same_site;
#[cfg(test)]
mod traces;

pub use json::JsonRules;
pub use page::page_path;
pub use plan::{Answer, Forward, MAX_BODY, Plan, plan};
pub use refusal::Refusal;
pub use reply::{MAX_REPLY, Reply, TIME_LIMIT_MS};

/// Every path that is served, below the prefix and its slash, with its method.
#[cfg(test)]
pub(crate) fn served() -> impl Iterator<Item = (&'static str, &'static str)> {
    route::SERVED
        .iter()
        .map(|served| (served.method, served.shape))
}
