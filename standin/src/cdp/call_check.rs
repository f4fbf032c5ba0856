//! In: the body of a flow call. Out: what is wrong with it, or its parts. Pure.

use serde_json::Value;

use super::flow::definition::is_friendly_id;
use super::tenant::Identifier;

/// What is refused with 400. Language and currency may be absent, as some SDKs leave them out; not empty.
#[must_use]
pub fn problem(call: &Value, edge: bool) -> Option<String> {
    if !call.is_object() {
        return Some("the body is no JSON object".to_owned());
    }
    for name in ["channel", "friendlyId", "pointOfSale"] {
        let may_be_empty = edge && name == "pointOfSale";
        if call
            .get(name)
            .and_then(Value::as_str)
            .is_none_or(|value| value.is_empty() && !may_be_empty)
        {
            return Some(format!("{name} is required"));
        }
    }
    if call
        .get("language")
        .is_some_and(|language| language.as_str().is_none_or(str::is_empty))
    {
        return Some("language must not be empty".to_owned());
    }
    let friendly_id = text(call, "friendlyId");
    let plain = if edge {
        friendly_id.strip_suffix('*').unwrap_or(friendly_id)
    } else {
        friendly_id
    };
    if !is_friendly_id(plain) {
        return Some("friendlyId must match ^[a-z0-9_]*$".to_owned());
    }
    let ids = ["browserId", "email", "identifiers"]
        .iter()
        .filter(|name| call.get(**name).is_some_and(|value| !value.is_null()))
        .count();
    if ids != 1 {
        return Some("exactly one of browserId, email and identifiers is required".to_owned());
    }
    if text(call, "browserId").is_empty()
        && identifier(call).is_none_or(|identifier| identifier.id.is_empty())
    {
        return Some("identifiers must be one object {provider, id}".to_owned());
    }
    None
}

/// Who the call is about, when it is not a browser.
#[must_use]
pub fn identifier(call: &Value) -> Option<Identifier> {
    match text(call, "email") {
        "" => serde_json::from_value(call.get("identifiers")?.clone()).ok(),
        email => Some(Identifier {
            provider: "email".to_owned(),
            id: email.to_owned(),
            expiry_date: None,
        }),
    }
}

/// A string member, or nothing.
#[must_use]
pub fn text<'a>(call: &'a Value, name: &str) -> &'a str {
    call.get(name).and_then(Value::as_str).unwrap_or_default()
}
