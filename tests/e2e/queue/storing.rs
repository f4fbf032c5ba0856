//! Storing: who is told what, and when; and a queue that fails.

use std::thread;

use serde_json::{Value, json};
use xm_edge_tests::{
    Latch, NEW_BROWSER_ID, Page, QueueSettings, RETURNING_ID, Reply, Store, World,
};

use super::{batch_line, taken, tell, told, unknown, world};
use crate::common::{event_types, id_set, post};

const JSON: &str = "application/json";

/// Whatever the Worker has to do at once, it has done when this returns.
fn a_moment(world: &World) {
    for _ in 0..3 {
        drop(world.visit("/_cdp/health").get());
    }
}

fn stored_reply() -> Reply {
    Reply::json(
        json!({"metadata": {"metrics": {"backlogCount": 0, "backlogBytes": 0, "oldestMessageTimestamp": 0}}}),
    )
}

#[test]
fn a_page_hears_that_its_event_is_accepted_only_when_the_queue_has_it() {
    let world = world();
    let gate = Latch::new();
    let held = gate.clone();
    let hold = move || Store::TakeAnd(stored_reply().hold(&held));
    world.queue().on_store(hold);
    thread::scope(|scope| {
        let answer = scope.spawn(|| tell(&world, 1, "SIGNUP", 0));
        let _ = world.queue().wait_for(1);
        a_moment(&world);
        assert!(!answer.is_finished(), "answered before the queue said yes");
        gate.open();
        assert_eq!(answer.join().unwrap().status, 202);
    });
    assert!(event_types(&world).is_empty(), "sent although it is stored");
}

#[test]
fn an_identity_is_stored_before_it_is_accepted_too() {
    let world = world();
    let body = json!({"identifiers": [{"provider": "email", "id": "j@d.ie"}]}).to_string();
    let response = post(&world, "/_cdp/identity", JSON, body).get();
    assert_eq!(response.status, 202);
    let stored = world.queue().stored().all();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].event()["type"], "IDENTITY");
}

#[test]
fn a_message_holds_the_event_and_the_device_and_nothing_else_of_the_visitor() {
    let world = world();
    let body = json!({"type": "SIGNUP", "ext": {"price": 1.0, "big": 9_007_199_254_740_993_u64}});
    let response = post(&world, "/_cdp/event", JSON, body.to_string()).get();
    let answer: Value = serde_json::from_slice(&response.body).unwrap();
    let stored = world.queue().wait_for(1).remove(0);
    let text = stored.body.as_str().expect("a message is text");
    let mut message: Value = serde_json::from_str(text).unwrap();
    assert_eq!(message["id"], answer["id"], "the id that the page was told");
    let agent = message["user_agent"].as_str().unwrap().to_owned();
    assert!(agent.contains("Chrome/141"), "{agent}");
    let event = message["body"].as_str().unwrap().to_owned();
    for (key, value) in message.as_object_mut().unwrap() {
        let known = ["v", "id", "body", "user_agent", "replaced", "at", "n"];
        assert!(known.contains(&key.as_str()), "{key}: {value}");
    }
    world.deliver();
    let sent = world.cdp.requests().all();
    let sent = sent.iter().find(|request| request.path() == "/v1.2/events");
    let sent = String::from_utf8(sent.expect("no event").body()).unwrap();
    assert_eq!(sent, event, "every byte of it, and every digit");
    assert!(
        sent.contains("9007199254740993") && sent.contains("1.0"),
        "{sent}"
    );
}

#[test]
fn a_page_does_not_wait_for_its_view_to_be_stored() {
    let world = world();
    let gate = Latch::new();
    let held = gate.clone();
    world
        .queue()
        .on_store(move || Store::TakeAnd(stored_reply().hold(&held)));
    let response = world.revisit("/").get();
    assert_eq!(response.status, 200);
    let stored = world.queue().wait_for(1);
    assert_eq!(stored[0].event()["type"], "VIEW");
    gate.open();
    let line = world.log_line("of the page", |line| line["route"] == "page");
    assert_eq!(line["view"], "stored");
    assert!(line.get("queue_fault").is_none(), "{line}");
}

#[test]
fn what_xm_tells_with_a_page_or_a_redirect_delays_neither() {
    let world = world();
    let gate = Latch::new();
    let held = gate.clone();
    world
        .queue()
        .on_store(move || Store::TakeAnd(stored_reply().hold(&held)));
    let signup = r#"{"type":"SIGNUP"}"#;
    let page = Reply::html(Page::with("<p>hello</p>").html()).header("CDP-Event", signup);
    world.page("/page", page);
    let redirect = Reply::status(302)
        .header("Location", "/page")
        .header("CDP-Event", signup);
    world.page("/login", redirect);
    assert!(world.revisit("/page").get().text().contains("BOTTOM"));
    assert_eq!(world.revisit("/login").get().status, 302);
    let _ = world.queue().wait_for(2);
    gate.open();
    let stored = json!({"stored": 1});
    let _ = world.log_line("of the event", |line| line["outcomes"] == stored);
}

#[test]
fn a_view_is_not_stored_before_the_last_byte_of_its_page() {
    let world = world();
    let (first, rest) = (Page::with("<p>first</p>").top(), Latch::new());
    let page = Reply::html_stream()
        .part(first)
        .wait(&rest)
        .part("<p>last</p></html>");
    world.page("/slow", page);
    let mut exchange = world.revisit("/slow").send();
    let _ = exchange.wait_for("TOP");
    a_moment(&world);
    assert!(
        world.queue().requests().all().is_empty(),
        "stored too early"
    );
    rest.open();
    let _ = exchange.finish();
    assert_eq!(world.queue().wait_for(1)[0].event()["page"], "/slow");
}

#[test]
fn events_of_one_answer_are_stored_at_once_and_in_their_order() {
    let world = world();
    let answer = Reply::json(json!({}))
        .header(
            "CDP-Event",
            r#"{"type":"IDENTITY","identifiers":[{"provider":"email","id":"j@d.ie"}]}"#,
        )
        .header("CDP-Event", r#"{"type":"SIGNUP"}"#)
        .header("CDP-Event", r#"{"type":"WELCOMED"}"#);
    world.page("/login", answer);
    drop(world.revisit("/login").get());
    let stored = world.queue().wait_for(3);
    let types: Vec<Value> = stored
        .iter()
        .map(|message| message.event()["type"].clone())
        .collect();
    assert_eq!(types, ["IDENTITY", "SIGNUP", "WELCOMED"]);
    assert_eq!(world.queue().requests().all().len(), 1, "stored one by one");
    let line = world.log_line("of the events", |line| line["route"] == "events");
    assert_eq!(
        (&line["source"], &line["outcomes"]),
        (&json!("xm"), &json!({"stored": 3}))
    );
    world.deliver();
    assert_eq!(event_types(&world), ["IDENTITY", "SIGNUP", "WELCOMED"]);
}

#[test]
fn a_rule_and_a_counted_bot_are_stored_too() {
    let goals = json!([{"path": "/thanks", "method": "GET", "event": "ORDERED"}]);
    let site = json!({"goals": goals, "bots": "count"});
    let world = World::build()
        .site(site)
        .queue(QueueSettings::default())
        .start();
    world.page("/thanks", Reply::html(Page::with("<p>thanks</p>").html()));
    drop(world.revisit("/thanks").get());
    let stored = world.queue().wait_for(2);
    let types: Vec<Value> = stored
        .iter()
        .map(|message| message.event()["type"].clone())
        .collect();
    assert!(
        types.contains(&json!("ORDERED")) && types.contains(&json!("VIEW")),
        "{types:?}"
    );

    let bot = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)";
    drop(world.visit("/thanks").user_agent(bot).get());
    assert_eq!(world.queue().wait_for(3)[2].event()["channel"], "bot");
    // A bot's id is made of its name: the CDP never gave it out, and no guest is made in its place.
    world.cdp.events_reply_with(|request| {
        if request.json()["channel"] == "bot" {
            unknown()
        } else {
            taken()
        }
    });
    let batch = world.deliver();
    assert_eq!(batch.acked.len(), 2);
    assert!(world.cdp.creates().is_empty(), "a guest for a bot");
}

#[test]
fn a_visitor_who_leaves_before_the_answer_does_not_take_the_event_along() {
    let world = world();
    let gate = Latch::new();
    let held = gate.clone();
    world
        .queue()
        .on_store(move || Store::TakeAnd(stored_reply().hold(&held)));
    let exchange = post(&world, "/_cdp/event", JSON, r#"{"type":"SIGNUP"}"#).send();
    let _ = world.queue().wait_for(1);
    exchange.abort();
    a_moment(&world);
    gate.open();
    let line = world.log_line("of the event", |line| line["route"] == "events");
    assert_eq!(line["outcomes"], json!({"stored": 1}));
}

#[test]
fn a_view_that_the_queue_does_not_take_is_sent_at_once_and_the_line_says_why() {
    let faults = [
        ("refused", Reply::status(429)),
        ("refused", Reply::raw("").reset()),
        ("timeout", Reply::silence()),
    ];
    thread::scope(|scope| {
        for (label, fault) in faults {
            scope.spawn(move || {
                let world = world();
                world.queue().on_store(move || Store::Refuse(fault.clone()));
                let failures = std::sync::atomic::AtomicUsize::new(0);
                // Tried again, as without a queue.
                world.cdp.events_reply_with(move |_| {
                    match failures.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                        0 => Reply::status(503),
                        _ => taken(),
                    }
                });
                assert_eq!(world.revisit("/").get().status, 200);
                let line = world.log_line("of the page", |line| line["route"] == "page");
                assert_eq!(
                    (&line["view"], &line["queue_fault"]),
                    (&json!("accepted"), &json!(label))
                );
                assert_eq!(event_types(&world), ["VIEW"; 2]);
            });
        }
    });
}

#[test]
fn an_event_that_only_the_cdp_takes_is_accepted_all_the_same() {
    let world = world();
    world.queue().on_store(|| Store::Refuse(Reply::status(500)));
    told(&world, 1, "SIGNUP", 0);
    assert_eq!(
        event_types(&world),
        ["SIGNUP"],
        "with the CDP before the page hears of it"
    );
    let line = world.log_line("of the event", |line| line["route"] == "events");
    assert_eq!(line["outcomes"], json!({"accepted": 1}));
    assert_eq!(line["queue_fault"], "refused");
}

#[test]
fn an_event_that_neither_queue_nor_cdp_takes_is_not_accepted() {
    let world = world();
    world.queue().on_store(|| Store::Refuse(Reply::status(500)));
    world
        .cdp
        .events_reply(Reply::status(503).header("Retry-After", "0"));
    let response = tell(&world, 1, "SIGNUP", 0);
    assert_eq!(response.status, 503);
    assert_eq!(response.header("retry-after"), Some("5"));
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json")
    );
    a_moment(&world);
    // The page sends it again; nobody else does.
    assert_eq!(event_types(&world), ["SIGNUP"]);
    let line = world.log_line("of the event", |line| line["route"] == "events");
    assert_eq!(line["outcomes"], json!({"lost": 1}));
}

#[test]
fn a_new_visitor_whose_event_is_not_accepted_keeps_the_id_for_the_next_try() {
    let world = world();
    world.queue().on_store(|| Store::Refuse(Reply::status(500)));
    world.cdp.events_reply(Reply::status(500));
    let visit = post(&world, "/_cdp/event", JSON, r#"{"type":"SIGNUP"}"#).without("Cookie");
    let response = visit.get();
    assert_eq!(response.status, 503);
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
}

#[test]
fn a_queue_that_took_the_event_and_could_not_say_so_makes_it_arrive_twice_the_same() {
    let world = world();
    world
        .queue()
        .on_store(|| Store::TakeAnd(Reply::raw("").reset()));
    drop(world.revisit("/").get());
    let _ = world.log_line("of the page", |line| line["view"] == "accepted");
    world.deliver();
    let views = world.cdp.events();
    assert_eq!(views.len(), 2);
    assert_eq!(views[0], views[1]);
    assert_eq!(views[0]["browser_id"], RETURNING_ID);
}

#[test]
fn nothing_of_an_event_is_logged_by_who_stores_and_who_delivers() {
    let world = world();
    let secrets = [
        "jane.secret@shop.example",
        "SECRETFIRST",
        "SECRETPLAN",
        RETURNING_ID,
        NEW_BROWSER_ID,
    ];
    let identity =
        json!({"identifiers": [{"provider": "email", "id": secrets[0]}], "firstname": secrets[1]});
    let event = json!({"type": "SIGNUP", "ext": {"plan": secrets[2]}});
    let tell_all = || {
        drop(post(&world, "/_cdp/identity", JSON, identity.to_string()).get());
        drop(post(&world, "/_cdp/event", JSON, event.to_string()).get());
        drop(world.revisit("/").get());
    };
    tell_all();
    let _ = world.queue().wait_for(3);
    world
        .queue()
        .push(json!("SECRETPLAN jane.secret@shop.example"));
    // Every fate of a message.
    for reply in [
        Reply::status(503).part("SECRETPLAN"),
        Reply::json(json!({"error_msg": "SECRETPLAN"})).with_status(400),
        unknown(),
        taken(),
    ] {
        world.cdp.events_reply(reply);
        world.deliver();
        world.queue().pass(1_000);
    }
    for outcome in [
        "retry",
        "unsent",
        "unreadable",
        "rejected",
        "replaced",
        "accepted",
    ] {
        let _ = batch_line(&world, outcome);
    }
    world
        .queue()
        .on_store(|| Store::Refuse(Reply::status(500).part("SECRETPLAN")));
    tell_all();
    let _ = world.log_line("of a page", |line| line["queue_fault"] == "refused");
    for line in world.workerd.lines().all() {
        for secret in secrets {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}
