//! In: the tenant. Out: its latest visitors, guests and events in the few words that the page shows.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::cdp::tenant::{Browser, Guest, Session, Tenant};

/// Visitors on the page, and guests without a browser; the rest is in `GET /state`.
const VISITORS: usize = 40;

/// Events that the page begins with.
const RECENT: usize = 60;

/// `GET /visitors`: the visitors seen last first, then guests that no browser stands for, and the latest events in order.
pub async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let tenant = app.tenant();
    let last_seen = |browser: &Browser| {
        let sessions = of_browser(&tenant, browser).map(|session| session.last_at);
        sessions.max().unwrap_or(browser.created_at)
    };
    let mut browsers: Vec<(i64, &Browser)> = tenant
        .browsers
        .values()
        .map(|browser| (last_seen(browser), browser))
        .collect();
    browsers.sort_by_key(|(seen, _)| std::cmp::Reverse(*seen));
    let visitors: Vec<Value> = browsers
        .iter()
        .take(VISITORS)
        .map(|(seen, browser)| visitor(&tenant, browser, *seen))
        .collect();
    let mut events: Vec<Value> = tenant
        .sessions
        .iter()
        .flat_map(|session| {
            session.events.iter().map(|event| {
                json!({
                    "type": event.kind, "createdAt": event.created_at, "data": event.arbitrary_data,
                    "browserId": session.key.browser_ref, "guestRef": session.guest_ref,
                })
            })
        })
        .collect();
    events.sort_by_key(|event| event["createdAt"].as_i64());
    let recent = events.split_off(events.len().saturating_sub(RECENT));
    Json(json!({
        "visitors": visitors, "total": tenant.browsers.len(), "guests": without_browser(&tenant), "recent": recent,
    }))
}

/// Guests that the REST API or a flow by identifier has made, changed last first.
fn without_browser(tenant: &Tenant) -> Vec<Value> {
    let seen: HashSet<&str> = tenant
        .browsers
        .values()
        .map(|browser| browser.guest_ref.as_str())
        .collect();
    let mut guests: Vec<&Guest> = tenant
        .records()
        .filter(|guest| !seen.contains(guest.reference.as_str()))
        .collect();
    guests.sort_by_key(|guest| std::cmp::Reverse(guest.modified_at));
    guests.truncate(VISITORS);
    guests.into_iter().map(record).collect()
}

/// What is known of a guest, by the names of the REST API.
fn record(guest: &Guest) -> Value {
    json!({
        "guestRef": guest.reference, "guestType": guest.guest_type, "modifiedAt": guest.modified_at,
        "fields": guest.data, "identifiers": guest.identifiers, "dataExtensions": guest.data_extensions,
    })
}

fn of_browser<'a>(tenant: &'a Tenant, browser: &'a Browser) -> impl Iterator<Item = &'a Session> {
    let is_its = |session: &&Session| session.key.browser_ref == browser.reference;
    tenant.sessions.iter().filter(is_its)
}

fn visitor(tenant: &Tenant, browser: &Browser, seen: i64) -> Value {
    let guest = tenant.guests.get(&browser.guest_ref);
    let known = tenant.visitor(&browser.guest_ref);
    let session = of_browser(tenant, browser).last();
    json!({
        "browserId": browser.reference,
        "guestRef": browser.guest_ref,
        "guestType": guest.map(|guest| guest.guest_type),
        "firstName": known.guest.get("firstName"),
        "email": known.guest.get("email"),
        "guest": guest.map(record),
        "visits": known.visits,
        "pageViews": known.page_views,
        "lastSeen": seen,
        "session": session.map(|session| json!({
            "ref": session.reference, "status": session.status, "channel": session.key.channel,
            "pos": session.key.pos, "events": session.events.len(),
        })),
    })
}
