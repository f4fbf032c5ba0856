//! Host names, without scheme and port.
//!
//! In: one JSON value. Out: the host as browsers write it: lower case, international names in punycode.

use serde_json::Value;
use url::Host;

use super::scalars::text;
use crate::config::{
    found::{mismatch, quoted},
    reader::Read,
};

/// The host of a site; an IP address is one too.
pub(crate) fn host(value: &Value) -> Read<String> {
    let expected = "a host name such as \"shop.example\", without scheme, port and path";
    let host = text(value, expected)?;
    if host.contains('*') {
        return Err(format!(
            "* has no meaning in a host: write an entry for each one, found {}",
            quoted(host)
        ));
    }
    parsed(host)
        .map(|host| host.to_string())
        .ok_or_else(|| mismatch(expected, value))
}

/// The `Domain` of a cookie (RFC 6265 §5.2.3: a leading dot means nothing).
pub(crate) fn cookie_domain(value: &Value) -> Read<String> {
    let expected =
        "a domain such as \"shop.example\", which the cookie then covers with all its hosts";
    let domain = text(value, expected)?;
    match parsed(domain.strip_prefix('.').unwrap_or(domain)) {
        // Browsers refuse cookies for a top-level domain; those of two labels (co.uk) they refuse too, but only
        // the public suffix list, 200 kB of it, knows them.
        Some(Host::Domain(domain)) if domain.contains('.') => Ok(domain),
        Some(_) => Err(format!(
            "browsers refuse a cookie for {}: expected {expected}; leave the key out for a cookie of the \
             page's own host",
            quoted(domain)
        )),
        None => Err(mismatch(expected, value)),
    }
}

fn parsed(host: &str) -> Option<Host> {
    // `Host::parse` would take an address in brackets with anything percent-encoded in a name.
    if host.contains(['%', '/', '@']) {
        return None;
    }
    match Host::parse(host.strip_suffix('.').unwrap_or(host)).ok()? {
        Host::Domain(name) => is_name(&name).then_some(Host::Domain(name)),
        address => Some(address),
    }
}

/// RFC 1123 §2.1, and `_`, which test systems have. `Host::parse` lets more pass.
fn is_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}
