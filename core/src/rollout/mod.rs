//! Kill switch and rollout by percentage: who gets the product, and what an isolate knows of that.
//!
//! ```text
//! KV (its text) ─► Known ─► Standing: on, off, or unknown ─► admits (this visitor, this flow)
//! ```
//!
//! In: what KV says, when; a visitor's id. Out: whether to look again, and what holds for a page. A switch that cannot be read
//! is never taken for "on". It never reads KV itself.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod known;
mod share;

pub use known::{Known, Look, READ_MS, REFRESH_MS, RETRY_MS, Report, STALE_MS, Standing};

use crate::{cdp::BrowserId, config::Rollout, reason::Failure, template::FriendlyId};

/// Why the flow of `friendly_id` must not run for this visitor, if so.
#[must_use]
pub fn refuses(
    rollout: &Rollout,
    client_key: &str,
    browser_id: &BrowserId,
    friendly_id: &FriendlyId,
) -> Option<Failure> {
    if rollout.off.iter().any(|off| off == friendly_id.as_str()) {
        return Some(Failure::SwitchedOff);
    }
    (!admits(rollout, client_key, browser_id)).then_some(Failure::NotInRollout)
}

/// Whether this visitor is among the share for whom flows run.
#[must_use]
pub fn admits(rollout: &Rollout, client_key: &str, browser_id: &BrowserId) -> bool {
    rollout.percent >= 100 || share::bucket(client_key, browser_id) < rollout.percent
}
