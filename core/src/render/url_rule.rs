//! Which URLs a decision may put into a page.
//!
//! In: the text of a URL attribute. Out: allowed or not. Allowed are `https`, `http`, `mailto`, `tel` and URLs
//! relative to the site itself; everything that a browser could read as another scheme or host is not.

use url::Url;

/// A base that no real URL has: what stays on it is same-site relative.
const BASE: &str = "https://same-site.invalid/a/b";

/// Whether `value` may stand in an attribute that holds one URL.
pub(super) fn allowed(value: &str) -> bool {
    let Ok(base) = Url::parse(BASE) else {
        return false;
    };
    match Url::parse(value) {
        Ok(url) => match url.scheme() {
            "http" | "https" => url.has_host(),
            "mailto" | "tel" => true,
            _ => false,
        },
        // Relative, or nothing at all. `//evil`, `/\evil` and `\\evil` leave the base's host.
        Err(_) => base.join(value).is_ok_and(|url| {
            url.scheme() == "https" && url.host_str() == base.host_str() && url.port().is_none()
        }),
    }
}

/// Whether every URL of a `srcset` may stand there.
pub(super) fn srcset_allowed(value: &str) -> bool {
    value
        .split(',')
        .map(|candidate| {
            candidate
                .split_ascii_whitespace()
                .next()
                .unwrap_or_default()
        })
        .all(allowed)
}

/// Whether every URL of a space-separated list may stand there.
pub(super) fn list_allowed(value: &str) -> bool {
    value.split_ascii_whitespace().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_and_four_schemes_are_allowed() {
        for good in [
            "/a",
            "a/b?c#d",
            "../x",
            "?q=1",
            "#top",
            "",
            "https://e.com/",
            "HTTP://e.com",
            "mailto:a@b.ie",
            "tel:+3531",
            "/a:b",
            "./javascript:x",
            "/a//b",
            " /a ",
            "javascript&colon;x",
        ] {
            assert!(allowed(good), "{good:?}");
        }
    }

    #[test]
    fn other_schemes_and_hosts_are_refused_however_they_are_spelt() {
        for bad in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "jAva\tscript:alert(1)",
            "java\nscript:x",
            "\u{1}javascript:x",
            " javascript:x",
            "data:text/html,x",
            "vbscript:x",
            "//evil.com",
            "\\\\evil.com",
            "/\\evil.com",
            "\\/evil.com",
            "/\t/evil.com",
            "ftp://e.com",
            "blob:x",
            "https://",
            "http:///",
            "file:///etc",
            "view-source:x",
            "\t//evil",
        ] {
            assert!(!allowed(bad), "{bad:?}");
        }
    }

    #[test]
    fn every_candidate_of_a_srcset_counts() {
        assert!(srcset_allowed("/a.png 1x, https://c.com/b.png 2x"));
        assert!(!srcset_allowed("/a.png 1x, data:image/png;base64,AA 2x"));
        assert!(!srcset_allowed("/a.png 1x, //evil/b.png 2x"));
        assert!(list_allowed("/a https://c.com/b"));
        assert!(!list_allowed("/a javascript:x"));
    }
}
