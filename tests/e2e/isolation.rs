//! Promise: visitors share an isolate and nothing else (product §9, faults G5).

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;
use xm_edge_tests::{Page, Reply, World, assert_bytes, component, visitor_cookie};

use crate::common::take_shown;

const VISITORS: usize = 200;
const AT_ONCE: usize = 10;

/// The id of a visitor, and the text that only this visitor may see.
fn visitor(number: usize) -> (String, String) {
    let id = format!("{number:08x}-3d7b-4f6e-9a2c-5b4d3c2e1f00");
    let token = format!("token-of-{id}");
    (id, token)
}

#[test]
fn two_hundred_interleaved_visitors_never_see_each_others_decisions() {
    let world = World::start();
    let page = Page::with(component("hero", "<b data-cdp-text=\"/token\">nobody</b>"));
    world.page("/", Reply::html(page.html()));
    world.cdp.flow_with("hero", |request| {
        let id = request.json()["browserId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        // Answers overtake each other.
        let pause = Duration::from_millis(id.bytes().map(u64::from).sum::<u64>() * 7 % 23);
        Reply::status(200)
            .pause(pause)
            .part(json!({"token": format!("token-of-{id}")}).to_string())
    });
    let world = Arc::new(world);
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|worker| {
            let (world, page) = (Arc::clone(&world), page.clone());
            thread::spawn(move || {
                for number in (worker..VISITORS).step_by(AT_ONCE) {
                    let (id, token) = visitor(number);
                    let response = world.visit("/").cookies(&visitor_cookie(&id)).get();
                    let shown =
                        component("hero", &format!("<b data-cdp-text=\"/token\">{token}</b>"));
                    let (plain, _) = take_shown(&response.decoded());
                    assert_bytes(
                        &plain,
                        page.around(&shown).as_bytes(),
                        &format!("page of visitor {number}"),
                    );
                    assert_eq!(
                        crate::common::id_set(&response),
                        Some(id),
                        "cookie of visitor {number}"
                    );
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("a visitor saw another's page");
    }
    // Every visitor's VIEW carries that visitor's id, once.
    world
        .cdp
        .requests()
        .wait_for("a VIEW of every visitor", |all| {
            let views = all
                .iter()
                .filter(|request| request.is_complete() && request.json()["type"] == "VIEW")
                .count();
            (views >= VISITORS).then_some(())
        });
    let mut ids: Vec<String> = world
        .cdp
        .events()
        .iter()
        .map(|view| view["browser_id"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), VISITORS);
}

#[test]
fn fifty_interleaved_new_visitors_each_get_an_id_of_their_own() {
    let world = World::start();
    let page = Page::with(component("hero", "<b data-cdp-text=\"/token\">nobody</b>"));
    world.page("/", Reply::html(page.html()));
    let count = AtomicUsize::new(0);
    world.cdp.create_with(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let (id, _) = visitor(number);
        let pause = Duration::from_millis(number as u64 * 7 % 23);
        let body = json!({"status": "OK", "ref": id}).to_string();
        Reply::status(201)
            .header("Content-Type", "application/json")
            .pause(pause)
            .part(body)
    });
    world.cdp.flow_with("hero", |request| {
        let id = request.json()["browserId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        Reply::json(json!({"token": format!("token-of-{id}")}))
    });
    let ids: Vec<String> = thread::scope(|scope| {
        let visit = || {
            let response = world.visit("/").get();
            let id = crate::common::id_set(&response).expect("an id");
            let shown = component(
                "hero",
                &format!("<b data-cdp-text=\"/token\">token-of-{id}</b>"),
            );
            let (plain, _) = take_shown(&response.decoded());
            assert_bytes(&plain, page.around(&shown).as_bytes(), "page");
            id
        };
        let visitors: Vec<_> = (0..50).map(|_| scope.spawn(visit)).collect();
        visitors
            .into_iter()
            .map(|visitor| visitor.join().expect("a visitor saw another's page"))
            .collect()
    });
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 50, "two visitors share an id");
}
