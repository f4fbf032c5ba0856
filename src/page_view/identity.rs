//! Phase 3, second half: the browser id of the page view.
//!
//! In: what the visitor's cookies said. Out: the id, or a label that says why there is none. It waits for a new id no
//! longer than the site allows.

use futures_util::FutureExt;
use xm_edge_core::request::BrowserId;

use super::PageRequest;
use crate::{cdp, platform::clock, visit::IdState};

/// The browser id as the response leaves, and how it came about.
pub(super) struct Identity {
    pub(super) id: Option<BrowserId>,
    /// A constant label for the log.
    pub(super) label: &'static str,
    /// XM says that the visitor logged out: the next page view gets a new id.
    pub(super) logout: bool,
}

impl Identity {
    const fn none(label: &'static str) -> Self {
        Self {
            id: None,
            label,
            logout: false,
        }
    }

    const fn some(id: BrowserId, label: &'static str) -> Self {
        Self {
            id: Some(id),
            label,
            logout: false,
        }
    }
}

impl PageRequest<'_> {
    /// The browser id: known, created in time, or none.
    pub(super) async fn create_id(&self) -> Identity {
        match &self.visit.id {
            IdState::Known(id) => Identity::some(id.clone(), "known"),
            IdState::None(label) => Identity::none(label),
            IdState::Withdrawn => Identity::none("withdrawn"),
            IdState::Wanted => {
                let mut create = Box::pin(cdp::create_browser_id(&self.config.cdp).fuse());
                let mut late = clock::delay(self.site.id_budget_ms).fuse();
                futures_util::select_biased! {
                    created = create => match created {
                        Ok(id) => Identity::some(id, "created"),
                        Err(label) => Identity::none(label),
                    },
                    () = late => Identity::none("timeout"),
                }
            }
        }
    }
}
