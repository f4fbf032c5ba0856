//! Who calls: XM's server with its key, never a browser.
//!
//! In: headers, the keys. Out: nothing, or an answer that says what is wrong and nothing about the key.

use data_url::mime::Mime;

use super::{ApiKeys, Denied, KeyFault, SECRETS, Scope};
use crate::{
    answer::{Answer, problem},
    request::Headers,
};

/// Refuses what a page sends, whatever its key: a key in a page is everybody's. Browsers say of each such call where it
/// comes from; `none` is what they say of an address that somebody typed, and no page can have them say it. `what`: the
/// subject of a sentence, "Guest data is".
///
/// # Errors
/// The answer to a page.
pub fn refuse_browsers(headers: &impl Headers, what: &str) -> Result<(), Answer> {
    let site = headers.get("sec-fetch-site");
    let from_page = site.is_some_and(|site| site.trim() != "none");
    if headers.get("origin").is_none() && !from_page {
        return Ok(());
    }
    let detail = format!(
        "{what} for servers only, and this request comes from a page: it has Origin or Sec-Fetch-Site. \
         Call this endpoint from XM's server, and replace the key if it has ever been part of a page."
    );
    Err(problem(403, &detail, &[]))
}

/// Refuses, before it is read, a body that is no JSON or says that it is longer than `most` bytes.
///
/// # Errors
/// The answer.
pub fn refuse_body(headers: &impl Headers, most: usize) -> Result<(), Answer> {
    let is_json = |value: String| {
        value.parse::<Mime>().is_ok_and(|mime| {
            (mime.type_.as_str(), mime.subtype.as_str()) == ("application", "json")
        })
    };
    if !headers.get("content-type").is_some_and(is_json) {
        let detail = "Send JSON, with the header Content-Type: application/json.";
        return Err(problem(415, detail, &[]));
    }
    let announced = headers.get("content-length");
    let announced = announced.and_then(|length| length.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large(most));
    }
    Ok(())
}

/// The answer to a body of more than `most` bytes.
#[must_use]
pub fn too_large(most: usize) -> Answer {
    let detail = format!("The body may have at most {} KiB.", most / 1024);
    problem(413, &detail, &[])
}

impl ApiKeys {
    /// Admits the caller to what needs `scope`, as [`Self::admit`] does. `realm`: what the key is for.
    ///
    /// # Errors
    /// The answer to who is not admitted, with the challenge of RFC 6750 §3.
    pub fn admit_caller(
        &self,
        headers: &impl Headers,
        scope: Scope,
        realm: &'static str,
    ) -> Result<(), Answer> {
        let authorization = headers.get("authorization");
        self.admit(authorization.as_deref(), scope)
            .map_err(|why| denied(why, realm))
    }
}

fn denied(why: Denied, realm: &str) -> Answer {
    let challenge = |answer: Answer, more: &str| {
        answer.with(
            "www-authenticate",
            format!("Bearer realm=\"{realm}\"{more}"),
        )
    };
    match why {
        Denied::NoKey => {
            let detail = "Send the key of XM's server: Authorization: Bearer KEY.";
            challenge(problem(401, detail, &[]), "")
        }
        Denied::WrongKey => {
            let detail =
                "This key is not accepted: compare it with the Worker's secret XM_API_KEY.";
            challenge(problem(401, detail, &[]), ", error=\"invalid_token\"")
        }
        Denied::Scope(scope) => {
            let scope = scope.name();
            let detail = format!("This key may not do that: it needs the scope {scope}.");
            let more = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
            challenge(problem(403, &detail, &[]), &more)
        }
    }
}

impl KeyFault {
    /// What the operator does about it. `what`: the subject of a sentence, "The guest API is".
    #[must_use]
    pub fn remedy(self, what: &str) -> String {
        match self {
            Self::Missing => unset(what, SECRETS[0]),
            Self::Malformed(name) => format!(
                "The secret {name} of the Worker is not written as it must be: one key, or several with white space \
                 between them, each alone or as read,write,delete,preview,purge:KEY. Set it again: npx wrangler secret put {name}"
            ),
        }
    }
}

/// A secret that is not set, and what to do.
#[must_use]
pub fn unset(what: &str, name: &str) -> String {
    format!(
        "{what} not set up: the secret {name} of the Worker is missing. Set it: npx wrangler secret put {name}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_scheme_and_no_key() {
        for why in [
            Denied::NoKey,
            Denied::WrongKey,
            Denied::Scope(Scope::Delete),
        ] {
            let answer = denied(why, "guests");
            let challenge = answer
                .headers
                .iter()
                .find(|(name, _)| *name == "www-authenticate");
            assert!(challenge.unwrap().1.starts_with("Bearer realm="));
        }
    }
}
