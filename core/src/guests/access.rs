//! Who may call: XM's server with its key, never a browser.
//!
//! In: headers and secrets. Out: nothing, or an answer that says what is wrong and nothing about the key.

use super::secrets::Secrets;
use crate::{
    answer::{Answer, problem},
    api_keys::{self, Scope},
    request::Headers,
};

/// Refuses what a page sends, whatever its key.
pub(super) fn refuse_browsers(headers: &impl Headers) -> Result<(), Answer> {
    api_keys::refuse_browsers(headers, "Guest data is")
}

/// Admits the caller to what needs `scope`. Gives the CDP's API token.
pub(super) fn admit<'s>(
    scope: Scope,
    headers: &impl Headers,
    secrets: &'s Secrets,
) -> Result<&'s str, Answer> {
    let unavailable = |detail: String| problem(503, &detail, &[]);
    let keys = secrets.keys().map_err(unavailable)?;
    keys.admit_caller(headers, scope, "guests")?;
    secrets.token().map_err(unavailable)
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
}
