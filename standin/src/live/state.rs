//! In: nothing, or how far to move the clock. Out: the tenant as it is, or the start state again.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::clock::iso;

/// `GET /state`: browsers, guests, sessions with their events.
pub async fn show(State(app): State<Arc<App>>) -> Json<Value> {
    let tenant = app.tenant();
    let events: Vec<Value> = tenant
        .sessions
        .iter()
        .flat_map(|session| {
            session.events.iter().map(move |event| {
                let mut value = serde_json::to_value(event).unwrap_or_default();
                value["sessionRef"] = json!(session.reference);
                value["browserRef"] = json!(session.key.browser_ref);
                value["guestRef"] = json!(session.guest_ref);
                value
            })
        })
        .collect();
    Json(json!({
        "browsers": tenant.browsers.values().collect::<Vec<_>>(),
        "guests": tenant.guests.values().collect::<Vec<_>>(),
        "sessions": tenant.sessions,
        "events": events,
        "droppedEvents": tenant.dropped_events,
        "pointsOfSale": tenant.points_of_sale,
        "now": iso(app.clock.now_ms()),
    }))
}

/// `POST /reset`. A body is read, though it says nothing: hyper ends a connection on which one was left unread.
pub async fn reset(State(app): State<Arc<App>>, _: Bytes) -> StatusCode {
    app.reset();
    StatusCode::NO_CONTENT
}

/// How far to move the clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// Milliseconds, also negative.
    advance_ms: i64,
}

/// `GET /clock`
pub async fn clock(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({"now": iso(app.clock.now_ms())}))
}

/// `POST /clock`: sessions grow old without waiting.
pub async fn advance(State(app): State<Arc<App>>, Json(advance): Json<Advance>) -> Json<Value> {
    app.clock.advance(advance.advance_ms);
    Json(json!({"now": iso(app.clock.now_ms())}))
}
