//! Sessions and identities, with the time as an argument.

use serde_json::{Value, json};

use super::session::INACTIVITY_MS;
use super::*;

fn tenant() -> Tenant {
    Tenant::new(&["shop/ie".to_owned(), "shop/de".to_owned()])
}

fn send(tenant: &mut Tenant, browser: &Browser, now: i64, more: Value) -> Accepted {
    let mut event = json!({"type": "VIEW", "channel": "WEB", "pos": "shop/ie", "browser_id": browser.reference});
    event
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    tenant.take_event(event.as_object().unwrap(), now).unwrap()
}

fn identity(id: &str, first_name: &str) -> Value {
    json!({"type": "IDENTITY", "firstname": first_name, "identifiers": [{"provider": "email", "id": id}]})
}

fn guest_of<'a>(tenant: &'a Tenant, browser: &Browser) -> &'a Guest {
    &tenant.guests[&tenant.browsers[&browser.reference].guest_ref]
}

#[test]
fn twenty_minutes_of_silence_end_a_session_and_less_does_not() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    send(&mut tenant, &browser, 0, json!({}));
    send(&mut tenant, &browser, INACTIVITY_MS, json!({}));
    assert_eq!(tenant.sessions.len(), 1);
    send(&mut tenant, &browser, 2 * INACTIVITY_MS + 1, json!({}));
    assert_eq!(
        tenant
            .sessions
            .iter()
            .map(|session| (session.status, session.events.len()))
            .collect::<Vec<_>>(),
        [("CLOSED", 2), ("OPEN", 1)]
    );
}

#[test]
fn channel_and_point_of_sale_make_sessions_of_their_own() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    for more in [
        json!({}),
        json!({"channel": "MOBILE_WEB"}),
        json!({"pos": "shop/de"}),
        json!({}),
    ] {
        send(&mut tenant, &browser, 1, more);
    }
    assert_eq!(tenant.sessions.len(), 3);
}

#[test]
fn force_close_ends_only_the_session_of_its_channel() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    send(&mut tenant, &browser, 1, json!({}));
    send(&mut tenant, &browser, 1, json!({"channel": "MOBILE_WEB"}));
    send(&mut tenant, &browser, 2, json!({"type": "FORCE_CLOSE"}));
    assert_eq!(
        tenant
            .sessions
            .iter()
            .map(|session| session.status)
            .collect::<Vec<_>>(),
        ["CLOSED", "OPEN"]
    );
    send(&mut tenant, &browser, 3, json!({}));
    assert_eq!(tenant.sessions.len(), 3);
}

#[test]
fn an_unknown_point_of_sale_is_accepted_and_dropped() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    assert!(!send(&mut tenant, &browser, 1, json!({"pos": "shop/typo"})).kept);
    assert_eq!((tenant.sessions.len(), tenant.dropped_events), (0, 1));
}

#[test]
fn a_browser_id_of_nobody_is_refused_except_a_bots() {
    let mut tenant = tenant();
    let mut event = json!({"type": "VIEW", "channel": "WEB", "pos": "shop/ie", "browser_id": "b9c3da31-723c-fb22-17e1-2c047b2e0aa9"});
    assert_eq!(
        tenant.take_event(event.as_object().unwrap(), 0),
        Err(UnknownBrowser)
    );
    event["channel"] = json!("bot");
    assert!(
        tenant
            .take_event(event.as_object().unwrap(), 0)
            .unwrap()
            .kept
    );
}

#[test]
fn an_identity_of_nobody_else_makes_the_visitor_a_customer() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    send(
        &mut tenant,
        &browser,
        1,
        identity("jane@example.com", "Jane"),
    );
    let guest = guest_of(&tenant, &browser);
    assert_eq!(
        (guest.guest_type, &guest.reference),
        (GuestType::Customer, &browser.guest_ref)
    );
    assert_eq!(guest.data["firstName"], "Jane");
}

#[test]
fn a_known_identity_retires_the_anonymous_guest_and_moves_its_sessions() {
    let mut tenant = tenant();
    let (phone, laptop) = (tenant.create_browser(0), tenant.create_browser(0));
    send(&mut tenant, &phone, 1, identity("jane@example.com", "Jane"));
    send(&mut tenant, &laptop, 2, json!({}));
    send(
        &mut tenant,
        &laptop,
        3,
        identity("JANE@example.com", "Jane"),
    );
    let retired = &tenant.guests[&laptop.guest_ref];
    assert_eq!(
        (retired.guest_type, retired.merged_into.as_ref()),
        (GuestType::Retired, Some(&phone.guest_ref))
    );
    assert_eq!(
        tenant.browsers[&laptop.reference].guest_ref, phone.guest_ref,
        "the browser keeps its id"
    );
    assert!(
        tenant
            .sessions
            .iter()
            .all(|session| session.guest_ref == phone.guest_ref)
    );
    assert_eq!(tenant.visitor(&phone.guest_ref).visits, 2);
}

#[test]
fn another_person_on_the_same_device_is_another_guest() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    send(
        &mut tenant,
        &browser,
        1,
        identity("jane@example.com", "Jane"),
    );
    send(&mut tenant, &browser, 2, identity("tom@example.com", "Tom"));
    assert_eq!(guest_of(&tenant, &browser).data["firstName"], "Tom");
    assert_eq!(
        tenant.guests[&browser.guest_ref].data["firstName"], "Jane",
        "Jane is still Jane"
    );
    assert_eq!(
        tenant.guests[&browser.guest_ref].guest_type,
        GuestType::Customer
    );
}

#[test]
fn a_flow_run_is_booked_in_the_browsers_session() {
    let mut tenant = tenant();
    let browser = tenant.create_browser(0);
    send(&mut tenant, &browser, 1, json!({}));
    let key = tenant.sessions[0].key.clone();
    tenant.track_run(key, 2, json!({"flowFriendlyId": "home_hero"}));
    assert_eq!(tenant.sessions.len(), 1);
    assert_eq!(tenant.sessions[0].events[1].kind, "TRACKING");
    assert_eq!(
        tenant.sessions[0].events[1].arbitrary_data["flowExecution"]["flowFriendlyId"],
        "home_hero"
    );
}
