//! In: a browser at the CDP's root. Out: the page of the stand-in, complete in itself.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;

/// `GET /`
pub async fn show(State(app): State<Arc<App>>) -> Response {
    let config = json!({
        "siteUrl": app.options.worker_url.as_deref().unwrap_or(&app.xm_url),
        "xmUrl": app.xm_url,
        "viaWorker": app.options.worker_url.is_some(),
        "clientKey": app.options.client_key,
    });
    // `<` would let a value end the script element.
    let html = include_str!("page/index.html")
        .replace("__CONFIG__", &config.to_string().replace('<', "\\u003c"));
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
    (
        [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (CONTENT_SECURITY_POLICY, policy),
        ],
        html,
    )
        .into_response()
}

/// `GET /standin/{file}`
pub async fn file(Path(file): Path<String>) -> Response {
    let (content_type, text) = match file.as_str() {
        "page.css" => ("text/css; charset=utf-8", include_str!("page/page.css")),
        "guests.js" => (
            "text/javascript; charset=utf-8",
            include_str!("page/guests.js"),
        ),
        "page.js" => (
            "text/javascript; charset=utf-8",
            include_str!("page/page.js"),
        ),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    (
        [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")],
        text,
    )
        .into_response()
}
