//! Delivering: each message once per delivery, again until the CDP has it, in the visitor's order.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use xm_edge_tests::{Batch, QueueSettings, Reply, World};

use super::{arrived, batch_line, taken, told, visitor, world, world_with};
use crate::common::{event_types, sent_events};

/// So many events of one visitor, each its own number.
fn told_many(world: &World, number: usize, count: usize) {
    for n in 0..count {
        told(world, number, "SIGNUP", n);
    }
}

#[track_caller]
fn assert_all_acked(batch: &Batch) {
    assert!(batch.is_settled(), "{batch:?}");
    assert_eq!(batch.acked.len(), batch.messages.len(), "{batch:?}");
}

#[test]
fn a_delivered_event_is_acknowledged_and_never_comes_again() {
    let world = world();
    told(&world, 1, "SIGNUP", 0);
    assert_all_acked(&world.deliver());
    assert!(world.queue().waiting().is_empty());
    assert_eq!(event_types(&world), ["SIGNUP"]);
    assert_eq!(batch_line(&world, "accepted"), json!({"accepted": 1}));
    let event = world
        .cdp
        .requests()
        .first("the event", |request| request.path() == "/v1.2/events");
    let agent = event.headers.get("user-agent").unwrap_or_default();
    assert!(
        agent.contains("Chrome/141"),
        "the visitor's device: {agent}"
    );
}

#[test]
fn a_batch_of_a_hundred_is_delivered_once_each_and_in_order_per_visitor() {
    let world = world();
    for n in 0..10 {
        for number in 0..10 {
            told(&world, number, "SIGNUP", n);
        }
    }
    let batch = world.deliver();
    assert_eq!(batch.messages.len(), 100);
    assert_all_acked(&batch);
    for number in 0..10 {
        assert_eq!(
            arrived(&world, number),
            (0..10).collect::<Vec<_>>(),
            "visitor {number}"
        );
    }
    assert!(
        world.cdp.most_in_flight() <= 6,
        "more than the platform keeps open"
    );
    assert!(
        world.cdp.most_in_flight() > 1,
        "visitors wait for each other"
    );
    assert_eq!(batch_line(&world, "accepted"), json!({"accepted": 100}));
}

#[test]
fn a_cdp_that_is_gone_is_not_asked_for_every_message() {
    for fault in [Reply::raw("").reset(), Reply::status(503)] {
        let world = world();
        for number in 0..50 {
            told_many(&world, number, 2);
        }
        world.cdp.events_reply(fault);
        let batch = world.deliver();
        assert!(batch.is_settled());
        assert_eq!(batch.retried.len(), 100);
        for delay_s in batch.delays() {
            assert!((2..=5).contains(&delay_s.unwrap()), "{delay_s:?}");
        }
        // Three failures, and what was under way beside them.
        assert!(
            sent_events(&world).len() <= 3 + 5,
            "{}",
            sent_events(&world).len()
        );
        // It is back: all of it arrives, in order.
        world.cdp.events_reply(taken());
        for batch in world.deliver_all() {
            assert_all_acked(&batch);
        }
        for number in 0..50 {
            let mut numbers = arrived(&world, number);
            numbers.dedup();
            assert_eq!(numbers, [0, 1], "visitor {number}");
        }
    }
}

#[test]
fn delays_grow_with_every_attempt_and_the_visitors_events_come_together() {
    let world = world();
    told_many(&world, 1, 3);
    world.cdp.events_reply(Reply::status(500));
    let mut last = 0;
    for attempt in 1..=9_u32 {
        let whole = 5 * 2_u64.pow(attempt - 1).min(180);
        let batch = world.deliver();
        assert_eq!(batch.messages.len(), 3, "attempt {attempt}");
        let delays: Vec<u64> = batch.delays().into_iter().flatten().collect();
        let [first, ..] = delays[..] else {
            panic!("{delays:?}")
        };
        assert!(delays.iter().all(|delay_s| *delay_s == first), "{delays:?}");
        assert!(
            (whole / 2..=whole).contains(&first),
            "attempt {attempt}: {first}"
        );
        assert!(first >= last, "attempt {attempt}: {first} after {last}");
        last = first;
        world.queue().pass(first);
    }
}

#[test]
fn a_cdp_that_says_when_to_come_again_is_left_alone_until_then() {
    let world = world();
    for number in 0..20 {
        told(&world, number, "SIGNUP", 0);
    }
    world
        .cdp
        .events_reply(Reply::status(429).header("Retry-After", "120"));
    let batch = world.deliver();
    assert!(batch.is_settled());
    let delays = batch.delays();
    assert_eq!(delays.len(), 20);
    assert!(
        delays.iter().all(|delay_s| *delay_s == Some(120)),
        "{delays:?}"
    );
    // What was under way when it said so.
    assert!(
        sent_events(&world).len() <= 6,
        "{}",
        sent_events(&world).len()
    );
    world.cdp.events_reply(taken());
    world.queue().pass(119);
    assert!(world.deliver().messages.is_empty());
    world.queue().pass(1);
    assert_all_acked(&world.deliver());
}

#[test]
fn an_event_whose_answer_is_lost_arrives_twice_and_the_receiver_can_tell() {
    let world = world();
    told(&world, 1, "SIGNUP", 0);
    let tries = AtomicUsize::new(0);
    // The CDP has the event when the connection breaks.
    world
        .cdp
        .events_reply_with(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::raw("HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{").reset(),
            1 => Reply::status(500),
            _ => taken(),
        });
    world.deliver_all();
    let requests = world.cdp.requests().all();
    let bodies: Vec<Vec<u8>> = requests.iter().map(xm_edge_tests::Request::body).collect();
    assert_eq!(bodies.len(), 3);
    assert!(
        bodies.iter().all(|body| *body == bodies[0]),
        "not the same event"
    );
    assert!(sent_events(&world)[0]["requested_at"].is_string());
}

#[test]
fn a_refused_event_ends_as_a_dead_letter_and_holds_nobody_up() {
    let settings = QueueSettings {
        max_retries: 3,
        ..QueueSettings::default()
    };
    for refusal in [400, 401, 403, 302] {
        let world = world_with(settings);
        told(&world, 1, "REFUSED", 0);
        told(&world, 1, "SIGNUP", 1);
        world.cdp.events_reply_with(move |request| {
            if request.json()["type"] == "REFUSED" {
                Reply::status(refusal)
            } else {
                taken()
            }
        });
        let batches = world.deliver_all();
        assert_eq!(
            batches.len(),
            4,
            "{refusal}: tried as often as the queue allows"
        );
        assert_eq!((batches[0].acked.len(), batches[0].retried.len()), (1, 1));
        assert_eq!(batches[0].delays(), [Some(900)]);
        let dead = world.queue().dead();
        assert_eq!(dead.len(), 1, "{refusal}");
        assert_eq!(dead[0].event()["type"], "REFUSED");
        // What was wrong is mended, and an operator puts the dead letters back.
        world.cdp.events_reply(taken());
        world.queue().redrive();
        world.deliver_all();
        assert!(world.queue().dead().is_empty());
        assert_eq!(sent_events(&world).last().unwrap(), &dead[0].event());
    }
}

#[test]
fn a_message_that_cannot_be_read_ends_as_a_dead_letter_and_harms_no_other() {
    let settings = QueueSettings {
        max_retries: 2,
        ..QueueSettings::default()
    };
    let world = world_with(settings);
    let unreadable = [
        json!("not json"),
        json!(""),
        json!(r#"{"v":99,"id":"a","body":"{}"}"#),
        json!({"v": 1}),
        json!(17),
        json!(null),
        json!(["a"]),
    ];
    for body in &unreadable {
        world.queue().push(body.clone());
    }
    told(&world, 1, "SIGNUP", 0);
    let batch = world.deliver();
    assert!(batch.is_settled());
    assert_eq!(
        (batch.acked.len(), batch.retried.len()),
        (1, unreadable.len())
    );
    assert_eq!(
        batch_line(&world, "unreadable"),
        json!({"accepted": 1, "unreadable": unreadable.len()})
    );
    world.deliver_all();
    let dead: Vec<Value> = world
        .queue()
        .dead()
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_eq!(dead, unreadable, "given to the operator as they were");
    assert_eq!(event_types(&world), ["SIGNUP"]);
}

#[test]
fn a_message_that_an_operator_put_back_as_an_object_is_delivered() {
    let world = world();
    told(&world, 1, "SIGNUP", 0);
    let message = world.queue().wait_for(1).remove(0);
    let object: Value = serde_json::from_str(message.body.as_str().unwrap()).unwrap();
    world.queue().push(object);
    assert_all_acked(&world.deliver());
    assert_eq!(event_types(&world), ["SIGNUP"; 2]);
}

#[test]
fn a_broken_configuration_loses_nothing() {
    let mut world = world();
    told_many(&world, 1, 3);
    let endpoint = json!(world.cdp.url());
    let set = |bindings: &mut Vec<(String, Value)>, value: Value| {
        bindings.retain(|(name, _)| name != "CDP_ENDPOINT");
        bindings.push(("CDP_ENDPOINT".to_owned(), value));
    };
    world.restart_with(|bindings| set(bindings, json!("not a URL")));
    let batch = world.deliver();
    assert!(batch.is_settled());
    assert_eq!(batch.delays(), [Some(900); 3]);
    assert_eq!(
        batch_line(&world, "config_invalid"),
        json!({"config_invalid": 3})
    );
    world.restart_with(|bindings| set(bindings, endpoint));
    world.deliver_all();
    assert_eq!(arrived(&world, 1), [0, 1, 2]);
}

#[test]
fn behind_an_event_that_comes_again_its_visitors_later_ones_wait_and_nobody_elses() {
    let world = world();
    told(&world, 1, "IDENTITY_LIKE", 0);
    told(&world, 2, "SIGNUP", 0);
    told(&world, 1, "SIGNUP", 1);
    told(&world, 1, "WELCOMED", 2);
    let failures = Arc::new(AtomicUsize::new(0));
    world.cdp.events_reply_with(move |request| {
        let is_first = request.json()["type"] == "IDENTITY_LIKE";
        if is_first && failures.fetch_add(1, Ordering::SeqCst) == 0 {
            Reply::status(500)
        } else {
            taken()
        }
    });
    let batch = world.deliver();
    assert_eq!((batch.acked.len(), batch.retried.len()), (1, 3));
    assert_eq!(
        batch_line(&world, "unsent"),
        json!({"accepted": 1, "retry": 1, "unsent": 2})
    );
    assert_eq!(arrived(&world, 1), [0]);
    assert_eq!(arrived(&world, 2), [0]);
    world.deliver_all();
    assert_eq!(arrived(&world, 1), [0, 0, 1, 2]);
}

#[test]
fn an_event_that_the_cdp_never_manages_does_not_drag_its_visitors_others_along() {
    let settings = QueueSettings {
        max_retries: 8,
        ..QueueSettings::default()
    };
    let world = world_with(settings);
    told(&world, 1, "POISON", 0);
    told(&world, 1, "SIGNUP", 1);
    world.cdp.events_reply_with(|request| {
        if request.json()["type"] == "POISON" {
            Reply::status(500)
        } else {
            taken()
        }
    });
    world.deliver_all();
    let dead = world.queue().dead();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].event()["type"], "POISON");
    assert!(arrived(&world, 1).contains(&1));
}

#[test]
fn a_cdp_that_never_answers_does_not_hold_the_queue_for_ever() {
    let world = world();
    told_many(&world, 1, 2);
    world.cdp.events_reply(Reply::silence());
    let batch = world.deliver();
    assert!(batch.is_settled());
    assert_eq!(batch.retried.len(), 2);
    assert_eq!(sent_events(&world).len(), 1);
}

#[test]
fn two_visitors_of_one_batch_share_nothing() {
    let world = world();
    for number in 0..20 {
        told(&world, number, "SIGNUP", number);
    }
    world.deliver();
    for event in sent_events(&world) {
        let number = usize::try_from(event["ext"]["n"].as_u64().unwrap()).unwrap();
        assert_eq!(event["browser_id"], visitor(number).as_str());
    }
}
