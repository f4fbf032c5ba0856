//! Promise: a flow runs exactly for what is really on the page of a person, once; and page, VIEW and log agree on what that
//! person saw (product §3, §8; faults D7, D8). Running a flow is the exposure of an experiment.

use serde_json::{Map, Value, json};
use xm_edge_tests::{
    Latch, Page, RETURNING_ID, Reply, Visit, World, component, variant, visitor_cookie,
};

use crate::common::{hero_world, is_of_settling, settle, settle_as, take_shown};

fn experiment(friendly_id: &str, content: &str) -> String {
    format!("<section data-cdp-experiment=\"{friendly_id}\">{content}</section>")
}

/// A site with this page at `/`.
fn world_with(body: impl Into<String>) -> World {
    let world = World::start();
    world.page("/", Reply::html(Page::with(body).html()));
    world
}

/// How often each flow was asked, settled.
fn asked(world: &World) -> Map<String, Value> {
    settle(world);
    let mut asked = Map::new();
    for flow in world
        .cdp
        .flows()
        .iter()
        .filter(|flow| !is_of_settling(flow))
    {
        let id = flow["friendlyId"].as_str().unwrap().to_owned();
        let count = asked.get(&id).and_then(Value::as_u64).unwrap_or(0);
        asked.insert(id, json!(count + 1));
    }
    asked
}

fn counts(expected: Value) -> Map<String, Value> {
    expected.as_object().unwrap().clone()
}

/// The log's components of the first page with this many, as `friendly id: shown`.
fn logged(world: &World, components: usize) -> Vec<(String, String)> {
    let line = world.log_line("of the page", |line| {
        line["components"]
            .as_array()
            .is_some_and(|list| list.len() == components)
    });
    let entries = line["components"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    entries
        .iter()
        .map(|entry| (text(&entry["friendly_id"]), text(&entry["shown"])))
        .collect()
}

#[test]
fn an_experiment_on_several_components_runs_once_and_is_told_everywhere_alike() {
    let one = experiment("test", &variant("b", "<i>B</i>"));
    let world = world_with(format!(
        "{one}<p>between</p>{one}{}",
        experiment("test", "plain")
    ));
    world.cdp.decide("test", json!({"variantId": "b"}));
    let response = world.revisit("/").get();
    let (_, stamped) = take_shown(&response.body);
    // The third has no such variant: its default content was shown, with the decision's own id for no template.
    assert_eq!(stamped[..2], ["b", "b"]);
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view["ext"], json!({"test": "b"}));
    let logged: Vec<String> = logged(&world, 3)
        .into_iter()
        .map(|(_, shown)| shown)
        .collect();
    assert_eq!(logged, stamped);
    assert_eq!(asked(&world), counts(json!({"test": 1})));
}

#[test]
fn a_control_and_a_guest_outside_the_allocation_are_control_everywhere() {
    for decision in [
        json!({}),
        json!({"message": "No flow executed"}),
        json!({"variantId": "test_default"}),
    ] {
        let world = world_with(experiment("test", &variant("b", "B")));
        world.cdp.decide("test", decision);
        let (_, stamped) = take_shown(&world.revisit("/").get().body);
        assert_eq!(stamped, ["control"]);
        assert_eq!(
            world.cdp.wait_for_event("VIEW")["ext"],
            json!({"test": "control"})
        );
        assert_eq!(
            logged(&world, 1),
            [("test".to_owned(), "control".to_owned())]
        );
    }
}

#[test]
fn what_stands_in_a_variant_runs_only_when_that_is_chosen() {
    let inside = |id: &str| experiment(id, &variant("x", "X"));
    let content = format!(
        "{}{}{}",
        inside("in_default"),
        variant("a", &inside("in_a")),
        variant("b", &inside("in_b"))
    );
    for (decision, inner) in [("a", "in_a"), ("b", "in_b"), ("none", "in_default")] {
        let world = world_with(experiment("outer", &content));
        world.cdp.decide("outer", json!({"variantId": decision}));
        world
            .cdp
            .any_flow(|_| Reply::json(json!({"variantId": "x"})));
        drop(world.revisit("/").get());
        let ext = world.cdp.wait_for_event("VIEW")["ext"].clone();
        let outer = if decision == "none" {
            "control"
        } else {
            decision
        };
        assert_eq!(ext, json!({"outer": outer, inner: "x"}));
        assert_eq!(asked(&world), counts(json!({"outer": 1, inner: 1})));
    }
}

#[test]
fn what_stands_in_a_fragment_runs_when_that_is_shown() {
    let open = "<div data-cdp-experiment=\"outer\" data-cdp-fragment=\"/path\">default</div>";
    for (decision, expected) in [
        (
            json!({"path": "/fragment", "variantId": "f"}),
            json!({"outer": 1, "inner": 1}),
        ),
        (json!({}), json!({"outer": 1})),
        (json!({"path": "/missing"}), json!({"outer": 1})),
    ] {
        let world = world_with(open);
        let fragment = experiment("inner", &variant("x", "X"));
        world.page("/fragment", Reply::html(format!("<p>f</p>{fragment}")));
        world.cdp.decide("outer", decision);
        world.cdp.decide("inner", json!({"variantId": "x"}));
        drop(world.revisit("/").get());
        let view = world.cdp.wait_for_event("VIEW");
        let told = view["ext"].as_object().cloned().unwrap_or_default();
        assert_eq!(
            told.contains_key("inner"),
            expected.get("inner").is_some(),
            "{view}"
        );
        assert_eq!(asked(&world), counts(expected));
    }
}

#[test]
fn marks_that_are_no_elements_run_nothing() {
    let mark = experiment("test", &variant("b", "B"));
    let quoted = mark.replace('"', "'");
    let world = world_with(format!(
        "<!-- {mark} --><script>var x = `{mark}`;</script><style>/*{mark}*/</style><textarea>{mark}</textarea>\
         <template>{mark}</template><noscript>{mark}</noscript><p title=\"{quoted}\">x</p><iframe srcdoc=\"{quoted}\"></iframe>\
         <xmp>{mark}</xmp>&lt;section data-cdp-experiment=test&gt;"
    ));
    drop(world.revisit("/").get());
    assert_eq!(world.cdp.wait_for_event("VIEW").get("ext"), None);
    assert_eq!(asked(&world), counts(json!({})));
}

#[test]
fn nobody_but_a_person_who_consents_is_exposed() {
    type Change = fn(Visit<'_>) -> Visit<'_>;
    let consent = json!({"mode": "cookie", "cookie": "consent", "id": "i:1", "personalisation": "p:1", "analytics": "a:1"});
    let world = World::build().site(json!({ "consent": consent })).start();
    world.page("/", Reply::html(Page::with(experiment("test", "x")).html()));
    world.page("/without", Reply::html(Page::with("<p>x</p>").html()));
    let all = format!("{}; consent=i:1,p:1,a:1", visitor_cookie(RETURNING_ID));
    let cases: [(&str, &str, Change); 8] = [
        ("/", "consent=i:1,p:1,a:1", |v| {
            v.header("Sec-Purpose", "prefetch")
        }),
        ("/", "consent=i:1,p:1,a:1", |v| {
            v.header("Sec-Purpose", "prefetch;prerender")
        }),
        ("/", "consent=i:1,p:1,a:1", |v| {
            v.header("Purpose", "prefetch")
        }),
        ("/", "consent=i:1,p:1,a:1", |v| {
            v.user_agent("Mozilla/5.0 (compatible; bingbot/2.0)")
        }),
        ("/", "consent=i:1,p:1,a:1", |v| v.method("HEAD")),
        ("/", "consent=i:1,p:0,a:1", |v| v),
        ("/", "", |v| v),
        ("/without", "consent=i:1,p:1,a:1", |v| v),
    ];
    for (path, consent, change) in cases {
        let cookies = format!("{}; {consent}", visitor_cookie(RETURNING_ID));
        drop(change(world.visit(path).cookies(&cookies)).get());
    }
    settle_as(&world, &all);
    let of_test = |world: &World| {
        let flows = world.cdp.flows();
        flows
            .iter()
            .filter(|flow| flow["friendlyId"] == "test")
            .count()
    };
    assert_eq!(of_test(&world), 0);
    drop(world.visit("/").cookies(&all).get());
    settle_as(&world, &all);
    assert_eq!(of_test(&world), 1);
}

#[test]
fn a_component_that_failed_was_shown_to_nobody() {
    let world = world_with(format!(
        "{}{}",
        experiment("good", &variant("b", "B")),
        experiment("bad", "x")
    ));
    world.cdp.decide("good", json!({"variantId": "b"}));
    world.cdp.flow("bad", Reply::status(500));
    drop(world.revisit("/").get());
    assert_eq!(
        world.cdp.wait_for_event("VIEW")["ext"],
        json!({"good": "b"})
    );
    let expected =
        [("good", "b"), ("bad", "-")].map(|(id, shown)| (id.to_owned(), shown.to_owned()));
    assert_eq!(logged(&world, 2), expected);
}

#[test]
fn a_visitor_who_left_before_a_component_has_not_seen_it() {
    let world = hero_world();
    let (left, rest) = (Latch::new(), Latch::new());
    let first = experiment("first", &variant("a", "<i>A</i>"));
    let held = experiment("held", &variant("b", "<i>B</i>"));
    let page = Page::with(format!("{first}<p>between</p>{held}<p>end</p>")).html();
    world.page("/", Reply::html_stream().part(page).wait(&rest));
    world.cdp.decide("first", json!({"variantId": "a"}));
    world
        .cdp
        .flow("held", Reply::json(json!({"variantId": "b"})).hold(&left));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("<p>between</p>");
    let _ = world.cdp.wait_for_flow("held");
    exchange.abort();
    let line = world.log_line("of the page", |line| line["body"] == "visitor_gone");
    left.open();
    rest.open();
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view["ext"], json!({"first": "a"}), "{line}");
    assert_eq!(line["components"][0]["shown"], "a");
}

#[test]
fn what_was_rendered_for_a_visitor_who_left_before_taking_it_was_not_seen() {
    // So large a page that a connection without a reader stands still in the middle of it.
    let world = World::start();
    let one = format!(
        "{}{}",
        experiment("test", &variant("a", "<i>A</i>")),
        "f".repeat(240 * 1024)
    );
    let page = Page::with(format!(
        "{}<p>read</p>{}",
        experiment("first", "x"),
        one.repeat(99)
    ))
    .html();
    let (first, rest) = page.split_at(page.find("</p>").unwrap() + 4);
    let taken = Latch::new();
    world.page(
        "/",
        Reply::html_stream().part(first).wait(&taken).part(rest),
    );
    world.cdp.decide("test", json!({"variantId": "a"}));
    // Whether the visitor leaves while something rendered is not taken depends on the machine: most do.
    for visit in 1..=20 {
        let mut exchange = world.revisit("/").send();
        exchange.wait_for("<p>read</p>");
        taken.open();
        exchange.wait_for("<i>A</i>");
        exchange.abort();
        let line = nth_line(&world, visit);
        assert_eq!(line["body"], "visitor_gone", "{line}");
        let components = line["components"].as_array().unwrap();
        assert_eq!(components[0]["shown"], "control", "{line}");
        assert!(components.len() < 100, "the connection took all of it");
        let last = components.last().unwrap();
        assert_eq!(last["result"], "variant", "{line}");
        if last.get("shown").is_none() {
            let view = world.cdp.wait_for_event("VIEW");
            assert_eq!(view["ext"]["first"], "control");
            return;
        }
    }
    panic!("what was rendered was always taken to be seen");
}

/// The `n`th line about a page.
fn nth_line(world: &World, n: usize) -> Value {
    world
        .workerd
        .lines()
        .wait_for(&format!("line {n} of a page"), |lines| {
            let pages = lines
                .iter()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter(|line| line["route"] == "page");
            pages.clone().nth(n - 1)
        })
}

#[test]
fn a_page_of_more_than_50_experiments_tells_of_the_first_50() {
    let body: String = (0..60)
        .map(|n| experiment(&format!("t{n}"), &variant("b", "B")))
        .collect();
    let world = world_with(body);
    world
        .cdp
        .any_flow(|_| Reply::json(json!({"variantId": "b"})));
    let (_, stamped) = take_shown(&world.revisit("/").get().body);
    assert_eq!(stamped, ["b"; 60]);
    let view = world.cdp.wait_for_event("VIEW");
    let ext = view["ext"].as_object().unwrap();
    let first: Vec<String> = (0..50).map(|n| format!("t{n}")).collect();
    assert_eq!(ext.len(), 50);
    assert!(first.iter().all(|id| ext[id] == "b"), "{ext:?}");
    // The log knows all of them.
    assert_eq!(
        logged(&world, 60)
            .iter()
            .filter(|(_, shown)| shown == "b")
            .count(),
        60
    );
}

#[test]
fn a_decision_cannot_write_into_the_log() {
    for secret in [
        "jane@example.com",
        "Jane Doe",
        "{\"a\":1}",
        &"x".repeat(129),
    ] {
        let world = world_with(component("hero", "<p>x</p><b data-cdp-text=\"/t\">y</b>"));
        world
            .cdp
            .decide("hero", json!({"variantId": secret, "t": "z"}));
        drop(world.revisit("/").get());
        assert_eq!(logged(&world, 1), [("hero".to_owned(), "-".to_owned())]);
        let lines = world.workerd.lines().all();
        assert!(!lines.iter().any(|line| line.contains(secret)), "{lines:?}");
        assert_eq!(world.cdp.wait_for_event("VIEW")["ext"]["hero"], secret);
    }
}

#[test]
fn a_page_that_is_thrown_away_was_shown_to_nobody() {
    // Rendered into memory for its ETag, larger than that may be: XM's own page goes out.
    let world = World::build()
        .site(json!({"browser_cache": "revalidate"}))
        .start();
    let filler = "f".repeat(9 * 1024 * 1024);
    let page = Page::with(format!(
        "{}{filler}",
        experiment("test", &variant("b", "<i>B</i>"))
    ));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("test", json!({"variantId": "b"}));
    let response = world.revisit("/").get();
    assert!(response.text() == page.html(), "XM's own page");
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(view.get("ext"), None, "{view}");
    assert_eq!(logged(&world, 1), [("test".to_owned(), "-".to_owned())]);
}
