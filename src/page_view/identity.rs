//! Phase 3, second half: the browser id of the page view.
//!
//! In: what the visitor's cookies said. Out: the id, or a label that says why there is none. It waits for a new id no
//! longer than the site allows.

use xm_edge_core::request::BrowserId;

use super::PageRequest;
use crate::{cdp, visit::IdState};

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
    /// The browser id: known, the one that replaced it, created in time, or none.
    pub(super) async fn create_id(&self) -> Identity {
        match &self.visit.id {
            IdState::Known(id) => Identity::some(id.clone(), "known"),
            IdState::None(label) => Identity::none(label),
            IdState::Withdrawn => Identity::none("withdrawn"),
            IdState::Replaced { new, .. } => Identity::some(new.clone(), "replaced"),
            // Nobody gets an id for a page that is XM's.
            IdState::Wanted if self.switch.passes().await.is_some() => Identity::none("none"),
            IdState::Wanted => match cdp::create_in_time(&self.config.cdp, &self.site).await {
                Ok(id) => Identity::some(id, "created"),
                Err(label) => Identity::none(label),
            },
        }
    }
}
