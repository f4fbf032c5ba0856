//! The client-side tag that the Worker puts into pages, so that XM's markup need not change.
//!
//! In: tenant, site, the origin of the page, the nonce of its CSP. Out: pieces of HTML, each with its position; texts
//! by which a page already carries the tag; the bytes of the beacon. All HTML is ASCII, so that it means the same in
//! every charset that a page may have. It never touches the page itself: what stands in it early is an [`Insertion`], which
//! `render` puts in; what stands at its end is the [`Tail`], which is sent behind it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod beacon;

mod asset;
mod body_end;
mod boxever;
mod carried;
mod engage;
mod gtm;
mod nonce;
mod script;
mod tail;
mod view;

pub use asset::{Answer, Asset};
pub use body_end::BodyEnd;
pub use nonce::{nonce_from_csp, style_nonce_from_csp};
pub use tail::Tail;

use crate::{
    config::{CdpSettings, Site, Tag},
    insertion::Insertion,
};

/// Where in the page a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Behind the page, which a browser takes for the end of the body.
    BodyEnd,
    /// After `<body …>`.
    BodyStart,
    /// Before `</head>`.
    HeadEnd,
}

/// A piece of HTML for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where.
    pub position: Position,
    /// ASCII.
    pub html: String,
}

/// What a tag is made of.
#[derive(Clone, Copy, Debug)]
pub struct Injection<'a> {
    /// The tenant.
    pub cdp: &'a CdpSettings,
    /// The site, with the overrides of host and path.
    pub site: &'a Site,
    /// Scheme and host of the page, without a slash at the end.
    pub origin: &'a str,
    /// From [`nonce_from_csp`].
    pub nonce: Option<&'a str>,
}

impl Injection<'_> {
    /// The pieces of the site's tag, in the order of the page. Scripts of Sitecore stand at the end of the body, where
    /// the whole page is known; Google Tag Manager, which must start early, at the end of the head.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        match &self.site.tag {
            Tag::Boxever { library_url } => boxever::pieces(self, library_url),
            Tag::Engage { library_url } => engage::pieces(self, library_url),
            Tag::Gtm { container_id } => gtm::pieces(self, container_id),
            Tag::None | Tag::Own => Vec::new(),
        }
    }

    /// What the page gets while it streams, if the site's tag has such pieces.
    #[must_use]
    pub fn insertion(&self) -> Option<Insertion> {
        let pieces = self.pieces();
        let (head, body) = (
            html_at(Position::HeadEnd, &pieces),
            html_at(Position::BodyStart, &pieces),
        );
        (!head.is_empty()).then(|| Insertion {
            head,
            body,
            carried: carried::detector(&self.site.tag),
        })
    }

    /// The base of the first-party endpoints.
    fn base(&self) -> String {
        format!("{}{}", self.origin, self.site.endpoint_prefix)
    }
}

fn html_at(position: Position, pieces: &[Piece]) -> String {
    let there = pieces.iter().filter(|piece| piece.position == position);
    there.map(|piece| piece.html.as_str()).collect()
}

/// Whether a page gets the site's tag: `analytics`, the visitor may be counted; `id`, the page view has a browser id.
/// Sitecore's scripts would make an id of their own where the Worker could not, or may not. Tag Manager serves others than the
/// CDP: it comes whatever the CDP does.
#[must_use]
pub fn is_wanted(tag: &Tag, analytics: bool, id: bool) -> bool {
    match tag {
        Tag::Boxever { .. } | Tag::Engage { .. } => analytics && id,
        Tag::Gtm { .. } => analytics,
        Tag::None | Tag::Own => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use url::Url;

    use super::*;
    use crate::{
        config::{Language, PageViews},
        request::fixture,
    };

    const ORIGIN: &str = "https://www.shop.example";
    const LIBRARY: &str = "https://cdn.example/lib.js";

    fn tags() -> [Tag; 3] {
        let library_url = LIBRARY.to_owned();
        [
            Tag::Boxever {
                library_url: library_url.clone(),
            },
            Tag::Engage { library_url },
            Tag::Gtm {
                container_id: "GTM-ABC123".to_owned(),
            },
        ]
    }

    fn pieces(cdp: &CdpSettings, site: &Site, origin: &str, nonce: Option<&str>) -> Vec<Piece> {
        let injection = Injection {
            cdp,
            site,
            origin,
            nonce,
        };
        injection.pieces()
    }

    /// The settings that an inline script is called with.
    fn settings(piece: &Piece) -> Value {
        let (_, arguments) = piece.html.rsplit_once("(window,document,").unwrap();
        serde_json::from_str(arguments.strip_suffix(")</script>").unwrap()).unwrap()
    }

    #[test]
    fn a_site_without_a_tag_or_with_its_own_gets_none() {
        let mut site = fixture::site();
        for tag in [Tag::None, Tag::Own] {
            site.tag = tag;
            assert_eq!(pieces(&fixture::cdp(), &site, ORIGIN, None), []);
        }
    }

    #[test]
    fn engage_is_pointed_at_the_first_party_path() {
        let (mut cdp, mut site) = (fixture::cdp(), fixture::site());
        let [_, engage, _] = tags();
        site.tag = engage;
        let [piece] = &pieces(&cdp, &site, ORIGIN, None)[..] else {
            panic!("one piece");
        };
        assert_eq!(piece.position, Position::BodyEnd);
        assert_eq!(
            settings(piece),
            json!({
                "library": [LIBRARY, "https://www.shop.example/_cdp/library.js"],
                "settings": {
                    "clientKey": "CLIENTKEY", "targetURL": "https://www.shop.example/_cdp", "pointOfSale": "shop/ie",
                    "cookieExpiryDays": 730, "forceServerCookieMode": false, "includeUTMParameters": true,
                },
                "view": null,
            })
        );
        cdp.web_flow_endpoint = Some(Url::parse("https://flows.example").unwrap());
        site.cookie_domain = Some("shop.example".to_owned());
        site.page_views = PageViews::Browser;
        site.language = Language::Fixed("DE".to_owned());
        let full = settings(&pieces(&cdp, &site, ORIGIN, None)[0]);
        assert_eq!(full["settings"]["cookieDomain"], "shop.example");
        assert_eq!(
            full["settings"]["webPersonalization"],
            json!({"asyncScriptLoading": true, "deferScriptLoading": false, "baseURLOverride": "https://www.shop.example/_cdp"})
        );
        assert_eq!(
            full["view"],
            json!({"channel": "WEB", "currency": "EUR", "language": "DE"})
        );
    }

    #[test]
    fn boxever_is_pointed_at_the_first_party_path() {
        let (mut cdp, mut site) = (fixture::cdp(), fixture::site());
        let [boxever, ..] = tags();
        site.tag = boxever;
        cdp.web_flow_endpoint = Some(Url::parse("https://flows.example").unwrap());
        let plain = &pieces(&cdp, &site, ORIGIN, None)[0];
        assert_eq!(plain.position, Position::BodyEnd);
        assert_eq!(
            settings(plain)["settings"],
            json!({
                "client_key": "CLIENTKEY", "target": "https://www.shop.example/_cdp/v1.2", "cookie_domain": "",
                "cookie_expiry_in_days": 730, "cookies_only": true, "pointOfSale": "shop/ie",
                "web_flow_target": "https://www.shop.example/_cdp", "web_flow_config": {"async": true, "defer": false},
            })
        );
        assert!(!plain.html.contains("eventCreate"));
        // The library would cut this host in two.
        let odd = &pieces(&cdp, &site, "https://vineyard.example", None)[0];
        assert_eq!(settings(odd)["settings"]["target"], "/_cdp/v1.2");
        site.page_views = PageViews::Browser;
        let counting = &pieces(&cdp, &site, ORIGIN, None)[0];
        assert!(counting.html.contains("eventCreate"));
    }

    #[test]
    fn tag_manager_gets_its_script_and_its_frame() {
        let mut site = fixture::site();
        let [_, _, gtm] = tags();
        site.tag = gtm;
        let [head, body] = &pieces(&fixture::cdp(), &site, ORIGIN, None)[..] else {
            panic!("two pieces");
        };
        assert_eq!(
            (head.position, body.position),
            (Position::HeadEnd, Position::BodyStart)
        );
        assert_eq!(
            settings(head),
            json!({
                "id": "GTM-ABC123",
                "cdp": {
                    "clientKey": "CLIENTKEY", "targetURL": "https://www.shop.example/_cdp", "pointOfSale": "shop/ie",
                    "cookieDomain": null,
                },
            })
        );
        assert_eq!(
            body.html,
            "<noscript hidden><iframe src=\"https://www.googletagmanager.com/ns.html?id=GTM-ABC123\" height=\"0\" \
             width=\"0\" hidden></iframe></noscript>"
        );
    }

    #[test]
    fn tag_manager_is_put_in_while_the_page_streams_and_the_others_behind_it() {
        let (cdp, mut site) = (fixture::cdp(), fixture::site());
        let mut inserted = |tag: Tag| {
            site.tag = tag;
            let injection = Injection {
                cdp: &cdp,
                site: &site,
                origin: ORIGIN,
                nonce: None,
            };
            let behind = String::from_utf8(Tail::new(&injection).finish()).unwrap();
            (injection.insertion(), behind)
        };
        let [boxever, engage, gtm] = tags();
        for tag in [boxever, engage] {
            let (insertion, behind) = inserted(tag);
            assert!(insertion.is_none() && behind.contains("<script"));
        }
        assert!(inserted(Tag::None).0.is_none());
        let (insertion, behind) = inserted(gtm);
        let insertion = insertion.unwrap();
        assert!(insertion.head.starts_with("<script>") && insertion.head.ends_with("</script>"));
        assert!(insertion.body.starts_with("<noscript"));
        assert_eq!(behind, "");
    }

    #[test]
    fn tag_manager_comes_without_a_browser_id_and_the_others_do_not() {
        let [boxever, engage, gtm] = tags();
        for (tag, without_id) in [(boxever, false), (engage, false), (gtm, true)] {
            assert!(is_wanted(&tag, true, true));
            assert_eq!(is_wanted(&tag, true, false), without_id);
            assert!(!is_wanted(&tag, false, true), "who may not be counted");
        }
        assert!(!is_wanted(&Tag::None, true, true));
    }

    #[test]
    fn every_script_carries_the_nonce_and_nothing_but_ascii() {
        let mut site = fixture::site();
        site.point_of_sale = "boutique/fran\u{e7}aise</script>".to_owned();
        site.page_views = PageViews::Browser;
        for tag in tags() {
            site.tag = tag;
            for piece in pieces(&fixture::cdp(), &site, ORIGIN, Some("n0nce==")) {
                let html = &piece.html;
                let scripts = html.matches("<script").count();
                assert_eq!(html.matches("<script nonce=\"n0nce==\">").count(), scripts);
                assert_eq!(html.matches("</script").count(), scripts, "{html}");
                assert!(html.is_ascii());
            }
        }
    }

    #[test]
    fn a_page_that_got_the_tag_is_known_to_carry_it() {
        let mut site = fixture::site();
        for tag in tags() {
            site.tag = tag;
            let mut detector = carried::detector(&site.tag);
            for piece in pieces(&fixture::cdp(), &site, ORIGIN, None) {
                detector.push(piece.html.as_bytes());
            }
            assert!(detector.found(), "{:?}", site.tag);
        }
    }
}
