//! A file of the Worker's own that pages load: the beacon, what the preview looks like.
//!
//! In: its bytes, a request for it. Out: its answer. Under its own version a browser keeps it for ever.

use std::{fmt::Write as _, sync::OnceLock};

use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::request::Headers;

/// Under its own version a file never changes (RFC 8246).
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Under any other name it may be the next deployment's.
const SHORTLY: &str = "public, max-age=300";

/// A file.
#[derive(Debug)]
pub struct Asset {
    /// What it is.
    pub bytes: &'static [u8],
    /// `Content-Type`.
    pub content_type: &'static str,
    version: OnceLock<String>,
}

/// The answer to a GET; to a HEAD without the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200, or 304 without a body.
    pub status: u16,
    /// All headers.
    pub headers: Vec<(&'static str, String)>,
    /// The file, or nothing.
    pub body: &'static [u8],
}

impl Asset {
    /// A file of these bytes.
    #[must_use]
    pub const fn new(bytes: &'static [u8], content_type: &'static str) -> Self {
        Self {
            bytes,
            content_type,
            version: OnceLock::new(),
        }
    }

    /// The first 8 bytes of its SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version.get_or_init(|| {
            let hash: [u8; 32] = Sha256::digest(self.bytes).into();
            hash.iter().take(8).fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        })
    }

    /// Answers a request for it.
    #[must_use]
    pub fn answer(&self, query: Option<&str>, headers: &impl Headers) -> Answer {
        let version = self.version();
        let etag = format!("\"{version}\"");
        let known = headers
            .get("if-none-match")
            .is_some_and(|tags| names(&tags, &etag));
        let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let is_current = asked
            .last()
            .is_some_and(|(name, v)| name == "v" && v == version);
        let cache_control = if is_current { FOREVER } else { SHORTLY };
        Answer {
            status: if known { 304 } else { 200 },
            headers: vec![
                ("cache-control", cache_control.to_owned()),
                ("content-type", self.content_type.to_owned()),
                ("etag", etag),
                ("x-content-type-options", "nosniff".to_owned()),
            ],
            body: if known { b"" } else { self.bytes },
        }
    }
}

/// Whether `If-None-Match` names `etag`, in weak comparison (RFC 9110 §13.1.2).
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::Lines;

    static ASSET: Asset = Asset::new(b"x()", "text/javascript; charset=utf-8");

    #[test]
    fn it_is_kept_forever_under_its_own_version_only() {
        let v = ASSET.version();
        let none = Vec::<(&str, &str)>::new();
        let current = format!("v={v}");
        let other = format!("v={v}0");
        #[rustfmt::skip]
        let cases = [(Some(current.as_str()), FOREVER), (Some(other.as_str()), SHORTLY), (Some(""), SHORTLY), (None, SHORTLY)];
        for (query, cache_control) in cases {
            let answer = ASSET.answer(query, &none);
            assert_eq!((answer.status, answer.body), (200, ASSET.bytes));
            let header = ("cache-control", cache_control.to_owned());
            assert!(answer.headers.contains(&header), "{query:?}");
        }
    }

    #[test]
    fn a_browser_that_has_it_is_told_so() {
        let v = ASSET.version();
        let (strong, weak) = (format!("\"{v}\""), format!("\"a\", W/\"{v}\""));
        #[rustfmt::skip]
        let cases: &[(Lines<'_>, u16)] = &[
            (&[("if-none-match", &strong)], 304), (&[("if-none-match", &weak)], 304), (&[("if-none-match", "*")], 304),
            (&[("if-none-match", v)], 200), (&[("if-none-match", "")], 200), (&[], 200),
        ];
        for (headers, status) in cases {
            let answer = ASSET.answer(None, &headers.to_vec());
            assert_eq!(answer.status, *status, "{headers:?}");
            assert_eq!(answer.body.is_empty(), *status == 304);
            let header = ("etag", strong.clone());
            assert!(answer.headers.contains(&header));
        }
    }
}
