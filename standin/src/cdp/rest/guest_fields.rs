//! In: the name and the value of a guest's field. Out: the value, if the field exists and the value is of its type.
//! Pure.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::Value;

use super::problem::Problem;
use crate::cdp::tenant::{GuestType, Identifier};

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Gender,
    Letters(fn(char) -> bool),
    Moment,
    PastMoment,
}

const FIELDS: [(&str, Kind); 17] = [
    ("title", Kind::Text),
    ("firstName", Kind::Text),
    ("lastName", Kind::Text),
    ("gender", Kind::Gender),
    ("dateOfBirth", Kind::PastMoment),
    ("email", Kind::Text),
    ("emails", Kind::Texts),
    ("phoneNumbers", Kind::Texts),
    ("street", Kind::Texts),
    ("city", Kind::Text),
    ("state", Kind::Text),
    ("country", Kind::Letters(|c| c.is_ascii_uppercase())),
    ("postCode", Kind::Text),
    ("nationality", Kind::Text),
    ("passportNumber", Kind::Text),
    ("passportExpiry", Kind::Moment),
    ("language", Kind::Letters(|c| c.is_ascii_alphabetic())),
];

/// `guestType`; nobody can be made retired.
///
/// # Errors
/// Another word, or none.
pub fn guest_type(value: &Value) -> Result<GuestType, Problem> {
    match value.as_str() {
        Some("visitor") => Ok(GuestType::Visitor),
        Some("customer") => Ok(GuestType::Customer),
        Some("traveller") => Ok(GuestType::Traveller),
        _ => Err(Problem::attribute("guestType", "not a valid value")),
    }
}

/// `identifiers`; null is an empty list.
///
/// # Errors
/// An item without provider or id, or with anything beside them but an expiry date.
pub fn identifiers(value: &Value) -> Result<Vec<Identifier>, Problem> {
    let wrong = || {
        Problem::attribute(
            "identifiers",
            "must be a list of {provider, id}, each with an expiryDate or none",
        )
    };
    if value.is_null() {
        return Ok(Vec::new());
    }
    let one = |item: &Value| {
        let members = item.as_object()?;
        let known = |name: &String| matches!(name.as_str(), "provider" | "id" | "expiryDate");
        let identifier: Identifier = serde_json::from_value(item.clone()).ok()?;
        let dated = |date: &String| moment(date).is_some();
        let sound = members.keys().all(known)
            && !identifier.provider.is_empty()
            && !identifier.id.is_empty()
            && identifier.expiry_date.as_ref().is_none_or(dated);
        sound.then_some(identifier)
    };
    let items = value.as_array().ok_or_else(wrong)?;
    items
        .iter()
        .map(|item| one(item).ok_or_else(wrong))
        .collect()
}

/// Every other field: its value, or nothing for a null.
///
/// # Errors
/// A name that is no field's, or a value that is not of the field's type.
pub fn plain(name: &str, value: Value, now: i64) -> Result<Option<Value>, Problem> {
    let field = FIELDS.iter().find(|(known, _)| *known == name);
    let (_, kind) = field.ok_or_else(|| Problem::attribute(name, "unknown attribute"))?;
    if value.is_null() {
        return Ok(None);
    }
    match wrong(*kind, &value, now) {
        Some(why) => Err(Problem::attribute(name, why)),
        None => Ok(Some(value)),
    }
}

/// Why a value is not of the kind.
fn wrong(kind: Kind, value: &Value, now: i64) -> Option<&'static str> {
    let (sound, why) = match kind {
        Kind::Text => (value.is_string(), "must be a string"),
        Kind::Texts => {
            let all_texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
            (
                value.as_array().is_some_and(all_texts),
                "must be a list of strings",
            )
        }
        Kind::Gender => (
            matches!(value.as_str(), Some("male" | "female" | "unknown")),
            "must be male, female or unknown",
        ),
        Kind::Letters(allowed) => (
            value
                .as_str()
                .is_some_and(|text| text.len() == 2 && text.chars().all(allowed)),
            "must be a code of two letters",
        ),
        Kind::Moment => (
            value.as_str().and_then(moment).is_some(),
            "must be an ISO 8601 date and time",
        ),
        Kind::PastMoment => match value.as_str().and_then(moment) {
            None => (false, "must be an ISO 8601 date and time"),
            Some(at) => (at < now, "must be in the past"),
        },
    };
    (!sound).then_some(why)
}

/// Milliseconds since 1970 of `1991-01-01T16:17:16.000Z`, of `1991-01-01T16:17` or of a date alone.
fn moment(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    let local: civil::DateTime = text.parse().ok()?;
    let utc = local.to_zoned(TimeZone::UTC).ok()?;
    Some(utc.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_may_be_written_in_each_of_the_documented_ways() {
        for date in [
            "1991-01-01T16:17:16.000Z",
            "1984-04-15T00:00",
            "2033-01-01T00:00Z",
            "2033-01-01",
        ] {
            assert!(moment(date).is_some(), "{date}");
        }
    }
}
