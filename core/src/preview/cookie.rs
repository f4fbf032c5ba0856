//! The cookie that carries a preview from its link to the page: scoped to the pages of the link, gone within the hour.
//!
//! In: a link and its token, or a request's cookies. Out: `Set-Cookie` values, the preview of a page view, the `Cookie`
//! header as XM gets it. A cookie that does not hold is as good as none.

use std::rc::Rc;

use super::{
    key::PreviewKey,
    link::Link,
    token::{self, Refused},
};
use crate::{
    config::PathPattern,
    request::{Cookies, HeaderEdit, Target},
};

/// Its name.
pub const NAME: &str = "cdp_preview";
/// Most seconds that it lives: a forgotten preview must not go on.
const MAX_AGE_S: u64 = 3_600;
/// Most cookies of that name that are looked at: one for each path above the page's.
const MAX_TRIED: usize = 4;

/// A page view that is a preview.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What it grants.
    pub link: Link,
    /// The link's token, as it came.
    pub token: String,
}

/// What a page request's cookies say of previews.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The preview.
    pub preview: Option<Rc<Preview>>,
    /// `Set-Cookie` lines that remove what does not hold any more.
    pub expired: Option<String>,
}

/// The cookies that show the pages of `link`: one for them, and one for the calls that they make to the endpoints below
/// `prefix`, which must not count either.
#[must_use]
pub fn set(link: &Link, token: &str, prefix: &str, now_s: u64) -> [String; 2] {
    let left = link.expires_at.saturating_sub(now_s).min(MAX_AGE_S);
    paths(link, prefix).map(|path| written(token, left, &path))
}

/// Ends what [`set`] began.
#[must_use]
pub fn clear(link: &Link, prefix: &str) -> [String; 2] {
    paths(link, prefix).map(|path| written("", 0, &path))
}

fn paths(link: &Link, prefix: &str) -> [String; 2] {
    [path_of(&link.pages), format!("{prefix}/")]
}

/// By hand: a token has no character that could end the value, a path none that could end the attribute, and the writer of
/// the `cookie` crate would bring all of its dates into the Worker.
fn written(value: &str, max_age_s: u64, path: &str) -> String {
    format!("{NAME}={value}; HttpOnly; SameSite=Lax; Secure; Path={path}; Max-Age={max_age_s}")
}

/// The `Path` under which a browser sends the cookie to the pages; the token says exactly which they are. A semicolon would
/// end the attribute, so that the path is cut at the folder before it.
fn path_of(pages: &PathPattern) -> String {
    let (PathPattern::Exact(path) | PathPattern::Prefix(path)) = pages;
    let path = match path.split_once(';') {
        None => path.as_str(),
        Some((before, _)) => before
            .rfind('/')
            .and_then(|at| before.get(..=at))
            .unwrap_or("/"),
    };
    path.to_owned()
}

/// Whether the header may hold the cookie; without it nothing else is to be done.
fn is_there(header: &str) -> bool {
    header.contains(NAME)
}

/// Looks for a preview of the page at `target`. `header`: `Cookie`.
#[must_use]
#[inline(never)]
pub fn look(header: &str, key: Option<&PreviewKey>, target: &Target<'_>, now_s: u64) -> Seen {
    let mut seen = Seen::default();
    let (true, Some(key)) = (is_there(header), key) else {
        return seen;
    };
    let cookies = Cookies::new(header);
    for token in cookies.values(NAME).take(MAX_TRIED) {
        let Ok(link) = token::open(token, key) else {
            // Whose it is and for which path nobody knows.
            seen.expired = Some(written(
                "",
                0,
                &path_of(&PathPattern::Exact(target.path.to_owned())),
            ));
            continue;
        };
        match link.check(target, now_s) {
            Ok(()) => {
                let token = token.to_owned();
                return Seen {
                    preview: Some(Rc::new(Preview { link, token })),
                    expired: None,
                };
            }
            Err(Refused::Expired) => {
                seen.expired = Some(written("", 0, &path_of(&link.pages)));
            }
            Err(_) => {}
        }
    }
    seen
}

/// Whether a call to `target`, made by the page at `path` of the same host, comes from a preview.
#[must_use]
pub fn is_from_preview(
    header: &str,
    key: Option<&PreviewKey>,
    target: &Target<'_>,
    path: &str,
    now_s: u64,
) -> bool {
    let page = Target {
        path,
        ..target.clone()
    };
    is_there(header) && look(header, key, &page, now_s).preview.is_some()
}

/// The edit that keeps the cookie from XM, which has no use for it; every other one stays byte for byte.
#[must_use]
pub fn withheld(header: &str) -> Option<HeaderEdit> {
    if !is_there(header) {
        return None;
    }
    let is_ours = |part: &&str| {
        let (name, _) = part.split_once('=').unwrap_or((part, ""));
        name.trim() == NAME
    };
    let kept: Vec<&str> = header.split(';').filter(|part| !is_ours(part)).collect();
    let kept = kept.join(";");
    if kept == header {
        None
    } else if kept.trim().is_empty() {
        Some(HeaderEdit::Delete("cookie"))
    } else {
        // The first of those that stay may have stood behind a separator.
        let first_went = header
            .split(';')
            .next()
            .is_some_and(|first| is_ours(&first));
        let kept = if first_went { kept.trim_start() } else { &kept };
        Some(HeaderEdit::Set("cookie", kept.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn key() -> PreviewKey {
        PreviewKey::read(Some("a key of the tests, long enough")).unwrap()
    }

    fn link(url: &str, left_s: u64) -> (Link, String) {
        let link = Link::new(url, [("hero", "b")], NOW + left_s).unwrap().0;
        let token = token::sign(&link, &key()).unwrap();
        (link, token)
    }

    fn look_at(header: &str, url: &str) -> Seen {
        look(header, Some(&key()), &Target::parse(url), NOW)
    }

    #[test]
    fn the_cookie_is_scoped_short_and_out_of_reach_of_scripts() {
        let (short, token) = link("https://shop.example/shoes?x", 60);
        let written = |path: &str| {
            format!("cdp_preview={token}; HttpOnly; SameSite=Lax; Secure; Path={path}; Max-Age=60")
        };
        assert_eq!(
            set(&short, &token, "/_cdp", NOW),
            [written("/shoes"), written("/_cdp/")]
        );
        let (long, token) = link("https://shop.example/shoes/*", 1_000_000);
        assert!(set(&long, &token, "/_cdp", NOW)[0].ends_with("; Path=/shoes/; Max-Age=3600"));
        assert_eq!(
            clear(&long, "/a/b")[..],
            [
                "cdp_preview=; HttpOnly; SameSite=Lax; Secure; Path=/shoes/; Max-Age=0",
                "cdp_preview=; HttpOnly; SameSite=Lax; Secure; Path=/a/b/; Max-Age=0"
            ]
        );
        for (url, path) in [
            ("https://a.example/x/y;z/a", "/x/"),
            ("https://a.example/;z", "/"),
            ("https://a.example/a;/", "/"),
        ] {
            assert!(
                clear(&link(url, 1).0, "")[0].contains(&format!("; Path={path};")),
                "{url}"
            );
        }
    }

    #[test]
    fn a_page_view_is_a_preview_only_where_the_cookie_holds() {
        let (_, token) = link("https://shop.example/shoes", 60);
        let (_, below) = link("https://shop.example/*", 60);
        let own = format!("a=b; cdp_preview={token}; c=d");
        let seen = look_at(&own, "https://shop.example/shoes?x");
        assert_eq!(seen.preview.unwrap().token, token);
        assert_eq!(seen.expired, None);
        #[rustfmt::skip]
        let none = [(own.as_str(), "https://shop.example/"), (&own, "https://m.shop.example/shoes"), ("", "https://shop.example/shoes"),
            ("cdp_previews=1", "https://shop.example/shoes"), ("a=cdp_preview", "https://shop.example/shoes")];
        for (header, url) in none {
            let seen = look_at(header, url);
            assert!(
                seen.preview.is_none() && seen.expired.is_none(),
                "{header} {url}"
            );
        }
        let both = format!("cdp_preview={token}; cdp_preview={below}");
        let seen = look_at(&both, "https://shop.example/hats");
        assert_eq!(seen.preview.unwrap().token, below, "the next one is tried");
        let nobody = look(
            &own,
            None,
            &Target::parse("https://shop.example/shoes"),
            NOW,
        );
        assert!(nobody.preview.is_none() && nobody.expired.is_none());
    }

    #[test]
    fn a_call_is_a_previews_where_its_page_is() {
        let (_, token) = link("https://shop.example/shoes", 60);
        let header = format!("a=b; cdp_preview={token}");
        let target = Target::parse("https://shop.example/_cdp/event?path=x");
        let is_from =
            |header: &str, path: &str| is_from_preview(header, Some(&key()), &target, path, NOW);
        assert!(is_from(&header, "/shoes"));
        assert!(
            !is_from(&header, "/hats")
                && !is_from("a=b", "/shoes")
                && !is_from("cdp_preview=x", "/shoes")
        );
        assert!(!is_from_preview(&header, None, &target, "/shoes", NOW));
    }

    #[test]
    fn what_does_not_hold_any_more_is_removed() {
        let (over, token) = link("https://shop.example/*", 0);
        let header = format!("cdp_preview={token}");
        let seen = look_at(&header, "https://shop.example/shoes");
        assert!(seen.preview.is_none());
        assert_eq!(seen.expired.as_deref(), Some(clear(&over, "")[0].as_str()));
        let seen = look_at("cdp_preview=x", "https://shop.example/shoes");
        assert!(seen.expired.unwrap().contains("; Path=/shoes; Max-Age=0"));
    }

    #[test]
    fn xm_gets_every_cookie_but_this() {
        let set = |value: &str| Some(HeaderEdit::Set("cookie", value.to_owned()));
        #[rustfmt::skip]
        let cases = [
            ("", None), ("a=b", None), ("a=cdp_preview; b", None), ("cdp_previews=1; a", None),
            ("cdp_preview=x", Some(HeaderEdit::Delete("cookie"))),
            ("cdp_preview=x; cdp_preview=y", Some(HeaderEdit::Delete("cookie"))),
            ("a=b; cdp_preview=x", set("a=b")), ("cdp_preview=x; a=b", set("a=b")),
            ("a=\"1\" ;cdp_preview=x;  shell#lang=en;; é", set("a=\"1\" ;  shell#lang=en;; é")),
        ];
        for (header, expected) in cases {
            assert_eq!(withheld(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_other_cookie_changes(before in "([^;]{1,20};){0,3}", after in "(;[^;]{1,20}){0,3}") {
            prop_assume!(!before.contains(NAME) && !after.contains(NAME));
            let header = format!("{before} cdp_preview=x{after}");
            let without = format!("{}{after}", before.strip_suffix(';').unwrap_or_default());
            let without = if before.is_empty() { after.strip_prefix(';').unwrap_or_default().trim_start() } else { &without };
            let got = withheld(&header).unwrap();
            if without.trim().is_empty() {
                prop_assert_eq!(got, HeaderEdit::Delete("cookie"));
            } else {
                prop_assert_eq!(got, HeaderEdit::Set("cookie", without.to_owned()));
            }
        }

        #[test]
        fn no_header_panics(header in "\\PC*", value in "\\PC{0,40}") {
            let _ = look_at(&header, "https://shop.example/");
            let _ = look_at(&format!("cdp_preview={value}"), "https://shop.example/");
            let _ = withheld(&header);
        }
    }
}
