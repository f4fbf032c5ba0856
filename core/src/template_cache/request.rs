//! Whether a visitor may get a kept page, and whether what XM answers to them may be kept for others.
//!
//! In: the headers of a page view, the rule of its path. Out: nothing, or why not. What `Cache-Control` the visitor's browser
//! sends is not heeded, as on any CDN: a reload must not put the load of a thousand visitors on XM.

use crate::{
    config::CacheRule,
    reason::NotKept,
    request::{Cookies, Headers},
};

/// Whether this page view may be answered from a kept page.
///
/// # Errors
/// Why it is XM's to answer.
pub fn may_answer(headers: &impl Headers, rule: Option<&CacheRule>) -> Result<(), NotKept> {
    if headers.get("authorization").is_some() {
        return Err(NotKept::Authorization);
    }
    let cookies = Cookies::from_headers(headers);
    let mut bypass = false;
    for (name, _) in cookies.pairs() {
        if is_of_login(name) {
            return Err(NotKept::LoggedIn);
        }
        bypass |= rule.is_some_and(|rule| rule.bypass_cookies.iter().any(|rule| names(rule, name)));
    }
    if bypass {
        return Err(NotKept::BypassCookie);
    }
    Ok(())
}

/// Whether what XM answers to this page view may be kept, if XM allows it. It is for page views that passed
/// [`may_answer`]. `host`: of the request, with its port.
///
/// # Errors
/// Why not.
pub fn may_fill(headers: &impl Headers, host: &str) -> Result<(), NotKept> {
    let differs = |value: String| !value.trim().eq_ignore_ascii_case(host);
    if UNKEYED
        .iter()
        .any(|name| headers.get(name).is_some_and(differs))
    {
        return Err(NotKept::UnkeyedHeader);
    }
    Ok(())
}

/// Headers that frameworks and rewriting servers build links or even the choice of the page with. No browser sends them;
/// who does could have others see the page that XM made of them.
const UNKEYED: [&str; 10] = [
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-host",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Cookies of ASP.NET Core that say nothing about a login.
const CORE_WITHOUT_LOGIN: [&str; 5] = [
    "antiforgery.",
    "correlation.",
    "culture",
    "openidconnect.nonce.",
    "session",
];

/// Whether a cookie is one that ASP.NET, OWIN, WIF or Sitecore itself give to who has logged in. IIS compares without case.
fn is_of_login(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if let Some(rest) = name.strip_prefix(".aspnetcore.") {
        return !CORE_WITHOUT_LOGIN
            .iter()
            .any(|known| rest.starts_with(known));
    }
    matches!(name.as_str(), ".aspxauth" | ".aspxroles" | "fedauth" | "sitecore_userticket")
        || name.starts_with(".aspnet.")
        // WIF cuts a long one into numbered pieces.
        || name.strip_prefix("fedauth").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether `rule` (a name, perhaps with a trailing `*`) means `name`.
fn names(rule: &str, name: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(stem) => name.starts_with(stem),
        None => name == rule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{request::fixture::Lines, template_cache::storing::tests::rule};

    fn answers(lines: Lines<'_>) -> Result<(), NotKept> {
        let mut rule = rule(60, 0);
        rule.bypass_cookies = vec!["basket".to_owned(), "member_*".to_owned()];
        may_answer(&lines.to_vec(), Some(&rule))
    }

    fn with_cookie(name: &str) -> Result<(), NotKept> {
        let cookie = format!("first=1; {name}=x; last=1");
        answers(&[("Cookie", cookie.as_str())])
    }

    #[test]
    fn who_is_logged_in_on_xm_gets_their_own_page() {
        #[rustfmt::skip]
        let logged_in = [".ASPXAUTH", ".aspxauth", ".ASPXROLES", ".AspNet.ApplicationCookie", ".AspNet.Cookies", ".AspNet.CookiesC1",
            ".AspNet.Federation", ".AspNetCore.Cookies", ".AspNetCore.Identity.Application", ".AspNetCore.Mvc.CookieTempDataProvider",
            "FedAuth", "FedAuth1", "fedauth12", "sitecore_userticket"];
        for name in logged_in {
            assert_eq!(with_cookie(name), Err(NotKept::LoggedIn), "{name}");
            let cookie = format!("{name}=x");
            let lines = vec![("cookie", cookie.as_str())];
            assert_eq!(may_answer(&lines, None), Err(NotKept::LoggedIn), "{name}");
        }
    }

    #[test]
    fn everybody_else_gets_the_kept_page() {
        #[rustfmt::skip]
        let anonymous = ["ASP.NET_SessionId", "SC_ANALYTICS_GLOBAL_COOKIE", "shop#lang", "__RequestVerificationToken", ".AspNetCore.Session",
            ".AspNetCore.Antiforgery.w5W7x28NAIs", ".AspNetCore.Culture", ".AspNetCore.Correlation.x", "FedAuthX", "aspxauth", "Basket", "members", "bid_KEY"];
        for name in anonymous {
            assert_eq!(with_cookie(name), Ok(()), "{name}");
        }
        assert_eq!(answers(&[]), Ok(()));
        let reload = [("Cache-Control", "no-cache"), ("Pragma", "no-cache")];
        assert_eq!(answers(&reload), Ok(()), "a reload is no reason");
    }

    #[test]
    fn credentials_and_the_operators_cookies_are_reasons() {
        assert_eq!(
            answers(&[("Authorization", "")]),
            Err(NotKept::Authorization)
        );
        for name in ["basket", "member_", "member_7"] {
            assert_eq!(with_cookie(name), Err(NotKept::BypassCookie), "{name}");
        }
        // The label names the stronger reason, wherever the cookies stand.
        let both = [("Cookie", "basket=1; .ASPXAUTH=1")];
        assert_eq!(answers(&both), Err(NotKept::LoggedIn));
        let lines = vec![("Cookie", "basket=1")];
        assert_eq!(may_answer(&lines, None), Ok(()));
    }

    #[test]
    fn a_header_that_xm_may_build_links_with_poisons_nobody() {
        let fills = |lines: Lines<'_>| may_fill(&lines.to_vec(), "shop.example");
        assert_eq!(
            fills(&[
                ("X-Forwarded-For", "192.0.2.1"),
                ("X-Forwarded-Proto", "https")
            ]),
            Ok(())
        );
        assert_eq!(
            fills(&[("X-Forwarded-Host", " Shop.example ")]),
            Ok(()),
            "a proxy's honest word"
        );
        for name in UNKEYED {
            assert_eq!(
                fills(&[(name, "evil.example")]),
                Err(NotKept::UnkeyedHeader),
                "{name}"
            );
        }
    }
}
