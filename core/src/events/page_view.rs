//! The VIEW event of a page: one for a visitor, or one for a bot.
//!
//! In: settings, the page, where the visitor came from and what was shown. Out: an [`Event`]. It never holds more
//! than the CDP takes: 50 attributes of `ext`, bounded texts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    cdp::{
        BrowserId,
        event::{self, Event, View},
        language,
    },
    config::{CdpSettings, Site},
    request::Campaign,
};

/// Longest page name, in characters.
const MAX_PAGE: usize = 512;
/// Longest variant id or user agent in `ext`, in characters.
const MAX_EXT_TEXT: usize = 256;

/// What a visitor's VIEW is made of.
#[derive(Clone, Copy, Debug)]
pub struct PageView<'a> {
    /// The tenant.
    pub cdp: &'a CdpSettings,
    /// The site, with the overrides of host and path.
    pub site: &'a Site,
    /// The id that cookie and decisions of the same request have.
    pub browser_id: &'a BrowserId,
    /// `<html lang>`.
    pub html_lang: Option<&'a str>,
    /// `<meta name="cdp:page">`.
    pub page_name: Option<&'a str>,
    /// Path of the request; the page's name when it has no other.
    pub path: &'a str,
    /// Where the visitor came from.
    pub campaign: &'a Campaign,
    /// Friendly id and what was shown for it: a variant id, or `control`.
    pub shown: &'a [(String, String)],
    /// When the page was asked for, in milliseconds since 1970.
    pub requested_at_ms: u64,
}

impl PageView<'_> {
    /// The event, under `id`.
    #[must_use]
    pub fn event(&self, id: String) -> Event {
        let mut utm = BTreeMap::new();
        utm.extend(
            self.campaign
                .utm
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        View {
            r#type: "VIEW",
            channel: &self.site.channel,
            language: &language(&self.site.language, self.html_lang),
            currency: Some(&self.site.currency),
            page: &page(self.page_name, self.path),
            pos: &self.site.point_of_sale,
            browser_id: self.browser_id.as_str(),
            client_key: &self.cdp.client_key,
            requested_at: event::iso_8601(self.requested_at_ms),
            referrer: self.campaign.referrer.as_deref(),
            utm,
            ext: shown(self.shown),
        }
        .into_event(id)
    }
}

/// What a bot's VIEW is made of (`bots = "count"`).
#[derive(Clone, Copy, Debug)]
pub struct BotView<'a> {
    /// The tenant.
    pub cdp: &'a CdpSettings,
    /// The site, with the overrides of host and path.
    pub site: &'a Site,
    /// `User-Agent`, as sent.
    pub user_agent: &'a str,
    /// `<html lang>`.
    pub html_lang: Option<&'a str>,
    /// `<meta name="cdp:page">`.
    pub page_name: Option<&'a str>,
    /// Path of the request.
    pub path: &'a str,
    /// When the page was asked for, in milliseconds since 1970.
    pub requested_at_ms: u64,
}

impl BotView<'_> {
    /// The event, under `id`. As in Sitecore's Content SDK: channel `bot`, no currency, and an id that is the same for
    /// every view of one user agent, so that bots make no guests.
    #[must_use]
    pub fn event(&self, id: String) -> Event {
        let mut ext = Map::new();
        ext.insert("sourceUserAgent".to_owned(), bounded(self.user_agent));
        View {
            r#type: "VIEW",
            channel: "bot",
            language: &language(&self.site.language, self.html_lang),
            currency: None,
            page: &page(self.page_name, self.path),
            pos: &self.site.point_of_sale,
            browser_id: bot_id(self.user_agent).as_str(),
            client_key: &self.cdp.client_key,
            requested_at: event::iso_8601(self.requested_at_ms),
            referrer: None,
            utm: BTreeMap::new(),
            ext,
        }
        .into_event(id)
    }
}

/// The first 16 bytes of the user agent's SHA-256, written as a UUID.
fn bot_id(user_agent: &str) -> BrowserId {
    let hash: [u8; 32] = Sha256::digest(user_agent.as_bytes()).into();
    let mut id = [0; 16];
    id.iter_mut().zip(hash).for_each(|(to, byte)| *to = byte);
    Uuid::from_bytes(id).into()
}

/// The page's name: its own, or else its path; bounded.
pub(super) fn page(name: Option<&str>, path: &str) -> String {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    name.unwrap_or(path).chars().take(MAX_PAGE).collect()
}

/// `ext`: friendly id → what was shown. A trailing `*` (first match of a prefix) is no part of a name; of equal names
/// the first stays.
fn shown(shown: &[(String, String)]) -> Map<String, Value> {
    let mut ext = Map::new();
    for (friendly_id, variant) in shown {
        let name = friendly_id.strip_suffix('*').unwrap_or(friendly_id);
        if ext.len() < event::MAX_EXT && !name.is_empty() && !ext.contains_key(name) {
            ext.insert(name.to_owned(), bounded(variant));
        }
    }
    ext
}

fn bounded(text: &str) -> Value {
    text.chars().take(MAX_EXT_TEXT).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{config::Language, request::fixture};

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    fn view(site: &Site, campaign: &Campaign, variants: &[(String, String)]) -> Value {
        let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
        let event = PageView {
            cdp: &fixture::cdp(),
            site,
            browser_id: &id,
            html_lang: Some("de-AT"),
            page_name: None,
            path: "/de/produkte",
            campaign,
            shown: variants,
            requested_at_ms: 0,
        }
        .event("event-1".to_owned());
        assert_eq!(event.id, "event-1");
        assert!(!event.body.contains("event-1"));
        serde_json::from_str(&event.body).unwrap()
    }

    #[test]
    fn a_plain_view_has_the_base_fields_and_nothing_else() {
        assert_eq!(
            view(&fixture::site(), &Campaign::default(), &[]),
            json!({"type": "VIEW", "channel": "WEB", "language": "DE", "currency": "EUR", "page": "/de/produkte",
                "pos": "shop/ie", "browser_id": fixture::BROWSER_ID, "client_key": "CLIENTKEY",
                "requested_at": "1970-01-01T00:00:00.000Z"})
        );
    }

    #[test]
    fn campaign_and_variants_are_told() {
        let mut site = fixture::site();
        site.language = Language::Fixed("GA".to_owned());
        let campaign = Campaign {
            utm: vec![pair("utm_source", "s1"), pair("utm_campaign", "c1")],
            referrer: Some("https://ref.test/".to_owned()),
        };
        let variants = [
            pair("home_hero", "v1"),
            pair("banner*", "control"),
            pair("banner", "v2"),
            pair("*", "v"),
        ];
        let view = view(&site, &campaign, &variants);
        assert_eq!(view["language"], "GA");
        assert_eq!(view["referrer"], "https://ref.test/");
        assert_eq!(view["utm_source"], "s1");
        assert_eq!(view["utm_campaign"], "c1");
        assert_eq!(view["ext"], json!({"home_hero": "v1", "banner": "control"}));
    }

    #[test]
    fn ext_and_texts_are_bounded() {
        let variants: Vec<_> = (0..60)
            .map(|i| pair(&format!("flow_{i}"), &"v".repeat(1000)))
            .collect();
        let view = view(&fixture::site(), &Campaign::default(), &variants);
        assert_eq!(view["ext"].as_object().unwrap().len(), 50);
        assert_eq!(view["ext"]["flow_0"].as_str().unwrap().len(), 256);
        assert_eq!(page(None, &"é".repeat(600)).chars().count(), 512);
    }

    #[test]
    fn the_page_is_named_by_its_mark_then_by_its_path() {
        for (name, expected) in [
            (Some(" home page "), "home page"),
            (Some(" "), "/p"),
            (None, "/p"),
        ] {
            assert_eq!(page(name, "/p"), expected);
        }
    }

    #[test]
    fn a_bot_has_the_id_and_channel_that_the_content_sdk_gives_it() {
        let (cdp, site) = (fixture::cdp(), fixture::site());
        let event = BotView {
            cdp: &cdp,
            site: &site,
            user_agent: "Googlebot/2.1 (+http://www.google.com/bot.html)",
            html_lang: None,
            page_name: None,
            path: "/p",
            requested_at_ms: 0,
        }
        .event(String::new());
        assert_eq!(
            serde_json::from_str::<Value>(&event.body).unwrap(),
            json!({"type": "VIEW", "channel": "bot", "language": "EN", "page": "/p", "pos": "shop/ie",
                "browser_id": "b9c3da31-723c-fb22-17e1-2c047b2e0aa9", "client_key": "CLIENTKEY",
                "requested_at": "1970-01-01T00:00:00.000Z",
                "ext": {"sourceUserAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}})
        );
    }
}
