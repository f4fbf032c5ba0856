//! Whether a request succeeded, as far as its answer's head tells.
//!
//! In: method, URL, status, `Location`. Out: yes or no. It never reads the body.

use url::Url;

/// Success is:
///
/// - a 2xx;
/// - a redirect to another path: a form that was taken leads on (302, 303). Back to the same path, whatever the query
///   (`/login?error=1`), the form is shown again: no success. 307 and 308 ask the browser to repeat a form elsewhere:
///   no success yet;
/// - a 304 to a GET: the browser has it.
///
/// Paths are compared as IIS resolves them: without case, and without a slash at the end. A form whose page comes back
/// with an error *and* a 200 cannot be told from a success: let XM send a `CDP-Event` there instead.
#[must_use]
pub fn succeeded(method: &str, url: &str, status: u16, location: Option<&str>) -> bool {
    let safe = matches!(method, "GET" | "HEAD");
    match status {
        200..=299 => true,
        301..=303 => leads_on(url, location),
        307 | 308 => safe && leads_on(url, location),
        304 => safe,
        _ => false,
    }
}

fn leads_on(url: &str, location: Option<&str>) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    location
        .and_then(|location| url.join(location.trim()).ok())
        .is_some_and(|to| matches!(to.scheme(), "http" | "https") && folded(&to) != folded(&url))
}

fn folded(url: &Url) -> String {
    url.path().trim_end_matches('/').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_an_answer_that_leads_on() {
        const LOGIN: &str = "https://shop.example/de/login?ReturnUrl=%2f";
        #[rustfmt::skip]
        let cases = [
            ("POST", 200, None, true),
            ("POST", 204, None, true),
            ("POST", 302, Some("/account"), true),
            ("POST", 303, Some("https://shop.example/de"), true),
            ("POST", 301, Some("account"), true),
            ("POST", 302, Some("/de/login?error=1"), false),
            ("POST", 302, Some("/DE/Login/"), false),
            ("POST", 302, Some("?error=1"), false),
            ("POST", 302, Some("https://www.shop.example/de/login"), false),
            ("POST", 302, Some(""), false),
            ("POST", 302, Some("javascript:alert(1)"), false),
            ("POST", 302, Some("http://["), false),
            ("POST", 302, None, false),
            ("POST", 307, Some("/account"), false),
            ("GET", 308, Some("/account"), true),
            ("GET", 304, None, true),
            ("POST", 304, None, false),
            ("POST", 300, Some("/account"), false),
            ("POST", 400, None, false),
            ("POST", 401, Some("/account"), false),
            ("GET", 404, None, false),
            ("POST", 500, None, false),
            ("POST", 0, None, false),
        ];
        for (method, status, location, expected) in cases {
            assert_eq!(
                succeeded(method, LOGIN, status, location),
                expected,
                "{method} {status} {location:?}"
            );
        }
        assert!(!succeeded("POST", "nonsense", 302, Some("/account")));
    }
}
