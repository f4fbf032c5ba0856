//! What keeps a page from being kept at the edge as a compiled template, and what XM renders anew each time.
//!
//! Where the Worker answers, XM's headers do not show, and nothing is said.

use memchr::memmem;
use xm_edge_core::request::Headers;

use crate::{
    finding::{Code, Finding},
    page::Page,
    rules::Rules,
};

/// What XM and ASP.NET write anew into each rendering, and where it comes from.
const NOISE: [(&str, &str); 3] = [
    (
        "VIcurrentDateTime",
        "Sitecore's visitor identification: every rendering has its own time; the Worker keeps whatever one was cached",
    ),
    (
        "__RequestVerificationToken",
        "an anti-forgery token belongs to one visitor: a form with one must not be on a page that is shared",
    ),
    (
        "__VIEWSTATE",
        "Web Forms' view state may belong to one visitor: look at what it holds before sharing the page",
    ),
];

/// Cookies without which a form or a login of the page fails.
fn is_personal(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("requestverificationtoken")
        || lower.contains("antiforgery")
        || lower.starts_with(".asp")
}

pub(super) fn check(page: &Page<'_>, rules: &Rules, found: &mut Vec<Finding>) {
    for (word, help) in NOISE {
        if let Some(at) = memmem::find(&page.input.bytes, word.as_bytes()) {
            let place = page.text.place(at, at + word.len());
            let message = format!("{word} differs in every rendering");
            found.push(Finding::new(Code::RenderNoise, message, help).at(place));
        }
    }
    let Some(response) = &page.input.response else {
        return;
    };
    if page.input.behind_worker || response.status != 200 {
        return;
    }
    let rule = rules
        .site
        .cache
        .iter()
        .find(|rule| rule.path.matches(response.url.path()));
    let stripped = rule
        .map(|rule| rule.strip_cookies.as_slice())
        .unwrap_or_default();
    let mut reasons = Vec::new();
    let mut help = Vec::new();
    let cookies: Vec<&str> = response
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, value)| value.split('=').next())
        .map(str::trim)
        .filter(|name| !stripped.iter().any(|stripped| stripped == name))
        .collect();
    if !cookies.is_empty() {
        reasons.push(format!("it sets {}", cookies.join(", ")));
    }
    let (personal, cookies): (Vec<&str>, Vec<&str>) =
        cookies.into_iter().partition(|name| is_personal(name));
    if !personal.is_empty() {
        help.push(format!(
            "{} belong to one visitor: leave such pages unshared",
            personal.join(", ")
        ));
    }
    if !cookies.is_empty() {
        let all: Vec<_> = stripped
            .iter()
            .map(String::as_str)
            .chain(cookies.iter().copied())
            .collect();
        let quoted: Vec<_> = all.iter().map(|name| format!("\"{name}\"")).collect();
        help.push(format!(
            "if no visitor needs them, strip_cookies = [{}] in a [[vars.SITE.cache]] rule for this path",
            quoted.join(", ")
        ));
    }
    // A field for CDNs outweighs the one for everybody, what that forbids included (RFC 9213 §2.1).
    let (field, cache_control) = [
        "Cloudflare-CDN-Cache-Control",
        "CDN-Cache-Control",
        "Cache-Control",
    ]
    .into_iter()
    .find_map(|field| Some((field, response.headers.get(&field.to_ascii_lowercase())?)))
    .unwrap_or_default();
    let cache_control = cache_control.to_ascii_lowercase();
    let forbidding: Vec<&str> = cache_control
        .split(',')
        .map(|directive| directive.split('=').next().unwrap_or_default().trim())
        .filter(|directive| matches!(*directive, "private" | "no-store"))
        .collect();
    if !forbidding.is_empty() {
        reasons.push(format!("{field} says {}", forbidding.join(", ")));
        help.push(
            "let XM send CDN-Cache-Control: max-age=300, or Cache-Control: public, for pages that are the same for everyone".to_owned(),
        );
    }
    let vary = response.headers.get("vary").unwrap_or_default();
    let unknown: Vec<&str> = vary
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("accept-encoding"))
        .collect();
    if !unknown.is_empty() {
        reasons.push(format!("it varies by {}", unknown.join(", ")));
        help.push(
            "take all but Accept-Encoding out of Vary, where the page does not really differ"
                .to_owned(),
        );
    }
    if reasons.is_empty() {
        return;
    }
    let reasons = reasons.join("; ");
    found.push(match rule {
        Some(_) => Finding::new(
            Code::CacheRuleDefeated,
            format!("a cache rule is for this page, which may still not be shared: {reasons}"),
            help.join("; "),
        ),
        None => Finding::new(
            Code::NotShareable,
            format!("every view must ask XM, for the page may not be shared: {reasons}"),
            help.join("; "),
        ),
    });
}
