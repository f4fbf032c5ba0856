//! Phase 2 and 4, for a preview: whether the page view is one, what its page knows ahead, what stands at its end.
//!
//! In: the visitor's cookies, the signed link in them. Out: decisions that are set, the overlay. XM gets every cookie but the
//! preview's.

use worker::Env;
use xm_edge_core::{
    decision::Decision,
    preview::{
        Choice, Overlay, Preview, Seen, cookie,
        overlay::{Settings, Visitor},
    },
    render::Page,
    request::{Headers, Target},
    response::PageType,
};

use super::{PageRequest, identity::Identity};
use crate::{
    behind::Behind,
    platform::{
        clock::Clock,
        environment,
        headers::{self, PlatformHeaders},
    },
};

/// Looks for a preview of this page, and keeps its cookie from XM.
pub(super) fn seen(
    cookies: &str,
    target: &Target<'_>,
    to_xm: &web_sys::Request,
    env: &Env,
) -> Seen {
    let Some(withheld) = cookie::withheld(cookies) else {
        return Seen::default();
    };
    headers::apply(&to_xm.headers(), &[withheld]);
    let secrets = environment::preview_secrets(env);
    cookie::look(cookies, secrets.key.as_ref().ok(), target, Clock::epoch_s())
}

impl PageRequest<'_> {
    /// Tells the page what the link sets, and has it note what the overlay shows.
    pub(super) fn tell(&self, preview: &Preview, page: &mut Page) {
        page.keep_notes();
        for (friendly_id, choice) in preview.link.show.iter() {
            let variant = match choice {
                Choice::Control => None,
                Choice::Variant(id) => Some(id.clone()),
            };
            page.know(friendly_id.clone(), Ok(Decision::set(variant)), 0);
        }
    }

    /// The overlay. Markup of HTML would break a page that is XML.
    pub(super) fn overlay(
        &self,
        xm: &web_sys::Headers,
        identity: &Identity,
        page_type: PageType,
    ) -> Option<Behind> {
        let preview = self.seen.preview.as_ref().filter(|_| !page_type.is_xml)?;
        let visitor = match (&identity.id, identity.label) {
            (Some(_), _) => Visitor::Known,
            (None, "no_consent") => Visitor::WithoutConsent,
            (None, _) => Visitor::WithoutId,
        };
        let query = self.query.as_ref();
        let overlay = Overlay::new(Settings {
            preview: preview.clone(),
            base: format!("{}{}", self.origin, self.config.site.endpoint_prefix),
            page: query.map_or_else(
                || self.path.clone(),
                |query| format!("{}?{query}", self.path),
            ),
            csp: PlatformHeaders(xm).get("content-security-policy"),
            visitor,
            now_s: Clock::epoch_s(),
        });
        Some(Behind::Overlay(Box::new(overlay)))
    }
}
