//! Whether a call comes from a page of this very origin.
//!
//! In: the request's own URL, `Origin` and `Sec-Fetch-Site`. Out: yes or no. No script can forge either header in a
//! visitor's browser; headers of proxies (`X-Forwarded-Host`) are not asked.

use crate::request::{Headers, Target};

/// Every browser sends `Origin` with a POST, and nearly all send `Sec-Fetch-Site`: each that is there must say that the
/// page is ours, and at least one must be there. Another host of the same site is refused: its pages reach the CDP
/// through their own host.
pub(super) fn is_same_origin(target: &Target<'_>, headers: &impl Headers) -> bool {
    let origin = headers.get("origin");
    let site = headers.get("sec-fetch-site");
    let own = |origin: &String| *origin == format!("{}://{}", target.scheme, target.host);
    let same = |site: &String| site == "same-origin";
    (origin.is_some() || site.is_some())
        && origin.as_ref().is_none_or(own)
        && site.as_ref().is_none_or(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::Lines;

    #[test]
    fn only_a_page_of_the_same_origin_may_call() {
        const OWN: (&str, &str) = ("Origin", "https://shop.example:8443");
        const SAME: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
        #[rustfmt::skip]
        let cases: &[(Lines<'_>, bool)] = &[
            (&[OWN], true),
            (&[SAME], true),
            (&[OWN, SAME], true),
            (&[], false),
            (&[OWN, ("Sec-Fetch-Site", "same-site")], false),
            (&[OWN, ("Sec-Fetch-Site", "cross-site")], false),
            (&[OWN, ("Sec-Fetch-Site", "none")], false),
            (&[OWN, ("Sec-Fetch-Site", "")], false),
            (&[OWN, OWN], false),
            (&[("Origin", "https://evil.example"), SAME], false),
            (&[("Origin", "https://shop.example")], false),
            (&[("Origin", "http://shop.example:8443")], false),
            (&[("Origin", "https://m.shop.example:8443")], false),
            (&[("Origin", "https://shop.example:8443.evil.example")], false),
            (&[("Origin", "null"), SAME], false),
            (&[("Origin", "")], false),
            (&[("X-Forwarded-Host", "evil.example"), ("Origin", "https://evil.example")], false),
            (&[("Referer", "https://shop.example:8443/")], false),
        ];
        let target = Target::parse("https://SHOP.example:8443/_cdp/event");
        for (headers, expected) in cases {
            assert_eq!(
                is_same_origin(&target, &headers.to_vec()),
                *expected,
                "{headers:?}"
            );
        }
    }
}
