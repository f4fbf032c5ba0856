//! The overlay of a preview: what the page's components show and why, and what else they could show.
//!
//! In: the page's bytes as they leave; at its end, what became of it. Out: the same bytes, with one element at the end of
//! the body. It is a form, so that it works without a script; it stands in a declarative shadow root, so that neither the
//! page's style sheets nor its scripts take it for their own; and nothing in it comes from another host.

mod extra;
mod html;
mod item;
mod listing;
mod panel;
mod words;

use std::rc::Rc;

use super::Preview;
use crate::{
    render::Page,
    tag::{Asset, BodyEnd, nonce_from_csp, style_nonce_from_csp},
};

/// The script, ASCII, built from `preview/overlay.js` by `node preview/build.mjs`.
const SCRIPT: &[u8] = include_bytes!("overlay.min.js");
/// The style sheet, ASCII, built likewise from `preview/overlay.css`.
const STYLE: &[u8] = include_bytes!("overlay.min.css");

/// The files of the overlay, by their paths below the prefix.
static ASSETS: [(&str, Asset); 2] = [
    ("/preview.css", Asset::new(STYLE, "text/css; charset=utf-8")),
    (
        "/preview.js",
        Asset::new(SCRIPT, "text/javascript; charset=utf-8"),
    ),
];

/// The file of the overlay at `path` below the prefix.
#[must_use]
pub fn asset_at(path: &str) -> Option<&'static Asset> {
    let found = ASSETS.iter().find(|(known, _)| *known == path);
    found.map(|(_, asset)| asset)
}

/// Their paths.
#[cfg(test)]
pub(crate) fn asset_paths() -> impl Iterator<Item = &'static str> {
    ASSETS.iter().map(|(path, _)| path.trim_start_matches('/'))
}

/// For whom the CDP is asked where the link sets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// This browser's own id: it counts as an exposure.
    Known,
    /// Nobody: the browser has no id, and a preview creates none.
    WithoutId,
    /// Nobody: the visitor has not agreed to be personalised for.
    WithoutConsent,
}

/// What the overlay is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The preview.
    pub preview: Rc<Preview>,
    /// Scheme, host and prefix of the endpoints.
    pub base: String,
    /// Path and query of the page.
    pub page: String,
    /// `Content-Security-Policy` of the page.
    pub csp: Option<String>,
    /// For whom the CDP is asked.
    pub visitor: Visitor,
    /// Unix time.
    pub now_s: u64,
}

/// Puts the overlay at the end of a page.
#[derive(Clone, Debug)]
pub struct Overlay {
    settings: Settings,
    end: BodyEnd,
}

impl Overlay {
    /// For one page view.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            end: BodyEnd::default(),
        }
    }

    /// Takes the next bytes of the page as it leaves; gives those that may leave now.
    #[must_use]
    pub fn pass(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        self.end.pass(bytes)
    }

    /// The last bytes of the page, with the overlay; the page is complete.
    #[must_use]
    #[inline(never)]
    pub fn finish(self, page: &Page) -> Vec<u8> {
        let html = self.settings.element(page);
        self.end.finish_with(&html)
    }

    /// The last bytes of a page that broke off.
    #[must_use]
    pub fn give_up(self) -> Vec<u8> {
        self.end.give_up()
    }
}

impl Settings {
    /// The element. The script stands in it, beside the shadow root: it is the page's last child either way.
    fn element(&self, page: &Page) -> String {
        let csp = self.csp.as_deref().unwrap_or_default();
        let nonce = |nonce: Option<String>| {
            nonce.map_or_else(String::new, |nonce| format!(" nonce=\"{nonce}\""))
        };
        let (style, script) = (nonce(style_nonce_from_csp(csp)), nonce(nonce_from_csp(csp)));
        let [css, js] = ASSETS
            .each_ref()
            .map(|(path, asset)| format!("{}{path}?v={}", html::Text(&self.base), asset.version()));
        let panel = panel::html(self, page);
        format!(
            "<cdp-preview><template shadowrootmode=\"open\"><link rel=\"stylesheet\" href=\"{css}\"{style}>{panel}</template>\
             <script src=\"{js}\" async{script}></script></cdp-preview>"
        )
    }
}

#[cfg(test)]
mod tests;
