//! Faults A5, A2: a CDP that fails is left alone, probed, and asked again when it is well.

use std::thread;

use serde_json::{Value, json};
use xm_edge_tests::{Latch, Page, Reply, Request, World, component, variant, visitor_cookie};

use super::{health, line_of_page};
use crate::common::{
    VARIANT_B, assert_default, assert_origin_bytes, assert_shows, hero_page, hero_page_showing,
    hero_world, hero_world_with,
};

/// Visits until the breaker of the host is open.
fn open_breaker(world: &World) {
    for _ in 0..30 {
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
        if health(world).1["breakers"]["host"]["state"] == "open" {
            return;
        }
    }
    panic!("thirty failures opened nothing: {}", health(world).1);
}

/// Visits until the CDP is asked once more.
fn visit_until_asked(world: &World) {
    let before = world.cdp.flows().len();
    while world.cdp.flows().len() == before {
        drop(world.revisit("/").get());
    }
}

#[test]
fn a_cdp_that_fails_is_left_alone_and_after_a_good_probe_asked_again() {
    let world = hero_world();
    world.cdp.flow("hero", Reply::status(500));
    for number in 1..=10 {
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
        assert_eq!(
            line_of_page(&world, number)["components"][0]["result"],
            "cdp_error"
        );
    }
    for number in 11..=15 {
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
        let line = line_of_page(&world, number);
        assert_eq!(line["components"][0]["result"], "breaker_open", "{line}");
        assert_eq!(line["components"][0]["friendly_id"], "hero");
    }
    assert_eq!(
        world.cdp.flows().len(),
        10,
        "an open breaker lets nobody through"
    );
    let (status, told) = health(&world);
    assert_eq!((status, &told["ok"]), (200, &json!(true)), "{told}");
    let breakers = &told["breakers"];
    assert_eq!(breakers["host"]["state"], "open");
    assert_eq!(breakers["flows"]["hero"]["state"], "open");
    assert_eq!(
        (
            &breakers["calls"],
            &breakers["failures"],
            &breakers["opened"]
        ),
        (&json!(10), &json!(10), &json!(1))
    );

    // A bad probe leaves it open: one call, then nobody again.
    visit_until_asked(&world);
    drop(world.revisit("/").get());
    assert_eq!(world.cdp.flows().len(), 11);
    world.cdp.decide("hero", json!({"variantId": "b"}));
    visit_until_asked(&world);
    for _ in 0..3 {
        assert_shows(
            &world.revisit("/").get(),
            hero_page_showing(VARIANT_B),
            &["b"],
        );
    }
    assert_eq!(
        health(&world).1["breakers"]["host"],
        json!({"state": "closed"})
    );
}

#[test]
fn one_flow_that_fails_is_left_alone_and_its_neighbour_is_asked() {
    let world = World::start();
    let content = format!("D{}", variant("v", "V"));
    let page = Page::with(format!(
        "{}-{}",
        component("bad", &content),
        component("good", &content)
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.flow("bad", Reply::status(400));
    world.cdp.decide("good", json!({"variantId": "v"}));
    let shown = page.around(&format!(
        "{}-{}",
        component("bad", &content),
        component("good", "V")
    ));
    for _ in 0..13 {
        assert_shows(&world.revisit("/").get(), &shown, &["v"]);
    }
    let asked = |id: &str| {
        world
            .cdp
            .flows()
            .iter()
            .filter(|call| call["friendlyId"] == id)
            .count()
    };
    assert_eq!((asked("bad"), asked("good")), (10, 13));
    let breakers = &health(&world).1["breakers"];
    assert_eq!(breakers["host"], json!({"state": "closed"}));
    assert_eq!(breakers["flows"]["bad"]["state"], "open", "{breakers}");
    assert_eq!(breakers["flows"].as_object().unwrap().len(), 1);
}

#[test]
fn a_cdp_that_hangs_is_not_waited_for_once_the_breaker_is_open() {
    let world = hero_world_with(json!({"decision_budget_ms": 300}));
    world.cdp.flow("hero", Reply::silence());
    open_breaker(&world);
    let asked = world.cdp.flows().len();
    for _ in 0..3 {
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    }
    assert_eq!(world.cdp.flows().len(), asked);
    let breakers = &health(&world).1["breakers"];
    assert!(breakers["timeouts"].as_u64() >= Some(10), "{breakers}");
    assert_eq!(
        breakers["refused"], 0,
        "such a page is not even looked at: {breakers}"
    );
}

#[test]
fn a_page_that_nobody_decides_for_lists_all_of_its_components() {
    let world = World::build().site(json!({"trusted_html": ["a"]})).start();
    let page = Page::with(format!(
        "{}<section data-cdp-experiment='test-1'>x</section>{}",
        component("a", "A<b data-cdp-text=\"/t\">t</b>"),
        component("b", &component("nested", "N")),
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.any_flow(|_| Reply::status(503));
    while health(&world).1["breakers"]["host"]["state"] == "closed" {
        assert_origin_bytes(&world.revisit("/").get(), page.html());
    }
    assert_origin_bytes(&world.revisit("/").get(), page.html());
    let line = world.log_line("of a page with the breaker open", |line| {
        line["components"][0]["result"] == "breaker_open"
    });
    let listed: Vec<_> = line["components"]
        .as_array()
        .expect("components")
        .iter()
        .map(|component| {
            ["kind", "friendly_id", "result"]
                .map(|key| component[key].as_str().unwrap_or_default().to_owned())
                .join(" ")
        })
        .collect();
    assert_eq!(
        listed,
        [
            "experience a breaker_open",
            "experiment test-1 breaker_open",
            "experience b breaker_open",
            "experience nested breaker_open"
        ]
    );
}

#[test]
fn new_visitors_do_not_wait_for_an_id_while_the_cdp_is_away() {
    let world = hero_world();
    world.cdp.create(Reply::status(500));
    for number in 1..=10 {
        assert_default(&world.visit("/").get(), &hero_page().html());
        assert_eq!(line_of_page(&world, number)["id"], "unavailable");
    }
    world.cdp.create(Reply::silence());
    let response = world.visit("/").get();
    assert_default(&response, &hero_page().html());
    assert_eq!(crate::common::id_set(&response), None);
    assert_eq!(line_of_page(&world, 11)["id"], "breaker_open");
    assert_eq!(world.cdp.creates().len(), 10);
    // Flows share the host's breaker.
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    assert!(world.cdp.flows().is_empty());
}

#[test]
fn visitors_who_leave_open_no_breaker() {
    let world = hero_world();
    let held = Latch::new();
    world
        .cdp
        .flow("hero", Reply::json(json!({"variantId": "b"})).hold(&held));
    for number in 1..=12 {
        let mut exchange = world.revisit("/").send();
        exchange.wait_for("<p>before</p>");
        world
            .cdp
            .requests()
            .wait_for("the flow of this visitor", |all| {
                let flow = |request: &&Request| request.path() == "/v2/callFlows";
                (all.iter().filter(flow).count() >= number).then_some(())
            });
        exchange.abort();
        assert_eq!(line_of_page(&world, number)["body"], "visitor_gone");
    }
    held.open();
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    let breakers = &health(&world).1["breakers"];
    assert_eq!(
        (&breakers["failures"], &breakers["timeouts"]),
        (&json!(0), &json!(0)),
        "{breakers}"
    );
}

#[test]
fn browser_ids_that_somebody_made_up_open_no_breaker() {
    let world = hero_world();
    let unknown = json!({"status": "NOT_FOUND", "error_msg": "Invalid browser id/ref specified"});
    world
        .cdp
        .flow("hero", Reply::json(unknown).with_status(404));
    for number in 0..12_u32 {
        let id = format!("{number:08x}-3d7b-4f6e-9a2c-5b4d3c2e1f00");
        assert_origin_bytes(
            &world.visit("/").cookies(&visitor_cookie(&id)).get(),
            hero_page().html(),
        );
    }
    assert_eq!(world.cdp.flows().len(), 12);
    assert_eq!(health(&world).1["breakers"]["failures"], 0);
}

#[test]
fn components_that_come_late_in_a_slow_page_say_nothing_of_the_cdp() {
    let world = hero_world_with(json!({"decision_budget_ms": 1_000}));
    world.cdp.flow("hero", Reply::silence());
    let html = hero_page().html();
    let (before, after) = html.split_at(html.find("<div class").unwrap());
    let slow = Reply::html_stream()
        .part(before)
        .pause(std::time::Duration::from_millis(700))
        .part(after);
    world.page("/", slow);
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| assert_origin_bytes(&world.revisit("/").get(), hero_page().html()));
        }
    });
    let breakers = &health(&world).1["breakers"];
    assert_eq!(breakers["failures"], 0, "{breakers}");
    assert_eq!(breakers["host"], json!({"state": "closed"}));
}

#[test]
fn a_slow_answer_never_causes_a_second_call() {
    let world = hero_world();
    let slow = Latch::new();
    world
        .cdp
        .flow("hero", Reply::json(json!({"variantId": "b"})).hold(&slow));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>before</p>");
    let _ = world.cdp.wait_for_flow("hero");
    // Whoever hedges would by now: other pages have come and gone.
    world.page(
        "/other",
        Reply::html(Page::with(component("other", "x")).html()),
    );
    for _ in 0..5 {
        drop(world.revisit("/other").get());
    }
    slow.open();
    assert_shows(&exchange.finish(), hero_page_showing(VARIANT_B), &["b"]);
    let calls = world.cdp.flows();
    let hero: Vec<&Value> = calls
        .iter()
        .filter(|call| call["friendlyId"] == "hero")
        .collect();
    assert_eq!(hero.len(), 1, "{hero:?}");
}

#[test]
fn events_go_on_while_the_breaker_is_open() {
    let world = hero_world();
    world.cdp.flow("hero", Reply::status(500));
    open_breaker(&world);
    let late = hero_page().head("<meta name=\"cdp:page\" content=\"late\">");
    world.page("/late", Reply::html(late.html()));
    assert_origin_bytes(&world.revisit("/late").get(), late.html());
    world
        .cdp
        .requests()
        .wait_for("the VIEW of that page", |all| {
            let is_view =
                |request: &&Request| request.is_complete() && request.json()["page"] == "late";
            all.iter().find(is_view).map(|_| ())
        });
}
