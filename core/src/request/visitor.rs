//! Who asks: a bot, a browser that only fetches ahead, or a human.
//!
//! In: headers. Out: a [`VisitorClass`]. It never looks at an address, a cookie or Cloudflare's bot score: the same
//! request gets the same class everywhere.

use crate::request::{Headers, bots};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitorClass {
    /// A crawler, monitor or script: default page, no id, no flow.
    Bot,
    /// A visitor.
    Human,
    /// A browser that fetches a page nobody has asked for yet: default page, no flow, no event, `no-store`.
    Prefetch,
}

/// Tells who asks. A bot that prefetches counts as prefetch: it leaves no event either way.
///
/// An absent `User-Agent` proves nothing and is a human's; an empty one is a bot's, for no browser sends that.
#[must_use]
pub fn classify(headers: &impl Headers) -> VisitorClass {
    if is_prefetch(headers) {
        VisitorClass::Prefetch
    } else if headers
        .get("user-agent")
        .is_some_and(|user_agent| bots::is_bot(&user_agent))
    {
        VisitorClass::Bot
    } else {
        VisitorClass::Human
    }
}

/// Headers that mark a request as made ahead, and the words that do: speculation rules and `<link rel=prefetch>`
/// (`Sec-Purpose`), older Chrome and Safari (`Purpose`, `X-Purpose`), Firefox (`X-Moz`), Next.js.
const MARKS: [(&str, &[&str]); 6] = [
    ("sec-purpose", &["prefetch", "prerender"]),
    ("purpose", &["prefetch", "prerender", "preview"]),
    ("x-purpose", &["prefetch", "prerender", "preview"]),
    ("x-moz", &["prefetch"]),
    ("next-router-prefetch", &["1"]),
    ("x-middleware-prefetch", &["1"]),
];

/// Whether the request is a prefetch or prerender.
pub(super) fn is_prefetch(headers: &impl Headers) -> bool {
    MARKS.iter().any(|(name, words)| {
        headers.get(name).is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .split([';', ','])
                .any(|token| words.contains(&token.trim()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/131.0.0.0 Safari/537.36";
    const GOOGLEBOT: &str =
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

    #[test]
    fn visitors_are_told_apart() {
        use VisitorClass::*;
        #[rustfmt::skip]
        let cases: &[(VisitorClass, &[(&str, &str)])] = &[
            (Human, &[]),
            (Human, &[("user-agent", CHROME)]),
            (Human, &[("user-agent", CHROME), ("purpose", "navigation"), ("x-moz", ""), ("next-router-prefetch", "0")]),
            (Human, &[("user-agent", "curl/8.5.0")]),
            (Bot, &[("user-agent", "")]),
            (Bot, &[("user-agent", "  ")]),
            (Bot, &[("user-agent", GOOGLEBOT)]),
            (Prefetch, &[("user-agent", GOOGLEBOT), ("purpose", "prefetch")]),
            (Prefetch, &[("user-agent", CHROME), ("sec-purpose", "prefetch")]),
            (Prefetch, &[("sec-purpose", "prefetch;prerender")]),
            (Prefetch, &[("sec-purpose", "Prefetch; anonymous-client-ip")]),
            (Prefetch, &[("sec-purpose", "prerender")]),
            (Prefetch, &[("purpose", "PREFETCH")]),
            (Prefetch, &[("purpose", "preview")]),
            (Prefetch, &[("x-purpose", "preview")]),
            (Prefetch, &[("x-moz", "prefetch")]),
            (Prefetch, &[("next-router-prefetch", "1")]),
            (Prefetch, &[("x-middleware-prefetch", "1")]),
            (Human, &[("sec-purpose", "prefetched")]),
        ];
        for (class, headers) in cases {
            assert_eq!(classify(&headers.to_vec()), *class, "{headers:?}");
        }
    }
}
