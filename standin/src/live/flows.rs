//! In: a flow, or which response everybody gets. Out: the flows as they are now.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::cdp::flow::Flow;

/// `GET /flows`
pub async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({"flows": app.flows().iter().collect::<Vec<_>>()}))
}

/// `GET /flows/{friendly id}`
pub async fn show(State(app): State<Arc<App>>, Path(friendly_id): Path<String>) -> Response {
    match app.flows().get(&friendly_id) {
        Some(flow) => Json(flow).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `PUT /flows/{friendly id}`: adds or replaces.
pub async fn put(
    State(app): State<Arc<App>>,
    Path(friendly_id): Path<String>,
    body: Bytes,
) -> Response {
    let flow: Flow = match serde_json::from_slice(&body) {
        Ok(flow) => flow,
        Err(error) => return refuse(&error.to_string()),
    };
    if flow.friendly_id != friendly_id {
        return refuse("friendlyId differs from the one in the path");
    }
    if let Some(problem) = flow.problem() {
        return refuse(&problem);
    }
    app.flows().put(flow.clone());
    app.hub.send("flow", &flow);
    Json(flow).into_response()
}

/// `DELETE /flows/{friendly id}`
pub async fn remove(State(app): State<Arc<App>>, Path(friendly_id): Path<String>) -> StatusCode {
    let removed = app.flows().remove(&friendly_id);
    app.hub.send("flows", &());
    if removed.is_some() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

/// Which response everybody gets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// A name, `default`, `none`; null: as the rules say.
    force: Option<String>,
}

/// `PUT /flows/{friendly id}/force`
pub async fn force(
    State(app): State<Arc<App>>,
    Path(friendly_id): Path<String>,
    Json(force): Json<Force>,
) -> Response {
    let mut flows = app.flows();
    let Some(flow) = flows.get_mut(&friendly_id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let forced = Flow {
        force: force.force,
        ..flow.clone()
    };
    if let Some(problem) = forced.problem() {
        return refuse(&problem);
    }
    *flow = forced;
    app.hub.send("flow", &*flow);
    Json(&*flow).into_response()
}

fn refuse(problem: &str) -> Response {
    (StatusCode::BAD_REQUEST, format!("{problem}\n")).into_response()
}
