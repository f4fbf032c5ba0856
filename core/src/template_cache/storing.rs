//! Whether XM's answer may be kept, and for how long (RFC 9111 §3, for a shared cache).
//!
//! In: XM's answer to a GET, the rule of the path. Out: what is kept of its headers, and a [`Lifetime`]; or why not. Where XM
//! says nothing and no rule does, nothing is guessed.

use super::{
    Lifetime,
    directives::{Directives, TARGETED, surrogate_forbids},
    header, values,
};
use crate::{config::CacheRule, reason::NotKept, request::Headers};

/// XM's answer to a GET.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// Every header, each `Set-Cookie` by itself.
    pub headers: &'a [(String, String)],
    /// When XM was asked, by the wall clock.
    pub asked_ms: u64,
    /// When its headers were there, by the wall clock.
    pub answered_ms: u64,
}

/// What may be kept of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storable {
    /// The headers that are kept, names in lower case.
    pub headers: Vec<(String, String)>,
    /// For how long it counts.
    pub lifetime: Lifetime,
}

/// Whether `answer` may be kept.
///
/// # Errors
/// Why not.
pub fn storing(answer: &Answer<'_>, rule: Option<&CacheRule>) -> Result<Storable, NotKept> {
    let headers = answer.headers;
    if answer.status != 200 || header(headers, "content-range").is_some() {
        return Err(NotKept::NotWhole);
    }
    let directives = Directives::of(headers);
    if directives.no_store || surrogate_forbids(headers) {
        return Err(NotKept::NoStore);
    }
    if directives.private {
        return Err(NotKept::Private);
    }
    if header(headers, "cdp-event").is_some() || header(headers, "cdp-guest").is_some() {
        return Err(NotKept::ToldOfVisitor);
    }
    if values(headers, "set-cookie").any(|line| !is_stripped(line, rule)) {
        return Err(NotKept::SetCookie);
    }
    let knows = |item: &str| item.is_empty() || item.eq_ignore_ascii_case("accept-encoding");
    if values(headers, "vary")
        .flat_map(|line| line.split(','))
        .any(|item| !knows(item.trim()))
    {
        return Err(NotKept::Vary);
    }
    if POLICIES
        .iter()
        .flat_map(|name| values(headers, name))
        .any(|policy| policy.to_ascii_lowercase().contains("'nonce-"))
    {
        return Err(NotKept::Nonce);
    }
    let lifetime = Lifetime::of(answer, &directives, rule).ok_or(NotKept::NoLifetime)?;
    if lifetime.kept_s(answer.answered_ms) == 0 {
        return Err(NotKept::StaleAtOnce);
    }
    Ok(Storable {
        headers: kept(headers),
        lifetime,
    })
}

/// Whether XM says anything from which a lifetime could come. Where it does not, and no rule does, an answer needs no closer
/// look: that is most of them.
#[must_use]
pub fn says_anything(headers: &impl Headers) -> bool {
    let has = |name: &str| headers.get(name).is_some();
    let control = headers.get("cache-control").unwrap_or_default();
    let control = control.to_ascii_lowercase();
    // What most XMs say of every page; a closer look could only find it forbidden.
    if control.contains("no-store") {
        return false;
    }
    // With a validator a page is kept to be asked about.
    ["max-age", "s-maxage", "no-cache"]
        .iter()
        .any(|directive| control.contains(directive))
        || has("expires")
        || TARGETED.into_iter().any(has)
}

/// Policies in which a nonce would be the same for everybody, and so none.
const POLICIES: [&str; 2] = [
    "content-security-policy",
    "content-security-policy-report-only",
];

/// Headers of one connection or one moment (RFC 9111 §3.1), and those of a coding that is gone when the body is kept.
const NOT_KEPT: [&str; 14] = [
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers that are kept, in order.
fn kept(headers: &[(String, String)]) -> Vec<(String, String)> {
    let of_connection = header(headers, "connection").unwrap_or_default();
    let is_kept = |name: &str| {
        !NOT_KEPT.contains(&name)
            && !of_connection
                .split(',')
                .any(|option| option.trim().eq_ignore_ascii_case(name))
    };
    headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .filter(|(name, _)| is_kept(name))
        .collect()
}

/// Whether the rule says that nobody needs the cookie that this line sets. Names are compared as browsers do: exactly.
fn is_stripped(line: &str, rule: Option<&CacheRule>) -> bool {
    let name = line.split([';', '=']).next().unwrap_or_default().trim();
    rule.is_some_and(|rule| rule.strip_cookies.iter().any(|stripped| stripped == name))
}

#[cfg(test)]
pub(super) mod tests;
