//! Whether a GET is a navigation for HTML, and not a script's fetch or a subresource.
//!
//! In: headers. Out: yes or no. An absent header proves nothing and counts as yes: old browsers, `curl` and plain
//! HTTP send no `Sec-Fetch-*`.

use crate::request::{Headers, headers::list_items};

/// Destinations whose response is a document (Fetch standard, "destination").
const DOCUMENTS: [&str; 6] = [
    "document",
    "embed",
    "fencedframe",
    "frame",
    "iframe",
    "object",
];

/// Media ranges that HTML satisfies.
const HTML: [&str; 5] = [
    "*/*",
    "application/*",
    "application/xhtml+xml",
    "text/*",
    "text/html",
];

/// Whether the client asks for a page. `prefetch`: the request is marked as one; browsers send those of
/// `<link rel=prefetch>` with the destination `empty` and a mode other than `navigate`.
pub(super) fn is_navigation(headers: &impl Headers, prefetch: bool) -> bool {
    !is_xhr(headers) && is_for_document(headers, prefetch) && accepts_html(headers)
}

/// The mark that script libraries set. Android's web views send their package's name here: those are navigations.
fn is_xhr(headers: &impl Headers) -> bool {
    headers
        .get("x-requested-with")
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("XMLHttpRequest"))
}

fn is_for_document(headers: &impl Headers, prefetch: bool) -> bool {
    let Some(destination) = lower(headers, "sec-fetch-dest") else {
        // Browsers send mode and destination together. A mode alone (`cors`) is Node's fetch, a developer's tool.
        return true;
    };
    let mode = lower(headers, "sec-fetch-mode");
    let navigates = mode.as_deref().is_none_or(|mode| mode == "navigate");
    match destination.as_str() {
        // A navigation that a service worker passes on keeps its mode but loses its destination.
        "empty" => prefetch || mode.as_deref() == Some("navigate"),
        _ => DOCUMENTS.contains(&destination.as_str()) && (navigates || prefetch),
    }
}

fn accepts_html(headers: &impl Headers) -> bool {
    let Some(accept) = headers.get("accept") else {
        return true;
    };
    let mut ranges = list_items(&accept).peekable();
    // RFC 9110 §12.5.1: an empty field asks for nothing in particular.
    ranges.peek().is_none() || ranges.any(|range| is_html(&range))
}

fn is_html(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    HTML.contains(&media) && !parts.any(is_refused)
}

/// A weight of zero (`q=0`, `q=0.000`): "not acceptable".
fn is_refused(parameter: &str) -> bool {
    parameter
        .strip_prefix("q=")
        // RFC 9110 §12.4.2. Not as a number: nothing else here needs the 10 KiB of tables that reading one takes.
        .map(str::trim)
        .is_some_and(|weight| {
            weight.starts_with('0') && weight.bytes().all(|byte| matches!(byte, b'0' | b'.'))
        })
}

fn lower(headers: &impl Headers, name: &str) -> Option<String> {
    headers
        .get(name)
        .map(|value| value.trim().to_ascii_lowercase())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::Lines;

    #[test]
    fn navigations_pass_and_everything_else_does_not() {
        #[rustfmt::skip]
        let cases: &[(bool, bool, Lines<'_>)] = &[
            // navigation?, prefetch?, headers
            (true, false, &[]),
            (true, false, &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("accept", "text/html,*/*;q=0.8")]),
            (true, false, &[("sec-fetch-dest", "Document")]),
            (true, false, &[("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "navigate")]),
            (true, false, &[("sec-fetch-dest", "fencedframe"), ("sec-fetch-mode", "navigate")]),
            (true, false, &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "navigate")]),
            (true, false, &[("sec-fetch-dest", ""), ("sec-fetch-mode", "")]),
            (true, false, &[("x-requested-with", "com.facebook.katana")]),
            (true, false, &[("accept", "*/*")]),
            (true, false, &[("accept", "")]),
            (true, false, &[("accept", "application/json, TEXT/HTML;q=0.1")]),
            (true, false, &[("accept", "text/*")]),
            (true, false, &[("accept", "application/xhtml+xml")]),
            (false, false, &[("sec-fetch-dest", "empty")]),
            (false, false, &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")]),
            (false, false, &[("sec-fetch-dest", "script"), ("sec-fetch-mode", "no-cors")]),
            (false, false, &[("sec-fetch-dest", "image")]),
            (false, false, &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "cors")]),
            (true, false, &[("sec-fetch-mode", "cors"), ("accept", "*/*"), ("user-agent", "node")]),
            (false, false, &[("x-requested-with", "XMLHttpRequest")]),
            (false, false, &[("x-requested-with", "xmlhttprequest")]),
            (false, false, &[("accept", "application/json")]),
            (false, false, &[("accept", "image/avif,image/webp")]),
            (false, false, &[("accept", "text/html;q=0")]),
            (false, false, &[("accept", "text/html; q=0.0, application/json")]),
            (true, true, &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "no-cors"), ("accept", "*/*")]),
            (true, true, &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "no-cors")]),
            (false, true, &[("sec-fetch-dest", "script"), ("sec-fetch-mode", "no-cors")]),
            (false, true, &[("accept", "image/png")]),
        ];
        for (expected, prefetch, headers) in cases {
            let verdict = is_navigation(&headers.to_vec(), *prefetch);
            assert_eq!(verdict, *expected, "prefetch {prefetch}: {headers:?}");
        }
    }
}
