//! IDENTITY: who the visitor is.
//!
//! In: an event. Out: its fields by their names on the wire. Without an identifier it identifies nobody and is
//! invalid; an email address alone is not one.

use serde_json::Value;

use super::{
    fields::Fields,
    rule::{BIRTHDAY, COUNTRY, EMAIL, GENDER, MINUTE, NAME, Rule, TEXT},
};

/// Most identifiers.
const MAX_IDENTIFIERS: usize = 20;
/// Most lines of a street.
const MAX_LINES: usize = 10;

/// What may be known of a visitor, all of it optional.
const PERSON: [(&str, Rule); 12] = [
    ("email", EMAIL),
    ("title", TEXT),
    ("firstname", TEXT),
    ("lastname", TEXT),
    ("gender", GENDER),
    ("dob", BIRTHDAY),
    ("mobile", TEXT),
    ("phone", TEXT),
    ("city", TEXT),
    ("state", TEXT),
    ("country", COUNTRY),
    ("postal_code", TEXT),
];

pub(super) fn read(fields: &mut Fields<'_>) {
    fields.objects("identifiers", 1..=MAX_IDENTIFIERS, |identifier| {
        identifier.required("provider", NAME);
        identifier.required("id", TEXT);
        identifier.optional("expiry_date", MINUTE);
        identifier.close("an identifier has provider, id and perhaps expiry_date");
    });
    fields.optionals(&PERSON);
    fields.optional("street", STREET);
    fields.close("IDENTITY has fields of its own only, put the rest into ext");
}

const STREET: Rule = Rule {
    expected: "a list of 1 to 10 texts",
    fits: |value| {
        value.as_array().is_some_and(|lines: &Vec<Value>| {
            (1..=MAX_LINES).contains(&lines.len()) && lines.iter().all(TEXT.fits)
        })
    },
};
