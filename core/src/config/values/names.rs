//! Names that others gave: keys of the tenant, friendly ids, cookies, form fields, pointers into a guest.
//!
//! In: one JSON value. Out: the name, checked for its alphabet only. Keys of the tenant are never repeated in a
//! problem, in case a secret was pasted in their place.

use serde_json::Value;

use super::scalars::text;
use crate::config::{
    found::{kind, mismatch},
    reader::Read,
};

/// Characters of a key, a friendly id or a point of sale.
const NAME_CHARS: usize = 128;

/// `CDP_CLIENT_KEY`: becomes part of a cookie's name, hence the alphabet.
pub(crate) fn client_key(value: &Value) -> Read<String> {
    tenant_key(
        value,
        "the tenant's client key (1 to 128 letters, digits, - and _)",
        |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
    )
}

/// `SITECORE_EDGE_CONTEXT_ID`: becomes a query parameter.
pub(crate) fn context_id(value: &Value) -> Read<String> {
    tenant_key(
        value,
        "the Edge context id (1 to 128 visible ASCII characters)",
        |byte| byte.is_ascii_graphic(),
    )
}

/// A point of sale; the CDP drops events of one that it does not know, so a stray space matters.
pub(crate) fn point_of_sale(value: &Value) -> Read<String> {
    printable(
        value,
        "a point of sale as the tenant has it, such as \"shop/ie\" (1 to 128 printable characters, no space \
         around them)",
    )
}

/// The provider of an identifier, as the tenant's identity rules name it.
pub(crate) fn provider(value: &Value) -> Read<String> {
    printable(
        value,
        "a provider such as \"email\" (1 to 128 printable characters, no space around them)",
    )
}

/// The name of a form field; XM's own are long (`fxb.….Fields[…].Value`).
pub(crate) fn form_field(value: &Value) -> Read<String> {
    text(value, "the name of a form field").map(str::to_owned)
}

/// A text that a cookie's value must contain.
pub(crate) fn part(value: &Value) -> Read<String> {
    text(value, "a text that the cookie's decoded value must contain").map(str::to_owned)
}

/// A friendly id, where a trailing `*` stands for the first live match, as in Sitecore's own component ids.
pub(crate) fn friendly_id(value: &Value) -> Read<String> {
    let expected = "a friendly id such as \"home_hero\" (1 to 128 letters, digits, _ and -, then perhaps one *)";
    let id = text(value, expected)?;
    let stem = id.strip_suffix('*').unwrap_or(id);
    let fits = (1..=NAME_CHARS).contains(&stem.len())
        && stem
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then(|| id.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}

/// A cookie's name: a token of RFC 6265 §4.1.1 (RFC 9110 §5.6.2).
pub(crate) fn cookie_name(value: &Value) -> Read<String> {
    let expected = "the name of a cookie (no space, =, comma, semicolon or other separator)";
    let name = text(value, expected)?;
    let is_token = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    is_token
        .then(|| name.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}

/// `cache_version`: part of the name of every kept page.
pub(crate) fn cache_version(value: &Value) -> Read<String> {
    if value == "" {
        return Ok(String::new());
    }
    printable(
        value,
        "a text of at most 128 printable characters, such as \"2\" (no space around it)",
    )
}

/// A JSON Pointer (RFC 6901) to a part; the empty one, the whole, is not meant here.
pub(crate) fn json_pointer(value: &Value) -> Read<String> {
    let expected = "a JSON Pointer such as \"/firstName\" (begins with /; ~ only as ~0 or ~1)";
    let pointer = text(value, expected)?;
    let escapes_fit = pointer
        .split('~')
        .skip(1)
        .all(|rest| rest.starts_with(['0', '1']));
    (pointer.starts_with('/') && escapes_fit)
        .then(|| pointer.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}

/// A container of Google Tag Manager.
pub(crate) fn gtm_container(value: &Value) -> Read<String> {
    let expected = "a Google Tag Manager container such as \"GTM-ABC123\"";
    let id = text(value, expected)?;
    let number = id.strip_prefix("GTM-").unwrap_or_default();
    let fits = (1..=NAME_CHARS).contains(&number.len())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    fits.then(|| id.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}

fn tenant_key(value: &Value, expected: &str, fits: impl Fn(u8) -> bool) -> Read<String> {
    let Value::String(key) = value else {
        return Err(format!("expected {expected}, found {}", kind(value)));
    };
    if !(1..=NAME_CHARS).contains(&key.len()) {
        let bytes = key.len();
        return Err(format!("expected {expected}, found {bytes} bytes"));
    }
    match key.bytes().position(|byte| !fits(byte)) {
        Some(index) => {
            let place = index + 1;
            Err(format!(
                "expected {expected}; the character at place {place} is not one of them"
            ))
        }
        None => Ok(key.clone()),
    }
}

fn printable(value: &Value, expected: &str) -> Read<String> {
    let text = text(value, expected)?;
    let fits = text.trim() == text
        && text.chars().count() <= NAME_CHARS
        && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}
