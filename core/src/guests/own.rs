//! The visitor's own guest, on the Worker's own account: the record that a page shows, and changes that a form of XM's makes.
//!
//! In: the browser id of a visitor whom XM vouches for, secrets; answers. Out: [`Exchange`]s to carry out, the record. Whether
//! XM vouches is not asked here, and nothing of a record is logged.

use serde_json::{Map, Value};

use super::{
    call::Caller,
    criteria::Query,
    exchange::Exchange,
    extension, guest,
    route::{Operation, Route, Whose, extension_name},
    secrets::Secrets,
};
use crate::{
    answer::Answer,
    cdp::{BrowserId, GuestRef},
    config::{CdpSettings, EXTENSIONS, GuestField, Site},
};

/// Opens exchanges for one visitor.
pub struct OwnGuest<'o> {
    cdp: &'o CdpSettings,
    site: &'o Site,
    token: &'o str,
    browser_id: &'o BrowserId,
}

impl<'o> OwnGuest<'o> {
    /// For the visitor with `browser_id`; `None` without the secret `CDP_API_TOKEN`.
    #[must_use]
    pub fn new(
        cdp: &'o CdpSettings,
        site: &'o Site,
        secrets: &'o Secrets,
        browser_id: &'o BrowserId,
    ) -> Option<Self> {
        let token = secrets.token().ok()?;
        Some(Self {
            cdp,
            site,
            token,
            browser_id,
        })
    }

    /// Retrieves the record.
    #[must_use]
    pub fn retrieve(&self) -> Exchange {
        self.open(Operation::Retrieve, None, None)
    }

    /// Retrieves the data extension `name` of a guest that an exchange has resolved.
    #[must_use]
    pub fn retrieve_extension(&self, guest: &GuestRef, name: &'static str) -> Exchange {
        self.open(Operation::RetrieveExtension, Some(name), Some(guest))
    }

    /// Changes what `changes` names of the guest itself; `None` when that is nothing.
    #[must_use]
    pub fn update(&self, changes: &Changes) -> Option<Exchange> {
        if changes.guest.is_empty() {
            return None;
        }
        let mut exchange = self.open(Operation::Update, None, None);
        exchange.receive(&json(&changes.guest));
        Some(exchange)
    }

    /// Changes fields of the extension `name`. `guest`: as an exchange has resolved it, if one has.
    #[must_use]
    pub fn update_extension(
        &self,
        guest: Option<&GuestRef>,
        name: &'static str,
        fields: &Map<String, Value>,
    ) -> Exchange {
        let mut exchange = self.open(Operation::UpdateExtension, Some(name), guest);
        exchange.receive(&json(fields));
        exchange
    }

    /// Creates the extension `name`, which the guest does not have yet.
    #[must_use]
    pub fn create_extension(
        &self,
        guest: Option<&GuestRef>,
        name: &'static str,
        fields: &Map<String, Value>,
    ) -> Exchange {
        let mut named = fields.clone();
        named.insert("name".to_owned(), name.into());
        let mut exchange = self.open(Operation::CreateExtension, None, guest);
        exchange.receive(&json(&named));
        exchange
    }

    fn open(
        &self,
        operation: Operation,
        extension: Option<&'static str>,
        guest: Option<&GuestRef>,
    ) -> Exchange {
        let whose = guest.map_or(Whose::Me, |guest| Whose::Ref(guest.clone()));
        let browser_id = (whose == Whose::Me).then(|| self.browser_id.clone());
        let route = Route {
            operation,
            whose: Some(whose),
            extension,
        };
        let caller = Caller::new(self.cdp, self.token, self.site.guest_api);
        let prefix = &self.site.endpoint_prefix;
        Exchange::new(caller, route, Query::default(), browser_id, None, prefix)
    }
}

fn json(object: &Map<String, Value>) -> Vec<u8> {
    // JSON values under text keys: serde_json has nothing to refuse.
    serde_json::to_vec(object).unwrap_or_default()
}

/// The record in an answer; `None` when it is none.
#[must_use]
pub fn record(answer: &Answer) -> Option<Map<String, Value>> {
    if answer.status != 200 {
        return None;
    }
    let mut record: Map<String, Value> = serde_json::from_str(&answer.body).ok()?;
    // Extensions that came along can be pointed at by their names, too.
    let embedded = ["extensions", "dataExtensions"];
    let lists = embedded.iter().filter_map(|name| record.get(*name));
    let items = lists.flat_map(|list| {
        let items = list.get("items").unwrap_or(list);
        items.as_array().cloned().unwrap_or_default()
    });
    let named: Vec<_> = items
        .filter_map(|item| Some((extension_name(item.get("name")?.as_str()?)?, item)))
        .filter(|(_, item)| item.as_object().is_some_and(has_own_fields))
        .collect();
    for (name, item) in named {
        record.entry(name).or_insert(item);
    }
    Some(record)
}

/// Whether an extension's values came along, and not its links alone.
fn has_own_fields(extension: &Map<String, Value>) -> bool {
    extension.keys().any(|key| {
        !["name", "key", "href", "ref", "createdAt", "modifiedAt"].contains(&key.as_str())
    })
}

/// The extensions that `fields` (JSON Pointers) point into and `record` does not have.
#[must_use]
pub fn missing_extensions(record: &Map<String, Value>, fields: &[String]) -> Vec<&'static str> {
    let wanted = |name: &&'static str| {
        let points = |field: &String| field.split('/').nth(1) == Some(*name);
        fields.iter().any(points) && !record.contains_key(*name)
    };
    EXTENSIONS.into_iter().filter(wanted).collect()
}

/// What a form changes.
#[derive(Clone, Default, PartialEq)]
pub struct Changes {
    /// Fields of the guest itself.
    pub guest: Map<String, Value>,
    /// Fields of its data extensions.
    pub extensions: Vec<(&'static str, Map<String, Value>)>,
}

impl Changes {
    /// From the texts of a form. What the CDP would refuse is left out: a form is no place to be strict. An empty field
    /// changes nothing: the CDP's documentation does not say how a field is emptied.
    #[must_use]
    pub fn of(texts: &[(GuestField, String)]) -> Self {
        let mut changes = Self::default();
        for (field, text) in texts {
            match field {
                GuestField::Guest(name) => {
                    let value = value(name, text);
                    let mut alone = Map::new();
                    alone.insert(name.clone(), value.clone());
                    if guest::read(&json(&alone)).is_ok() {
                        changes.guest.entry(name.clone()).or_insert(value);
                    }
                }
                GuestField::Extension { extension, field } => {
                    changes.extend(extension, field, text);
                }
            }
        }
        changes
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.guest.is_empty() && self.extensions.is_empty()
    }

    fn extend(&mut self, name: &str, field: &str, text: &str) {
        let Some(name) = extension_name(name) else {
            return;
        };
        let mut alone = Map::new();
        alone.insert(field.to_owned(), text.into());
        if extension::read(&json(&alone), Some(name)).is_err() {
            return;
        }
        match self.extensions.iter_mut().find(|(own, _)| *own == name) {
            Some((_, fields)) => {
                fields.entry(field).or_insert(text.into());
            }
            None => self.extensions.push((name, alone)),
        }
    }
}

/// A text as the CDP takes it in the guest's field `name`.
fn value(name: &str, text: &str) -> Value {
    match name {
        "emails" | "phoneNumbers" | "street" => Value::Array(vec![text.into()]),
        "country" => text.to_ascii_uppercase().into(),
        "gender" => text.to_ascii_lowercase().into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests;
