//! Phase 4, beside the page: what it gets of the Worker's own, the tag and the beacon.
//!
//! In: XM's headers, what the visitor allows. Out: what is put in while the page streams, and what is sent behind it. The
//! policy of the page is read, never changed.

use xm_edge_core::{
    insertion::Insertion,
    request::Headers,
    response::PageType,
    tag::{self, Injection, Tail, nonce_from_csp},
};

use super::{PageRequest, identity::Identity};
use crate::platform::headers::PlatformHeaders;

/// What a page gets.
#[derive(Default)]
pub(super) struct Added {
    pub(super) insertion: Option<Insertion>,
    pub(super) tail: Option<Tail>,
}

impl PageRequest<'_> {
    /// Whether the page gets the site's tag.
    pub(super) fn wants_tag(&self, identity: &Identity, page_type: PageType) -> bool {
        let analytics = self.visit.grants.analytics && !page_type.is_xml;
        tag::is_wanted(&self.site.tag, analytics, identity.id.is_some())
    }

    /// The tag and the beacon, for a visitor who may be counted.
    pub(super) fn added(
        &self,
        xm: &web_sys::Headers,
        identity: &Identity,
        page_type: PageType,
    ) -> Added {
        if !self.visit.grants.analytics || page_type.is_xml {
            return Added::default();
        }
        let csp = PlatformHeaders(xm).get("content-security-policy");
        let nonce = csp.as_deref().and_then(nonce_from_csp);
        let injection = Injection {
            cdp: &self.config.cdp,
            site: &self.site,
            origin: &self.origin,
            nonce: nonce.as_deref(),
        };
        Added {
            insertion: injection.insertion(),
            tail: identity.id.is_some().then(|| Tail::new(&injection)),
        }
    }
}
