//! The cookie that keeps the browser id, with the attributes Sitecore's SDKs use, so that server and browser agree.
//!
//! In: the id, the client key, the site. Out: a `Set-Cookie` value. It never knows whether the visitor consents.

use cookie::{Cookie, SameSite, time::Duration};

use crate::{
    config::{Site, Tag},
    request::browser_id::{BrowserId, cookie_name},
};

/// As long as the SDKs keep it; browsers may cap it (Chrome: 400 days).
const MAX_AGE: Duration = Duration::days(730);

/// Keeps `id`; sent with every page, so that the time counts from the last visit.
#[must_use]
pub fn keep(id: &BrowserId, client_key: &str, site: &Site) -> String {
    written(id.as_str(), MAX_AGE, client_key, site)
}

/// Removes the id of a visitor who no longer allows it. Its attributes are those of [`keep`]: with others it would
/// name another cookie.
#[must_use]
pub fn expire(client_key: &str, site: &Site) -> String {
    written("", Duration::ZERO, client_key, site)
}

fn written(value: &str, max_age: Duration, client_key: &str, site: &Site) -> String {
    let mut cookie = Cookie::build((cookie_name(client_key), value))
        .max_age(max_age)
        .path("/")
        .same_site(SameSite::None)
        .secure(true)
        // A tag in the page has to read it.
        .http_only(site.tag == Tag::None)
        .build();
    if let Some(domain) = &site.cookie_domain {
        cookie.set_domain(domain.as_str());
    }
    cookie.to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::request::fixture;

    fn parts(cookie: &str) -> BTreeSet<String> {
        cookie.split("; ").map(str::to_owned).collect()
    }

    fn expected(first: &str, max_age: &str, more: &[&str]) -> BTreeSet<String> {
        let common = [first, max_age, "Path=/", "SameSite=None", "Secure"];
        common
            .iter()
            .chain(more)
            .map(|part| (*part).to_owned())
            .collect()
    }

    #[test]
    fn the_attributes_are_those_of_the_sdks() {
        let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
        let kept = format!("bid_K={}", fixture::BROWSER_ID);
        let mut site = fixture::site();
        let gtm = Tag::Gtm {
            container_id: "GTM-1".to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            (Tag::None, None, vec!["HttpOnly"]),
            (Tag::None, Some("shop.example"), vec!["HttpOnly", "Domain=shop.example"]),
            (gtm, None, vec![]),
            (Tag::Own, None, vec![]),
        ];
        for (tag, domain, more) in cases {
            site.tag = tag;
            site.cookie_domain = domain.map(str::to_owned);
            let keep = keep(&id, "K", &site);
            assert!(keep.starts_with(&kept), "{keep}");
            assert_eq!(parts(&keep), expected(&kept, "Max-Age=63072000", &more));
            let expire = expire("K", &site);
            assert!(expire.starts_with("bid_K=;"), "{expire}");
            assert_eq!(parts(&expire), expected("bid_K=", "Max-Age=0", &more));
        }
    }
}
