//! Promise: the page streams at once; only a marked component waits, and only for its own decision (product §3).

use serde_json::json;
use xm_edge_tests::{Latch, Page, Reply, World, assert_bytes, component, contains, variant};

use crate::common::{
    VARIANT_B, assert_shows, hero_page, hero_page_showing, hero_world, take_shown,
};

#[test]
fn bytes_before_a_component_leave_while_its_decision_is_pending_and_xm_still_sends() {
    let world = hero_world();
    let (decided, rest) = (Latch::new(), Latch::new());
    let html = hero_page().html();
    let (sent, held) = html.split_at(html.find("<p>after</p>").unwrap());
    world.page("/", Reply::html_stream().part(sent).wait(&rest).part(held));
    world.cdp.flow(
        "hero",
        Reply::json(json!({"variantId": "b"})).hold(&decided),
    );

    let mut exchange = world.revisit("/").send();
    let so_far = exchange.wait_for("<p>before</p>");
    assert!(
        !contains(&so_far, "Welcome"),
        "the component left undecided"
    );
    // The call starts when the start tag streams past, while XM still sends.
    let _ = world.cdp.wait_for_flow("hero");

    rest.open();
    decided.open();
    assert_shows(&exchange.finish(), hero_page_showing(VARIANT_B), &["b"]);
}

#[test]
fn bytes_after_a_decided_component_leave_while_xm_still_sends() {
    let world = hero_world();
    let rest = Latch::new();
    let html = hero_page().html();
    let (sent, held) = html.split_at(html.find("<footer>").unwrap());
    world.page("/", Reply::html_stream().part(sent).wait(&rest).part(held));
    world.cdp.decide("hero", json!({"variantId": "b"}));

    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>after</p>");
    rest.open();
    assert_shows(&exchange.finish(), hero_page_showing(VARIANT_B), &["b"]);
}

#[test]
fn a_page_without_components_streams_as_xm_sends_it() {
    let world = World::start();
    let rest = Latch::new();
    let page = Page::with("<p>first</p>");
    world.page(
        "/",
        Reply::html_stream()
            .part(page.top())
            .part("<p>first</p>")
            .wait(&rest)
            .part(page.bottom()),
    );
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>first</p>");
    rest.open();
    assert_bytes(&exchange.finish().decoded(), page.html().as_bytes(), "page");
}

#[test]
fn two_decisions_run_at_the_same_time() {
    let world = World::start();
    let both_asked = Latch::new();
    let content = variant("v", "VARIANT");
    let page = Page::with(format!(
        "{}<hr>{}",
        component("one", &content),
        component("two", &content)
    ));
    world.page("/", Reply::html(page.html()));
    for id in ["one", "two"] {
        world
            .cdp
            .flow(id, Reply::json(json!({"variantId": "v"})).hold(&both_asked));
    }
    let exchange = world.revisit("/").send();
    let _ = world.cdp.wait_for_flow("one");
    let _ = world.cdp.wait_for_flow("two");
    both_asked.open();
    let expected = page.around(&format!(
        "{}<hr>{}",
        component("one", "VARIANT"),
        component("two", "VARIANT")
    ));
    assert_shows(&exchange.finish(), expected, &["v", "v"]);
}

#[test]
fn a_decided_component_leaves_before_a_later_undecided_one() {
    let world = World::start();
    let decided = Latch::new();
    let content = variant("v", "VARIANT");
    let page = Page::with(format!(
        "{}<p>between</p>{}",
        component("one", &content),
        component("two", &content)
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("one", json!({"variantId": "v"}));
    world
        .cdp
        .flow("two", Reply::json(json!({"variantId": "v"})).hold(&decided));
    let mut exchange = world.revisit("/").send();
    let so_far = exchange.wait_for("<p>between</p>");
    assert!(contains(&so_far, "VARIANT"));
    decided.open();
    let body = page.around(&format!(
        "{}<p>between</p>{}",
        component("one", "VARIANT"),
        component("two", "VARIANT")
    ));
    assert_shows(&exchange.finish(), body, &["v", "v"]);
}

#[test]
fn an_undecided_component_never_lets_a_later_decided_one_overtake_it() {
    let world = World::start();
    let decided = Latch::new();
    let page = Page::with(format!(
        "{}{}",
        component("slow", &variant("v", "SLOW")),
        component("fast", &variant("v", "FAST"))
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.flow(
        "slow",
        Reply::json(json!({"variantId": "v"})).hold(&decided),
    );
    world.cdp.decide("fast", json!({"variantId": "v"}));
    let exchange = world.revisit("/").send();
    let _ = world.cdp.wait_for_flow("slow");
    let _ = world.cdp.wait_for_flow("fast");
    decided.open();
    let expected = page.around(&format!(
        "{}{}",
        component("slow", "SLOW"),
        component("fast", "FAST")
    ));
    assert_shows(&exchange.finish(), expected, &["v", "v"]);
}

#[test]
fn the_same_friendly_id_twice_is_asked_once_and_shown_twice() {
    let world = World::start();
    let content = variant("v", "VARIANT");
    let page = Page::with(format!(
        "{}<hr>{}",
        component("same", &content),
        component("same", &content)
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("same", json!({"variantId": "v"}));
    let response = world.revisit("/").get();
    let expected = page.around(&format!(
        "{}<hr>{}",
        component("same", "VARIANT"),
        component("same", "VARIANT")
    ));
    assert_shows(&response, expected, &["v", "v"]);
    assert_eq!(world.cdp.flows().len(), 1);
}

#[test]
fn a_component_in_the_default_content_of_another_is_decided_too() {
    let world = World::start();
    let inner = |content: &str| component("inner", content);
    let page = Page::with(component(
        "outer",
        &format!(
            "<p>D</p>{}{}",
            inner(&variant("v", "IN")),
            variant("x", "X")
        ),
    ));
    world.page("/", Reply::html(page.html()));
    world
        .cdp
        .decide("outer", json!({"message": "No flow executed"}));
    world.cdp.decide("inner", json!({"variantId": "v"}));
    let response = world.revisit("/").get();
    assert_shows(
        &response,
        page.around(&component("outer", &format!("<p>D</p>{}", inner("IN")))),
        &["control", "v"],
    );
}

#[test]
fn a_component_in_the_chosen_variant_is_decided_too() {
    let world = World::start();
    let inside = format!(
        "<p>V</p>{}",
        component("inner", &format!("D{}", variant("v", "IN")))
    );
    let page = Page::with(component(
        "outer",
        &format!("<p>D</p>{}", variant("x", &inside)),
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("outer", json!({"variantId": "x"}));
    world.cdp.decide("inner", json!({"variantId": "v"}));
    let response = world.revisit("/").get();
    let expected = page.around(&component(
        "outer",
        &format!("<p>V</p>{}", component("inner", "IN")),
    ));
    assert_shows(&response, expected, &["x", "v"]);
}

#[test]
fn a_component_that_the_page_does_not_show_is_never_asked_for() {
    let world = World::start();
    let nested = |id: &str| component(id, &variant("v", "NESTED"));
    let content = format!(
        "D{}{}{}",
        nested("in_default"),
        variant("x", "CHOSEN"),
        variant("y", &nested("in_unchosen"))
    );
    let page = Page::with(component("outer", &content));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("outer", json!({"variantId": "x"}));
    let response = world.revisit("/").get();
    assert_shows(
        &response,
        page.around(&component("outer", "CHOSEN")),
        &["x"],
    );
    crate::common::settle(&world);
    let asked: Vec<_> = world
        .cdp
        .flows()
        .iter()
        .filter(|flow| !crate::common::is_of_settling(flow))
        .map(|flow| flow["friendlyId"].clone())
        .collect();
    assert_eq!(
        asked,
        [json!("outer")],
        "running a flow records an exposure"
    );
}

#[test]
fn one_byte_at_a_time_from_xm_changes_nothing() {
    let world = hero_world();
    world.page("/", Reply::html_stream().byte_by_byte(hero_page().html()));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn markup_that_no_validator_would_take_comes_through_byte_by_byte() {
    let world = World::start();
    let odd = "<DIV CLASS=a class='b'>\0<p>&nbsp<li><table><b><tr></table></b></p></P x>\r\n<!-- <div data-cdp-experience=no> -->\
               <script>'<div data-cdp-experience=\"no\">'</script><textarea><i data-cdp-experience=no></textarea><![CDATA[x]]></plain\u{e9}t>";
    let around = |component: &str| Page::default().around(&format!("{odd}{component}{odd}"));
    world.page(
        "/",
        Reply::html(around(&component("hero", &variant("b", "B")))),
    );
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_shows(
        &world.revisit("/").get(),
        around(&component("hero", "B")),
        &["b"],
    );
    let flows = world.cdp.flows();
    assert_eq!(
        flows.len(),
        1,
        "a mark that is no element was asked for: {flows:?}"
    );
}

#[test]
fn behind_ambiguous_markup_nothing_is_lost() {
    // Parsers disagree on what these mean, and a strict one stops there.
    for ambiguous in [
        "<select><iframe></select></iframe>",
        "<select><option><style></select>",
        "<frameset></frameset><script>",
    ] {
        let world = World::start();
        let hero = |content: &str| component("hero", content);
        let page = Page::with(format!(
            "{}{ambiguous}{}",
            hero(&variant("b", "B")),
            hero(&variant("b", "B"))
        ));
        world.page("/", Reply::html(page.html()));
        world.cdp.decide("hero", json!({"variantId": "b"}));
        let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
        // The first component is shown; the second may be, or stays as authored. Everything else is XM's.
        let second = if shown.len() == 2 {
            hero("B")
        } else {
            hero(&variant("b", "B"))
        };
        let expected = page.around(&format!("{}{ambiguous}{second}", hero("B")));
        assert_bytes(&plain, expected.as_bytes(), ambiguous);
    }
}

#[test]
fn a_page_of_twenty_mebibytes_comes_whole() {
    let world = World::start();
    let filler =
        "<p class=\"x\">0123456789 abcdefghijklmnopqrstuvwxyz &amp; more</p>\n".repeat(1000);
    let count = 20 * 1024 * 1024 / filler.len();
    let page = Page::with("");
    let parts = (0..count).fold(Reply::html_stream().part(page.top()), |reply, _| {
        reply.part(&filler)
    });
    let tail = |content: &str| format!("{}{}", component("hero", content), page.bottom());
    world.page("/", parts.part(tail(&variant("b", "B"))));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let expected = format!("{}{}{}", page.top(), filler.repeat(count), tail("B"));
    assert_shows(&world.revisit("/").get(), expected, &["b"]);
}
