//! URLs that the Worker calls, or that it writes into pages.
//!
//! In: one JSON value. Out: an absolute http(s) URL. The URL itself is never repeated in a problem, because it
//! may hold a password.

use serde_json::Value;
use url::{Host, Url};

use super::scalars::text;
use crate::config::{found::kind, reader::Read};

const ORIGIN: &str = "an origin such as \"https://host.example\"";
const LIBRARY: &str = "a URL such as \"https://cdn.example/library.js\"";

/// Scheme, host and port: what the Worker's own paths are put behind.
pub(crate) fn origin(value: &Value) -> Read<Url> {
    let url = absolute(value, ORIGIN)?;
    if !matches!(url.path(), "" | "/") {
        return Err(format!(
            "expected {ORIGIN}, found a path too: remove it, the Worker adds the paths itself"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "expected {ORIGIN}, found a ? or # too: remove what begins there"
        ));
    }
    Ok(url)
}

/// The URL of a script; pages are https, and browsers load nothing else there, except from the same machine.
pub(crate) fn library_url(value: &Value) -> Read<String> {
    let url = absolute(value, LIBRARY)?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !is_local {
        return Err(format!(
            "expected {LIBRARY}, found http: browsers do not load it into a page of https"
        ));
    }
    Ok(url.into())
}

fn absolute(value: &Value, expected: &str) -> Read<Url> {
    let Value::String(_) = value else {
        return Err(format!("expected {expected}, found {}", kind(value)));
    };
    let written = text(value, expected)
        .map_err(|_| format!("expected {expected}, found no text or too long a one"))?;
    // The parser would repair `https:host` and ` https:\\host`; who writes that means something else.
    let has_scheme = ["http://", "https://"].iter().any(|scheme| {
        written
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !has_scheme {
        return Err(format!(
            "expected {expected}, found a text that does not begin with https:// or http://"
        ));
    }
    if written.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(format!(
            "expected {expected}, found one with white space in it"
        ));
    }
    let url = Url::parse(written)
        .map_err(|error| format!("expected {expected}, found one that is not valid: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "must not hold a user name or password (user:password@host): remove them, and replace the \
             password if the file was shared"
                .to_owned(),
        );
    }
    Ok(url)
}
