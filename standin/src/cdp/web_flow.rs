//! In: a browser that wants the script of web experiences. Out: a script that only says it was there.

use std::sync::Arc;

use axum::extract::{Path, Query as AxumQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::access::{Query, caller};
use super::reply;
use crate::app::App;

/// `GET /v1/personalize/cdn-url`: where the script is, as plain text.
pub async fn cdn_url(
    State(app): State<Arc<App>>,
    uri: Uri,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = caller(&app.options, uri.path(), &query, &headers, None) {
        return *refused;
    }
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let url = format!(
        "http://{host}/web-flow-libs/{}/web-version.min.js",
        app.options.client_key
    );
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], url).into_response()
}

/// `GET /web-flow-libs/{client key}/web-version.min.js`
pub async fn script(State(app): State<Arc<App>>, Path(client_key): Path<String>) -> Response {
    if client_key != app.options.client_key {
        return reply::rest_error(
            StatusCode::NOT_FOUND,
            "no web experiences for this client key",
        );
    }
    let headers = [
        (CONTENT_TYPE, "application/javascript"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (
        headers,
        "window.standinWebFlows={version:\"1\",loadedAt:Date.now()};",
    )
        .into_response()
}
