//! In: a wish for a browser id, or for the guest behind one. Out: both refs.

use std::sync::Arc;

use axum::extract::{Path, Query as AxumQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use super::access::{Query, caller};
use super::reply;
use crate::app::App;

/// `GET …/browser/create.json`: 201, and a new guest each time.
pub async fn create(
    State(app): State<Arc<App>>,
    uri: Uri,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
) -> Response {
    let caller = match caller(&app.options, uri.path(), &query, &headers, None) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let browser = app.tenant().create_browser(app.clock.now_ms());
    app.hub.send("browser", &browser);
    let body = json!({
        "status": "OK", "version": "1.2", "client_key": caller.client_key,
        "ref": browser.reference, "customer_ref": browser.guest_ref,
    });
    reply::json_or_jsonp(StatusCode::CREATED, &body, caller.callback.as_deref())
}

/// `GET …/browser/{id}/show.json`: the guest behind the id now.
pub async fn show(
    State(app): State<Arc<App>>,
    uri: Uri,
    Path(browser_id): Path<String>,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
) -> Response {
    let caller = match caller(&app.options, uri.path(), &query, &headers, None) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let Some(browser) = app.tenant().browser(&browser_id).cloned() else {
        return reply::unknown_browser(&caller.client_key, caller.callback.as_deref());
    };
    let body = json!({
        "status": "OK", "version": "1.2", "client_key": caller.client_key,
        "ref": browser.reference, "customer": {"ref": browser.guest_ref},
    });
    reply::json_or_jsonp(StatusCode::OK, &body, caller.callback.as_deref())
}
