//! In: path, query, headers. Out: through which door a call came, and whether its key opens it. Never looks at a body.

use std::collections::HashMap;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::reply;
use crate::cli::Options;

/// The query, decoded; of repeated names the last.
pub type Query = HashMap<String, String>;

/// A call that has shown a good key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Through Sitecore Edge: key and point of sale may be empty.
    pub edge: bool,
    /// The key as sent, for the reply.
    pub client_key: String,
    /// Name of the JSONP function.
    pub callback: Option<String>,
}

/// Who calls. `body_key` is the key in the body, where the body has one.
///
/// # Errors
/// 401 for a wrong key or a missing context id, 400 for a callback that is no name.
pub fn caller(
    options: &Options,
    path: &str,
    query: &Query,
    headers: &HeaderMap,
    body_key: Option<&str>,
) -> Result<Caller, Box<Response>> {
    let client_key = body_key
        .or_else(|| query.get("client_key").map(String::as_str))
        .unwrap_or_default()
        .to_owned();
    let callback = query.get("callback").cloned();
    if callback
        .as_deref()
        .is_some_and(|name| !is_function_name(name))
    {
        return Err(Box::new(reply::stream_error(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            &client_key,
            "callback is no function name",
            None,
        )));
    }
    let edge = path.starts_with("/v1/");
    let opens = if edge {
        let context = query
            .get("sitecoreContextId")
            .map(String::as_str)
            .or_else(|| headers.get("x-sitecore-contextid")?.to_str().ok())
            .unwrap_or_default();
        let context_fits = options
            .context_id
            .as_deref()
            .map_or(!context.is_empty(), |known| known == context);
        context_fits && (client_key.is_empty() || client_key == options.client_key)
    } else {
        client_key == options.client_key
    };
    if opens {
        return Ok(Caller {
            edge,
            client_key,
            callback,
        });
    }
    let message = if edge {
        "Unknown context id"
    } else {
        "Invalid client key"
    };
    Err(Box::new(reply::stream_error(
        StatusCode::UNAUTHORIZED,
        "UNAUTHORIZED",
        &client_key,
        message,
        callback.as_deref(),
    )))
}

/// What may stand before `(` in a script: names joined by dots.
fn is_function_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.'))
}
