//! In: a settings document, whole or a part. Out: the settings as they are now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::fault::Faults;
use crate::settings::{Latency, Settings, Site};

/// A body that is checked before the handler sees it; the reason is plain text.
type Body<T> = Result<Json<T>, JsonRejection>;

/// `GET /settings`
pub async fn show(State(app): State<Arc<App>>) -> Json<Settings> {
    Json(app.settings().clone())
}

/// `PUT /settings`: what is absent goes back to its default.
pub async fn replace(State(app): State<Arc<App>>, body: Body<Settings>) -> Response {
    change(&app, body, |settings, new| *settings = new)
}

/// `GET /faults`
pub async fn faults(State(app): State<Arc<App>>) -> Json<Faults> {
    Json(app.settings().faults.clone())
}

/// `PUT /faults`: what is absent is no fault.
pub async fn replace_faults(State(app): State<Arc<App>>, body: Body<Faults>) -> Response {
    change(&app, body, |settings, new| settings.faults = new)
}

/// `GET /latency`
pub async fn latency(State(app): State<Arc<App>>) -> Json<Latency> {
    Json(app.settings().latency.clone())
}

/// `PUT /latency`
pub async fn replace_latency(State(app): State<Arc<App>>, body: Body<Latency>) -> Response {
    change(&app, body, |settings, new| settings.latency = new)
}

/// `GET /site`
pub async fn site(State(app): State<Arc<App>>) -> Json<Site> {
    Json(app.settings().site.clone())
}

/// `PUT /site`
pub async fn replace_site(State(app): State<Arc<App>>, body: Body<Site>) -> Response {
    change(&app, body, |settings, new| settings.site = new)
}

fn change<T>(app: &App, body: Body<T>, set: impl FnOnce(&mut Settings, T)) -> Response {
    let Json(new) = match body {
        Ok(new) => new,
        Err(rejection) => {
            return (
                StatusCode::BAD_REQUEST,
                format!("{}\n", rejection.body_text()),
            )
                .into_response();
        }
    };
    let mut changed = app.settings().clone();
    set(&mut changed, new);
    if let Err(bad) = changed.faults.check() {
        return (StatusCode::BAD_REQUEST, format!("{bad}\n")).into_response();
    }
    *app.settings() = changed.clone();
    app.hub.send("settings", &changed);
    Json(changed).into_response()
}
