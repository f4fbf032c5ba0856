//! The request to XM: where it goes and which of its headers change.
//!
//! In: the visitor's target, `XM_ORIGIN`, the hops so far. Out: a URL and [`HeaderEdit`]s. Method, body, path, query
//! and every header not named here (`Cookie` above all) go to XM byte-identical.

use url::Url;

use crate::request::{HeaderEdit, Headers, Route, Target, headers::list_items, loop_guard};

/// Conditional and range headers (RFC 9110 §13.1, §14.2): a page that is put together anew has no validators, and
/// XM's 304 or 206 would refer to bytes that the visitor never got.
const CONDITIONAL: [&str; 6] = [
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
];

/// Headers with which a client could make XM answer for another host or path than the URL's.
const OVERRIDES: [&str; 4] = ["forwarded", "x-host", "x-original-url", "x-rewrite-url"];

/// The URL on XM: the request's own, at `xm_origin` when there is one. Path and query are byte-identical.
#[must_use]
pub fn url(target: &Target<'_>, xm_origin: Option<&Url>) -> String {
    let origin = match xm_origin {
        Some(origin) => origin.origin().ascii_serialization(),
        None => format!("{}://{}", target.scheme, target.host),
    };
    origin + &target.path_and_query()
}

/// The changes to the request's headers, in order. `hops`: as [`loop_guard::hops`] read them.
#[must_use]
pub fn edits(
    target: &Target<'_>,
    headers: &impl Headers,
    route: Route,
    hops: u8,
    xm_origin: Option<&Url>,
) -> Vec<HeaderEdit> {
    let next_hop = hops.saturating_add(1).to_string();
    let mut edits = vec![HeaderEdit::Set(loop_guard::HEADER, next_hop)];
    if route == Route::Page {
        edits.extend(CONDITIONAL.map(HeaderEdit::Delete));
        if let Some(accepted) = headers.get("accept-encoding") {
            edits.push(HeaderEdit::Set("accept-encoding", readable(&accepted)));
        }
    }
    // With another host XM cannot see the visitor's in `Host`: we say it, and nobody else may.
    if xm_origin.is_some() {
        edits.extend(OVERRIDES.map(HeaderEdit::Delete));
        let host = target.host.clone().into_owned();
        edits.push(HeaderEdit::Set("x-forwarded-host", host));
        let scheme = target.scheme.to_owned();
        edits.push(HeaderEdit::Set("x-forwarded-proto", scheme));
    }
    edits
}

/// What is left of `Accept-Encoding` when XM may choose only codings that the runtime decodes: a page in zstd could
/// not be personalised.
fn readable(accepted: &str) -> String {
    let kept: Vec<String> = list_items(accepted)
        .filter(|item| {
            let coding = item.split(';').next().unwrap_or_default().trim();
            matches!(coding, "br" | "gzip" | "identity")
        })
        .collect();
    if kept.is_empty() {
        "identity".to_owned()
    } else {
        kept.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::PassThrough;

    const NONE: Vec<(&str, &str)> = Vec::new();

    #[test]
    fn xm_chooses_among_codings_that_can_be_read() {
        let target = Target::parse("https://shop.example/");
        #[rustfmt::skip]
        let cases = [
            ("gzip, deflate, br, zstd", "gzip, br"),
            ("zstd", "identity"),
            ("GZIP;q=0.5, br;q=1", "gzip;q=0.5, br;q=1"),
            ("*", "identity"),
            ("", "identity"),
        ];
        for (accepted, sent) in cases {
            let headers = vec![("Accept-Encoding", accepted)];
            let set = HeaderEdit::Set("accept-encoding", sent.to_owned());
            let page = edits(&target, &headers, Route::Page, 0, None);
            assert!(page.contains(&set), "{accepted}");
            let route = Route::PassThrough(PassThrough::Range);
            assert!(!edits(&target, &headers, route, 0, None).contains(&set));
        }
    }

    fn has(edits: &[HeaderEdit], name: &str) -> bool {
        edits
            .iter()
            .any(|edit| matches!(edit, HeaderEdit::Delete(deleted) if *deleted == name))
    }

    #[test]
    fn the_url_keeps_path_and_query_byte_identical() {
        let xm = Url::parse("https://xm.internal:8443").unwrap();
        #[rustfmt::skip]
        let cases = [
            ("https://shop.example/a%2Fb/?q=%zz&r=a+b", "/a%2Fb/?q=%zz&r=a+b"),
            ("https://shop.example/?", "/?"),
            ("https://shop.example//evil.example/x", "//evil.example/x"),
            ("https://shop.example/@evil.example", "/@evil.example"),
            ("https://shop.example", "/"),
        ];
        for (requested, path) in cases {
            let target = Target::parse(requested);
            let own = format!("https://shop.example{path}");
            assert_eq!(url(&target, None), own);
            let other = format!("https://xm.internal:8443{path}");
            assert_eq!(url(&target, Some(&xm)), other);
        }
    }

    #[test]
    fn conditionals_go_only_from_pages() {
        let target = Target::parse("https://shop.example/");
        let page = edits(&target, &NONE, Route::Page, 0, None);
        let route = Route::PassThrough(PassThrough::Range);
        let other = edits(&target, &NONE, route, 0, None);
        for name in CONDITIONAL {
            assert!(has(&page, name), "{name}");
        }
        let hop = HeaderEdit::Set("x-xm-edge-hops", "1".to_owned());
        assert_eq!(other, [hop]);
    }

    #[test]
    fn xm_learns_the_visitors_host_from_us_alone() {
        let xm = Url::parse("https://xm.internal").unwrap();
        let target = Target::parse("https://shop.example:8443/");
        let route = Route::PassThrough(PassThrough::Method);
        let edits = edits(&target, &NONE, route, 254, Some(&xm));
        let set = |name, value: &str| HeaderEdit::Set(name, value.to_owned());
        assert!(edits.contains(&set("x-forwarded-host", "shop.example:8443")));
        assert!(edits.contains(&set("x-forwarded-proto", "https")));
        assert!(edits.contains(&set("x-xm-edge-hops", "255")));
        for name in OVERRIDES {
            assert!(has(&edits, name), "{name}");
        }
    }
}
