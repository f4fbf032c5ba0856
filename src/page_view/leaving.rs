//! The headers with which a page leaves: the last step, the same for every shape of the page.
//!
//! In: XM's headers, the visitor's id. Out: a changed copy. What changes is the core's decision.

use wasm_bindgen::JsValue;
use xm_edge_core::{
    page_experience::loop_cookie,
    response::{self, Leaving, id_cookie, server_timing},
};

use super::{PageRequest, identity::Identity};
use crate::{
    platform::headers,
    visit::{self, IdState},
};

impl PageRequest<'_> {
    /// XM's headers, made private.
    pub(super) fn leaving_headers(
        &self,
        xm: &web_sys::Headers,
        identity: &Identity,
        decoded: bool,
        origin_ms: u32,
    ) -> Result<web_sys::Headers, JsValue> {
        let client_key = &self.config.cdp.client_key;
        let previewing = self.seen.preview.is_some();
        let cookie = match (&identity.id, &self.visit.id) {
            // A preview changes nothing of the visitor's own.
            _ if previewing => None,
            (Some(_), _) if identity.logout => Some(id_cookie::expire(client_key, &self.site)),
            (Some(id), state) => {
                let renewed = state.renewal(client_key, &self.site);
                Some(renewed.unwrap_or_else(|| id_cookie::keep(id, client_key, &self.site)))
            }
            (None, IdState::Withdrawn) => Some(id_cookie::expire(client_key, &self.site)),
            (None, _) => None,
        };
        let timing = self
            .site
            .debug
            .then(|| self.server_timing(identity, origin_ms));
        let leaving = headers::copy(xm)?;
        let edits = response::edits(&Leaving {
            decoded,
            id_cookie: cookie.as_deref(),
            preview: previewing,
            preview_cookie: self.seen.expired.as_deref(),
            server_timing: timing.as_deref(),
        });
        headers::apply(&leaving, &edits);
        if self.visit.redirected {
            leaving.append("set-cookie", &loop_cookie::expire(self.scheme()))?;
        }
        Ok(leaving)
    }

    fn server_timing(&self, identity: &Identity, origin_ms: u32) -> String {
        let visitor = visit::label(self.visit.class);
        let template = self.template.map(|label| server_timing::Timing {
            name: "template",
            ms: None,
            description: Some(label),
        });
        let timings = [
            server_timing::Timing {
                name: "xm-edge",
                ms: Some(self.clock.now_ms()),
                description: Some(visitor),
            },
            server_timing::Timing {
                name: "xm",
                ms: Some(origin_ms),
                description: None,
            },
            server_timing::Timing {
                name: "id",
                ms: None,
                description: Some(identity.label),
            },
        ];
        let timings: Vec<_> = timings.into_iter().chain(template).collect();
        server_timing::value(&timings)
    }
}
