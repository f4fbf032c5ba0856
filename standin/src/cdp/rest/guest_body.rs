//! In: the body of a call that writes a guest. Out: the guest changed by it, or the first field that is refused;
//! then nothing has changed. Pure.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::{Map, Value};

use super::extension_body;
use super::problem::Problem;
use crate::cdp::tenant::{Guest, GuestType, Identifier};

/// What happens to the fields that are not in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// There are none yet, and a guest type is required.
    Create,
    /// They go.
    Replace,
    /// They stay; a null removes one.
    Merge,
}

/// What a record shows beside its fields; sent back as it was read it is ignored.
const READ_ONLY: [&str; 7] = [
    "href",
    "ref",
    "createdAt",
    "modifiedAt",
    "firstSeen",
    "lastSeen",
    "dataExtensions",
];

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

/// Changes `guest` as `body` says.
///
/// # Errors
/// A field that does not exist, or whose value is not of its type.
pub fn apply(
    guest: &mut Guest,
    body: Map<String, Value>,
    write: Write,
    now: i64,
) -> Result<(), Problem> {
    let mut changed = guest.clone();
    if write == Write::Create && body.get("guestType").is_none_or(Value::is_null) {
        return Err(Problem::attribute("guestType", "is required"));
    }
    if write == Write::Replace {
        changed.data.clear();
        changed.identifiers.clear();
    }
    let told = (body.contains_key("email"), body.contains_key("emails"));
    for (name, value) in body {
        if READ_ONLY.contains(&name.as_str()) || (value.is_null() && write != Write::Merge) {
            continue;
        }
        match name.as_str() {
            "guestType" => changed.guest_type = guest_type(&value)?,
            "identifiers" => changed.identifiers = identifiers(&value)?,
            "extensions" => {
                changed.data_extensions = extension_body::list(&value, now)?;
            }
            _ => {
                let Some((name, kind)) = FIELDS.iter().find(|(known, _)| *known == name) else {
                    return Err(Problem::attribute(&name, "unknown attribute"));
                };
                if value.is_null() {
                    changed.data.remove(*name);
                } else {
                    check(name, *kind, &value, now)?;
                    changed.data.insert((*name).to_owned(), value);
                }
            }
        }
    }
    keep_addresses_in_step(&mut changed.data, told);
    changed.modified_at = now;
    *guest = changed;
    Ok(())
}

/// `email` is the first of `emails`. When only one of the two was told, the other follows.
fn keep_addresses_in_step(data: &mut Map<String, Value>, told: (bool, bool)) {
    match told {
        (true, false) => match data.get("email").cloned() {
            Some(email) => drop(data.insert("emails".to_owned(), Value::Array(vec![email]))),
            None => drop(data.remove("emails")),
        },
        (false, true) => match data.get("emails").and_then(|emails| emails.get(0)).cloned() {
            Some(first) => drop(data.insert("email".to_owned(), first)),
            None => drop(data.remove("email")),
        },
        _ => {}
    }
}

fn guest_type(value: &Value) -> Result<GuestType, Problem> {
    match value.as_str() {
        Some("visitor") => Ok(GuestType::Visitor),
        Some("customer") => Ok(GuestType::Customer),
        Some("traveller") => Ok(GuestType::Traveller),
        _ => Err(Problem::attribute("guestType", "not a valid value")),
    }
}

fn identifiers(value: &Value) -> Result<Vec<Identifier>, Problem> {
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

fn check(name: &str, kind: Kind, value: &Value, now: i64) -> Result<(), Problem> {
    let refuse = |why: &str| Err(Problem::attribute(name, why));
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
    if sound { Ok(()) } else { refuse(why) }
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
    use serde_json::json;

    use super::*;

    /// 2026-01-01.
    const NOW: i64 = 1_767_225_600_000;

    fn refused(body: Value, write: Write) -> String {
        let mut guest = Guest::visitor(0);
        let members = body.as_object().unwrap().clone();
        let problem = apply(&mut guest, members, write, NOW).expect_err(&body.to_string());
        assert!(
            guest.data.is_empty() && guest.modified_at == 0,
            "nothing has changed"
        );
        problem.message.split(':').next().unwrap().to_owned()
    }

    #[test]
    fn every_field_is_held_to_its_type() {
        for (name, wrong) in [
            ("title", json!(1)),
            ("gender", json!("Female")),
            ("dateOfBirth", json!("1991")),
            ("dateOfBirth", json!("2026-01-02T00:00:00Z")),
            ("emails", json!("j@d.ie")),
            ("phoneNumbers", json!(["1", 2])),
            ("street", json!({"0": "Tara Street"})),
            ("country", json!("ie")),
            ("country", json!("Ireland")),
            ("language", json!("E")),
            ("passportExpiry", json!("soon")),
            ("guestType", json!("retired")),
            ("guestType", json!(null)),
            ("identifiers", json!({"provider": "CRM", "id": "1"})),
            ("identifiers", json!([{"provider": "CRM"}])),
            ("identifiers", json!([{"provider": "CRM", "id": ""}])),
            (
                "identifiers",
                json!([{"provider": "CRM", "id": "1", "expiry_date": "2030-01-01"}]),
            ),
            (
                "identifiers",
                json!([{"provider": "CRM", "id": "1", "expiryDate": "never"}]),
            ),
            ("postal_code", json!("D2")),
            ("firstname", json!("Jane")),
        ] {
            assert_eq!(
                refused(json!({"city": "Dublin", name: wrong}), Write::Merge),
                name
            );
        }
        assert_eq!(
            refused(json!({"firstName": "Jane"}), Write::Create),
            "guestType"
        );
    }

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

    #[test]
    fn address_and_addresses_stay_in_step() {
        let mut guest = Guest::visitor(0);
        for (body, email, emails) in [
            (json!({"email": "a@b.c"}), json!("a@b.c"), json!(["a@b.c"])),
            (
                json!({"emails": ["d@e.f", "a@b.c"]}),
                json!("d@e.f"),
                json!(["d@e.f", "a@b.c"]),
            ),
            (
                json!({"email": "g@h.i", "emails": ["a@b.c"]}),
                json!("g@h.i"),
                json!(["a@b.c"]),
            ),
            (json!({"city": "Dublin"}), json!("g@h.i"), json!(["a@b.c"])),
            (json!({"email": null}), json!(null), json!(null)),
        ] {
            apply(
                &mut guest,
                body.as_object().unwrap().clone(),
                Write::Merge,
                NOW,
            )
            .unwrap();
            let shown = json!([guest.data.get("email"), guest.data.get("emails")]);
            assert_eq!(shown, json!([email, emails]), "after {body}");
        }
    }
}
