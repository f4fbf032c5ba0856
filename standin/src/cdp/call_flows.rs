//! In: a call of a flow by a visitor. Out: the flow's JSON, and the run in the visitor's session.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query as AxumQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{Query, caller};
use super::call_check::{identifier, problem, text};
use super::flow::{Asked, Decision, decide};
use super::reply;
use super::tenant::SessionKey;
use crate::app::App;

/// `POST /v2/callFlows`, and `POST /v1/personalize` through Edge.
pub async fn by_post(
    State(app): State<Arc<App>>,
    uri: Uri,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    run(
        &app,
        uri.path(),
        &query,
        &headers,
        serde_json::from_slice(&body).unwrap_or_default(),
    )
}

/// `GET /v2/callFlows?message={…}&callback=…`, for script tags.
pub async fn by_get(
    State(app): State<Arc<App>>,
    uri: Uri,
    AxumQuery(query): AxumQuery<Query>,
    headers: HeaderMap,
) -> Response {
    let call = query
        .get("message")
        .and_then(|message| serde_json::from_str(message).ok())
        .unwrap_or_default();
    run(&app, uri.path(), &query, &headers, call)
}

fn run(app: &App, path: &str, query: &Query, headers: &HeaderMap, call: Value) -> Response {
    let caller = match caller(
        &app.options,
        path,
        query,
        headers,
        Some(text(&call, "clientKey")),
    ) {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    let callback = caller.callback.as_deref();
    if let Some(problem) = problem(&call, caller.edge) {
        return reply::rest_error(StatusCode::BAD_REQUEST, &problem);
    }
    let Some((guest_ref, key)) = visitor(app, &call, caller.edge) else {
        return reply::unknown_browser(&caller.client_key, callback);
    };
    let asked = Asked {
        visitor: app.tenant().visitor(&guest_ref),
        language: text(&call, "language").to_ascii_uppercase(),
        params: call.get("params").cloned().unwrap_or(Value::Null),
    };
    let friendly_id = text(&call, "friendlyId");
    let outcome = {
        let flows = app.flows();
        match flows.live(friendly_id) {
            None => Ok(None),
            Some(flow) => decide(flow, &asked)
                .map(|decision| decision.map(|decision| (flow.friendly_id.clone(), decision))),
        }
    };
    let decision = match outcome {
        Err(problem) => return reply::rest_error(StatusCode::INTERNAL_SERVER_ERROR, &problem),
        Ok(decision) => decision,
    };
    app.hub.send(
        "decision",
        &json!({
            "friendlyId": friendly_id, "guestRef": guest_ref, "browserId": call.get("browserId"),
            "name": decision.as_ref().map(|(_, decision)| &decision.name),
            "response": decision.as_ref().map(|(_, decision)| &decision.response),
        }),
    );
    let Some((flow_id, decision)) = decision else {
        return reply::json_or_jsonp(
            StatusCode::OK,
            &json!({"message": "No flow executed"}),
            callback,
        );
    };
    track(app, &flow_id, &decision, guest_ref, key);
    if !is_among_variants(&call, &decision.response) {
        return reply::json_or_jsonp(
            StatusCode::OK,
            &json!({"message": "No matching variant"}),
            callback,
        );
    }
    reply::json_or_jsonp(StatusCode::OK, &decision.response, callback)
}

/// Running a flow is the exposure: it is booked here, once for each run.
fn track(app: &App, flow_id: &str, decision: &Decision, guest_ref: String, key: SessionKey) {
    let now = app.clock.now_ms();
    let variant = decision
        .response
        .get("variantId")
        .cloned()
        .unwrap_or_default();
    let execution = json!({
        "ref": Uuid::new_v4().to_string(), "occurredAt": now, "flowFriendlyId": flow_id,
        "flowVariantRef": variant, "flowResponse": decision.name, "guestRef": guest_ref,
    });
    app.tenant().track_run(key, now, execution);
}

/// The guest that the call is about, and the session it belongs to; none: a browser id of nobody.
fn visitor(app: &App, call: &Value, edge: bool) -> Option<(String, SessionKey)> {
    let now = app.clock.now_ms();
    let pos = match text(call, "pointOfSale") {
        "" if edge => app
            .options
            .points_of_sale
            .first()
            .cloned()
            .unwrap_or_default(),
        pos => pos.to_owned(),
    };
    let channel = text(call, "channel").to_owned();
    let mut tenant = app.tenant();
    let (guest_ref, browser_ref) = match text(call, "browserId") {
        "" => {
            // Each run by e-mail or identifier is a session of its own.
            let guest_ref = tenant.guest_by_identifier(&identifier(call)?, now);
            (guest_ref.clone(), format!("{guest_ref}#{}", Uuid::new_v4()))
        }
        browser_id => {
            let browser = tenant.browser(browser_id)?;
            (browser.guest_ref.clone(), browser.reference.clone())
        }
    };
    let key = SessionKey {
        channel,
        pos,
        browser_ref,
    };
    tenant.join_session(key.clone(), &guest_ref, now);
    Some((guest_ref, key))
}

/// Edge only lets a variant through that the caller has listed.
fn is_among_variants(call: &Value, response: &Value) -> bool {
    let Some(variants) = call.get("variants").and_then(Value::as_array) else {
        return true;
    };
    response
        .get("variantId")
        .is_none_or(|id| variants.contains(id))
}
