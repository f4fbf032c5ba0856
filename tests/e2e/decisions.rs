//! Promise: whatever the CDP does, the visitor gets exactly XM's bytes, in time, and no cache keeps them (product §2,
//! §12; faults A). One test per fault.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use xm_edge_tests::{Latch, Reply, Server};

use crate::common::{
    VARIANT_B, assert_counted, assert_next_page_is_fine, assert_origin_bytes, assert_shows,
    hero_page, hero_page_showing, hero_world, hero_world_with,
};

/// A site whose budget ends soon; for faults that only the budget ends.
fn impatient() -> Value {
    json!({"decision_budget_ms": 300})
}

/// Decides `hero` by this reply and expects XM's bytes and this reason in the log.
#[track_caller]
fn assert_fault(site: Value, reply: Reply, reason: &str) {
    let world = hero_world_with(site);
    world.cdp.flow("hero", reply);
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    assert_counted(&world, reason);
    // On a very slow machine a short budget may end before the call was made.
    let calls = world.cdp.flows().len();
    assert!(calls <= 1, "{calls} calls: a retry on the page's path");
    assert_next_page_is_fine(&world);
}

macro_rules! faults {
    ($($name:ident: $site:expr, $reason:literal, $reply:expr;)+) => {
        $(
            #[test]
            fn $name() {
                assert_fault($site, $reply, $reason);
            }
        )+
    };
}

/// A decision that would be good if it were not for what a test does to it.
fn good() -> Reply {
    Reply::json(json!({"variantId": "b"}))
}

/// A 200 whose body is these bytes as `application/json`.
fn answer(body: impl AsRef<[u8]>) -> Reply {
    Reply::status(200)
        .header("Content-Type", "application/json")
        .part(body)
}

faults! {
    cdp_never_answers: impatient(), "timeout", Reply::silence();
    cdp_sends_a_head_and_no_body: impatient(), "timeout", answer("").declare_length(100).hang();
    cdp_body_hangs_in_the_middle: impatient(), "timeout", answer("{\"variant").declare_length(100).hang();
    cdp_body_trickles: impatient(), "timeout", trickle();
    cdp_resets_before_its_head: json!({}), "cdp_error", Reply::raw("").reset();
    cdp_closes_before_its_head: json!({}), "cdp_error", Reply::raw("");
    cdp_answers_something_that_is_not_http: json!({}), "cdp_error", Reply::raw("SSH-2.0-OpenSSH_9.9\r\n\r\n");
    cdp_answers_204: json!({}), "invalid_decision", Reply::status(204);
    cdp_answers_400: json!({}), "cdp_error", good().with_status(400);
    cdp_answers_401: json!({}), "cdp_error", good().with_status(401);
    cdp_answers_403: json!({}), "cdp_error", good().with_status(403);
    cdp_answers_404: json!({}), "cdp_error", good().with_status(404);
    cdp_answers_408: json!({}), "cdp_error", good().with_status(408);
    cdp_answers_429: json!({}), "cdp_error", good().with_status(429).header("Retry-After", "60");
    cdp_answers_500_with_a_decision: json!({}), "cdp_error", good().with_status(500);
    cdp_answers_500_with_html: json!({}), "cdp_error", Reply::html("<h1>Oops</h1>").with_status(500);
    cdp_answers_502: json!({}), "cdp_error", good().with_status(502);
    cdp_answers_503: json!({}), "cdp_error", good().with_status(503);
    cdp_answers_504: json!({}), "cdp_error", good().with_status(504);
    cdp_says_the_length_is_less_than_none: json!({}), "cdp_error", Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{\"variantId\":\"b\"}");
    decision_is_html: json!({}), "invalid_decision", Reply::html("<p>down for maintenance</p>");
    decision_is_empty: json!({}), "invalid_decision", answer("");
    decision_is_null: json!({}), "invalid_decision", answer("null");
    decision_is_an_array: json!({}), "invalid_decision", answer("[]");
    decision_is_a_string: json!({}), "invalid_decision", answer("\"b\"");
    decision_is_truncated_json: json!({}), "invalid_decision", answer("{\"variantId\":\"b\"");
    decision_begins_with_a_byte_order_mark: json!({}), "invalid_decision", answer("\u{feff}{\"variantId\":\"b\"}");
    decision_is_two_values: json!({}), "invalid_decision", answer("{\"variantId\":\"b\"}{}");
    decision_is_no_utf_8: json!({}), "invalid_decision", answer(b"{\"variantId\":\"b\xff\"}");
    decision_has_a_nul: json!({}), "invalid_decision", answer("{\"variantId\":\"b\0\"}");
    decision_is_utf16: json!({}), "invalid_decision", answer("\u{feff}{\"variantId\":\"b\"}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    decision_has_a_number_beyond_all_range: json!({}), "invalid_decision", answer("{\"variantId\":\"b\",\"n\":1e999}");
    decision_is_one_byte_too_large: json!({}), "invalid_decision", answer(sized(256 * 1024 + 1));
    decision_is_300_kib: json!({}), "invalid_decision", answer(sized(300 * 1024));
    decision_is_129_deep: json!({}), "invalid_decision", answer(deep(129));
    decision_is_100_000_deep: json!({}), "invalid_decision", answer(deep(100_000));
    decision_is_a_gzip_bomb: json!({}), "invalid_decision", answer(bomb()).header("Content-Encoding", "gzip");
}

#[test]
fn decision_is_cut_in_the_middle() {
    // Whether the runtime reports the cut or the JSON ends early, the page is XM's.
    let world = hero_world();
    world
        .cdp
        .flow("hero", answer("{\"variantId\":").declare_length(100).cut());
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
}

#[test]
fn decision_is_reset_in_the_middle() {
    let world = hero_world();
    world.cdp.flow(
        "hero",
        answer("{\"variantId\":")
            .declare_length(100)
            .pause(Duration::from_millis(30))
            .reset(),
    );
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
}

#[test]
fn decision_arrives_after_its_budget() {
    let world = hero_world_with(impatient());
    let page_is_out = Latch::new();
    world.cdp.flow("hero", good().hold(&page_is_out));
    let response = world.revisit("/").get();
    page_is_out.open();
    assert_origin_bytes(&response, hero_page().html());
}

#[test]
fn a_decision_that_is_too_late_is_hung_up_on() {
    for reply in [
        Reply::raw(""),
        answer("{\"variantId\":").declare_length(100),
    ] {
        let world = hero_world_with(impatient());
        let closed = Latch::new();
        world.cdp.flow("hero", reply.hang_until_closed(&closed));
        // On a very slow machine the budget may end before the call was made: then once more.
        while world.cdp.flows().is_empty() {
            assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
        }
        closed.wait("the CDP's connection closing");
    }
}

#[test]
fn cdp_refuses_the_connection() {
    // A port that was free a moment ago and on which nobody listens.
    let gone = Server::start(|_| Reply::silence()).url();
    let world = xm_edge_tests::World::build()
        .var("CDP_ENDPOINT", json!(gone))
        .start();
    world.page("/", Reply::html(hero_page().html()));
    assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
}

#[test]
fn cdp_redirects_and_is_not_followed() {
    let elsewhere = Server::start(|_| Reply::json(json!({"variantId": "b"})));
    for status in [301, 302, 307, 308] {
        let world = hero_world();
        world.cdp.flow(
            "hero",
            Reply::status(status).header("Location", &elsewhere.url()),
        );
        assert_origin_bytes(&world.revisit("/").get(), hero_page().html());
    }
    assert!(
        elsewhere.requests().all().is_empty(),
        "a decision named a host and was obeyed"
    );
}

#[test]
fn decision_of_exactly_256_kib_is_taken() {
    let world = hero_world();
    world.cdp.flow("hero", answer(sized(256 * 1024)));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn decision_of_depth_128_is_taken() {
    let world = hero_world();
    world.cdp.flow("hero", answer(deep(128)));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn decision_with_status_201_is_taken() {
    let world = hero_world();
    world.cdp.flow("hero", good().with_status(201));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn one_component_fails_and_the_other_is_shown() {
    use xm_edge_tests::{Page, component, variant};
    let world = xm_edge_tests::World::start();
    let content = format!("D{}", variant("v", "V"));
    let page = Page::with(format!(
        "{}-{}",
        component("bad", &content),
        component("good", &content)
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.flow("bad", Reply::status(500));
    world.cdp.decide("good", json!({"variantId": "v"}));
    let expected = page.around(&format!(
        "{}-{}",
        component("bad", &content),
        component("good", "V")
    ));
    assert_shows(&world.revisit("/").get(), expected, &["v"]);
}

/// A good decision, a byte every 50 ms: it would take longer than any budget here.
fn trickle() -> Reply {
    let body = format!("{}{}", " ".repeat(200), json!({"variantId": "b"}));
    body.bytes().fold(
        Reply::status(200).declare_length(body.len()),
        |reply, byte| reply.part([byte]).pause(Duration::from_millis(50)),
    )
}

/// A good decision of exactly this many bytes.
fn sized(bytes: usize) -> String {
    let empty = json!({"variantId": "b", "pad": ""}).to_string().len();
    json!({"variantId": "b", "pad": "x".repeat(bytes - empty)}).to_string()
}

/// A good decision that nests this deep: the object and the arrays in it.
fn deep(levels: usize) -> String {
    format!(
        "{{\"variantId\":\"b\",\"deep\":{}{}}}",
        "[".repeat(levels - 1),
        "]".repeat(levels - 1)
    )
}

/// 64 MiB of spaces behind a good decision, in 64 KiB.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"{\"variantId\":\"b\"}").unwrap();
    let spaces = vec![b' '; 1024 * 1024];
    for _ in 0..64 {
        encoder.write_all(&spaces).unwrap();
    }
    encoder.finish().unwrap()
}
