//! In: one event, as a POST or in the query of a GET. Out: 201 with its ref, or what is missing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query as AxumQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::access::{Caller, Query, caller};
use super::reply;
use super::tenant::identity::identifiers;
use crate::app::App;

/// `POST …/events`: the event is the body, with `client_key` in it.
pub async fn create_by_post(
    State(app): State<Arc<App>>,
    uri: Uri,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let event = serde_json::from_slice::<Value>(&body).ok();
    let key = event
        .as_ref()
        .and_then(|event| event.get("client_key"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    match caller(&app.options, uri.path(), &query, &headers, Some(key)) {
        Ok(caller) => take(&app, &caller, event),
        Err(refused) => *refused,
    }
}

/// `GET …/event/create.json?client_key=…&message={…}`
pub async fn create_by_get(
    State(app): State<Arc<App>>,
    uri: Uri,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
) -> Response {
    match caller(&app.options, uri.path(), &query, &headers, None) {
        Ok(caller) => take(
            &app,
            &caller,
            query
                .get("message")
                .and_then(|message| serde_json::from_str(message).ok()),
        ),
        Err(refused) => *refused,
    }
}

fn take(app: &App, caller: &Caller, event: Option<Value>) -> Response {
    let refuse = |message: &str| {
        reply::stream_error(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            &caller.client_key,
            message,
            caller.callback.as_deref(),
        )
    };
    let Some(Value::Object(mut event)) = event else {
        return refuse("the event is no JSON object");
    };
    if let Some(problem) = problem(&event) {
        return refuse(&problem);
    }
    if caller.edge
        && event
            .get("pos")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
    {
        // Edge knows the point of sale from the context id.
        let pos = app
            .options
            .points_of_sale
            .first()
            .cloned()
            .unwrap_or_default();
        event.insert("pos".to_owned(), Value::String(pos));
    }
    let taken = app.tenant().take_event(&event, app.clock.now_ms());
    match taken {
        Err(_) => reply::unknown_browser(&caller.client_key, caller.callback.as_deref()),
        Ok(accepted) => {
            app.hub
                .send("event", &json!({"event": event, "kept": accepted.kept}));
            let body = json!({"status": "OK", "version": "1.2", "client_key": caller.client_key, "ref": accepted.reference});
            reply::json_or_jsonp(StatusCode::CREATED, &body, caller.callback.as_deref())
        }
    }
}

/// What the Stream API refuses: everything else it takes, whatever is missing.
fn problem(event: &Map<String, Value>) -> Option<String> {
    for name in ["type", "browser_id"] {
        if event
            .get(name)
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            return Some(format!("{name} is required"));
        }
    }
    if event.get("type").and_then(Value::as_str) == Some("IDENTITY")
        && identifiers(event.get("identifiers")).is_empty()
    {
        return Some("identifiers needs at least one {provider, id}".to_owned());
    }
    None
}
