//! A site with everything switched on, and one with as little as there can be.
//!
//! In: nothing. Out: configurations, secrets, and the time. They are made by the core from what an operator would write.

use std::sync::LazyLock;

use serde_json::{Value, json};
use xm_edge_core::config::{self, Config};

/// Now, in seconds since 1970.
pub const NOW_S: u64 = 1_795_780_800;
/// The key of XM's server.
pub const API_KEY: &str = "key-of-the-xm-server";
/// The CDP's API token.
pub const API_TOKEN: &str = "token-of-the-cdp-api";
/// Signs preview links.
pub const PREVIEW_KEY: &str = "preview-key-of-the-fuzzer";
/// Hosts that may be called.
pub const HOSTS: [&str; 4] = [
    "https://api-engage-eu.sitecorecloud.io/",
    "https://edge-platform.sitecorecloud.io/",
    "https://flows.example/",
    "https://library.example/",
];

/// The value of a secret.
#[must_use]
pub fn secret(name: &'static str) -> Option<String> {
    let value = match name {
        "XM_API_KEY" => API_KEY,
        "CDP_API_TOKEN" => API_TOKEN,
        "PREVIEW_KEY" => PREVIEW_KEY,
        _ => return None,
    };
    Some(value.to_owned())
}

/// The configurations.
pub static CONFIGS: LazyLock<[Config; 2]> =
    LazyLock::new(|| [full(), least()].map(|vars| read(&vars)));

fn read(vars: &Value) -> Config {
    let vars = vars.as_object().cloned().unwrap_or_default();
    config::parse_strict(&vars)
        .unwrap_or_else(|problems| panic!("the tenant is invalid: {problems:?}"))
}

fn least() -> Value {
    json!({
        "CDP_ENDPOINT": "https://api-engage-eu.sitecorecloud.io",
        "CDP_CLIENT_KEY": "CLIENTKEY",
        "POINT_OF_SALE": "shop/ie",
        "SITE": { "guest_api": "v2" },
    })
}

fn full() -> Value {
    json!({
        "XM_ORIGIN": "https://xm.internal:8443",
        "CDP_ENDPOINT": "https://api-engage-eu.sitecorecloud.io",
        "CDP_CLIENT_KEY": "CLIENTKEY",
        "POINT_OF_SALE": "shop/ie",
        "SITECORE_EDGE_CONTEXT_ID": "context-1",
        "WEB_FLOW_ENDPOINT": "https://flows.example",
        "SITE": {
            "debug": true,
            "guest_fields": ["/firstName"],
            "trusted_html": ["c"],
            "bots": "count",
            "consent": {
                "mode": "cookie",
                "cookie": "OptanonConsent",
                "id": "C0001:1",
                "personalisation": "C0003:1",
                "analytics": "C0002:1",
            },
            "tag": { "kind": "engage", "library_url": "https://library.example/engage.js" },
            "goals": [{ "path": "/thanks", "method": "GET", "event": "ORDERED" }],
            "identities": [{ "path": "/login", "method": "POST", "provider": "email", "id": "mail", "fields": { "email": "mail" } }],
            "page_experiences": [{ "path": "/landing", "experience": "landing_page" }],
        },
        "SITES": [{ "host": "shop.example", "path": "/de", "point_of_sale": "shop/de", "language": "DE", "currency": "EUR" }],
    })
}
