//! The cookie that says "a redirect of ours has led here": for the next page alone, so that no two rules can send a visitor
//! to and fro.
//!
//! In: the scheme of the request, its cookies. Out: `Set-Cookie` values, a verdict. It says nothing of the visitor.

use crate::request::Cookies;

const NAME: &str = "cdp_redirected";
const VALUE: &str = "1";
/// Longer than it takes to follow a redirect.
const MAX_AGE_S: u32 = 10;

/// Whether a redirect of ours has led here.
#[must_use]
pub fn is_set(cookies: &Cookies) -> bool {
    cookies.values(NAME).any(|value| value == VALUE)
}

/// For the redirect.
#[must_use]
pub fn set(scheme: &str) -> String {
    written(VALUE, MAX_AGE_S, scheme)
}

/// For the page that follows.
#[must_use]
pub fn expire(scheme: &str) -> String {
    written("", 0, scheme)
}

/// Whoever sends the id cookie sends this one too, inside of another site's frame as well (`None`); without https a browser
/// would refuse that.
fn written(value: &str, max_age_s: u32, scheme: &str) -> String {
    let site = if scheme == "https" {
        "None; Secure"
    } else {
        "Lax"
    };
    format!("{NAME}={value}; Max-Age={max_age_s}; Path=/; HttpOnly; SameSite={site}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn parts(cookie: &str) -> BTreeSet<&str> {
        cookie.split("; ").collect()
    }

    #[test]
    fn a_browser_keeps_it_for_the_next_page() {
        let secure = set("https");
        let expected = [
            "cdp_redirected=1",
            "HttpOnly",
            "Max-Age=10",
            "Path=/",
            "SameSite=None",
            "Secure",
        ];
        assert_eq!(parts(&secure), BTreeSet::from(expected));
        let plain = set("http");
        let expected = [
            "cdp_redirected=1",
            "HttpOnly",
            "Max-Age=10",
            "Path=/",
            "SameSite=Lax",
        ];
        assert_eq!(parts(&plain), BTreeSet::from(expected));
        assert_eq!(
            set("https")
                .replace("=1;", "=;")
                .replace("Max-Age=10", "Max-Age=0"),
            expire("https")
        );
    }

    #[test]
    fn only_our_own_value_counts() {
        assert!(is_set(&Cookies::new("a=b; cdp_redirected=1; c")));
        for cookies in [
            "",
            "cdp_redirected=",
            "cdp_redirected=2",
            "CDP_redirected=1",
            "xcdp_redirected=1",
        ] {
            assert!(!is_set(&Cookies::new(cookies)), "{cookies}");
        }
    }
}
