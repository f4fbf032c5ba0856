//! Creating a browser id (`browser/create.json`), and learning that one is unknown.
//!
//! In: the client key; a reply's status and body. Out: path and query; a [`BrowserId`] or an error. Each call makes a
//! guest in the tenant, so the caller asks only for a consenting human without an id.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::cdp::BrowserId;

/// Most of a reply that is worth reading, in bytes; a good one has about 200.
pub const MAX_REPLY: usize = 16_384;

/// All but the unreserved characters of RFC 3986 §2.3.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why no id was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// A 2xx whose body is not JSON with an id in `ref`. Is `CDP_ENDPOINT` the API host of the tenant's region?
    InvalidReply,
    /// A 4xx: check `CDP_CLIENT_KEY` and that `CDP_ENDPOINT` is the host of the tenant's region.
    Refused,
    /// Any other status: the CDP is in trouble, or redirects.
    Unavailable,
}

impl CreateError {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::InvalidReply => "invalid_reply",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Path and query of the `GET` that creates an id. `message` is the empty object that Sitecore's SDKs send.
#[must_use]
pub fn create_path(client_key: &str) -> String {
    let client_key = utf8_percent_encode(client_key, RESERVED);
    format!("/v1.2/browser/create.json?client_key={client_key}&message=%7B%7D")
}

/// The id in a reply. Any 2xx is a success: the live API answers 201.
///
/// # Errors
/// When the status is not 2xx or the body holds no id.
pub fn parse_created(status: u16, body: &[u8]) -> Result<BrowserId, CreateError> {
    match status {
        200..=299 => {}
        400..=499 => return Err(CreateError::Refused),
        _ => return Err(CreateError::Unavailable),
    }
    let reply: Created = serde_json::from_slice(body).map_err(|_| CreateError::InvalidReply)?;
    [reply.reference, reply.browser_reference]
        .into_iter()
        .flatten()
        .find_map(|id| BrowserId::parse(&id))
        .ok_or(CreateError::InvalidReply)
}

/// Whether an answer to an event or a flow says that the browser id is unknown: it must then be replaced.
#[must_use]
pub fn is_unknown(status: u16, body: &[u8]) -> bool {
    status == 404 && says_not_found(body)
}

/// Whether a body of the Stream API carries `"status":"NOT_FOUND"`.
pub(crate) fn says_not_found(body: &[u8]) -> bool {
    serde_json::from_slice::<Status<'_>>(body).is_ok_and(|reply| reply.status == "NOT_FOUND")
}

/// `browserRef` is the name that Boxever JS accepts as well.
#[derive(Deserialize)]
struct Created {
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(rename = "browserRef")]
    browser_reference: Option<String>,
}

#[derive(Deserialize)]
struct Status<'a> {
    status: &'a str,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "a38b230c-11eb-4cf9-8d5d-274e9f344925";

    #[test]
    fn the_client_key_cannot_leave_its_parameter() {
        assert_eq!(
            create_path("a1&b=c/é"),
            "/v1.2/browser/create.json?client_key=a1%26b%3Dc%2F%C3%A9&message=%7B%7D"
        );
    }

    #[test]
    fn any_2xx_with_an_id_is_a_success() {
        let good = format!(
            r#"{{"status":"OK","version":"1.2","client_key":"k","ref":"{ID}","customer_ref":"c"}}"#
        );
        let boxever = format!(r#"{{"browserRef":"{ID}"}}"#);
        for (status, body) in [(201, &good), (200, &good), (200, &boxever)] {
            assert_eq!(parse_created(status, body.as_bytes()).unwrap().as_str(), ID);
        }
    }

    #[test]
    fn everything_else_is_an_error_that_says_where_to_look() {
        use CreateError::*;
        let good = format!(r#"{{"ref":"{ID}"}}"#);
        #[rustfmt::skip]
        let cases = [
            (401, good.as_str(), Refused),
            (404, "", Refused),
            (429, "", Refused),
            (302, &good, Unavailable),
            (500, &good, Unavailable),
            (0, "", Unavailable),
            (201, "", InvalidReply),
            (201, "<html>", InvalidReply),
            (201, "null", InvalidReply),
            (201, "[]", InvalidReply),
            (201, "{}", InvalidReply),
            (201, r#"{"ref":null}"#, InvalidReply),
            (201, r#"{"ref":1}"#, InvalidReply),
            (201, r#"{"ref":"x"}"#, InvalidReply),
            (201, r#"{"ref":"a38b230c-11eb-4cf9-8d5d-274e9f344925; Domain=x"}"#, InvalidReply),
        ];
        for (status, body, error) in cases {
            assert_eq!(
                parse_created(status, body.as_bytes()),
                Err(error),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn labels_tell_the_errors_apart() {
        use CreateError::*;
        let labels = [InvalidReply, Refused, Unavailable].map(CreateError::label);
        assert_eq!(labels, ["invalid_reply", "refused", "unavailable"]);
    }

    #[test]
    fn only_a_404_that_says_so_makes_an_id_unknown() {
        let body = br#"{"status":"NOT_FOUND","error_msg":"Invalid browser id/ref specified"}"#;
        assert!(is_unknown(404, body));
        assert!(!is_unknown(200, body));
        assert!(!is_unknown(404, br#"{"status":404}"#));
        assert!(!is_unknown(404, b"<html>"));
        assert!(!is_unknown(404, b""));
    }

    proptest! {
        #[test]
        fn no_reply_panics(status in any::<u16>(), body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_created(status, &body);
            let _ = is_unknown(status, &body);
        }
    }
}
