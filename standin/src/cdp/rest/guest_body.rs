//! In: the body of a call that writes a guest. Out: the guest changed by it, or the first field that is refused;
//! then nothing has changed. Pure.

use serde_json::{Map, Value};

use super::extension_body;
use super::guest_fields::{guest_type, identifiers, plain};
use super::problem::Problem;
use crate::cdp::tenant::Guest;

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
                let value = plain(&name, value, now)?;
                match value {
                    Some(value) => drop(changed.data.insert(name, value)),
                    None => drop(changed.data.remove(&name)),
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
