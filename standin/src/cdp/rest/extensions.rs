//! In: calls for a guest's data extensions, as v2.1 names them. Out: the extensions, or what is wrong with the call.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as AxumQuery, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::address::Address;
use super::body::Object;
use super::change::{change, found};
use super::extension_body::{name, pairs, unique, within_limit};
use super::paging::Page;
use super::problem::Problem;
use super::view;
use crate::app::App;
use crate::cdp::access::Query;
use crate::cdp::tenant::Extension;

/// `GET /v2.1/guests/{ref}/extensions`
pub async fn list(
    State(app): State<Arc<App>>,
    address: Address,
    Path(reference): Path<String>,
    RawQuery(raw): RawQuery,
    AxumQuery(query): AxumQuery<Query>,
) -> Result<Json<Value>, Problem> {
    let page = Page::asked(&query)?;
    let guest = found(&app, &reference)?;
    let all = &guest.data_extensions;
    let items = page.of(all).iter().map(|extension| {
        if page.expand {
            view::extension(&guest, extension, &address)
        } else {
            json!({"href": view::extension_url(&guest, extension, &address)})
        }
    });
    let (url, raw) = (
        address.extensions(&guest.reference),
        raw.unwrap_or_default(),
    );
    Ok(Json(page.collection(
        &url,
        &raw,
        all.len(),
        items.collect(),
    )))
}

/// `POST /v2.1/guests/{ref}/extensions`
pub async fn create(
    State(app): State<Arc<App>>,
    address: Address,
    Path(reference): Path<String>,
    Object(body): Object,
) -> Result<Response, Problem> {
    let (guest, extension) = change(&app, &reference, |guest, now| {
        let name = name(&body)?;
        if guest.data_extensions.iter().any(|one| one.name == name) {
            return Err(Problem::taken(name));
        }
        let extension = Extension::new(name, pairs(body)?, now);
        unique(&guest.data_extensions, name, &extension.values)?;
        guest.data_extensions.push(extension.clone());
        Ok(extension)
    })?;
    let shown = view::extension(&guest, &extension, &address);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// `GET /v2.1/guests/{ref}/extensions/{name}`
pub async fn retrieve(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, name)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let guest = found(&app, &reference)?;
    let found = guest.data_extensions.iter().find(|one| one.name == name);
    let extension = found.ok_or_else(|| Problem::unknown_extension(&name, &reference))?;
    Ok(Json(view::extension(&guest, extension, &address)))
}

/// `PUT /v2.1/guests/{ref}/extensions/{name}`: pairs that are not in the body go.
pub async fn replace(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, name)): Path<(String, String)>,
    Object(body): Object,
) -> Result<Json<Value>, Problem> {
    edit(&app, &address, &reference, &name, |_| {
        same_name(body, &name).and_then(pairs)
    })
}

/// `PATCH /v2.1/guests/{ref}/extensions/{name}`: pairs that are not in the body stay.
pub async fn merge(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, name)): Path<(String, String)>,
    Object(body): Object,
) -> Result<Json<Value>, Problem> {
    edit(&app, &address, &reference, &name, |old| {
        let mut all = old.clone();
        all.extend(same_name(body, &name).and_then(pairs)?);
        within_limit(all)
    })
}

/// `DELETE /v2.1/guests/{ref}/extensions/{name}`. The answer is empty.
pub async fn delete(
    State(app): State<Arc<App>>,
    Path((reference, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    change(&app, &reference, |guest, _| {
        let before = guest.data_extensions.len();
        guest.data_extensions.retain(|one| one.name != name);
        if guest.data_extensions.len() == before {
            return Err(Problem::unknown_extension(&name, &reference));
        }
        Ok(())
    })?;
    Ok(StatusCode::OK)
}

/// `DELETE /v2.1/guests/{ref}/extensions/{name}/fields?name=a,b`: those pairs; without a name, all of them.
pub async fn delete_fields(
    State(app): State<Arc<App>>,
    address: Address,
    Path((reference, name)): Path<(String, String)>,
    AxumQuery(query): AxumQuery<Query>,
) -> Result<Json<Value>, Problem> {
    let told = query.get("name").map_or("", String::as_str);
    edit(&app, &address, &reference, &name, |old| {
        let mut left = old.clone();
        if told.is_empty() {
            left.clear();
        }
        // Joined by `|` in the documentation; commas are taken as well.
        for key in told.split(['|', ',']) {
            left.remove(key);
        }
        Ok(left)
    })
}

/// A name in the body must be that of the path.
fn same_name(body: Map<String, Value>, name: &str) -> Result<Map<String, Value>, Problem> {
    match body.get("name") {
        Some(told) if told != name => Err(Problem::attribute(
            "name",
            "differs from the one in the path",
        )),
        _ => Ok(body),
    }
}

fn edit(
    app: &App,
    address: &Address,
    reference: &str,
    name: &str,
    new_pairs: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, Problem>,
) -> Result<Json<Value>, Problem> {
    let (guest, extension) = change(app, reference, |guest, now| {
        let found = guest
            .data_extensions
            .iter()
            .position(|one| one.name == name);
        let index = found.ok_or_else(|| Problem::unknown_extension(name, reference))?;
        let pairs = new_pairs(&guest.data_extensions[index].values)?;
        unique(&guest.data_extensions, name, &pairs)?;
        let extension = &mut guest.data_extensions[index];
        extension.values = pairs;
        extension.modified_at = now;
        Ok(extension.clone())
    })?;
    Ok(Json(view::extension(&guest, &extension, address)))
}
