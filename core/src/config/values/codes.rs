//! The codes that the CDP knows: channel, currency, language, type of a custom event.
//!
//! In: one JSON value. Out: the code in upper case. Whether the tenant knows it is not checked.

use serde_json::Value;

use super::scalars::text;
use crate::config::{found::mismatch, reader::Read, settings::Language};

/// Letters of a channel or event type; the tenant's own names are far shorter.
const CODE_CHARS: usize = 64;

/// Types with a meaning of their own in the CDP: those that Sitecore's Engage SDK refuses for custom events, and
/// those with fields of their own (orders, forms) or of the CDP itself.
const RESERVED: [&str; 34] = [
    "ADD",
    "ADD_CONSUMERS",
    "ADD_CONTACTS",
    "ADD_PRODUCT",
    "CALCULATOR",
    "CAMPAIGN_TRACKING",
    "CHAT",
    "CHECKOUT",
    "CLEAR_CART",
    "CLICK",
    "COMMENT",
    "CONFIRM",
    "CONSUMERS",
    "CONTACT_REQUEST",
    "EMAIL",
    "FORCE_CLOSE",
    "FORM",
    "IDENTITY",
    "LOGIN",
    "NOTIFICATION",
    "ORDER_CHECKOUT",
    "ORDER_UPDATE",
    "PAYMENT",
    "PNR_RECORD",
    "PURCHASE",
    "SEARCH",
    "SELECT",
    "SMS",
    "SUBSCRIPTION",
    "TRACKING",
    "TRIGGER",
    "TRIP_SUMMARY",
    "UPDATE",
    "VIEW",
];

/// A channel, `WEB`.
pub(crate) fn channel(value: &Value) -> Read<String> {
    code(
        value,
        "a channel in upper case such as \"WEB\" (A to Z, 0 to 9 and _)",
    )
}

/// A custom event's type, `SIGNUP`.
pub(crate) fn event_type(value: &Value) -> Read<String> {
    let event = code(
        value,
        "the type of a custom event in upper case such as \"SIGNUP\" (A to Z, 0 to 9 and _)",
    )?;
    if is_reserved_type(&event) {
        return Err(format!(
            "{event:?} has a meaning of its own in the CDP: choose another type, such as \"GOAL_{event}\""
        ));
    }
    Ok(event)
}

/// Whether `event` is a type with a meaning of its own in the CDP, and so no custom event's.
#[must_use]
pub fn is_reserved_type(event: &str) -> bool {
    RESERVED.contains(&event)
}

/// An ISO 4217 currency, `EUR`.
pub(crate) fn currency(value: &Value) -> Read<String> {
    let expected = "a currency of three upper-case letters (ISO 4217) such as \"EUR\"";
    let currency = text(value, expected)?;
    let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code
        .then(|| currency.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}

/// `html`, or a language code, of which the CDP takes the first two letters in upper case (`de-AT` is `DE`).
pub(crate) fn language(value: &Value) -> Read<Language> {
    let expected =
        "\"html\" (the page's own <html lang>) or a language such as \"DE\" or \"de-AT\"";
    let tag = text(value, expected)?;
    if tag == "html" {
        return Ok(Language::Html);
    }
    let mut subtags = tag.split(['-', '_']);
    let primary = subtags.next().filter(|primary| {
        primary.len() == 2 && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    // Script and region: `zh-Hans-CN`, `es-419`.
    let others_fit = subtags.all(|subtag| {
        (2..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    primary
        .filter(|_| others_fit)
        .map(|primary| Language::Fixed(primary.to_ascii_uppercase()))
        .ok_or_else(|| mismatch(expected, value))
}

fn code(value: &Value, expected: &str) -> Read<String> {
    let code = text(value, expected)?;
    let is_code = code.len() <= CODE_CHARS
        && code
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_code
        .then(|| code.to_owned())
        .ok_or_else(|| mismatch(expected, value))
}
