//! The VIEW that a tag sends when the browser counts the page views (`page_views = "browser"`).
//!
//! In: the site. Out: its settings for the script, and the code for what only the browser knows. The names of pages are
//! the ones that the Worker would send.

use serde_json::{Map, Value};

use crate::config::{Language, PageViews, Site};

/// The page's name: `<meta name="cdp:page">`, or its path.
pub(super) const PAGE: &str =
    "(d.querySelector('meta[name=\"cdp:page\"]')||{}).content||location.pathname";

/// Channel, currency and, when fixed, language; `None` when the Worker sends the VIEW.
pub(super) fn settings(site: &Site) -> Option<Value> {
    if site.page_views == PageViews::Edge {
        return None;
    }
    let mut view = Map::new();
    view.insert("channel".to_owned(), site.channel.as_str().into());
    view.insert("currency".to_owned(), site.currency.as_str().into());
    if let Language::Fixed(code) = &site.language {
        view.insert("language".to_owned(), code.as_str().into());
    }
    Some(Value::Object(view))
}
