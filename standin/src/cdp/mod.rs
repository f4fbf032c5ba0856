//! In: requests as Sitecore's SDKs send them. Out: answers in the shapes of Sitecore CDP and Personalize, from
//! one tenant that remembers. Never: authentication of a visitor; the real thing has none either.
//!
//! `browser`, `event`, `call_flows` are the direct API and the same behind Sitecore Edge, `web_flow` the script of web
//! experiences, `rest` what servers with the API token may do; `tenant` and `flow` are the pure state behind them.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};

use crate::app::App;

pub mod access;
pub mod browser;
pub mod call_check;
pub mod call_flows;
pub mod cors;
pub mod event;
pub mod flow;
pub mod reply;
pub mod rest;
pub mod tenant;
pub mod web_flow;

/// All paths of the wire contract.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1.2/browser/create.json", get(browser::create))
        .route("/v1.2/browser/{browser_id}/show.json", get(browser::show))
        .route("/v1.2/event/create.json", get(event::create_by_get))
        .route("/v1.2/events", post(event::create_by_post))
        .route(
            "/v2/callFlows",
            post(call_flows::by_post).get(call_flows::by_get),
        )
        .route("/v1/events/v1.2/browser/create.json", get(browser::create))
        .route(
            "/v1/events/v1.2/browser/{browser_id}/show.json",
            get(browser::show),
        )
        .route("/v1/events/v1.2/events", post(event::create_by_post))
        .route("/v1/personalize", post(call_flows::by_post))
        .route("/v1/personalize/cdn-url", get(web_flow::cdn_url))
        .route(
            "/web-flow-libs/{client_key}/web-version.min.js",
            get(web_flow::script),
        )
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(cors::answer))
        .merge(rest::router(&app))
        .with_state(app)
}

async fn unknown(uri: Uri) -> Response {
    reply::rest_error(
        StatusCode::NOT_FOUND,
        &format!("There is nothing at {}", uri.path()),
    )
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    reply::rest_error(
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("{} does not take {method}", uri.path()),
    )
}
