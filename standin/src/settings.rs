//! In: what the page, or a test, has set. Out: one document for faults, latency and the manner of the site.

use serde::{Deserialize, Serialize};

use crate::fault::Faults;

/// Everything that can be set while the stand-in runs.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What goes wrong.
    pub faults: Faults,
    /// How slow both are when nothing goes wrong.
    pub latency: Latency,
    /// How the site answers.
    pub site: Site,
}

/// Milliseconds added before the headers of every answer.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// XM.
    pub xm_ms: u64,
    /// CDP.
    pub cdp_ms: u64,
}

/// The manner of the XM site. Each can also be asked for in one request's query.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// `Cache-Control` of pages; query `cache=public`.
    pub cache: CachePolicy,
    /// Whether pages set XM's analytics and session cookies; query `cookies=0`.
    pub cookies: bool,
    /// Whether pages carry an ETag and answer 304; query `etag=1`.
    pub etag: bool,
    /// Whether bodies are gzipped for clients that accept it; query `gzip=1`.
    pub gzip: bool,
    /// Whether a login, a logout, and a saved profile answer with a `CDP-Event` header.
    pub cdp_events: bool,
    /// Whether pages for somebody who has signed in carry `CDP-Guest: authenticated`.
    pub guest: bool,
}

/// What a page says about being shared.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum CachePolicy {
    /// `no-cache, no-store`
    #[default]
    NoStore,
    /// `public, max-age=60`
    Public,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            cache: CachePolicy::NoStore,
            cookies: true,
            etag: false,
            gzip: false,
            cdp_events: false,
            guest: false,
        }
    }
}
