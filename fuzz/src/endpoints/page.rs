//! A request as a page view: where it goes, what XM gets of it, and which other page a decision may choose for it.
//!
//! In: a request, and a decision on the page as a whole. Out: a panic where path or query change on their way to XM, where a
//! request that must pass is a page, or where a decision leads out of the site.

use xm_edge_core::{
    config::Config,
    decision::Decision,
    endpoints,
    events::rules,
    page_experience::{Choice, Visited, choose},
    request::{Campaign, HeaderEdit, Route, Target, classify, gate, loop_guard, origin},
    response,
};

/// Checks a request.
pub fn check(
    method: &str,
    target: &Target<'_>,
    headers: &Vec<(String, String)>,
    config: &Config,
    decision: &[u8],
) {
    let site = &config.site;
    let route = gate(method, target, headers, site);
    assert!(
        route != Route::Page || method == "GET",
        "only a GET is a page"
    );
    let xm_origin = config.xm_origin.as_ref();
    let url = origin::url(target, xm_origin);
    assert!(
        url.ends_with(&target.path_and_query()),
        "XM gets another path: {url}"
    );
    let hops = loop_guard::hops(headers);
    for edit in origin::edits(target, headers, route, hops, xm_origin) {
        let (HeaderEdit::Append(name, _) | HeaderEdit::Delete(name) | HeaderEdit::Set(name, _)) =
            edit;
        assert!(
            !matches!(name, "cookie" | "authorization" | "host"),
            "XM gets another {name}"
        );
    }
    let _ = (classify(headers), Campaign::read(target, headers));
    if let response::Opened::Page(_) = response::gate(200, headers, site) {
        let html = headers.iter().any(|(name, value)| {
            name == "content-type" && value.to_ascii_lowercase().contains("html")
        });
        assert!(html, "only HTML is a page");
    }
    if let Some(matched) = rules::matching(site, method, target.path) {
        let content_type = headers.iter().find(|(name, _)| name == "content-type");
        if let Some(mut form) = matched.copy(content_type.map(|(_, value)| value.as_str())) {
            form.push(decision);
            let _ = (matched.identity(&form), matched.guest_texts(&form));
        }
    }
    if let Ok(decision) = Decision::read(200, decision) {
        chosen(&decision, target, config);
    }
}

fn chosen(decision: &Decision, target: &Target<'_>, config: &Config) {
    let visited = Visited {
        target,
        site: &config.site,
        redirected: false,
        keeps_cookies: true,
    };
    let place = match choose(decision, &visited) {
        Choice::Default { .. } => return,
        Choice::Path { path, .. } => path,
        Choice::Redirect { location, .. } => {
            assert!(
                location.bytes().all(|byte| byte.is_ascii_graphic()),
                "no header holds {location}"
            );
            location
        }
    };
    assert!(
        place.starts_with('/') && !place.contains(char::is_control),
        "{place}"
    );
    // As a browser reads it, from the page where it is.
    let base = format!("{}://{}/", target.scheme, target.host);
    let Ok(base) = url::Url::parse(&base) else {
        return;
    };
    let read = base.join(&place).map(|url| url.origin());
    assert_eq!(
        read,
        Ok(base.origin()),
        "a decision leads out of the site: {place}"
    );
    let own = endpoints::below(&config.site.endpoint_prefix, &place);
    assert!(own.is_none(), "a decision leads to an endpoint: {place}");
}
