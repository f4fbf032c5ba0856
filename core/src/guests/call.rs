//! A call of the CDP's REST API.
//!
//! In: what is wanted, of whom. Out: method, URL, headers and body. The host is the configured one, and nothing of a
//! request stands in a path but a UUID and a name out of six; credentials stand in one header. `Debug` shows nothing.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

use crate::{
    cdp::{BrowserId, GuestRef, browser::RESERVED, guest},
    config::{CdpSettings, GuestApi},
};

/// A call to make. Redirects must not be followed: the credentials are for this host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: &'static str,
    /// The whole URL.
    pub url: String,
    /// All headers, in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Option<String>,
}

/// Credentials and personal data never stand in a log.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.method)
    }
}

/// Who calls the CDP, and which version of its API.
pub(super) struct Caller {
    origin: String,
    client_key: String,
    token: String,
    basic: String,
    pub(super) api: GuestApi,
}

impl Caller {
    pub(super) fn new(cdp: &CdpSettings, token: &str, api: GuestApi) -> Self {
        Self {
            origin: cdp.endpoint.origin().ascii_serialization(),
            client_key: cdp.client_key.clone(),
            basic: STANDARD.encode(format!("{}:{token}", cdp.client_key)),
            token: token.to_owned(),
            api,
        }
    }

    /// The tenant's key.
    pub(super) fn client_key(&self) -> &str {
        &self.client_key
    }

    /// The key under which fingerprints are made.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The guest behind a browser, of the Stream API: it needs no credentials.
    pub(super) fn show(&self, browser_id: &BrowserId) -> Call {
        let path = guest::show_path(browser_id, &self.client_key);
        Call {
            method: "GET",
            url: format!("{}{path}", self.origin),
            headers: vec![("accept", "application/json".to_owned())],
            body: None,
        }
    }

    /// A call at `path` below the guests; `query`: names and values.
    pub(super) fn call(
        &self,
        method: &'static str,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Map<String, Value>>,
    ) -> Call {
        let version = match self.api {
            GuestApi::V2 => "v2",
            GuestApi::V2_1 => "v2.1",
        };
        let mut url = format!("{}/{version}/guests{path}", self.origin);
        for (index, (name, value)) in query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, RESERVED));
        }
        let mut headers = vec![
            ("accept", "application/json".to_owned()),
            ("authorization", format!("Basic {}", self.basic)),
        ];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Call {
            method,
            url,
            headers,
            // JSON values under text keys: serde_json has nothing to refuse.
            body: body.map(|body| serde_json::to_string(body).unwrap_or_default()),
        }
    }

    /// Whether `text` holds a credential. Short ones, as in a test, are found in anything.
    pub(super) fn is_betrayed_by(&self, text: &str) -> bool {
        [&self.token, &self.basic]
            .into_iter()
            .any(|secret| secret.len() >= 8 && text.contains(secret.as_str()))
    }
}

/// Where the extension `name` of a guest is: under that name, or in the legacy API under `ext` and that name.
pub(super) fn extension_path(api: GuestApi, guest: &GuestRef, name: &str) -> String {
    let guest = guest.as_str();
    match api {
        GuestApi::V2 => format!("/{guest}/ext{name}"),
        GuestApi::V2_1 => format!("/{guest}/extensions/{name}"),
    }
}
