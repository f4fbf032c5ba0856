//! Under which name a page is kept.
//!
//! In: everything that decides over the bytes of a page. Out: a [`Key`] of 256 bits. Two requests with the same key get the same
//! page, so whatever else could change a page must keep it from being kept.

use sha2::{Digest, Sha256};

use super::format::VERSION;
use crate::request::Cookies;

/// Everything that a page's bytes depend on.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// XM's URL as it is asked: scheme, host, path and query.
    pub url: &'a str,
    /// `Host` that XM is told, where that is not the URL's.
    pub host: &'a str,
    /// The visitor's cookies: the language that XM gives pages in may stand there.
    pub cookies: &'a Cookies,
    /// `cache_version`.
    pub version: &'a str,
    /// The tenant.
    pub client_key: &'a str,
}

/// The name of a kept page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

/// How a page was compiled: with another release it is another page.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// `website#lang=de`: the cookie in which XM remembers the language, one for each of its sites.
const LANGUAGE_COOKIE: &str = "#lang";
/// That of ASP.NET Core.
const CULTURE_COOKIE: &str = ".AspNetCore.Culture";
/// XM's own sites, whose language is no visitor's.
const XM_SITES: [&str; 4] = ["admin#lang", "login#lang", "shell#lang", "service#lang"];

impl Key {
    /// The key of what is asked.
    #[must_use]
    pub fn of(asked: &Asked<'_>) -> Self {
        let mut languages: Vec<(&str, &str)> = asked
            .cookies
            .pairs()
            .filter(|(name, _)| is_of_language(name))
            .collect();
        languages.sort_unstable();
        let languages = languages.iter().flat_map(|(name, value)| [*name, *value]);
        let fixed = [
            RELEASE,
            asked.version,
            asked.client_key,
            asked.url,
            asked.host,
        ];
        let mut hash = Sha256::new_with_prefix(VERSION.to_be_bytes());
        // Each part with its length: no two lists of parts are the same bytes.
        for part in fixed.into_iter().chain(languages) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// As part of a URL: 64 hexadecimal digits.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn is_of_language(cookie: &str) -> bool {
    cookie == CULTURE_COOKIE || cookie.ends_with(LANGUAGE_COOKIE) && !XM_SITES.contains(&cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(url: &str, host: &str, cookies: &str, version: &str, client_key: &str) -> Key {
        Key::of(&Asked {
            url,
            host,
            cookies: &Cookies::new(cookies),
            version,
            client_key,
        })
    }

    #[test]
    fn whatever_changes_the_page_makes_another_key() {
        let keys = [
            key(
                "https://xm.example/a",
                "shop.example",
                ".AspNetCore.Culture=c%3Dde",
                "",
                "K",
            ),
            key("https://xm.example/a", "shop.example", "", "", "K"),
            key("http://xm.example/a", "shop.example", "", "", "K"),
            key("https://xm2.example/a", "shop.example", "", "", "K"),
            key("https://xm.example/A", "shop.example", "", "", "K"),
            key("https://xm.example/a?", "shop.example", "", "", "K"),
            key("https://xm.example/a?x=1", "shop.example", "", "", "K"),
            key("https://xm.example/a?x=1&y", "shop.example", "", "", "K"),
            key("https://xm.example/a?y&x=1", "shop.example", "", "", "K"),
            key("https://xm.example/a", "other.example", "", "", "K"),
            key("https://xm.example/a", "shop.example", "", "2", "K"),
            key("https://xm.example/a", "shop.example", "", "", "2"),
            key(
                "https://xm.example/a",
                "shop.example",
                "shop#lang=de",
                "",
                "K",
            ),
            key(
                "https://xm.example/a",
                "shop.example",
                "shop#lang=en",
                "",
                "K",
            ),
            key(
                "https://xm.example/a",
                "shop.example",
                "b2b#lang=de",
                "",
                "K",
            ),
            key("https://xm.example/as", "hop.example", "", "", "K"),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "{index}");
        }
    }

    #[test]
    fn other_cookies_and_their_order_make_none() {
        let of = |cookies| key("https://xm.example/a", "shop.example", cookies, "", "K");
        assert_eq!(
            of(""),
            of("a=1; lang=de; shell#lang=de; SC_ANALYTICS_GLOBAL_COOKIE=1")
        );
        assert_eq!(of("a#lang=de; b#lang=en"), of("x=1; b#lang=en; a#lang=de"));
    }

    #[test]
    fn a_name_is_of_one_length_and_fits_a_url() {
        let name = key(&"https://xm.example/a".repeat(1_000), "", "", "", "").name();
        assert_eq!(name.len(), 64);
        assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
