//! Which page a first-party call came from.
//!
//! In: the call's target and headers. Out: the page's path. With it the caller chooses among `[[vars.SITES]]`: the
//! path of the call itself says nothing about the point of sale of the page.

use url::Url;

use crate::request::{Headers, Target};

/// Path of the page on the same host that made the call, from `Referer`; `None` when the browser does not say, or
/// names another host.
#[must_use]
pub fn page_path(target: &Target<'_>, headers: &impl Headers) -> Option<String> {
    let page = Url::parse(&headers.get("referer")?).ok()?;
    let own = page.origin().ascii_serialization() == format!("{}://{}", target.scheme, target.host);
    own.then(|| page.path().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_same_host_counts() {
        #[rustfmt::skip]
        let cases = [
            ("https://shop.example/de/schuhe?a=1", Some("/de/schuhe")),
            ("https://shop.example", Some("/")),
            ("https://other.example/de", None),
            ("http://shop.example/de", None),
            ("https://shop.example:8443/de", None),
            ("/de", None),
            ("", None),
        ];
        let target = Target::parse("https://shop.example/_cdp/v1.2/events");
        for (referer, expected) in cases {
            let headers = vec![("referer", referer)];
            assert_eq!(
                page_path(&target, &headers).as_deref(),
                expected,
                "{referer}"
            );
        }
        assert_eq!(page_path(&target, &Vec::<(&str, &str)>::new()), None);
    }
}
