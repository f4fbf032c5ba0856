//! Outages: the CDP is away, the Worker is killed, answers are lost. Every accepted event arrives.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use xm_edge_tests::{Killer, Reply, Store, visitor_cookie};

use super::{arrived, taken, told, visitor, world};
use crate::common::{post, sent_events};

#[test]
fn an_outage_of_the_cdp_and_of_the_worker_loses_nothing_and_no_order() {
    let mut world = world();
    world.cdp.events_reply(Reply::status(503));
    for n in 0..5 {
        for number in 0..3 {
            told(&world, number, "SIGNUP", n);
        }
        // The queue tries meanwhile, in vain.
        world.deliver();
        world.queue().pass(7);
    }
    world.restart();
    for n in 5..8 {
        for number in 0..3 {
            told(&world, number, "SIGNUP", n);
        }
    }
    world.deliver();
    let in_vain = sent_events(&world).len();
    world.restart();
    world.cdp.events_reply(taken());
    world.deliver_all();
    assert!(world.queue().dead().is_empty());
    let since: Vec<Value> = sent_events(&world).split_off(in_vain);
    for number in 0..3 {
        let id = visitor(number);
        let numbers: Vec<u64> = since
            .iter()
            .filter(|event| event["browser_id"] == id.as_str())
            .filter_map(|event| event["ext"]["n"].as_u64())
            .collect();
        let mut once = numbers.clone();
        once.sort_unstable();
        assert_eq!(once, (0..8).collect::<Vec<_>>(), "visitor {number}");
        // Those that waited together come in their order.
        let early: Vec<u64> = numbers.into_iter().filter(|n| *n < 5).collect();
        assert!(early.is_sorted(), "visitor {number}: {early:?}");
    }
}

#[test]
fn a_worker_killed_between_two_events_of_a_batch_delivers_the_rest_after_it() {
    let mut world = world();
    for n in 0..10 {
        told(&world, 1, "SIGNUP", n);
    }
    let (killer, count) = (world.workerd.killer(), AtomicUsize::new(0));
    world.cdp.events_reply_with(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) == 4 {
            killer.kill();
        }
        taken()
    });
    let batch = world.deliver();
    assert_eq!(batch.outcome, None, "it was killed");
    assert_eq!(arrived(&world, 1), [0, 1, 2, 3, 4]);
    world.restart();
    world.deliver_all();
    // What the queue had not been told comes again.
    let numbers = arrived(&world, 1).split_off(5);
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    assert!(world.queue().waiting().is_empty());
}

#[test]
fn a_worker_killed_before_the_queue_has_the_event_has_not_accepted_it() {
    let mut world = world();
    let killer = world.workerd.killer();
    world.queue().on_store(move || {
        killer.kill();
        Store::Refuse(Reply::raw("").reset())
    });
    let exchange = post(
        &world,
        "/_cdp/event",
        "application/json",
        r#"{"type":"SIGNUP"}"#,
    )
    .send();
    let answer = exchange.finish_if_answered();
    assert!(answer.is_none(), "accepted, and nobody has it: {answer:?}");
    world.queue().on_store(|| Store::Take);
    world.restart();
    assert!(world.queue().waiting().is_empty());
}

/// Kills the Worker at a moment that was chosen before.
#[derive(Clone, Default)]
struct Reaper(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    killer: Option<Killer>,
    /// So many events reach the CDP before.
    at_event: Option<usize>,
    /// While the next event is stored: before or after the queue has it.
    at_store: Option<bool>,
}

impl Reaper {
    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.lock().unwrap()
    }

    /// Whether the CDP's answer is still sent: it has the event either way.
    fn event(&self) -> bool {
        let mut plan = self.plan();
        match plan.at_event {
            Some(0) => {
                plan.at_event = None;
                plan.killer.take().expect("a killer").kill();
                false
            }
            Some(left) => {
                plan.at_event = Some(left - 1);
                true
            }
            None => true,
        }
    }

    fn store(&self) -> Store {
        let mut plan = self.plan();
        let Some(after) = plan.at_store.take() else {
            return Store::Take;
        };
        plan.killer.take().expect("a killer").kill();
        let lost = Reply::raw("").reset();
        if after {
            Store::TakeAnd(lost)
        } else {
            Store::Refuse(lost)
        }
    }
}

#[test]
fn two_hundred_events_survive_kills_at_random_moments() {
    const EVENTS: u64 = 200;
    for seed in [1, 2] {
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut world = world();
        let reaper = Reaper::default();
        let (at_cdp, at_queue) = (reaper.clone(), reaper.clone());
        world.cdp.events_reply_with(move |_| {
            if at_cdp.event() {
                taken()
            } else {
                Reply::raw("").reset()
            }
        });
        world.queue().on_store(move || at_queue.store());
        let (mut accepted, mut kills) = (Vec::new(), 0);
        for n in 0..EVENTS {
            let mut killed = false;
            if random.u8(..20) == 0 {
                let mut plan = reaper.plan();
                plan.killer = Some(world.workerd.killer());
                plan.at_store = Some(random.bool());
                killed = true;
            }
            let cookie = visitor_cookie(&visitor(random.usize(0..10)));
            let body = json!({"type": "SIGNUP", "ext": {"n": n}}).to_string();
            let visit = post(&world, "/_cdp/event", "application/json", body).cookies(&cookie);
            match visit.send().finish_if_answered() {
                Some(response) => {
                    assert_eq!(response.status, 202, "seed {seed}: {}", response.text());
                    accepted.push(n);
                }
                None => assert!(killed, "seed {seed}: no answer to event {n}"),
            }
            if !killed && random.u8(..8) == 0 {
                let waiting = world.queue().waiting().len();
                if random.bool() && waiting > 0 {
                    let mut plan = reaper.plan();
                    plan.killer = Some(world.workerd.killer());
                    plan.at_event = Some(random.usize(0..waiting));
                }
                killed = world.deliver().outcome.is_none();
                *reaper.plan() = Plan::default();
            }
            if killed {
                kills += 1;
                world.restart();
            }
        }
        world.deliver_all();
        assert!(kills > 10, "seed {seed}: only {kills} kills");
        assert!(world.queue().dead().is_empty() && world.queue().waiting().is_empty());
        let mut bodies: HashMap<u64, Vec<Value>> = HashMap::new();
        for event in sent_events(&world) {
            bodies
                .entry(event["ext"]["n"].as_u64().unwrap())
                .or_default()
                .push(event);
        }
        for n in &accepted {
            assert!(
                bodies.contains_key(n),
                "seed {seed}: event {n} was accepted and is lost"
            );
        }
        for (n, all) in &bodies {
            assert!(
                all.iter().all(|event| *event == all[0]),
                "seed {seed}: {n} differs"
            );
        }
        println!(
            "seed {seed}: {} accepted, {kills} kills, {} duplicates",
            accepted.len(),
            sent_events(&world).len() - bodies.len()
        );
    }
}
