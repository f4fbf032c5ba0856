//! In: who is signed in. Out: the response headers by which XM tells the edge: `CDP-Event` for what has happened,
//! `CDP-Guest` for a page whose reader XM knows. The edge takes both off; without one they mean nothing.

use std::fmt::Write;

use axum::http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::accounts::Account;

/// A header and its value.
pub type Header = (HeaderName, HeaderValue);

/// The member has identified: an IDENTITY with all that the shop knows.
#[must_use]
pub fn identity(account: &Account) -> Option<Header> {
    let mut event = json!({
        "type": "IDENTITY", "email": account.email, "firstname": account.first_name,
        "identifiers": [{"provider": "email", "id": account.email}],
    });
    for (name, told) in [
        ("lastname", &account.last_name),
        ("phone", &account.phone),
        ("city", &account.city),
    ] {
        if !told.is_empty() {
            event[name] = json!(told);
        }
    }
    if account.newsletter {
        event["ext"] = json!({"newsletter": true});
    }
    let value = HeaderValue::try_from(ascii(&event)).ok()?;
    Some((HeaderName::from_static("cdp-event"), value))
}

/// The member has left: whoever uses the browser next is somebody else.
#[must_use]
pub fn logout() -> Option<Header> {
    let value = HeaderValue::try_from(json!({"type": "LOGOUT"}).to_string()).ok()?;
    Some((HeaderName::from_static("cdp-event"), value))
}

/// The page is for somebody who has signed in, so it may show guest data.
#[must_use]
pub fn authenticated() -> Header {
    let value = HeaderValue::from_static("authenticated");
    (HeaderName::from_static("cdp-guest"), value)
}

/// JSON in which every character beyond ASCII is escaped, as headers want it.
fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}
