//! In: calls for guests, of both versions. Out: records, collections of them, or what is wrong with the call.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as AxumQuery, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::address::Address;
use super::body::Object;
use super::change::{change, tell};
use super::guest_body::{Write, apply};
use super::paging::{Page, expand};
use super::problem::Problem;
use super::search::Search;
use super::view;
use crate::app::App;
use crate::cdp::access::Query;
use crate::cdp::tenant::Guest;

/// `GET /guests`: who fits.
pub async fn find(
    State(app): State<Arc<App>>,
    address: Address,
    RawQuery(raw): RawQuery,
    AxumQuery(query): AxumQuery<Query>,
) -> Result<Json<Value>, Problem> {
    let page = Page::asked(&query)?;
    let search = Search::asked(&query, address.version)?;
    let now = app.clock.now_ms();
    let tenant = app.tenant();
    let found = search.among(tenant.records());
    let items = page.of(&found).iter().map(|guest| {
        if page.expand {
            view::guest(&tenant, guest, &address, true, now)
        } else {
            json!({"href": address.guest(&guest.reference)})
        }
    });
    let (url, raw) = (address.guests(), raw.unwrap_or_default());
    Ok(Json(page.collection(
        &url,
        &raw,
        found.len(),
        items.collect(),
    )))
}

/// `POST /guests`: a new guest each time, whoever is there already.
pub async fn create(
    State(app): State<Arc<App>>,
    address: Address,
    Object(body): Object,
) -> Result<Response, Problem> {
    let now = app.clock.now_ms();
    let mut guest = Guest::visitor(now);
    apply(&mut guest, body, Write::Create, now)?;
    app.tenant().keep(guest.clone());
    tell(&app, "created", &guest.reference);
    let shown = view::guest(&app.tenant(), &guest, &address, false, now);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// `GET /guests/{ref}`
pub async fn retrieve(
    State(app): State<Arc<App>>,
    address: Address,
    Path(reference): Path<String>,
    AxumQuery(query): AxumQuery<Query>,
) -> Result<Json<Value>, Problem> {
    let expand = expand(&query)?;
    let tenant = app.tenant();
    let guest = tenant
        .record(&reference)
        .ok_or_else(|| Problem::unknown_guest(&reference))?;
    let now = app.clock.now_ms();
    Ok(Json(view::guest(&tenant, guest, &address, expand, now)))
}

/// `PUT /v2.1/guests/{ref}`, and `POST /v2/guests/{ref}`: what is not in the body goes.
pub async fn replace(
    state: State<Arc<App>>,
    address: Address,
    reference: Path<String>,
    Object(body): Object,
) -> Result<Json<Value>, Problem> {
    write(&state, &address, &reference, body, Write::Replace)
}

/// `PATCH /v2.1/guests/{ref}`: what is not in the body stays.
pub async fn merge(
    state: State<Arc<App>>,
    address: Address,
    reference: Path<String>,
    Object(body): Object,
) -> Result<Json<Value>, Problem> {
    write(&state, &address, &reference, body, Write::Merge)
}

fn write(
    app: &App,
    address: &Address,
    reference: &str,
    body: Map<String, Value>,
    how: Write,
) -> Result<Json<Value>, Problem> {
    let (guest, ()) = change(app, reference, |guest, now| apply(guest, body, how, now))?;
    let now = app.clock.now_ms();
    Ok(Json(view::guest(
        &app.tenant(),
        &guest,
        address,
        false,
        now,
    )))
}

/// `DELETE /v2.1/guests/{ref}`: with all visits, and the browsers behind which the guest was. The answer is empty.
pub async fn delete(
    State(app): State<Arc<App>>,
    Path(reference): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut tenant = app.tenant();
    let found = tenant
        .record(&reference)
        .map(|guest| guest.reference.clone());
    let found = found.ok_or_else(|| Problem::unknown_guest(&reference))?;
    tenant.forget(&found);
    drop(tenant);
    tell(&app, "deleted", &found);
    Ok(StatusCode::OK)
}
