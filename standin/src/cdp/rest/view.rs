//! In: a guest or a data extension of the tenant. Out: the JSON that the REST API shows of it. Pure.

use serde_json::{Map, Value, json};

use super::address::{Address, Version};
use crate::cdp::tenant::{Extension, Guest, Tenant};
use crate::clock::iso;

/// A guest's whole record; `expand`: with its data extensions instead of links to them.
#[must_use]
pub fn guest(tenant: &Tenant, guest: &Guest, address: &Address, expand: bool, now: i64) -> Value {
    let mut view = guest.data.clone();
    let own = json!({
        "href": address.guest(&guest.reference),
        "ref": guest.reference,
        "createdAt": iso(guest.created_at),
        "modifiedAt": iso(guest.modified_at),
        "firstSeen": iso(guest.created_at),
        "lastSeen": iso(tenant.last_seen(guest, now)),
        "guestType": guest.guest_type,
        "identifiers": guest.identifiers,
    });
    if let Value::Object(own) = own {
        view.extend(own);
    }
    let items = guest.data_extensions.iter().map(|one| {
        if expand {
            extension(guest, one, address)
        } else {
            json!({"href": extension_url(guest, one, address)})
        }
    });
    match address.version {
        Version::V2_1 => {
            let collection = json!({
                "href": address.extensions(&guest.reference), "offset": 0, "limit": 10,
                "items": items.collect::<Vec<_>>(),
            });
            view.insert("dataExtensions".to_owned(), collection);
        }
        Version::V2 => {
            let names = guest
                .data_extensions
                .iter()
                .map(|one| format!("ext{}", one.name));
            view.extend(names.zip(items));
        }
    }
    Value::Object(view)
}

/// One data extension: its pairs beside what it is.
#[must_use]
pub fn extension(guest: &Guest, extension: &Extension, address: &Address) -> Value {
    let mut view: Map<String, Value> = extension.values.clone();
    let own = json!({
        "href": extension_url(guest, extension, address),
        "ref": extension.reference,
        "createdAt": iso(extension.created_at),
        "modifiedAt": iso(extension.modified_at),
        "key": extension.key,
    });
    if let Value::Object(own) = own {
        view.extend(own);
    }
    if address.version == Version::V2_1 {
        view.insert("name".to_owned(), json!(extension.name));
        view.insert(
            "guest".to_owned(),
            json!({"href": address.guest(&guest.reference)}),
        );
    }
    Value::Object(view)
}

/// Where one data extension is.
#[must_use]
pub fn extension_url(guest: &Guest, extension: &Extension, address: &Address) -> String {
    match address.version {
        Version::V2_1 => format!(
            "{}/{}",
            address.extensions(&guest.reference),
            extension.name
        ),
        Version::V2 => format!(
            "{}/ext{}/{}",
            address.guest(&guest.reference),
            extension.name,
            extension.reference
        ),
    }
}
