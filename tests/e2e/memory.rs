//! Memory: a page is never kept, however large it is and however slowly its visitors read.
//!
//! What is bounded is the most memory that workerd's process had at once, beyond what it needs for a small page. Systems that do
//! not tell it see the rest of each test.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::json;
use xm_edge_tests::{End, Latch, Module, Page, Reply, World, component, variant};

const MIB: usize = 1024 * 1024;
const PART: usize = 64 * 1024;
/// More than V8 lets lie about before it tidies up (some 100 MiB, whatever the page), and less than any page that is kept would take.
const MOST: u64 = 192 * MIB as u64;

/// What one visitor's page may keep while it waits to be read: what was read of XM and not written yet, in JavaScript and in wasm.
const PER_VISITOR: u64 = 4 * MIB as u64;

/// Markup of 64 KiB in which there is no mark.
fn filler() -> String {
    let block = "<div class=\"component\"><p class=\"x\">0123456789 &amp; abcdefghijklmnopqrstuvwxyz</p></div>\n";
    let mut part = block.repeat(PART / block.len());
    part.push_str(&".".repeat(PART - part.len()));
    part
}

/// What the process needs anyway: measured behind a visit of a small page.
fn at_rest(world: &World) -> u64 {
    world.page(
        "/small",
        Reply::html(Page::with(component("hero", &variant("b", "B"))).html()),
    );
    let _ = world.revisit("/small").get();
    world.workerd.most_memory().unwrap_or_default()
}

/// Visits a page of so many MiB with `components` of them spread over it; returns the memory that it took.
fn stream(world: &World, mib: usize, components: usize) -> u64 {
    let before = at_rest(world);
    let page = Page::with("");
    let (filler, written) = (filler(), Arc::default());
    let hero = |content: &str| component("hero", content);
    let stretches = components + 1;
    let parts = mib * MIB / PART / stretches;
    let mut reply = Reply::html_stream().part(page.top());
    for number in 0..stretches {
        reply = reply.repeat(&filler, parts, &written);
        if number < components {
            reply = reply.part(hero(&variant("b", "B")));
        }
    }
    world.page("/large", reply.part(page.bottom()));
    world.cdp.decide("hero", json!({"variantId": "b"}));

    let mut received = 0;
    let end = world
        .revisit("/large")
        .send()
        .drain(|bytes| received += bytes.len());
    assert_eq!(end, End::Complete);
    let shown = hero("B").replace("<div", "<div data-cdp-shown=\"b\"").len();
    let expected = page.top().len() + parts * stretches * PART + page.bottom().len();
    assert_eq!(received, expected + components * shown);
    world.workerd.most_memory().unwrap_or_default() - before
}

#[test]
fn a_page_of_a_gibibyte_is_streamed_in_bounded_memory() {
    let world = World::start();
    let took = stream(&world, 1024, 90);
    assert!(took < MOST, "{} MiB", took / MIB as u64);
}

#[test]
fn a_large_page_without_components_is_streamed_in_bounded_memory() {
    let world = World::start();
    let took = stream(&world, 256, 0);
    assert!(took < MOST, "{} MiB", took / MIB as u64);
}

#[test]
fn a_worker_that_keeps_a_page_in_memory_is_seen() {
    let script = "export default { async fetch(request, env) {
        const url = new URL(request.url);
        const page = await fetch(env.XM_ORIGIN + url.pathname);
        return new Response(await page.arrayBuffer(), { headers: { 'content-type': 'text/html' } });
    } };";
    let world = World::build()
        .module(Module::Script(script.to_owned()))
        .start();
    if world.workerd.most_memory().is_some() {
        let took = stream(&world, 192, 0);
        assert!(took > MOST, "{} MiB", took / MIB as u64);
    }
}

/// Waits until XM cannot send any more, because nobody takes it: two visits of a page as long as the others bring no byte
/// forward.
fn wait_until_nothing_moves(world: &World, written: &AtomicU64) -> u64 {
    let page = Page::with(filler().repeat(8));
    world.page("/meanwhile", Reply::html(page.html()));
    let (mut before, mut still) = (0, 0);
    while still < 2 {
        let _ = world.revisit("/meanwhile").get();
        let now = written.load(Ordering::SeqCst);
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
    before
}

#[test]
fn many_visitors_who_do_not_read_hold_xm_back_and_not_the_pages() {
    const VISITORS: usize = 64;
    let world = World::start();
    let before = at_rest(&world);
    let (page, filler, written) = (Page::with(""), filler(), Arc::default());
    // Far more than the system keeps of a connection by itself (6 MiB on a plain Linux).
    let parts = 64 * MIB / PART;
    let hero = component("hero", &variant("b", "B"));
    let reply = Reply::html_stream().part(page.top()).part(hero);
    world.page(
        "/large",
        reply.repeat(&filler, parts, &written).part(page.bottom()),
    );
    world.cdp.decide("hero", json!({"variantId": "b"}));

    let slow = world.revisit("/large").receive_buffer(4096);
    let mut visitors: Vec<_> = (0..VISITORS).map(|_| slow.send()).collect();
    for visitor in &mut visitors {
        assert_eq!(visitor.head().0, 200);
    }
    let sent = wait_until_nothing_moves(&world, &written);
    let all = (VISITORS * parts * PART) as u64;
    assert!(
        sent < all / 2,
        "XM sent {} of {} MiB",
        sent / MIB as u64,
        all / MIB as u64
    );
    let took = world
        .workerd
        .most_memory()
        .unwrap_or_default()
        .saturating_sub(before);
    assert!(
        took < VISITORS as u64 * PER_VISITOR,
        "{} MiB for {VISITORS} visitors",
        took / MIB as u64
    );

    // Nothing was lost for the one who reads on.
    let mut received = 0;
    let end = visitors
        .swap_remove(0)
        .drain(|bytes| received += bytes.len());
    assert_eq!(end, End::Complete);
    assert!(received > parts * PART, "{received} bytes");
    visitors.into_iter().for_each(|visitor| visitor.abort());
}

#[test]
fn while_the_cdp_thinks_xm_is_held_back_too() {
    let world = World::start();
    let (page, filler, written) = (Page::with(""), filler(), Arc::default());
    let parts = 64 * MIB / PART;
    let hero = component("hero", &variant("b", "B"));
    let reply = Reply::html_stream().part(page.top()).part(hero);
    world.page(
        "/large",
        reply.repeat(&filler, parts, &written).part(page.bottom()),
    );
    let decided = Latch::new();
    world.cdp.flow(
        "hero",
        Reply::json(json!({"variantId": "b"})).hold(&decided),
    );
    let mut visitor = world.revisit("/large").send();
    visitor.wait_for("TOP");
    let sent = wait_until_nothing_moves(&world, &written);
    assert!(
        sent < (32 * MIB) as u64,
        "XM sent {} MiB",
        sent / MIB as u64
    );
    decided.open();
    let mut received = 0;
    assert_eq!(
        visitor.drain(|bytes| received += bytes.len()),
        End::Complete
    );
    assert!(received > parts * PART, "{received} bytes");
}
