//! How an upstream's answer reaches the page: status and body as they are, on terms of the site's own origin.
//!
//! In: status and headers of the answer. Out: the headers to send. The body is not touched, with one exception: the
//! URL that Edge gives for the script of web experiences becomes the first-party one. An answer of the API is sent when
//! all of it is there, for half a JSON is worth nothing to a page; a script is passed on as it comes.

use super::{headers, refusal::Refusal};
use crate::request::Headers;

/// Most of an API's answer, in bytes. A decision that is spliced into a page has at most a quarter of it.
pub const MAX_REPLY: usize = 1024 * 1024;

/// Longest that a page waits for the upstream, in milliseconds: for the whole answer of the API, for the headers of a
/// script. No client of Sitecore's gives up by itself.
pub const TIME_LIMIT_MS: u32 = 10_000;

/// Whatever the CDP answers, opened as a page it runs nothing on the site's origin.
const INERT: &str = "default-src 'none'; sandbox";

/// What to do with the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The same script for every visitor: its own cache headers hold.
    pub(super) is_script: bool,
    /// The page loads the answer as a script (JSONP): its type is the CDP's business.
    pub(super) is_jsonp: bool,
    /// CORS headers.
    pub(super) cors: Vec<(&'static str, String)>,
    /// Origin in the body, and what takes its place.
    pub(super) rewritten: Option<(String, String)>,
}

impl Reply {
    /// The headers of the answer to the page, all of them. A name may come twice (`vary`): append, do not set.
    ///
    /// # Errors
    /// [`Refusal::Upstream`] for a redirect, which would lead the page's call away from the site.
    pub fn headers(
        &self,
        status: u16,
        upstream: &impl Headers,
    ) -> Result<Vec<(&'static str, String)>, Refusal> {
        if matches!(status, 300..=399) && status != 304 {
            return Err(Refusal::Upstream);
        }
        let mut answer = headers::from_upstream(upstream, self.is_script);
        if !self.is_script {
            answer.push(("cache-control", "no-store".to_owned()));
        }
        // With it, a browser would not run JSONP that is labelled as JSON.
        if !self.is_script && !self.is_jsonp {
            answer.push(("x-content-type-options", "nosniff".to_owned()));
        }
        answer.push(("content-security-policy", INERT.to_owned()));
        answer.extend(self.cors.iter().cloned());
        Ok(answer)
    }

    /// Whether the body is passed on as it comes; else at most [`MAX_REPLY`] bytes are read before the answer leaves.
    #[must_use]
    pub const fn streams(&self) -> bool {
        self.is_script
    }

    /// The body for the page, or `None` when it stays as it is.
    #[must_use]
    pub fn body(&self, body: &[u8]) -> Option<Vec<u8>> {
        let (from, to) = self.rewritten.as_ref()?;
        let path = std::str::from_utf8(body).ok()?.trim().strip_prefix(from)?;
        path.starts_with('/')
            .then(|| format!("{to}{path}").into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPSTREAM: [(&str, &str); 16] = [
        ("Content-Type", "application/json"),
        ("Cache-Control", "public, max-age=300"),
        ("ETag", "\"1\""),
        ("Last-Modified", "x"),
        ("Expires", "x"),
        ("Age", "1"),
        ("Vary", "Accept-Encoding"),
        ("Set-Cookie", "a=1"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Location", "https://evil.example"),
        ("Refresh", "0;url=https://evil.example"),
        ("Service-Worker-Allowed", "/"),
        ("Clear-Site-Data", "*"),
        ("Retry-After", "5"),
        ("Content-Length", "5"),
    ];

    fn reply(is_script: bool, is_jsonp: bool) -> Reply {
        Reply {
            is_script,
            is_jsonp,
            cors: vec![("vary", "Origin".to_owned())],
            rewritten: None,
        }
    }

    fn lines(reply: &Reply, status: u16) -> Vec<String> {
        let headers = reply.headers(status, &UPSTREAM.to_vec()).unwrap();
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect()
    }

    #[test]
    fn an_api_answer_is_never_stored_and_carries_nothing_else_of_the_upstream() {
        let json = [
            "content-type: application/json",
            "retry-after: 5",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'; sandbox",
            "vary: Origin",
        ];
        for status in [200, 201, 204, 400, 401, 404, 429, 500, 502, 503] {
            assert_eq!(lines(&reply(false, false), status), json, "{status}");
        }
        let jsonp = lines(&reply(false, true), 201);
        assert!(!jsonp.iter().any(|line| line.contains("nosniff")));
        assert_eq!(jsonp.len(), json.len() - 1);
    }

    #[test]
    fn a_script_keeps_what_caches_go_by() {
        #[rustfmt::skip]
        let script = ["age: 1", "cache-control: public, max-age=300", "content-type: application/json", "etag: \"1\"", "expires: x",
            "last-modified: x", "vary: Accept-Encoding", "content-security-policy: default-src 'none'; sandbox", "vary: Origin"];
        for status in [200, 304, 404] {
            assert_eq!(lines(&reply(true, false), status), script, "{status}");
        }
    }

    #[test]
    fn only_scripts_are_passed_on_as_they_come() {
        assert!(reply(true, false).streams());
        assert!(!reply(false, false).streams() && !reply(false, true).streams());
    }

    #[test]
    fn redirects_do_not_reach_the_page() {
        for status in [301, 302, 303, 307, 308] {
            let headers = reply(false, false).headers(status, &UPSTREAM.to_vec());
            assert_eq!(headers, Err(Refusal::Upstream));
        }
    }

    #[test]
    fn only_a_url_of_the_configured_host_becomes_first_party() {
        let mut reply = reply(false, false);
        assert_eq!(reply.body(b"https://flows.example/a"), None);
        reply.rewritten = Some((
            "https://flows.example".to_owned(),
            "https://shop.example/_cdp".to_owned(),
        ));
        let cases: [(&[u8], Option<&str>); 5] = [
            (
                b"https://flows.example/web-flow-libs/CK/web-version.min.js\n",
                Some("https://shop.example/_cdp/web-flow-libs/CK/web-version.min.js"),
            ),
            (b"https://flows.example.evil/a", None),
            (b"https://other.example/a", None),
            (b"{\"status\":401}", None),
            (b"\xff", None),
        ];
        for (body, expected) in cases {
            let rewritten = reply.body(body);
            assert_eq!(rewritten.as_deref(), expected.map(str::as_bytes));
        }
    }
}
