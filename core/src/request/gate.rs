//! Which requests can be personalised at all: GET navigations for HTML, nothing else.
//!
//! In: method, target, headers, settings. Out: a [`Route`]; the first rule that matches gives the reason. It
//! never reads the body and never decides on the visitor: that is `visitor` and `consent`.

use crate::{
    config::Site,
    reason::PassThrough,
    request::{Cookies, Headers, Target, editing, headers::list_items, navigation, paths, visitor},
};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// A page that may be personalised, if the response is one too.
    Page,
    /// Goes to XM and back untouched.
    PassThrough(PassThrough),
}

/// Decides on the request. In this order, the first match wins:
///
/// 1. a WebSocket upgrade;
/// 2. any method but GET (HEAD too: it has no body to personalise);
/// 3. XM's own paths and `exclude_paths`;
/// 4. paths that look like a static file (a cache may treat them as shared, whatever the response says);
/// 5. Experience Editor, preview and debug modes;
/// 6. `Range`;
/// 7. what is no navigation for HTML. A prefetch is one: it gets the default page.
///
/// The loop guard stands before all this, in [`loop_guard`](crate::request::loop_guard).
#[must_use]
pub fn gate(method: &str, target: &Target<'_>, headers: &impl Headers, site: &Site) -> Route {
    let upgrade = headers.get("upgrade").unwrap_or_default();
    let reason = if list_items(&upgrade).any(|protocol| protocol == "websocket") {
        PassThrough::Upgrade
    } else if method != "GET" {
        PassThrough::Method
    } else if let Some(reason) = gate_url(target, &|| Cookies::from_headers(headers), site) {
        reason
    } else if headers.get("range").is_some() {
        PassThrough::Range
    } else if !navigation::is_navigation(headers, visitor::is_prefetch(headers)) {
        PassThrough::NotNavigation
    } else {
        return Route::Page;
    };
    Route::PassThrough(reason)
}

/// What of [`gate`] the URL alone decides, with the modes that an author's cookies switch on: these are read only for what
/// could be a page.
#[must_use]
pub fn gate_url(
    target: &Target<'_>,
    cookies: &dyn Fn() -> Cookies,
    site: &Site,
) -> Option<PassThrough> {
    if paths::is_excluded(target.path, &site.exclude_paths) {
        Some(PassThrough::ExcludedPath)
    } else if paths::looks_static(target.path) {
        Some(PassThrough::StaticFile)
    } else {
        editing::is_editing(target, &cookies()).then_some(PassThrough::Editing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        config::PathPattern,
        request::fixture::{self, Lines},
    };

    fn route(method: &str, path: &str, headers: &[(&str, &str)]) -> Route {
        let mut site = fixture::site();
        site.exclude_paths = vec![PathPattern::Prefix("/api/".to_owned())];
        let url = format!("https://shop.example{path}");
        gate(method, &Target::parse(&url), &headers.to_vec(), &site)
    }

    #[test]
    fn every_rule_has_its_reason_and_a_plain_navigation_is_a_page() {
        use PassThrough::*;
        #[rustfmt::skip]
        let cases: &[(&str, &str, Lines<'_>, Option<PassThrough>)] = &[
            ("GET", "/", &[], None),
            ("GET", "/de/products.aspx?x=1", &[("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"), ("cookie", "a=b")], None),
            ("GET", "/", &[("upgrade", "WebSocket")], Some(Upgrade)),
            ("GET", "/", &[("upgrade", "h2c")], None),
            ("HEAD", "/", &[], Some(Method)),
            ("POST", "/", &[], Some(Method)),
            ("PURGE", "/", &[], Some(Method)),
            ("get", "/", &[], Some(Method)),
            ("GET", "/sitecore/login", &[], Some(ExcludedPath)),
            ("GET", "/-/media/x", &[], Some(ExcludedPath)),
            ("GET", "/api/x", &[], Some(ExcludedPath)),
            ("GET", "/x.css", &[], Some(StaticFile)),
            ("GET", "/?sc_mode=edit", &[], Some(Editing)),
            ("GET", "/", &[("cookie", "website#sc_mode=edit")], Some(Editing)),
            ("GET", "/", &[("range", "bytes=0-1")], Some(Range)),
            ("GET", "/", &[("x-requested-with", "XMLHttpRequest")], Some(NotNavigation)),
            ("GET", "/", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")], Some(NotNavigation)),
            ("GET", "/", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "no-cors"), ("sec-purpose", "prefetch")], None),
        ];
        for (method, path, headers, expected) in cases {
            let expected = expected.map_or(Route::Page, Route::PassThrough);
            assert_eq!(
                route(method, path, headers),
                expected,
                "{method} {path} {headers:?}"
            );
        }
    }

    #[test]
    fn the_first_rule_gives_the_reason() {
        let all = [
            ("upgrade", "websocket"),
            ("range", "bytes=0-1"),
            ("accept", "image/png"),
        ];
        let path = "/sitecore/x.css?sc_mode=edit";
        #[rustfmt::skip]
        let cases = [
            (route("POST", path, &all), PassThrough::Upgrade),
            (route("POST", path, &all[1..]), PassThrough::Method),
            (route("GET", path, &all[1..]), PassThrough::ExcludedPath),
            (route("GET", "/x.css?sc_mode=edit", &all[1..]), PassThrough::StaticFile),
            (route("GET", "/x?sc_mode=edit", &all[1..]), PassThrough::Editing),
            (route("GET", "/x", &all[1..]), PassThrough::Range),
            (route("GET", "/x", &all[2..]), PassThrough::NotNavigation),
        ];
        for (route, reason) in cases {
            assert_eq!(route, Route::PassThrough(reason));
        }
    }

    proptest! {
        #[test]
        fn no_request_panics(
            method in "\\PC{0,8}",
            url in "(https://h)?\\PC{0,60}",
            values in prop::collection::vec("\\PC{0,40}", 8),
        ) {
            let names = ["accept", "cookie", "purpose", "sec-fetch-dest", "sec-fetch-mode", "sec-purpose", "upgrade",
                "x-requested-with"];
            let headers: Vec<_> = names.into_iter().zip(values).collect();
            let _ = gate(&method, &Target::parse(&url), &headers, &fixture::site());
            let _ = gate("GET", &Target::parse(&url), &headers, &fixture::site());
        }
    }
}
