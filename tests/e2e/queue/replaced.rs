//! Browser ids that the CDP does not know: replaced once, for all events of the visitor, and in one visitor's cookie.

use serde_json::{Value, json};
use xm_edge_tests::{CLIENT_KEY, NEW_BROWSER_ID, QueueSettings, Reply, World, visitor_cookie};

use super::{taken, told, unknown, visitor, world, world_with};
use crate::common::{event_types, id_set, sent_events, settle};

/// The CDP knows `id` alone.
fn knows_only(world: &World, id: &str) {
    let id = id.to_owned();
    world.cdp.events_reply_with(move |request| {
        if request.json()["browser_id"] == id.as_str() {
            taken()
        } else {
            unknown()
        }
    });
}

/// Ids of the events that the CDP got, in order.
fn ids(world: &World) -> Vec<Value> {
    sent_events(world)
        .iter()
        .map(|event| event["browser_id"].clone())
        .collect()
}

/// `create.json` gives another id every time.
fn many_ids(world: &World) {
    let count = std::sync::atomic::AtomicUsize::new(100);
    world.cdp.create_with(move |_| {
        let id = visitor(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        Reply::json(json!({"status": "OK", "version": "1.2", "client_key": CLIENT_KEY, "ref": id}))
            .with_status(201)
    });
}

#[test]
fn all_stored_events_of_a_visitor_move_to_one_new_id_in_their_order() {
    let world = world();
    for n in 0..3 {
        told(&world, 1, &format!("STEP_{n}"), n);
    }
    knows_only(&world, NEW_BROWSER_ID);
    let batch = world.deliver();
    assert!(batch.is_settled());
    assert_eq!(batch.acked.len(), 3, "stored anew and acknowledged");
    assert_eq!(event_types(&world), ["STEP_0"], "one question is enough");
    let renewed = world.queue().waiting();
    assert_eq!(renewed.len(), 3);
    world.deliver_all();
    assert_eq!(
        event_types(&world),
        ["STEP_0", "STEP_0", "STEP_1", "STEP_2"]
    );
    assert_eq!(ids(&world)[1..], [NEW_BROWSER_ID; 3]);
    assert_eq!(world.cdp.creates().len(), 1, "one guest");
    let (first, second) = (&sent_events(&world)[0], &sent_events(&world)[1]);
    assert_eq!(
        first["requested_at"], second["requested_at"],
        "when it happened"
    );
}

#[test]
fn an_id_is_replaced_once_and_then_the_event_is_a_dead_letter() {
    let settings = QueueSettings {
        max_retries: 2,
        ..QueueSettings::default()
    };
    let world = world_with(settings);
    told(&world, 1, "SIGNUP", 0);
    world.cdp.events_reply(unknown());
    world.deliver_all();
    assert_eq!(world.cdp.creates().len(), 1);
    let dead = world.queue().dead();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].event()["browser_id"], NEW_BROWSER_ID);
}

#[test]
fn while_no_new_id_is_to_be_had_nothing_is_lost_and_no_order() {
    let world = world();
    for n in 0..3 {
        told(&world, 1, "SIGNUP", n);
    }
    knows_only(&world, NEW_BROWSER_ID);
    for reply in [
        Reply::status(500),
        Reply::html("<p>no</p>"),
        Reply::raw("").reset(),
    ] {
        world.cdp.create(reply);
        let batch = world.deliver();
        assert!(batch.is_settled());
        assert_eq!(batch.retried.len(), 3);
        world.queue().pass(1_000);
    }
    let id =
        json!({"status": "OK", "version": "1.2", "client_key": CLIENT_KEY, "ref": NEW_BROWSER_ID});
    world.cdp.create(Reply::json(id).with_status(201));
    world.deliver_all();
    let under_new: Vec<Value> = sent_events(&world)
        .iter()
        .filter(|event| event["browser_id"] == NEW_BROWSER_ID)
        .map(|event| event["ext"]["n"].clone())
        .collect();
    assert_eq!(under_new, [0, 1, 2]);
}

#[test]
fn a_consumer_that_cannot_store_sends_under_the_new_id_at_once() {
    let bound = world();
    for n in 0..2 {
        told(&bound, 1, "SIGNUP", n);
    }
    let settings = QueueSettings {
        is_bound: false,
        ..QueueSettings::default()
    };
    let world = world_with(settings);
    for message in bound.queue().waiting() {
        world.queue().push(message.body);
    }
    knows_only(&world, NEW_BROWSER_ID);
    let batch = world.deliver();
    assert!(batch.is_settled());
    assert_eq!(batch.acked.len(), 2);
    assert_eq!(
        ids(&world),
        [visitor(1).as_str(), NEW_BROWSER_ID, NEW_BROWSER_ID]
    );
}

#[test]
fn a_page_view_takes_the_id_that_a_stored_event_was_moved_to() {
    let world = world();
    told(&world, 1, "SIGNUP", 0);
    knows_only(&world, NEW_BROWSER_ID);
    world.deliver();
    let response = world.visit("/").cookies(&visitor_cookie(&visitor(1))).get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(
        world.cdp.creates().len(),
        1,
        "a second guest for the same visitor"
    );
}

#[test]
fn a_view_under_an_unknown_id_is_sent_once_more_and_the_next_page_takes_the_id() {
    let world = World::start();
    world.page("/", Reply::html("<!DOCTYPE html><html><p>x</p></html>"));
    knows_only(&world, NEW_BROWSER_ID);
    let visit = world.visit("/").cookies(&visitor_cookie(&visitor(1)));
    assert_eq!(id_set(&visit.get()).as_deref(), Some(visitor(1).as_str()));
    let line = world.log_line("of the page", |line| line["route"] == "page");
    assert_eq!(line["view"], "accepted");
    assert_eq!(ids(&world), [visitor(1).as_str(), NEW_BROWSER_ID]);
    assert_eq!(id_set(&visit.get()).as_deref(), Some(NEW_BROWSER_ID));
    let line = world.log_line("of the second page", |line| line["id"] == "replaced");
    assert_eq!(line["view"], "accepted");
    assert_eq!(
        world.cdp.creates().len(),
        1,
        "a guest for the event and none for the page"
    );
}

#[test]
fn an_id_that_only_a_flow_called_unknown_costs_one_guest_too() {
    let world = crate::common::hero_world();
    knows_only(&world, NEW_BROWSER_ID);
    world.cdp.flow_with("hero", |request| {
        if request.json()["browserId"] == NEW_BROWSER_ID {
            Reply::json(json!({}))
        } else {
            unknown()
        }
    });
    let visit = world.visit("/").cookies(&visitor_cookie(&visitor(1)));
    drop(visit.get());
    let _ = world.log_line("of the page", |line| line["view"] == "accepted");
    assert_eq!(
        ids(&world),
        [NEW_BROWSER_ID],
        "the CDP is not asked what it has said already"
    );
    assert_eq!(id_set(&visit.get()).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn a_replacement_goes_into_one_cookie_and_who_brings_the_old_id_later_gets_another() {
    let world = World::start();
    world.page("/", Reply::html("<!DOCTYPE html><html><p>x</p></html>"));
    many_ids(&world);
    world.cdp.events_reply_with(|request| {
        if request.json()["browser_id"] == visitor(1).as_str() {
            unknown()
        } else {
            taken()
        }
    });
    let visit = world.visit("/").cookies(&visitor_cookie(&visitor(1)));
    drop(visit.get());
    let _ = world.log_line("of the page", |line| line["view"] == "accepted");
    let first = id_set(&visit.get());
    assert_eq!(first.as_deref(), Some(visitor(100).as_str()));
    let other = id_set(&visit.get());
    assert_eq!(
        other.as_deref(),
        Some(visitor(101).as_str()),
        "an id of their own"
    );
    // Nobody else is touched by it.
    let another = world.visit("/").cookies(&visitor_cookie(&visitor(2))).get();
    assert_eq!(id_set(&another).as_deref(), Some(visitor(2).as_str()));
}

#[test]
fn whatever_answers_first_carries_the_new_id() {
    let world = World::start();
    knows_only(&world, NEW_BROWSER_ID);
    let cookie = visitor_cookie(&visitor(1));
    let signup = || {
        let body = json!({"type": "SIGNUP"}).to_string();
        crate::common::post(&world, "/_cdp/event", "application/json", body)
            .cookies(&cookie)
            .get()
    };
    assert_eq!(id_set(&signup()), None);
    let _ = world.log_line("of the event", |line| {
        line["outcomes"] == json!({"accepted": 1})
    });
    assert_eq!(id_set(&signup()).as_deref(), Some(NEW_BROWSER_ID));

    let world = World::start();
    knows_only(&world, NEW_BROWSER_ID);
    let answer = Reply::json(json!({})).header("CDP-Event", r#"{"type":"SIGNUP"}"#);
    world.page("/api/x", answer);
    let visit = world
        .visit("/api/x")
        .cookies(&cookie)
        .header("Accept", "*/*")
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty");
    assert_eq!(id_set(&visit.get()), None);
    let _ = world.log_line("of the event", |line| {
        line["outcomes"] == json!({"accepted": 1})
    });
    let second = visit.get();
    assert_eq!(id_set(&second).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(second.headers.all("cache-control"), ["private, no-store"]);
}

#[test]
fn a_new_visitors_redirect_that_tells_of_a_login_makes_one_guest() {
    let world = World::start();
    many_ids(&world);
    let login = Reply::status(302).header("Location", "/account").header(
        "CDP-Event",
        r#"{"type":"IDENTITY","identifiers":[{"provider":"email","id":"j@d.ie"}]}"#,
    );
    world.page("/login", login);
    let response = world.visit("/login").get();
    assert_eq!(response.status, 302);
    assert_eq!(id_set(&response).as_deref(), Some(visitor(100).as_str()));
    assert_eq!(
        world.cdp.wait_for_event("IDENTITY")["browser_id"],
        visitor(100).as_str()
    );
    settle(&world);
    assert_eq!(
        world.cdp.creates().len(),
        1,
        "an id for the cookie and another for the event"
    );
}

#[test]
fn a_redirect_that_tells_nothing_waits_for_no_id() {
    let world = World::start();
    world.cdp.create(Reply::silence());
    world.page("/old", Reply::status(302).header("Location", "/new"));
    let response = world.visit("/old").get();
    assert_eq!(response.status, 302);
    assert_eq!(id_set(&response), None);
}
