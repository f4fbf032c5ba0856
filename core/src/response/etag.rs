//! The page's own ETag (`browser_cache = "revalidate"`), and whether a browser still holds that page.
//!
//! In: the bytes that leave, the request's `If-None-Match`. Out: an entity tag, a verdict. The bytes are XM's body with the
//! decisions in it as the configuration has it: whatever changes one of the three changes the tag.

use sha2::{Digest, Sha256};

use crate::request::{HeaderEdit, Headers};

/// What the browser may do with a page that has a tag: keep it, and ask each time.
const CACHE_CONTROL: &str = "private, no-cache";

/// A strong entity tag (RFC 9110 §8.8.3) of `body`: 128 bits of its SHA-256.
#[must_use]
pub fn of(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let hex: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

/// The changes to headers that [`edits`](crate::response::edits) made private.
#[must_use]
pub fn edits(etag: String) -> [HeaderEdit; 2] {
    [
        HeaderEdit::Set("cache-control", CACHE_CONTROL.to_owned()),
        HeaderEdit::Set("etag", etag),
    ]
}

/// Whether the request's `If-None-Match` names `etag` (weak comparison, RFC 9110 §13.1.2).
#[must_use]
pub fn is_held(headers: &impl Headers, etag: &str) -> bool {
    headers.get("if-none-match").is_some_and(|held| {
        held.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_byte_is_another_tag() {
        assert_eq!(of(b"a"), of(b"a"));
        assert_ne!(of(b"a"), of(b"b"));
        assert_eq!(of(b"").len(), 34);
    }

    #[test]
    fn a_browser_holds_the_page_whose_tag_it_names() {
        let etag = of(b"page");
        let held = |value: &str| is_held(&vec![("If-None-Match", value)], &etag);
        assert!(held(&etag));
        assert!(held(&format!("W/{etag}")));
        assert!(held(&format!("\"x\", {etag}")));
        assert!(held("*"));
        assert!(!held("\"x\""));
        assert!(!held(""));
        assert!(!is_held(&Vec::<(&str, &str)>::new(), &etag));
    }
}
