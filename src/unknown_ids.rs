//! Browser ids that the CDP no longer knows, so that the next page view replaces them.
//!
//! The CDP says so while, or after, the page leaves: too late for a cookie. This memory of the isolate bridges the time to
//! the next page view. What it holds, and for whom, is the core's (`cdp::unknown_ids`).

use std::cell::RefCell;

use futures_util::future::{Either, select};
use xm_edge_core::{
    cdp::unknown_ids::{Standing, UnknownIds},
    config::CdpSettings,
    events::sender::TRY_TIMEOUT_MS,
    request::BrowserId,
};

use crate::{cdp, platform::clock};

thread_local! {
    static UNKNOWN: RefCell<UnknownIds> = RefCell::default();
}

/// Remembers that the CDP does not know `id`.
pub fn note(id: &BrowserId) {
    UNKNOWN.with_borrow_mut(|unknown| unknown.note(id));
}

/// What is known of the id that a visitor brings.
pub fn standing(id: &BrowserId) -> Standing {
    UNKNOWN.with_borrow(|unknown| unknown.standing(id))
}

/// The replacement of `old` is in a visitor's cookie.
pub fn hand_out(old: &BrowserId) {
    UNKNOWN.with_borrow_mut(|unknown| unknown.hand_out(old));
}

/// Whether the CDP is known not to know `id`.
pub fn contains(id: &BrowserId) -> bool {
    UNKNOWN.with_borrow(|unknown| unknown.contains(id))
}

/// The id in place of `old`, for events: one that was created before, or else a new one.
pub async fn replace(settings: &CdpSettings, old: &BrowserId) -> Option<BrowserId> {
    note(old);
    if let Some(id) = UNKNOWN.with_borrow(|unknown| unknown.replacement(old)) {
        return Some(id);
    }
    let create = Box::pin(cdp::create_browser_id(settings));
    match select(create, clock::delay(TRY_TIMEOUT_MS)).await {
        Either::Left((Ok(id), _)) => {
            Some(UNKNOWN.with_borrow_mut(|unknown| unknown.replace(old, id)))
        }
        Either::Left((Err(_), _)) | Either::Right(_) => None,
    }
}
