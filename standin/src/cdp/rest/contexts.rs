//! In: a browser id or a guest ref. Out: the guest with all visits and their events: how tests read back what has
//! been recorded. The newest visit and the newest event come first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as AxumQuery, RawQuery, State};
use serde_json::{Value, json};

use super::address::Address;
use super::paging::Page;
use super::problem::Problem;
use super::view;
use crate::app::App;
use crate::cdp::access::Query;
use crate::cdp::tenant::{Event, Guest, Session, Tenant};
use crate::clock::iso;

/// `GET /v2/guestContexts/?browserRef=`: the guest behind the browser now; for an id of nobody an empty list.
pub async fn find(
    State(app): State<Arc<App>>,
    address: Address,
    RawQuery(raw): RawQuery,
    AxumQuery(query): AxumQuery<Query>,
) -> Result<Json<Value>, Problem> {
    let page = Page::asked(&query)?;
    let browser_ref = query
        .get("browserRef")
        .ok_or_else(|| Problem::attribute("browserRef", "is missing"))?;
    let now = app.clock.now_ms();
    let tenant = app.tenant();
    let browser = tenant.browser(browser_ref);
    let found: Vec<&Guest> = browser
        .and_then(|browser| tenant.record(&browser.guest_ref))
        .into_iter()
        .collect();
    let items = page.of(&found).iter();
    let items = items.map(|guest| context(&tenant, guest, &address, now));
    let (url, raw) = (address.contexts(), raw.unwrap_or_default());
    Ok(Json(page.collection(
        &url,
        &raw,
        found.len(),
        items.collect(),
    )))
}

/// `GET /v2/guestContexts/{guest ref}`
pub async fn retrieve(
    State(app): State<Arc<App>>,
    address: Address,
    Path(reference): Path<String>,
) -> Result<Json<Value>, Problem> {
    let tenant = app.tenant();
    let guest = tenant
        .record(&reference)
        .ok_or_else(|| Problem::unknown_guest(&reference))?;
    Ok(Json(context(&tenant, guest, &address, app.clock.now_ms())))
}

fn context(tenant: &Tenant, guest: &Guest, address: &Address, now: i64) -> Value {
    let sessions = tenant.sessions.iter().rev();
    let own = sessions.filter(|session| session.guest_ref == guest.reference);
    let mut context = view::guest(tenant, guest, address, true, now);
    context["href"] = json!(format!("{}/{}", address.contexts(), guest.reference));
    context["sessions"] = own.map(session).collect();
    context
}

fn session(session: &Session) -> Value {
    let events = session.events.iter().rev();
    json!({
        "ref": session.reference,
        "browserRef": session.key.browser_ref,
        "guestRef": session.guest_ref,
        "channel": session.key.channel,
        "pointOfSale": session.key.pos,
        "status": session.status,
        "cartType": session.cart_type,
        "startedAt": iso(session.started_at),
        "endedAt": iso(session.last_at),
        "events": events.map(|one| event(session, one)).collect::<Vec<_>>(),
    })
}

fn event(session: &Session, event: &Event) -> Value {
    json!({
        "ref": event.reference,
        "type": event.kind,
        "status": "PROCESSED",
        "createdAt": iso(event.created_at),
        "channel": session.key.channel,
        "pointOfSale": session.key.pos,
        "browserRef": session.key.browser_ref,
        "sessionRef": session.reference,
        "arbitraryData": event.arbitrary_data,
    })
}
