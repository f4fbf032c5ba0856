//! In: the parameters of a search. Out: the guests that fit, in order. Pure.

use std::cmp::Ordering;

use serde_json::Value;

use super::address::Version;
use super::problem::Problem;
use crate::cdp::access::Query;
use crate::cdp::tenant::{Guest, Identifier};

/// What a guest must be like. All that is asked for must fit; nothing asked for: everybody.
#[derive(Debug, Default)]
pub struct Search {
    /// Field → wanted value, compared without case.
    texts: Vec<(&'static str, String)>,
    /// `email.untouched`: compared with case.
    exact_email: Option<String>,
    identifier: Option<Identifier>,
    /// An order: the stand-in keeps none, so nobody fits.
    order: bool,
    sort: Vec<(SortBy, bool)>,
}

#[derive(Clone, Copy, Debug)]
enum SortBy {
    CreatedAt,
    ModifiedAt,
    Text(&'static str),
}

impl Search {
    /// Reads the parameters.
    ///
    /// # Errors
    /// A parameter that does not exist or is empty, half an identifier, a `sort` that cannot be read.
    pub fn asked(query: &Query, version: Version) -> Result<Self, Problem> {
        let mut search = Self::default();
        for (name, value) in query {
            if value.is_empty() {
                return Err(Problem::attribute(name, "must not be empty"));
            }
            match name.as_str() {
                "offset" | "limit" | "expand" | "identifiers.provider" | "identifiers.id" => {}
                "sort" => search.sort = sort(value)?,
                "email" => search.texts.push(("email", value.clone())),
                "firstName" => search.texts.push(("firstName", value.clone())),
                "lastName" => search.texts.push(("lastName", value.clone())),
                "phoneNumber" => search.texts.push(("phoneNumbers", value.clone())),
                "email.untouched" if version == Version::V2 => {
                    search.exact_email = Some(value.clone());
                }
                "orderRef" | "orderReferenceId" => search.order = true,
                _ => return Err(Problem::attribute(name, "unknown parameter")),
            }
        }
        search.identifier = match (
            query.get("identifiers.provider"),
            query.get("identifiers.id"),
        ) {
            (None, None) => None,
            (Some(provider), Some(id)) => Some(Identifier {
                provider: provider.clone(),
                id: id.clone(),
                expiry_date: None,
            }),
            (None, Some(_)) => {
                return Err(Problem::attribute("identifiers.provider", "is missing"));
            }
            (Some(_), None) => return Err(Problem::attribute("identifiers.id", "is missing")),
        };
        Ok(search)
    }

    /// Those of `guests` that fit, sorted; the first made first unless something else is asked for.
    #[must_use]
    pub fn among<'a>(&self, guests: impl Iterator<Item = &'a Guest>) -> Vec<&'a Guest> {
        let mut found: Vec<&Guest> = guests.filter(|guest| self.fits(guest)).collect();
        found.sort_by(|one, other| self.compare(one, other));
        found
    }

    fn fits(&self, guest: &Guest) -> bool {
        let has = |field: &str, fits: &dyn Fn(&str) -> bool| match guest.data.get(field) {
            Some(Value::String(text)) => fits(text),
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).any(fits),
            _ => false,
        };
        let either = |field: &str, fits: &dyn Fn(&str) -> bool| {
            has(field, fits) || (field == "email" && has("emails", fits))
        };
        !self.order
            && self
                .texts
                .iter()
                .all(|(field, wanted)| either(field, &|text| text.eq_ignore_ascii_case(wanted)))
            && self
                .exact_email
                .as_ref()
                .is_none_or(|wanted| either("email", &|text| text == wanted))
            && self
                .identifier
                .as_ref()
                .is_none_or(|wanted| guest.has_any(std::slice::from_ref(wanted)))
    }

    fn compare(&self, one: &Guest, other: &Guest) -> Ordering {
        let text = |guest: &Guest, field: &str| {
            guest
                .data
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_lowercase()
        };
        for (by, descending) in &self.sort {
            let order = match by {
                SortBy::CreatedAt => one.created_at.cmp(&other.created_at),
                SortBy::ModifiedAt => one.modified_at.cmp(&other.modified_at),
                SortBy::Text(field) => text(one, field).cmp(&text(other, field)),
            };
            let order = if *descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        one.number.cmp(&other.number)
    }
}

/// `createdAt::ASC|lastName::DESC`
fn sort(value: &str) -> Result<Vec<(SortBy, bool)>, Problem> {
    let wrong = || {
        Problem::attribute(
            "sort",
            "must be createdAt, modifiedAt, firstName, lastName or email, each with ::ASC or ::DESC, joined by |",
        )
    };
    let one = |part: &str| {
        let (field, direction) = part.split_once("::")?;
        let by = match field {
            "createdAt" => SortBy::CreatedAt,
            "modifiedAt" => SortBy::ModifiedAt,
            "firstName" => SortBy::Text("firstName"),
            "lastName" => SortBy::Text("lastName"),
            "email" => SortBy::Text("email"),
            _ => return None,
        };
        match direction {
            "ASC" => Some((by, false)),
            "DESC" => Some((by, true)),
            _ => None,
        }
    };
    value
        .split('|')
        .map(|part| one(part).ok_or_else(wrong))
        .collect()
}
