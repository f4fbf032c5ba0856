//! The rest of an event: whose it is, where and when it happened.
//!
//! In: a checked event and what the edge knows. Out: the event as the wire has it. What the caller gave stays.

use serde_json::Value;

use super::{Checked, Kind, base};
use crate::{
    cdp::{
        BrowserId,
        event::{self, Event},
        language,
    },
    config::{CdpSettings, Site},
    events::page_view,
};

/// What the edge knows of an event.
#[derive(Clone, Copy, Debug)]
pub struct EventContext<'a> {
    /// The tenant.
    pub cdp: &'a CdpSettings,
    /// The site, with the overrides of host and path: the same point of sale as the page's own VIEW, so that both are
    /// in one session.
    pub site: &'a Site,
    /// The visitor's browser.
    pub browser_id: &'a BrowserId,
    /// `<html lang>` of the page, where it is known.
    pub html_lang: Option<&'a str>,
    /// `<meta name="cdp:page">`, where it is known.
    pub page_name: Option<&'a str>,
    /// Path of the page; its name when it has no other.
    pub path: &'a str,
    /// When it happened, in milliseconds since 1970.
    pub requested_at_ms: u64,
}

/// The event under `id`.
///
/// Sitecore's clients send FORM without channel, currency and page, and views of bots without currency: so do we. The
/// others get all of them.
#[must_use]
pub fn complete(checked: Checked, context: &EventContext<'_>, id: String) -> Event {
    let Checked { kind, mut fields } = checked;
    let site = context.site;
    let bot = fields
        .get("channel")
        .is_some_and(|channel| channel == base::BOT);
    let mut fill = |name: &str, value: String| {
        fields.entry(name).or_insert(value.into());
    };
    fill("language", language(&site.language, context.html_lang));
    fill("pos", site.point_of_sale.clone());
    if kind != Kind::Form {
        fill("channel", site.channel.clone());
        fill("page", page_view::page(context.page_name, context.path));
        if !bot {
            fill("currency", site.currency.clone());
        }
    }
    if kind == Kind::ForceClose {
        fill("_bx_extended_message", "1".to_owned());
    }
    let mut own = |name: &str, value: &str| {
        fields.insert(name.to_owned(), Value::from(value));
    };
    own("browser_id", context.browser_id.as_str());
    own("client_key", &context.cdp.client_key);
    if let Some(at) = event::iso_8601(context.requested_at_ms) {
        own("requested_at", &at);
    }
    Event::new(id, &fields)
}
