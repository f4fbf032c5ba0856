//! A guest's reference, and the guest behind a browser (`browser/{id}/show.json`).
//!
//! In: text; a browser id and the client key; a reply. Out: a [`GuestRef`], a path, or why there is no guest. A reference
//! never shows itself in a log: `Debug` hides it.

use std::fmt;

use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use uuid::Uuid;

use crate::cdp::{BrowserId, browser::RESERVED};

/// The reference of a guest: a hyphenated UUID in lower case, as the CDP gives it out. There is one spelling, so that no
/// path can mean another resource than it says.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GuestRef(String);

/// Why a browser has no guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowError {
    /// A 2xx whose body names no guest.
    InvalidReply,
    /// The CDP does not know the browser id.
    Unknown,
    /// Any other answer.
    Failed,
}

impl GuestRef {
    /// Takes `text` when it is a UUID of the form 8-4-4-4-12 in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == uuid::fmt::Hyphenated::LENGTH
            && !text.bytes().any(|byte| byte.is_ascii_uppercase())
            && Uuid::try_parse(text).is_ok();
        fits.then(|| Self(text.to_owned()))
    }

    /// The reference in the last segment of a URL of the CDP.
    #[must_use]
    pub fn from_href(href: &str) -> Option<Self> {
        let path = href.split(['?', '#']).next()?;
        Self::parse(path.rsplit('/').next()?)
    }

    /// As the CDP writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reference never stands in a log.
impl fmt::Debug for GuestRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestRef(…)")
    }
}

/// Path and query of the `GET` that shows the guest behind a browser. Sitecore's SDKs give the client key as
/// `api_token`, and so does this: the real token is a secret and does not belong in a URL.
#[must_use]
pub fn show_path(browser_id: &BrowserId, client_key: &str) -> String {
    let (id, key) = (
        browser_id.as_str(),
        utf8_percent_encode(client_key, RESERVED),
    );
    format!("/v1.2/browser/{id}/show.json?client_key={key}&api_token={key}")
}

/// The guest in a reply.
///
/// # Errors
/// When there is none, and why.
pub fn parse_shown(status: u16, body: &[u8]) -> Result<GuestRef, ShowError> {
    if status == 404 || super::browser::says_not_found(body) {
        return Err(ShowError::Unknown);
    }
    if !(200..=299).contains(&status) {
        return Err(ShowError::Failed);
    }
    let shown: Shown<'_> = serde_json::from_slice(body).map_err(|_| ShowError::InvalidReply)?;
    GuestRef::parse(shown.customer.reference).ok_or(ShowError::InvalidReply)
}

#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(borrow)]
    customer: Customer<'a>,
}

#[derive(Deserialize)]
struct Customer<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::BROWSER_ID;

    const GUEST: &str = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";

    #[test]
    fn a_reference_has_one_spelling() {
        assert_eq!(GuestRef::parse(GUEST).unwrap().as_str(), GUEST);
        let upper = GUEST.to_uppercase();
        let braced = format!("{{{GUEST}}}");
        let urn = format!("urn:uuid:{GUEST}");
        let bare = GUEST.replace('-', "");
        let long = "a".repeat(10_000);
        for text in [
            "",
            &upper,
            &braced,
            &urn,
            &bare,
            &long,
            "..%2f..%2fv2%2fcallFlows",
        ] {
            assert_eq!(GuestRef::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_reference_is_the_last_segment_of_its_url() {
        let url = format!("https://api.example/v2.1/guests/{GUEST}");
        assert_eq!(GuestRef::from_href(&url).unwrap().as_str(), GUEST);
        assert_eq!(
            GuestRef::from_href(&format!("{url}?expand=true")),
            GuestRef::parse(GUEST)
        );
        assert_eq!(GuestRef::from_href("https://api.example/v2.1/guests"), None);
        assert_eq!(GuestRef::from_href(""), None);
    }

    #[test]
    fn the_real_token_is_not_in_the_url() {
        let id = BrowserId::parse(BROWSER_ID).unwrap();
        assert_eq!(
            show_path(&id, "CK&x"),
            format!("/v1.2/browser/{BROWSER_ID}/show.json?client_key=CK%26x&api_token=CK%26x")
        );
    }

    #[test]
    fn a_reply_names_a_guest_or_says_why_not() {
        let shown =
            format!(r#"{{"status":"OK","ref":"{BROWSER_ID}","customer":{{"ref":"{GUEST}"}}}}"#);
        let not_found = r#"{"status":"NOT_FOUND","error_msg":"x"}"#;
        let odd = r#"{"customer":{"ref":"../../v2/callFlows"}}"#;
        #[rustfmt::skip]
        let cases = [
            (200, shown.as_str(), Ok(GUEST)), (201, &shown, Ok(GUEST)),
            (404, "", Err(ShowError::Unknown)), (404, not_found, Err(ShowError::Unknown)),
            (400, not_found, Err(ShowError::Unknown)), (200, not_found, Err(ShowError::Unknown)),
            (401, "{}", Err(ShowError::Failed)), (302, &shown, Err(ShowError::Failed)), (500, &shown, Err(ShowError::Failed)),
            (200, "", Err(ShowError::InvalidReply)), (200, "<html>", Err(ShowError::InvalidReply)),
            (200, "{}", Err(ShowError::InvalidReply)), (200, odd, Err(ShowError::InvalidReply)),
        ];
        for (status, body, expected) in cases {
            let parsed = parse_shown(status, body.as_bytes());
            assert_eq!(
                parsed.as_ref().map(GuestRef::as_str),
                expected.as_ref().copied(),
                "{status} {body}"
            );
        }
    }
}
