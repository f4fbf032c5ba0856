//! Which pages may call: those of the same site, as browsers define it.
//!
//! In: the request's target and headers, and `cookie_domain`. Out: yes or no, and the CORS headers for pages on
//! another host of the site. Credentials are never allowed.

use url::Url;

use crate::{
    config::Site,
    request::{Headers, Target},
};

/// The request headers that Sitecore's SDKs send and that a browser asks about first.
const SDK_HEADERS: &str = "content-type, x-client-software-id, x-library-version, x-sc-correlation-id, x-sitecore-contextid";

/// How long a browser may remember the answer to a preflight, in seconds; Chrome caps it at two hours.
const PREFLIGHT_S: &str = "7200";

/// Whether the request comes from a page of this site, from nobody's page, or from a server.
pub(super) fn is_same_site(target: &Target<'_>, headers: &impl Headers, site: &Site) -> bool {
    match headers.get("sec-fetch-site") {
        // Computed by the browser, with the list of public suffixes.
        Some(from) => !from.trim().eq_ignore_ascii_case("cross-site"),
        // An older browser, or no browser.
        None => headers
            .get("origin")
            .is_none_or(|origin| is_ours(&origin, target, site)),
    }
}

fn is_ours(origin: &str, target: &Target<'_>, site: &Site) -> bool {
    if origin.trim() == format!("{}://{}", target.scheme, target.host) {
        return true;
    }
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    let below = |domain: &str| {
        url.host_str().is_some_and(|host| {
            host == domain
                || host
                    .strip_suffix(domain)
                    .is_some_and(|rest| rest.ends_with('.'))
        })
    };
    url.scheme() == target.scheme && site.cookie_domain.as_deref().is_some_and(below)
}

/// What lets a page on another host of the site read the answer. The caller has found it to be of the same site.
pub(super) fn cors(headers: &impl Headers) -> Vec<(&'static str, String)> {
    headers.get("origin").map_or_else(Vec::new, |origin| {
        vec![
            ("access-control-allow-origin", origin),
            ("vary", "Origin".to_owned()),
        ]
    })
}

/// The headers of the answer to a preflight. `allow`: methods of the path.
pub(super) fn preflight(
    headers: &impl Headers,
    allow: &'static str,
) -> Vec<(&'static str, String)> {
    let mut answer = cors(headers);
    answer.extend([
        ("access-control-allow-headers", SDK_HEADERS.to_owned()),
        ("access-control-allow-methods", allow.to_owned()),
        ("access-control-max-age", PREFLIGHT_S.to_owned()),
    ]);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::{self, Lines};

    #[test]
    fn only_pages_of_the_site_may_call() {
        let own = ("origin", "https://www.shop.example");
        let mobile = ("origin", "https://m.shop.example");
        #[rustfmt::skip]
        let cases: &[(Lines<'_>, bool)] = &[
            (&[], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site"), mobile], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "Cross-Site"), own], false),
            (&[own], true),
            (&[("origin", "http://www.shop.example")], false),
            // Ports do not make another site.
            (&[("origin", "https://www.shop.example:8443")], true),
            (&[mobile], true),
            (&[("origin", "https://shop.example")], true),
            (&[("origin", "http://m.shop.example")], false),
            (&[("origin", "https://evilshop.example")], false),
            (&[("origin", "https://shop.example.evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "")], false),
        ];
        let mut site = fixture::site();
        site.cookie_domain = Some("shop.example".to_owned());
        let target = Target::parse("https://www.shop.example/_cdp/v1.2/events");
        for (headers, expected) in cases {
            assert_eq!(
                is_same_site(&target, &headers.to_vec(), &site),
                *expected,
                "{headers:?}"
            );
        }
        site.cookie_domain = None;
        assert!(!is_same_site(&target, &vec![mobile], &site));
        assert!(is_same_site(&target, &vec![own], &site));
    }

    #[test]
    fn the_answer_never_allows_credentials() {
        let headers = vec![("origin", "https://m.shop.example")];
        let answer = preflight(&headers, "POST, OPTIONS");
        assert!(answer.contains(&("access-control-allow-origin", headers[0].1.to_owned())));
        assert!(answer.contains(&("access-control-allow-methods", "POST, OPTIONS".to_owned())));
        let no_credentials = |(name, value): &(&str, String)| {
            *name != "access-control-allow-credentials" && value != "*"
        };
        assert!(answer.iter().all(no_credentials));
        assert_eq!(cors(&Vec::<(&str, &str)>::new()), []);
    }
}
