//! What a call needs the visitor's consent for.
//!
//! In: the call, the request's headers, the site's consent mode. Out: yes or no. A call that no page made (an SDK on
//! a server: no cookie, no `Origin`, no fetch metadata) is the business of who makes it.

use super::route::Call;
use crate::{
    config::Site,
    request::{Cookies, Grants, Headers, consent},
};

/// What only a browser sends with a page's calls.
const FROM_A_PAGE: [&str; 5] = ["cookie", "origin", "referer", "sec-fetch-site", "sec-gpc"];

/// Whether the call may be made.
pub(super) fn allows(call: &Call, headers: &impl Headers, site: &Site) -> bool {
    let Some(needed) = needed(call) else {
        return true;
    };
    if FROM_A_PAGE.iter().all(|name| headers.get(name).is_none()) {
        return true;
    }
    let cookies = Cookies::from_headers(headers);
    let grants = consent::grants(&site.consent, &cookies, consent::privacy_control(headers));
    needed(grants)
}

fn needed(call: &Call) -> Option<fn(Grants) -> bool> {
    match call {
        Call::CreateBrowser | Call::ShowBrowser => Some(|grants| grants.id),
        Call::CreateEvent | Call::PostEvent => Some(|grants| grants.analytics),
        Call::Flow | Call::FlowInQuery => Some(|grants| grants.personalisation),
        // Scripts and reports of errors in them: nobody is identified, decided for or counted.
        Call::CdnUrl | Call::Library | Call::LogError | Call::WebFlow(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Consent, ConsentCookie},
        request::fixture::{self, Lines},
    };

    const BROWSER: (&str, &str) = ("sec-fetch-site", "same-origin");

    #[test]
    fn each_call_needs_its_own_consent() {
        let by_cookie = Consent::Cookie(ConsentCookie {
            cookie: "c".to_owned(),
            id: Some("i".to_owned()),
            personalisation: Some("p".to_owned()),
            analytics: Some("a".to_owned()),
        });
        use Call::*;
        #[rustfmt::skip]
        let cases: &[(Call, &Consent, Lines<'_>, bool)] = &[
            (PostEvent, &Consent::Always, &[BROWSER], true),
            (PostEvent, &Consent::Always, &[BROWSER, ("sec-gpc", "1")], false),
            (Flow, &Consent::Always, &[("sec-gpc", "1")], false),
            (CreateBrowser, &Consent::Off, &[BROWSER], false),
            (CreateBrowser, &Consent::Off, &[], true),
            (CreateBrowser, &by_cookie, &[], true),
            (CreateBrowser, &by_cookie, &[BROWSER], false),
            (CreateBrowser, &by_cookie, &[BROWSER, ("cookie", "c=i")], true),
            (PostEvent, &by_cookie, &[("cookie", "c=i")], false),
            (PostEvent, &by_cookie, &[("cookie", "c=ia")], true),
            (PostEvent, &by_cookie, &[("cookie", "c=ia"), ("sec-gpc", "1")], true),
            (CreateEvent, &by_cookie, &[("cookie", "c=ip")], false),
            (Flow, &by_cookie, &[("cookie", "c=ia")], false),
            (Flow, &by_cookie, &[("cookie", "c=ip")], true),
            (FlowInQuery, &by_cookie, &[("referer", "https://shop.example/")], false),
            (CdnUrl, &Consent::Off, &[BROWSER], true),
        ];
        for (call, consent, headers, expected) in cases {
            let mut site = fixture::site();
            site.consent = (*consent).clone();
            assert_eq!(
                allows(call, &headers.to_vec(), &site),
                *expected,
                "{call:?} {headers:?}"
            );
        }
    }
}
