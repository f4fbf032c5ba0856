//! What is asked for: the parts of the request's URL, as the runtime sent it.
//!
//! In: the full URL, already normalised by the runtime (WHATWG URL). Out: borrowed parts; path and query stay
//! byte-identical. It never fails and never panics: odd input gives empty parts.

use std::borrow::Cow;

use url::form_urlencoded;

/// The parts of a request's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// `https` or `http`.
    pub scheme: &'a str,
    /// Host in lower case, with the port when the URL has one, without user information.
    pub host: Cow<'a, str>,
    /// Path as sent, percent-encoding untouched; `/` when the URL has none.
    pub path: &'a str,
    /// Query as sent, without `?`; `None` when there is no `?` at all.
    pub query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Splits `url`. A fragment, which no client sends, is cut off.
    #[must_use]
    pub fn parse(url: &'a str) -> Self {
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let (url, query) = url
            .split_once('?')
            .map_or((url, None), |(before, query)| (before, Some(query)));
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some(parts) => parts,
            None if scheme.is_empty() => ("", "/"),
            None => (rest, "/"),
        };
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let host = if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(host.to_ascii_lowercase())
        } else {
            Cow::Borrowed(host)
        };
        Self {
            scheme,
            host,
            path,
            query,
        }
    }

    /// The host without its port; an IPv6 address keeps its brackets.
    #[must_use]
    pub fn host_name(&self) -> &str {
        let address_end = self.host.rfind(']');
        match self.host.rfind(':') {
            Some(colon) if Some(colon) > address_end => {
                self.host.get(..colon).unwrap_or(&self.host)
            }
            _ => &self.host,
        }
    }

    /// The query's names and values, decoded as forms are (`+` is a space; what is not UTF-8 becomes U+FFFD).
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        form_urlencoded::parse(self.query.unwrap_or_default().as_bytes())
    }

    /// Path and query, byte-identical.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_are_split_without_changing_a_byte_of_path_and_query() {
        #[rustfmt::skip]
        let cases = [
            // url, scheme, host, host name, path and query
            ("https://shop.example/", "https", "shop.example", "shop.example", "/"),
            ("https://shop.example", "https", "shop.example", "shop.example", "/"),
            ("https://shop.example?a=1", "https", "shop.example", "shop.example", "/?a=1"),
            ("http://127.0.0.1:8787/a/b?c=d?e", "http", "127.0.0.1:8787", "127.0.0.1", "/a/b?c=d?e"),
            ("http://[::1]:8787/a", "http", "[::1]:8787", "[::1]", "/a"),
            ("http://[::1]/a", "http", "[::1]", "[::1]", "/a"),
            ("https://SHOP.example/A%2Fb%zz?%0d%0a#f", "https", "shop.example", "shop.example", "/A%2Fb%zz?%0d%0a"),
            ("https://user:pw@shop.example/?", "https", "shop.example", "shop.example", "/?"),
            ("https://shop.example/a@b", "https", "shop.example", "shop.example", "/a@b"),
            ("https://shop.example/r?to=http://evil.example/x", "https", "shop.example", "shop.example",
             "/r?to=http://evil.example/x"),
            ("/only/a/path?q", "", "", "", "/only/a/path?q"),
            ("http://:80/", "http", ":80", "", "/"),
            ("shop.example", "", "", "", "/"),
            ("", "", "", "", "/"),
            ("://", "", "", "", "/"),
        ];
        for (url, scheme, host, host_name, path_and_query) in cases {
            let target = Target::parse(url);
            assert_eq!(target.scheme, scheme, "{url}");
            assert_eq!(target.host, host, "{url}");
            assert_eq!(target.host_name(), host_name, "{url}");
            assert_eq!(target.path_and_query(), path_and_query, "{url}");
        }
    }

    #[test]
    fn the_query_is_decoded_as_a_form_and_invalid_parts_are_kept() {
        let target = Target::parse("https://h/?a=1+2&b=%C3%A9&c&=d&e=%zz&f=%ff");
        let pairs: Vec<_> = target.query_pairs().collect();
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        #[rustfmt::skip]
        let expected = [("a", "1 2"), ("b", "é"), ("c", ""), ("", "d"), ("e", "%zz"), ("f", "\u{fffd}")];
        assert_eq!(pairs, expected);
    }

    proptest! {
        #[test]
        fn no_url_panics(url in "\\PC*") {
            let target = Target::parse(&url);
            let _ = (target.host_name().len(), target.path_and_query(), target.query_pairs().count());
        }

        #[test]
        fn path_and_query_survive(path in "/[^?#]{0,40}", query in "[^#]{0,40}") {
            let url = format!("https://shop.example{path}?{query}");
            prop_assert_eq!(Target::parse(&url).path_and_query(), format!("{path}?{query}"));
        }
    }
}
