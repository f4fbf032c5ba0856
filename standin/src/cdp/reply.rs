//! In: what to say. Out: JSON or JSONP in the shapes of the wire contract. Never decides what to say.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// JSON, or `callback(JSON)` for a script tag.
#[must_use]
pub fn json_or_jsonp(status: StatusCode, value: &Value, callback: Option<&str>) -> Response {
    match callback {
        None => (
            status,
            [(CONTENT_TYPE, "application/json")],
            value.to_string(),
        )
            .into_response(),
        Some(callback) => (
            status,
            [(CONTENT_TYPE, "application/javascript")],
            format!("{callback}({value})"),
        )
            .into_response(),
    }
}

/// An error of the Stream API.
#[must_use]
pub fn stream_error(
    status: StatusCode,
    name: &str,
    client_key: &str,
    message: &str,
    callback: Option<&str>,
) -> Response {
    let body = json!({"status": name, "version": "1.2", "client_key": client_key, "error_msg": message, "moreInfo": ""});
    json_or_jsonp(status, &body, callback)
}

/// 404 for a browser id of nobody: the reply on which an integrator starts over with a new id.
#[must_use]
pub fn unknown_browser(client_key: &str, callback: Option<&str>) -> Response {
    stream_error(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        client_key,
        "Invalid browser id/ref specified",
        callback,
    )
}

/// An error of callFlows and of the REST API.
#[must_use]
pub fn rest_error(status: StatusCode, message: &str) -> Response {
    let body = json!({
        "status": status.as_u16(), "code": 0, "message": message, "developerMessage": message, "moreInfoUrl": ""
    });
    json_or_jsonp(status, &body, None)
}
