//! What the visitor allows: an id, personalisation, analytics.
//!
//! In: the site's consent mode, the cookies, and Global Privacy Control. Out: [`Grants`]. It never asks and never
//! remembers: the consent tool of the site does.

use percent_encoding::percent_decode_str;

use crate::{
    config::{Consent, ConsentCookie},
    request::{Cookies, Headers},
};

/// What the visitor allows. Nothing is granted without the id, for decisions and events both carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// A browser id may be created, read and refreshed.
    pub id: bool,
    /// Decisions may be asked for.
    pub personalisation: bool,
    /// Events may be sent.
    pub analytics: bool,
}

/// Whether the browser says `Sec-GPC: 1` (Global Privacy Control).
#[must_use]
pub fn privacy_control(headers: &impl Headers) -> bool {
    headers
        .get("sec-gpc")
        .is_some_and(|value| value.trim() == "1")
}

/// What `consent` grants to this visitor. Global Privacy Control refuses everything, unless the consent cookie grants
/// it: a choice made on this site outweighs a general one.
#[must_use]
pub fn grants(consent: &Consent, cookies: &Cookies, privacy_control: bool) -> Grants {
    let asked = match consent {
        Consent::Always => !privacy_control,
        Consent::Cookie(cookie) => return from_cookie(cookie, cookies),
        Consent::Off => false,
    };
    Grants {
        id: asked,
        personalisation: asked,
        analytics: asked,
    }
}

/// Whether the id cookie `name` must be expired: the visitor sent it, and no longer allows it. With mode `off`
/// identification is none of ours, and neither is the cookie.
#[must_use]
pub fn withdrawn(consent: &Consent, grants: Grants, cookies: &Cookies, name: &str) -> bool {
    !grants.id && *consent != Consent::Off && cookies.has(name)
}

/// Of several cookies of that name every one must grant: in doubt the visitor has refused.
fn from_cookie(consent: &ConsentCookie, cookies: &Cookies) -> Grants {
    let values: Vec<_> = cookies
        .values(&consent.cookie)
        .map(|value| percent_decode_str(value).decode_utf8_lossy())
        .collect();
    let granted = |text: &Option<String>| {
        text.as_deref().is_some_and(|text| {
            !text.is_empty() && !values.is_empty() && values.iter().all(|v| v.contains(text))
        })
    };
    let id = granted(&consent.id);
    Grants {
        id,
        personalisation: id && granted(&consent.personalisation),
        analytics: id && granted(&consent.analytics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Grants = Grants {
        id: false,
        personalisation: false,
        analytics: false,
    };
    const ALL: Grants = Grants {
        id: true,
        personalisation: true,
        analytics: true,
    };

    fn by_cookie() -> Consent {
        Consent::Cookie(ConsentCookie {
            cookie: "OptanonConsent".to_owned(),
            id: Some("C0001:1".to_owned()),
            personalisation: Some("C0003:1".to_owned()),
            analytics: Some("C0002:1".to_owned()),
        })
    }

    #[test]
    fn privacy_control_refuses_unless_the_cookie_grants() {
        let all = Cookies::new("OptanonConsent=groups%3DC0001%3A1%2CC0002%3A1%2CC0003%3A1");
        for gpc in [false, true] {
            let always = if gpc { NONE } else { ALL };
            assert_eq!(grants(&Consent::Always, &all, gpc), always);
            assert_eq!(grants(&Consent::Off, &all, gpc), NONE);
            assert_eq!(grants(&by_cookie(), &all, gpc), ALL);
            assert_eq!(grants(&by_cookie(), &Cookies::default(), gpc), NONE);
        }
    }

    #[test]
    fn each_grant_is_its_own_and_none_comes_without_the_id() {
        #[rustfmt::skip]
        let cases = [
            ("OptanonConsent=C0001:1,C0002:0,C0003:1", Grants { id: true, personalisation: true, analytics: false }),
            ("OptanonConsent=C0001:1,C0002:1,C0003:0", Grants { id: true, personalisation: false, analytics: true }),
            ("OptanonConsent=C0001:1", Grants { id: true, personalisation: false, analytics: false }),
            ("OptanonConsent=C0001:0,C0002:1,C0003:1", NONE),
            ("OptanonConsent=", NONE),
            ("optanonconsent=C0001:1", NONE),
            ("a=C0001:1", NONE),
            ("OptanonConsent=C0001:1,C0002:1,C0003:1; OptanonConsent=C0001:0,C0002:1,C0003:1", NONE),
            ("OptanonConsent=%ff%43%30001:1", Grants { id: true, personalisation: false, analytics: false }),
        ];
        for (header, expected) in cases {
            let granted = grants(&by_cookie(), &Cookies::new(header), false);
            assert_eq!(granted, expected, "{header}");
        }
    }

    #[test]
    fn a_text_that_is_absent_or_empty_grants_nothing() {
        for text in [None, Some(String::new())] {
            let consent = Consent::Cookie(ConsentCookie {
                cookie: "c".to_owned(),
                id: text,
                personalisation: Some("x".to_owned()),
                analytics: Some("x".to_owned()),
            });
            assert_eq!(grants(&consent, &Cookies::new("c=x"), false), NONE);
        }
    }

    #[test]
    fn withdrawal_expires_the_id_only_where_we_set_it() {
        let sent = Cookies::new("bid_K=1");
        #[rustfmt::skip]
        let cases = [
            (Consent::Always, NONE, &sent, true),
            (by_cookie(), NONE, &sent, true),
            (by_cookie(), ALL, &sent, false),
            (by_cookie(), NONE, &Cookies::default(), false),
            (Consent::Off, NONE, &sent, false),
        ];
        for (consent, grants, cookies, expected) in cases {
            assert_eq!(
                withdrawn(&consent, grants, cookies, "bid_K"),
                expected,
                "{consent:?} {grants:?}"
            );
        }
    }

    #[test]
    fn only_1_is_privacy_control() {
        for (value, expected) in [
            ("1", true),
            (" 1 ", true),
            ("0", false),
            ("", false),
            ("?1", false),
        ] {
            assert_eq!(
                privacy_control(&vec![("Sec-GPC", value)]),
                expected,
                "{value}"
            );
        }
        assert!(!privacy_control(&Vec::<(&str, &str)>::new()));
    }
}
