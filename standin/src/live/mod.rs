//! In: whoever wants to see or steer the stand-in. Out: what was received, the tenant's state, settings, flows,
//! and a page for all of it. Never part of the wire contract: no fault and no log touches these paths.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;

mod flows;
pub mod hub;
mod page;
mod received;
mod settings;
mod state;
mod stream;
mod visitors;

/// All paths of the stand-in's own.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page::show))
        .route("/standin/{file}", get(page::file))
        .route("/received", get(received::list).delete(received::clear))
        .route("/state", get(state::show))
        .route("/reset", post(state::reset))
        .route("/clock", get(state::clock).post(state::advance))
        .route("/settings", get(settings::show).put(settings::replace))
        .route(
            "/faults",
            get(settings::faults).put(settings::replace_faults),
        )
        .route(
            "/latency",
            get(settings::latency).put(settings::replace_latency),
        )
        .route("/site", get(settings::site).put(settings::replace_site))
        .route("/flows", get(flows::list))
        .route(
            "/flows/{friendly_id}",
            get(flows::show).put(flows::put).delete(flows::remove),
        )
        .route(
            "/flows/{friendly_id}/force",
            axum::routing::put(flows::force),
        )
        .route("/live", get(stream::listen))
        .route("/visitors", get(visitors::list))
        .layer(middleware::from_fn(same_site_only))
        .with_state(app)
}

/// Whether the path is the stand-in's own and not the CDP's.
#[must_use]
pub fn owns(path: &str) -> bool {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    matches!(
        first,
        "" | "standin"
            | "received"
            | "state"
            | "reset"
            | "clock"
            | "settings"
            | "faults"
            | "latency"
            | "site"
            | "flows"
            | "live"
            | "visitors"
    ) && !path.starts_with("//")
}

/// There is no password here, so no other website may use a developer's browser to read or change anything.
async fn same_site_only(request: Request, next: Next) -> Response {
    let from = request
        .headers()
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    let navigates = request
        .headers()
        .get("sec-fetch-mode")
        .is_some_and(|mode| mode == "navigate");
    if from == Some("cross-site") && !(navigates && request.method().is_safe()) {
        return (StatusCode::FORBIDDEN, "not from another site\n").into_response();
    }
    next.run(request).await
}
