//! The run: visitors on several connections at once, and somebody who watches the Worker's process and log.
//!
//! In: how many requests, how many at once, a seed. Out: a tally. It stops at nothing: what is wrong is counted, the first ones told.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use xm_edge_tests::{Usage, World, visitor_cookie};

use crate::{
    check::{Seen, Wrong, check},
    plan::{Leaves, Plan},
    site::{self, NUMBER},
};

/// So much of the body a visitor reads before leaving in the middle of it.
const MIDDLE: &str = "<main>";
/// So many wrong answers are told in full.
const TOLD: usize = 10;
/// So often the process is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// How long a run is.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// Requests.
    pub requests: u64,
    /// At once.
    pub connections: usize,
    /// Of the plans.
    pub seed: u64,
}

/// What happened.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests whose XM or CDP failed.
    pub faults: u64,
    /// Visitors who left.
    pub left: u64,
    /// Whole pages, by how many of their two components were as decided.
    pub pages: [u64; 3],
    /// Pages without any fault, whose components were both as decided.
    pub undisturbed: (u64, u64),
    /// Pages that XM broke off.
    pub beginnings: u64,
    /// Error pages and bad gateways.
    pub no_pages: u64,
    /// Answers with another visitor's bytes.
    pub mixed: u64,
    /// Answers with other wrong bytes or headers.
    pub wrong: u64,
    /// The first wrong answers.
    pub told: Vec<String>,
    /// The Worker's process by requests answered.
    pub usage: Vec<(u64, Usage)>,
    /// Labels of the log.
    pub log: BTreeMap<String, u64>,
    /// Lines that tell of a lost instance or an uncaught error.
    pub crashes: u64,
    /// How long it took.
    pub took: Duration,
}

/// Runs it.
#[must_use]
pub fn run(length: Length) -> Tally {
    let world = site::start(length.seed);
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        let watching = scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                watch(&world, done.load(Ordering::SeqCst), &tally);
                thread::sleep(EVERY);
            }
        });
        let visitors: Vec<_> = (0..length.connections)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= length.requests {
                            break;
                        }
                        visit(&world, &Plan::of(length.seed, number), &tally);
                        let done = done.fetch_add(1, Ordering::SeqCst) + 1;
                        if done.is_multiple_of(10_000) {
                            eprintln!(
                                "{done} of {} after {:.0?}",
                                length.requests,
                                began.elapsed()
                            );
                        }
                    }
                })
            })
            .collect();
        for visitor in visitors {
            visitor
                .join()
                .expect("a visitor got no answer at all; the harness says which above");
        }
        over.store(true, Ordering::SeqCst);
        watching.join().expect("the watcher has panicked");
    });
    // What is still under way ends: calls that hang end with the budget, events with their tries.
    thread::sleep(Duration::from_secs(5));
    watch(&world, length.requests, &tally);
    let mut tally = tally.into_inner().unwrap();
    tally.took = began.elapsed();
    tally
}

fn visit(world: &World, plan: &Plan, tally: &Mutex<Tally>) {
    let visit = world
        .visit(&plan.target())
        .header(NUMBER, &plan.number.to_string())
        .header("Accept-Encoding", "identity");
    let visit = match plan.is_new {
        true => visit,
        false => visit.cookies(&visitor_cookie(&plan.browser_id())),
    };
    if plan.has_fault() {
        tally.lock().unwrap().faults += 1;
    }
    if let Some(leaves) = plan.leaves {
        let mut exchange = visit.send();
        match leaves {
            Leaves::AtOnce => {}
            Leaves::WithHead => drop(exchange.head()),
            Leaves::InBody => {
                if exchange.head().0 == 200 {
                    exchange.read_while(|body| body.len() < MIDDLE.len());
                }
            }
        }
        exchange.abort();
        tally.lock().unwrap().left += 1;
        return;
    }
    let response = visit.get();
    let seen = check(plan, &response);
    let mut tally = tally.lock().unwrap();
    match seen {
        Ok(Seen::Page(decided)) => {
            tally.pages[decided.min(2)] += 1;
            if !plan.has_fault() && !plan.is_new {
                tally.undisturbed.0 += u64::from(decided == 2);
                tally.undisturbed.1 += 1;
            }
        }
        Ok(Seen::Beginning) => tally.beginnings += 1,
        Ok(Seen::NoPage) => tally.no_pages += 1,
        Err(wrong) => {
            let text = match wrong {
                Wrong::Mixed(text) => {
                    tally.mixed += 1;
                    text
                }
                Wrong::Other(text) => {
                    tally.wrong += 1;
                    text
                }
            };
            if tally.told.len() < TOLD {
                tally.told.push(text);
            }
        }
    }
}

/// Looks at the process, and takes out of the journals what would fill this one.
fn watch(world: &World, done: u64, tally: &Mutex<Tally>) {
    world.origin().take();
    world.cdp.requests().take();
    let lines = world.workerd.lines().take();
    let usage = world.workerd.usage();
    let mut tally = tally.lock().unwrap();
    tally.usage.extend(usage.map(|usage| (done, usage)));
    for line in lines {
        let Ok(line) = serde_json::from_str::<Value>(&line) else {
            let crash = [
                "RuntimeError",
                "unreachable",
                "panicked",
                "uncaught exception",
            ];
            tally.crashes += u64::from(crash.iter().any(|word| line.contains(word)));
            continue;
        };
        let mut count = |label: String| *tally.log.entry(label).or_default() += 1;
        for field in ["route", "body", "template", "id"] {
            if let Some(label) = line[field].as_str() {
                count(format!("{field}: {label}"));
            }
        }
        for component in line["components"].as_array().into_iter().flatten() {
            count(format!(
                "result: {}",
                component["result"].as_str().unwrap_or_default()
            ));
        }
    }
}
