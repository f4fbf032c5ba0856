//! Who may call: XM's server with its key, never a browser.
//!
//! In: headers and secrets. Out: nothing, or an answer that says what is wrong and nothing about the key.

use super::secrets::Secrets;
use crate::{
    answer::{Answer, problem},
    api_keys::{Denied, Scope},
    request::Headers,
};

/// Refuses what a page sends, whatever its key: a key in a page is everybody's. Browsers say of each such call where it
/// comes from; `none` is what they say of an address that somebody typed, and no page can have them say it.
pub(super) fn refuse_browsers(headers: &impl Headers) -> Result<(), Answer> {
    let site = headers.get("sec-fetch-site");
    let from_page = site.is_some_and(|site| site.trim() != "none");
    if headers.get("origin").is_none() && !from_page {
        return Ok(());
    }
    let detail = "Guest data is for servers only, and this request comes from a page: it has Origin or Sec-Fetch-Site. \
                  Call this endpoint from XM's server, and replace the key if it has ever been part of a page.";
    Err(problem(403, detail, &[]))
}

/// Admits the caller to what needs `scope`. Gives the CDP's API token.
pub(super) fn admit<'s>(
    scope: Scope,
    headers: &impl Headers,
    secrets: &'s Secrets,
) -> Result<&'s str, Answer> {
    let keys = secrets.keys().map_err(|detail| unavailable(&detail))?;
    let authorization = headers.get("authorization");
    keys.admit(authorization.as_deref(), scope)
        .map_err(denied)?;
    secrets.token().map_err(|detail| unavailable(&detail))
}

fn unavailable(detail: &str) -> Answer {
    problem(503, detail, &[])
}

/// The challenge is that of RFC 6750 §3.
fn denied(why: Denied) -> Answer {
    const REALM: &str = "Bearer realm=\"guests\"";
    let challenge =
        |answer: Answer, more: String| answer.with("www-authenticate", REALM.to_owned() + &more);
    match why {
        Denied::NoKey => {
            let detail = "Send the key of XM's server: Authorization: Bearer KEY.";
            challenge(problem(401, detail, &[]), String::new())
        }
        Denied::WrongKey => {
            let detail =
                "This key is not accepted: compare it with the Worker's secret XM_API_KEY.";
            challenge(
                problem(401, detail, &[]),
                ", error=\"invalid_token\"".to_owned(),
            )
        }
        Denied::Scope(scope) => {
            let scope = scope.name();
            let detail = format!("This key may not do that: it needs the scope {scope}.");
            let more = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
            challenge(problem(403, &detail, &[]), more)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::Lines;

    fn status(scope: Scope, headers: Lines<'_>, keys: &str, token: &str) -> u16 {
        let secrets = Secrets::read(|name| {
            let value = match name {
                "XM_API_KEY" => keys,
                "CDP_API_TOKEN" => token,
                _ => "",
            };
            Some(value.to_owned())
        });
        let headers = headers.to_vec();
        refuse_browsers(&headers)
            .and_then(|()| admit(scope, &headers, &secrets).map(|_| ()))
            .map_or_else(|answer| answer.status, |()| 200)
    }

    #[test]
    fn only_a_server_with_the_right_key_and_scope_is_admitted() {
        const KEY: (&str, &str) = ("Authorization", "Bearer key");
        use Scope::{Delete, Read, Write};
        #[rustfmt::skip]
        let cases: &[(Scope, Lines<'_>, &str, &str, u16)] = &[
            (Read, &[KEY], "key", "token", 200),
            (Read, &[KEY, ("Sec-Fetch-Mode", "cors"), ("Cookie", "a=b")], "key", "token", 200),
            (Read, &[], "key", "token", 401),
            (Read, &[("Authorization", "Bearer other")], "key", "token", 401),
            (Read, &[KEY, KEY], "key", "token", 401),
            (Read, &[KEY, ("Origin", "https://shop.example")], "key", "token", 403),
            (Read, &[KEY, ("Origin", "null")], "key", "token", 403),
            (Read, &[KEY, ("Origin", "")], "key", "token", 403),
            (Read, &[KEY, ("Sec-Fetch-Site", "same-origin")], "key", "token", 403),
            (Read, &[KEY, ("Sec-Fetch-Site", "none")], "key", "token", 200),
            (Read, &[KEY, ("Sec-Fetch-Site", "cross-site")], "key", "token", 403),
            (Read, &[KEY, ("Sec-Fetch-Site", "")], "key", "token", 403),
            (Read, &[KEY, ("Sec-Fetch-Site", "none, none")], "key", "token", 403),
            (Write, &[KEY], "read:key", "token", 403),
            (Delete, &[KEY], "read,write:key", "token", 403),
            (Write, &[KEY], "read,write:key", "token", 200),
            (Read, &[KEY], "", "token", 503),
            (Read, &[KEY], "x:key", "token", 503),
            (Read, &[KEY], "key", "", 503),
            (Read, &[], "key", "", 401),
        ];
        for (scope, headers, keys, token, expected) in cases {
            let found = status(*scope, headers, keys, token);
            assert_eq!(found, *expected, "{scope:?} {headers:?} {keys} {token}");
        }
    }

    #[test]
    fn a_refusal_names_the_scheme_and_no_key() {
        for why in [
            Denied::NoKey,
            Denied::WrongKey,
            Denied::Scope(Scope::Delete),
        ] {
            let answer = denied(why);
            let challenge = answer
                .headers
                .iter()
                .find(|(name, _)| *name == "www-authenticate");
            assert!(challenge.unwrap().1.starts_with("Bearer realm="));
        }
    }
}
