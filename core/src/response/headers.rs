//! With which headers a page leaves: the last step, the same for every shape of the same URL.
//!
//! In: what happened to the page. Out: [`HeaderEdit`]s. It holds for bots, prefetches, visitors without consent and
//! failed decisions too, so that no shared cache can hand one visitor's page to another. Every header that is not
//! named here survives, every `Set-Cookie` in order.

use crate::request::HeaderEdit;

/// What shared caches must read.
const CACHE_CONTROL: &str = "private, no-store";

/// What search engines read of a preview.
const NO_INDEX: &str = "noindex, nofollow";

/// What XM said of bytes that are no longer the same for everyone.
const VALIDATORS: [&str; 7] = [
    "accept-ranges",
    "content-digest",
    "content-md5",
    "digest",
    "etag",
    "last-modified",
    "repr-digest",
];

/// What would outweigh `Cache-Control` in some cache: HTTP/1.0's, those for CDNs (RFC 9213 and before it), nginx's and
/// Akamai's. `Pragma` stays: responses give it no meaning (RFC 9111 §5.4).
const CACHING: [&str; 7] = [
    "age",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "edge-control",
    "expires",
    "surrogate-control",
    "x-accel-expires",
];

/// Framing is the runtime's: a length or a coding of XM's connection says nothing about ours.
const FRAMING: [&str; 8] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What XM says to this Worker alone.
const OURS: [&str; 2] = ["cdp-event", "cdp-guest"];

/// What happened to the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaving<'a> {
    /// The body was read, and so decoded: `Content-Encoding` no longer holds.
    pub decoded: bool,
    /// `Set-Cookie` of the browser id, from [`id_cookie`](crate::response::id_cookie).
    pub id_cookie: Option<&'a str>,
    /// Search engines are to forget it: a preview.
    pub preview: bool,
    /// `Set-Cookie` that ends a preview which does not hold any more.
    pub preview_cookie: Option<&'a str>,
    /// `Server-Timing`, from [`server_timing`](crate::response::server_timing).
    pub server_timing: Option<&'a str>,
}

/// The changes to XM's response headers, in order.
#[must_use]
pub fn edits(leaving: &Leaving<'_>) -> Vec<HeaderEdit> {
    let gone = VALIDATORS
        .iter()
        .chain(&CACHING)
        .chain(&FRAMING)
        .chain(&OURS);
    let mut edits: Vec<HeaderEdit> = gone.map(|name| HeaderEdit::Delete(name)).collect();
    if leaving.decoded {
        edits.push(HeaderEdit::Delete("content-encoding"));
    }
    edits.push(HeaderEdit::Set("cache-control", CACHE_CONTROL.to_owned()));
    if leaving.preview {
        edits.push(HeaderEdit::Set("x-robots-tag", NO_INDEX.to_owned()));
    }
    // XM's own lines of these names stay beside ours.
    let append =
        |name, value: Option<&str>| value.map(|value| HeaderEdit::Append(name, value.to_owned()));
    edits.extend(append("server-timing", leaving.server_timing));
    edits.extend(append("set-cookie", leaving.id_cookie));
    edits.extend(append("set-cookie", leaving.preview_cookie));
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page's headers after the edits, as the edge would make them.
    fn leave(headers: &[(&str, &str)], leaving: &Leaving<'_>) -> Vec<(String, String)> {
        let line = |name: &str, value: &str| (name.to_ascii_lowercase(), value.to_owned());
        let mut left: Vec<_> = headers
            .iter()
            .map(|(name, value)| line(name, value))
            .collect();
        for edit in edits(leaving) {
            match edit {
                HeaderEdit::Append(name, value) => left.push(line(name, &value)),
                HeaderEdit::Delete(name) => left.retain(|(found, _)| found != name),
                HeaderEdit::Set(name, value) => {
                    left.retain(|(found, _)| found != name);
                    left.push(line(name, &value));
                }
            }
        }
        left
    }

    #[test]
    fn nothing_that_lets_a_cache_share_the_page_leaves() {
        #[rustfmt::skip]
        let origin = [("Cache-Control", "public, s-maxage=600, immutable"), ("ETag", "\"1\""), ("Last-Modified", "x"), ("Expires", "x"),
            ("Age", "1"), ("Surrogate-Control", "max-age=1"), ("CDN-Cache-Control", "max-age=1"),
            ("Cloudflare-CDN-Cache-Control", "max-age=1"), ("X-Accel-Expires", "600"), ("Edge-Control", "max-age=1"),
            ("Content-Length", "5"), ("Content-MD5", "x"), ("Digest", "x"), ("Content-Digest", "x"), ("Repr-Digest", "x"),
            ("Accept-Ranges", "bytes"), ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("Upgrade", "h2c"),
            ("Keep-Alive", "x"), ("Trailer", "x"), ("TE", "x"), ("Proxy-Connection", "x"), ("CDP-Event", "{}"), ("CDP-Guest", "x")];
        let left = leave(&origin, &Leaving::default());
        let private = ("cache-control".to_owned(), "private, no-store".to_owned());
        assert_eq!(left, [private]);
    }

    #[test]
    fn everything_else_survives_in_order() {
        #[rustfmt::skip]
        let origin = [("set-cookie", "a=1; Path=/"), ("content-type", "text/html"), ("set-cookie", "b=2"), ("vary", "*"),
            ("content-security-policy", "script-src 'nonce-x'"), ("pragma", "no-cache"), ("content-language", "de"),
            ("link", "</a>; rel=preload"), ("server-timing", "xm;dur=1"), ("x-custom", "1"), ("set-cookie", "a=1; Path=/")];
        let leaving = Leaving {
            decoded: true,
            id_cookie: Some("bid_K=1"),
            server_timing: Some("id;dur=2"),
            ..Leaving::default()
        };
        let left = leave(&origin, &leaving);
        #[rustfmt::skip]
        let added = [("cache-control", "private, no-store"), ("server-timing", "id;dur=2"), ("set-cookie", "bid_K=1")];
        let expected: Vec<_> = origin.into_iter().chain(added).collect();
        let left: Vec<_> = left.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(left, expected);
    }

    #[test]
    fn a_preview_is_not_indexed_and_one_that_is_over_ends() {
        let leaving = Leaving {
            preview: true,
            preview_cookie: Some("cdp_preview="),
            ..Leaving::default()
        };
        let left = leave(&[("X-Robots-Tag", "all"), ("Set-Cookie", "a=1")], &leaving);
        let left: Vec<_> = left.iter().map(|(n, v)| (&**n, &**v)).collect();
        #[rustfmt::skip]
        assert_eq!(left, [("set-cookie", "a=1"), ("cache-control", "private, no-store"), ("x-robots-tag", "noindex, nofollow"),
            ("set-cookie", "cdp_preview=")]);
    }

    #[test]
    fn the_content_encoding_goes_only_with_the_encoding() {
        let origin = [("content-encoding", "gzip")];
        for decoded in [false, true] {
            let leaving = Leaving {
                decoded,
                ..Leaving::default()
            };
            let left = leave(&origin, &leaving);
            let kept = left.iter().any(|(name, _)| name == "content-encoding");
            assert_eq!(kept, !decoded);
        }
    }
}
