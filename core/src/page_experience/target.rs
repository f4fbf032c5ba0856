//! Where a decision may lead: pages of the site itself, and nowhere else.
//!
//! In: the text of a decision, the request. Out: an address in the form in which a browser or XM takes it, or nothing. A text
//! is read by the parser that browsers follow (WHATWG URL), and what was read is what is sent, never the text itself.

use percent_encoding::percent_decode_str;
use url::Url;

use super::query::merged;
use crate::{
    render::FragmentPath,
    request::{Target, is_xm_own},
};

/// Longest address that a decision may name, in bytes.
const MAX_TEXT: usize = 2048;

/// An address of the site, without scheme and host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Begins with exactly one `/`.
    pub(super) path: String,
    pub(super) query: Option<String>,
    /// With its `#`; empty when there is none.
    pub(super) fragment: String,
}

impl Address {
    /// Path and query.
    pub(super) fn requested(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Whether XM would take it for the page at `path`: it decodes paths, and knows no case and no slash at the end.
    pub(super) fn is_page_at(&self, path: &str) -> bool {
        same_page(&self.path, path)
    }
}

/// Where a redirect leads: an absolute path, or a URL with the request's own scheme, host and port. The visitor's query goes
/// along.
pub(super) fn redirect(text: &str, at: &Target<'_>, endpoint_prefix: &str) -> Option<Address> {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    if !(is_clean(text) && (is_path || has_authority(text))) {
        return None;
    }
    let own = Url::parse(&format!("{}://{}", at.scheme, at.host)).ok()?;
    let url = own.join(text).ok()?;
    let without_user = url.username().is_empty() && url.password().is_none();
    if url.origin() != own.origin() || !without_user {
        return None;
    }
    let address = Address {
        path: url.path().to_owned(),
        query: merged(url.query(), at.query),
        fragment: url.fragment().map(|f| format!("#{f}")).unwrap_or_default(),
    };
    // The path of `/.//host` is `//host`, which a browser takes for another host.
    let sent = address.requested();
    let is_sent_as_is = sent.bytes().all(|byte| byte.is_ascii_graphic());
    let fits = is_sent_as_is && !sent.starts_with("//");
    (fits && !is_ours(&address.path, endpoint_prefix)).then_some(address)
}

/// The page of XM that stands under the visitor's URL instead. The visitor's query goes along.
pub(super) fn page(text: &str, at: &Target<'_>, endpoint_prefix: &str) -> Option<Address> {
    let path = FragmentPath::parse(text)?;
    let (path, query) = match path.as_str().split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path.as_str(), None),
    };
    // What `/..` and their like become is XM's to know, and may be the back office.
    let base = Url::parse("http://xm.invalid").ok()?;
    let resolved = base.join(path).ok()?;
    let stays = resolved.origin() == base.origin() && !resolved.path().starts_with("//");
    let address = Address {
        path: resolved.path().to_owned(),
        query: merged(query, at.query),
        fragment: String::new(),
    };
    (stays && !is_ours(&address.path, endpoint_prefix)).then_some(address)
}

fn is_clean(text: &str) -> bool {
    text.len() <= MAX_TEXT
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
}

/// `scheme://host`, without an `@`: browsers also read `https:host` and `https:///host`, which nobody means.
fn has_authority(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    is_web && !host.is_empty() && !host.contains('@')
}

/// XM's own paths, and the Worker's.
fn is_ours(path: &str, endpoint_prefix: &str) -> bool {
    let below = |path: &str| {
        let path = path.to_ascii_lowercase();
        let rest = path.strip_prefix(&endpoint_prefix.to_ascii_lowercase());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_xm_own(path) || below(path) || below(&percent_decode_str(path).decode_utf8_lossy())
}

fn same_page(one: &str, other: &str) -> bool {
    let plain = |path: &str| {
        let decoded = percent_decode_str(path).decode_utf8_lossy().to_lowercase();
        decoded.trim_end_matches('/').to_owned()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
#[path = "target/tests.rs"]
mod tests;
