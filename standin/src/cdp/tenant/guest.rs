//! In: what is known of a person. Out: [`Guest`]. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::extension::Extension;

/// How far a guest is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestType {
    /// Identified.
    Customer,
    /// Merged into another guest.
    Retired,
    /// Known from somebody else's booking; only the REST API makes them.
    Traveller,
    /// Anonymous.
    Visitor,
}

/// Who says who somebody is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// For example `email` or the name of a CRM.
    pub provider: String,
    /// The id there.
    pub id: String,
    /// `YYYY-MM-DDThh:mm`.
    #[serde(
        default,
        alias = "expiry_date",
        rename = "expiryDate",
        skip_serializing_if = "Option::is_none"
    )]
    pub expiry_date: Option<String>,
}

impl Identifier {
    /// Whether both name the same person.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.provider.eq_ignore_ascii_case(&other.provider)
            && self.id.eq_ignore_ascii_case(&other.id)
    }
}

/// A person, anonymous or not.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    /// The guest ref.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Counts the tenant's guests in order of creation, which times alone do not tell; 0 before it is kept.
    #[serde(skip)]
    pub number: u64,
    /// How far the guest is known.
    pub guest_type: GuestType,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub modified_at: i64,
    /// All identifiers.
    pub identifiers: Vec<Identifier>,
    /// The guest that this one was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// `ext` of IDENTITY events.
    pub ext: Map<String, Value>,
    /// The guest's own data extensions, in the order in which they were made.
    pub data_extensions: Vec<Extension>,
    /// `firstName`, `email`, … by the names of the REST API.
    #[serde(flatten)]
    pub data: Map<String, Value>,
}

impl Guest {
    /// An anonymous guest.
    #[must_use]
    pub fn visitor(now: i64) -> Self {
        Self {
            reference: Uuid::new_v4().to_string(),
            number: 0,
            guest_type: GuestType::Visitor,
            created_at: now,
            modified_at: now,
            identifiers: Vec::new(),
            merged_into: None,
            ext: Map::new(),
            data_extensions: Vec::new(),
            data: Map::new(),
        }
    }

    /// Whether one of the identifiers is this guest's.
    #[must_use]
    pub fn has_any(&self, identifiers: &[Identifier]) -> bool {
        identifiers
            .iter()
            .any(|wanted| self.identifiers.iter().any(|own| own.is_same(wanted)))
    }

    /// Adds identifiers that are not there yet.
    pub fn add_identifiers(&mut self, identifiers: &[Identifier]) {
        for identifier in identifiers {
            if !self.has_any(std::slice::from_ref(identifier)) {
                self.identifiers.push(identifier.clone());
            }
        }
    }

    /// Takes over the personal fields of an IDENTITY event, by the names of the REST API.
    pub fn learn(&mut self, event: &Map<String, Value>, now: i64) {
        const FIELDS: [(&str, &str); 12] = [
            ("title", "title"),
            ("firstname", "firstName"),
            ("lastname", "lastName"),
            ("email", "email"),
            ("gender", "gender"),
            ("dob", "dateOfBirth"),
            ("street", "street"),
            ("city", "city"),
            ("state", "state"),
            ("country", "country"),
            ("postal_code", "postCode"),
            ("language", "language"),
        ];
        for (wire, name) in FIELDS {
            if let Some(value) = event.get(wire).filter(|value| !value.is_null()) {
                self.data.insert(name.to_owned(), value.clone());
            }
        }
        self.add_contact("emails", event.get("email"));
        self.add_contact("phoneNumbers", event.get("mobile"));
        self.add_contact("phoneNumbers", event.get("phone"));
        if let Some(Value::Object(ext)) = event.get("ext") {
            self.ext.extend(ext.clone());
        }
        self.modified_at = now;
    }

    /// All addresses and all numbers that were ever told, each once.
    fn add_contact(&mut self, list: &str, told: Option<&Value>) {
        let Some(told) = told.filter(|told| told.is_string()) else {
            return;
        };
        let known = self
            .data
            .entry(list)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(known) = known
            && !known.contains(told)
        {
            known.push(told.clone());
        }
    }
}
