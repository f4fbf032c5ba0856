//! A: the decision API. What is not in `decisions.rs`: names and handshakes that fail, answers that do not end, and good answers
//! with odd contents.

use std::{
    io::Write as _,
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use serde_json::{Map, Value, json};
use xm_edge_tests::{Latch, Reply, World};

use crate::common::{
    VARIANT_B, assert_counted, assert_next_page_is_fine, assert_origin_bytes, assert_shows,
    hero_page, hero_page_showing, hero_world,
};

/// A site whose CDP is at `endpoint`, where none answers: XM's bytes, and again at the next visit, counted as one of these.
#[track_caller]
fn assert_unreachable(endpoint: &str, labels: &[&str]) {
    let world = World::build().var("CDP_ENDPOINT", json!(endpoint)).start();
    world.page("/", Reply::html(hero_page().html()));
    for _ in 0..2 {
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    }
    let line = world.log_line("of the component", |line| line["components"].is_array());
    let result = line["components"][0]["result"].as_str().unwrap_or_default();
    assert!(labels.contains(&result), "{line}");
}

#[test]
fn the_cdps_name_has_no_address() {
    // A name that no resolver knows (RFC 6761 §6.4); one that cannot be reached may take its time to say so.
    assert_unreachable("https://cdp.invalid", &["cdp_error", "timeout"]);
}

#[test]
fn the_cdp_speaks_no_tls() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream
                .write_all(b"HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\n\r\n");
        }
    });
    assert_unreachable(&format!("https://127.0.0.1:{port}"), &["cdp_error"]);
}

/// The flow answers 100 MiB; the visitor gets XM's bytes, and the CDP's connection is closed long before it has sent them.
#[track_caller]
fn assert_read_no_further(reply: impl FnOnce(Reply) -> Reply) {
    const PART: usize = 64 * 1024;
    const PARTS: usize = 100 * 1024 * 1024 / PART;
    let (world, closed, written) = (hero_world(), Latch::new(), Arc::<AtomicU64>::default());
    let answer = Reply::status(200)
        .header("Content-Type", "application/json")
        .part("{\"variantId\":\"b\"}")
        .repeat(vec![b' '; PART], PARTS, &written)
        .hang_until_closed(&closed);
    world.cdp.flow("hero", reply(answer));
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    closed.wait("the CDP's connection closing");
    // What the system's buffers on both sides take is no more than some megabytes.
    let sent = written.load(Ordering::SeqCst);
    assert!(sent < 40 * 1024 * 1024, "{sent} bytes were taken");
    assert_counted(&world, "invalid_decision");
    assert_next_page_is_fine(&world);
}

#[test]
fn a_decision_of_100_mib_without_a_length_is_not_read_to_its_end() {
    assert_read_no_further(Reply::chunked);
}

#[test]
fn a_decision_that_announces_100_mib_is_not_read() {
    assert_read_no_further(|reply| reply.declare_length(100 * 1024 * 1024 + 17));
}

/// A decision that is good whatever else is in it: variant `b` is shown.
#[track_caller]
fn assert_shown(decision: Reply) {
    let world = hero_world();
    world.cdp.flow("hero", decision);
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
    assert_next_page_is_fine(&world);
}

#[test]
fn a_decision_with_ten_thousand_members_is_taken() {
    let mut members: Map<String, Value> = (0..10_000)
        .map(|number| (format!("slot{number}"), json!(number)))
        .collect();
    members.insert("variantId".to_owned(), json!("b"));
    assert_shown(Reply::json(Value::Object(members)));
}

#[test]
fn of_a_member_that_comes_twice_the_last_one_counts() {
    assert_shown(Reply::status(200).part("{\"variantId\":\"a\",\"variantId\":\"b\"}"));
}

#[test]
fn a_decision_without_a_content_type_is_taken() {
    assert_shown(Reply::status(200).part("{\"variantId\":\"b\"}"));
}

/// A decision that chooses none of the page's variants: the default content, counted as control.
#[track_caller]
fn assert_control(decision: Value) {
    let world = hero_world();
    world.cdp.decide("hero", decision);
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(crate::common::DEFAULT),
        &["control"],
    );
    assert_counted(&world, "control");
    assert_next_page_is_fine(&world);
}

#[test]
fn a_variant_that_the_page_does_not_have_is_control() {
    assert_control(json!({"variantId": "zz"}));
}

#[test]
fn a_variant_id_of_200_kb_is_control() {
    assert_control(json!({"variantId": "b".repeat(200_000)}));
}

#[test]
fn a_variant_id_of_control_characters_is_control() {
    assert_control(json!({"variantId": "b\u{0}\u{7}\r\nSet-Cookie: a=b\u{1b}[31m"}));
}

#[test]
fn a_variant_id_of_another_type_is_control() {
    assert_control(json!({"variantId": ["b"]}));
}
