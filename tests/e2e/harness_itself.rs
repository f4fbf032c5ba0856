//! The harness proves itself with a Worker of one line that passes everything through: what a test of the product
//! relies on (ordering, framing, cuts, concurrency) is seen here to work, and to fail where it should.

use serde_json::json;
use xm_edge_tests::{End, Latch, Module, QueueSettings, Reply, World, assert_bytes};

const PASS_THROUGH: &str = r#"
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/flow") {
      const init = { method: "POST", body: JSON.stringify({ friendlyId: url.searchParams.get("id") }) };
      return fetch(env.CDP_ENDPOINT + "/v2/callFlows", init);
    }
    console.log(JSON.stringify({ path: url.pathname, channel: env.SITE.channel, key: env.CDP_CLIENT_KEY.length }));
    return fetch(env.XM_ORIGIN + url.pathname + url.search, request);
  },
};
"#;

fn world() -> World {
    World::build()
        .module(Module::Script(PASS_THROUGH.to_owned()))
        .start()
}

#[test]
fn bytes_are_seen_while_the_origin_still_holds_the_rest() {
    let world = world();
    let gate = Latch::new();
    world.page(
        "/",
        Reply::html_stream()
            .part("<p>first</p>")
            .wait(&gate)
            .part("<p>last</p>"),
    );
    let mut exchange = world.visit("/").send();
    exchange.wait_for("<p>first</p>");
    assert!(!gate.is_open());
    gate.open();
    let response = exchange.finish();
    assert_bytes(&response.body, b"<p>first</p><p>last</p>", "body");
    assert_eq!(response.end, End::Complete);
}

#[test]
fn a_cut_of_a_declared_length_is_seen_as_a_cut() {
    let world = world();
    world.page("/", Reply::html("half of it").declare_length(1000).cut());
    let response = world.visit("/").get();
    assert_eq!(response.end, End::Cut);
    assert_bytes(&response.body, b"half of it", "body");
}

#[test]
fn header_lines_keep_their_duplicates_and_order() {
    let world = world();
    world.page(
        "/",
        Reply::html("x")
            .header("Set-Cookie", "a=1")
            .header("X-Other", "é")
            .header("Set-Cookie", "b=2; Path=/"),
    );
    let response = world.visit("/").get();
    assert_eq!(response.headers.all("set-cookie"), ["a=1", "b=2; Path=/"]);
    let seen = world.origin_headers("/");
    assert_eq!(seen.get("sec-fetch-dest"), Some("document"));
}

#[test]
fn a_flow_is_answered_by_its_script_and_log_lines_are_read() {
    let world = world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let response = world.visit("/flow?id=hero").get();
    assert_eq!(response.text(), r#"{"variantId":"b"}"#);
    assert_eq!(world.cdp.flows(), [json!({"friendlyId": "hero"})]);
    world.page("/x", Reply::html("x"));
    drop(world.visit("/x").get());
    let line = world.log_line("of the page", |line| line["path"] == "/x");
    assert_eq!(
        (&line["channel"], &line["key"]),
        (&json!("WEB"), &json!(32))
    );
}

#[test]
fn a_request_body_is_seen_while_it_is_still_being_sent() {
    let world = world();
    world.page("/post", Reply::status(200).part("thanks"));
    let mut exchange = world
        .visit("/post")
        .method("POST")
        .header("Content-Length", "10")
        .send();
    exchange.write(b"12345");
    world
        .origin()
        .first("half a body", |request| request.body() == b"12345");
    exchange.write(b"67890");
    assert_eq!(exchange.finish().text(), "thanks");
}

#[test]
fn a_visitor_who_leaves_is_seen_at_the_origin() {
    let world = world();
    let closed = Latch::new();
    world.page(
        "/",
        Reply::html_stream()
            .part("first")
            .hang_until_closed(&closed),
    );
    let mut exchange = world.visit("/").send();
    exchange.wait_for("first");
    exchange.abort();
    closed.wait("the origin connection closing");
}

#[test]
fn the_queue_gives_back_what_was_not_acknowledged_and_ends_in_dead_letters() {
    let script = r#"export default {
      async fetch(request, env) {
        await env.EVENTS.sendBatch([{ body: "a", contentType: "text" }, { body: { b: 1 }, contentType: "json" }]);
        await env.EVENTS.send("c", { contentType: "text" });
        return new Response("stored");
      },
      async queue(batch) {
        for (const message of batch.messages) {
          if (message.body === "a") message.ack();
          else if (message.body === "c") message.retry({ delaySeconds: 30 });
          else if (message.attempts > 1) throw new Error("fails as a whole");
          else message.retry();
        }
      },
    };"#;
    let settings = QueueSettings {
        max_retries: 1,
        ..QueueSettings::default()
    };
    let mut world = World::build()
        .module(Module::Script(script.to_owned()))
        .queue(settings)
        .start();
    assert_eq!(world.visit("/").get().text(), "stored");
    let bodies: Vec<_> = world
        .queue()
        .wait_for(3)
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_eq!(bodies, [json!("a"), json!({"b": 1}), json!("c")]);
    let batch = world.deliver();
    assert!(batch.is_settled());
    assert_eq!(batch.delays(), [None, Some(30)]);
    assert_eq!(world.queue().waiting().len(), 2);
    // The queue outlives the runtime; only what is due comes.
    world.restart();
    let failed = world.deliver();
    assert_eq!(failed.outcome.as_deref(), Some("exception"));
    assert!(!failed.is_settled());
    assert_eq!(world.queue().dead()[0].body, json!({"b": 1}));
    world.queue().pass(29);
    assert!(world.deliver().messages.is_empty());
    world.queue().pass(1);
    assert_eq!(world.deliver().messages.len(), 1);
    assert_eq!(world.queue().dead().len(), 2);
    // A runtime that is gone has acknowledged nothing.
    world.queue().push(json!("a"));
    let broker = world.workerd.broker();
    world.workerd.killer().kill();
    assert_eq!(world.queue().deliver(broker).outcome, None);
    assert_eq!(world.queue().waiting().len(), 1);
}
