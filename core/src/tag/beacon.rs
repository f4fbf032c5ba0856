//! The beacon: the script that sends the goals which a page marks with `data-cdp-goal`.
//!
//! In: a request for it, or a page with marks. Out: its answer, or the element that loads it. The bytes are built from
//! `beacon/beacon.js` by `node beacon/build.mjs`.

use std::{fmt::Write as _, sync::LazyLock};

use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::{Injection, Piece, Position, script};
use crate::{config::Language, request::Headers};

/// Its paths below `endpoint_prefix`, by `goal_script`. What it sends goes to `/event` beside it.
pub(crate) const PATHS: [&str; 2] = ["/beacon.js", "/goals.js"];

/// The script, ASCII.
pub const BYTES: &[u8] = include_bytes!("beacon.min.js");

/// Under its own version a script never changes (RFC 8246).
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Under any other name it may be the next deployment's.
const SHORTLY: &str = "public, max-age=300";

/// The answer to a GET; to a HEAD without the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200, or 304 without a body.
    pub status: u16,
    /// All headers.
    pub headers: Vec<(&'static str, String)>,
    /// The script, or nothing.
    pub body: &'static [u8],
}

/// Whether it stands at `path` below the prefix.
#[must_use]
pub fn is_at(path: &str) -> bool {
    PATHS.contains(&path)
}

/// Answers a request for it.
#[must_use]
pub fn answer(query: Option<&str>, headers: &impl Headers) -> Answer {
    let etag = format!("\"{}\"", version());
    let known = headers
        .get("if-none-match")
        .is_some_and(|tags| names(&tags, &etag));
    let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let is_current = asked
        .last()
        .is_some_and(|(name, v)| name == "v" && v == version());
    let cache_control = if is_current { FOREVER } else { SHORTLY };
    Answer {
        status: if known { 304 } else { 200 },
        headers: vec![
            ("cache-control", cache_control.to_owned()),
            ("content-type", "text/javascript; charset=utf-8".to_owned()),
            ("etag", etag),
            ("x-content-type-options", "nosniff".to_owned()),
        ],
        body: if known { b"" } else { BYTES },
    }
}

/// The element that loads it, for pages that have marks. Absolute, so that no `<base>` leads it elsewhere.
#[must_use]
pub fn piece(injection: &Injection<'_>) -> Piece {
    let (base, v) = (injection.base(), version());
    let file = injection.site.goal_script.file();
    let nonce = script::attribute(injection.nonce);
    // A fixed language holds for events as it does for views; else the page's own is taken.
    let language = match &injection.site.language {
        Language::Fixed(code) => format!(" data-language=\"{code}\""),
        Language::Html => String::new(),
    };
    Piece {
        position: Position::BodyEnd,
        html: format!("<script{nonce} src=\"{base}/{file}?v={v}\" async{language}></script>"),
    }
}

/// The texts by which a page that loads the beacon itself is told.
#[must_use]
pub fn markers(endpoint_prefix: &str) -> [String; 2] {
    PATHS.map(|path| format!("{endpoint_prefix}{path}"))
}

/// The first 8 bytes of its SHA-256, in hexadecimal digits.
#[must_use]
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let hash: [u8; 32] = Sha256::digest(BYTES).into();
        hash.iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    });
    &VERSION
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
    use crate::{
        config::{GoalScript, Site},
        request::fixture::{self, Lines},
    };

    fn html(site: &Site, nonce: Option<&str>) -> String {
        let piece = piece(&Injection {
            cdp: &fixture::cdp(),
            site,
            origin: "https://shop.example",
            nonce,
        });
        assert_eq!(piece.position, Position::BodyEnd);
        piece.html
    }

    #[test]
    fn it_is_small_and_means_the_same_in_every_charset() {
        assert!(BYTES.len() <= 2048, "{} bytes", BYTES.len());
        assert!(BYTES.is_ascii() && BYTES.starts_with(b"("));
    }

    #[test]
    fn a_page_loads_it_with_its_version_nonce_and_fixed_language() {
        let mut site = fixture::site();
        let v = version();
        assert_eq!(v.len(), 16);
        assert_eq!(
            html(&site, None),
            format!("<script src=\"https://shop.example/_cdp/beacon.js?v={v}\" async></script>")
        );
        site.language = Language::Fixed("DE".to_owned());
        site.endpoint_prefix = "/edge/cdp".to_owned();
        site.goal_script = GoalScript::Goals;
        let full = html(&site, Some("n1"));
        assert_eq!(
            full,
            format!(
                "<script nonce=\"n1\" src=\"https://shop.example/edge/cdp/goals.js?v={v}\" async \
                 data-language=\"DE\"></script>"
            )
        );
        let [beacon, goals] = markers(&site.endpoint_prefix);
        assert!(full.contains(&goals));
        assert_eq!(beacon, "/edge/cdp/beacon.js");
        assert!(is_at("/goals.js") && is_at("/beacon.js") && !is_at("/event"));
    }

    #[test]
    fn it_is_kept_forever_under_its_own_version_only() {
        let v = version();
        let none = Vec::<(&str, &str)>::new();
        let current = format!("v={v}");
        let other = format!("v={v}0");
        #[rustfmt::skip]
        let cases = [(Some(current.as_str()), FOREVER), (Some(other.as_str()), SHORTLY), (Some(""), SHORTLY), (None, SHORTLY)];
        for (query, cache_control) in cases {
            let answer = answer(query, &none);
            assert_eq!((answer.status, answer.body), (200, BYTES));
            let header = ("cache-control", cache_control.to_owned());
            assert!(answer.headers.contains(&header), "{query:?}");
        }
    }

    #[test]
    fn a_browser_that_has_it_is_told_so() {
        let v = version();
        let (strong, weak) = (format!("\"{v}\""), format!("\"a\", W/\"{v}\""));
        #[rustfmt::skip]
        let cases: &[(Lines<'_>, u16)] = &[
            (&[("if-none-match", &strong)], 304), (&[("if-none-match", &weak)], 304), (&[("if-none-match", "*")], 304),
            (&[("if-none-match", v)], 200), (&[("if-none-match", "")], 200), (&[], 200),
        ];
        for (headers, status) in cases {
            let answer = answer(None, &headers.to_vec());
            assert_eq!(answer.status, *status, "{headers:?}");
            assert_eq!(answer.body.is_empty(), *status == 304);
            let header = ("etag", strong.clone());
            assert!(answer.headers.contains(&header));
        }
    }
}
