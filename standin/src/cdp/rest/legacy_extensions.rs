//! In: calls for a guest's data extensions, as v2 has them: `/ext{name}`, then `/{ref}`. Out: the same extensions
//! that v2.1 calls by name. POST always means the whole extension: v2 has no partial updates.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::address::Address;
use super::body::Object;
use super::change::{change, found};
use super::extension_body::{known_name, pairs, unique};
use super::problem::Problem;
use super::view;
use crate::app::App;
use crate::cdp::tenant::{Extension, Guest};

/// `GET /v2/guests/{ref}/ext{name}`: links to the extensions of that name, so one or none.
pub async fn list(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, segment)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let name = named(&segment)?;
    let guest = found(&app, &reference)?;
    let items: Vec<Value> = guest
        .data_extensions
        .iter()
        .filter(|extension| extension.name == name)
        .map(|extension| json!({"href": view::extension_url(&guest, extension, &address)}))
        .collect();
    let href = format!("{}/ext{name}", address.guest(&guest.reference));
    Ok(Json(
        json!({"href": href, "offset": 0, "limit": 10, "items": items}),
    ))
}

/// `POST /v2/guests/{ref}/ext{name}`: 201 for a new extension, 200 for one whose pairs are replaced.
pub async fn put(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, segment)): Path<(String, String)>,
    Object(body): Object,
) -> Result<Response, Problem> {
    let name = named(&segment)?;
    let (guest, (status, extension)) = change(&app, &reference, |guest, now| {
        let pairs = whole(guest, name, body)?;
        let extensions = &mut guest.data_extensions;
        Ok(match extensions.iter_mut().find(|one| one.name == name) {
            Some(old) => {
                old.values = pairs;
                old.modified_at = now;
                (StatusCode::OK, old.clone())
            }
            None => {
                let new = Extension::new(name, pairs, now);
                extensions.push(new.clone());
                (StatusCode::CREATED, new)
            }
        })
    })?;
    let shown = view::extension(&guest, &extension, &address);
    Ok((status, Json(shown)).into_response())
}

/// `GET /v2/guests/{ref}/ext{name}/{extension ref}`
pub async fn retrieve(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, segment, extension)): Path<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let guest = found(&app, &reference)?;
    let index = position(&guest, &segment, &extension)?;
    Ok(Json(view::extension(
        &guest,
        &guest.data_extensions[index],
        &address,
    )))
}

/// `POST /v2/guests/{ref}/ext{name}/{extension ref}`: the pairs are replaced.
pub async fn replace(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, segment, extension)): Path<(String, String, String)>,
    Object(body): Object,
) -> Result<Json<Value>, Problem> {
    let (guest, index) = change(&app, &reference, |guest, now| {
        let index = position(guest, &segment, &extension)?;
        let pairs = whole(guest, &guest.data_extensions[index].name, body)?;
        guest.data_extensions[index].values = pairs;
        guest.data_extensions[index].modified_at = now;
        Ok(index)
    })?;
    Ok(Json(view::extension(
        &guest,
        &guest.data_extensions[index],
        &address,
    )))
}

/// `DELETE /v2/guests/{ref}/ext{name}/{extension ref}`. The answer is empty.
pub async fn delete(
    State(app): State<Arc<App>>,
    Path((reference, segment, extension)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    change(&app, &reference, |guest, _| {
        let index = position(guest, &segment, &extension)?;
        guest.data_extensions.remove(index);
        Ok(())
    })?;
    Ok(StatusCode::OK)
}

/// `extext`, also written `extExt`, is `ext`; `extext1` is `ext1`; …
fn named(segment: &str) -> Result<&'static str, Problem> {
    let lower = segment.to_ascii_lowercase();
    let name = lower.strip_prefix("ext").and_then(known_name);
    name.ok_or_else(|| {
        Problem::attribute("extension", "path must be extext, extext1, … or extext5")
    })
}

/// The pairs of a body that stands for the whole extension; v2 wants the key to be said.
fn whole(
    guest: &Guest,
    name: &str,
    body: Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    if !body.contains_key("key") {
        return Err(Problem::attribute("key", "value must be default"));
    }
    let pairs = pairs(body)?;
    unique(&guest.data_extensions, name, &pairs)?;
    Ok(pairs)
}

fn position(guest: &Guest, segment: &str, extension: &str) -> Result<usize, Problem> {
    let name = named(segment)?;
    let found = guest
        .data_extensions
        .iter()
        .position(|one| one.name == name && one.reference.eq_ignore_ascii_case(extension));
    found.ok_or_else(|| Problem::unknown_extension(extension, &guest.reference))
}
