//! Who is asked for, when, and who waits for it.

use serde_json::{Value, json};
use xm_edge_tests::{
    Latch, NEW_BROWSER_ID, Page, RETURNING_ID, Reply, Visit, World, component, visitor_cookie,
};

use super::{assert_home, builder, home, logged, pages, world_deciding};
use crate::common::{
    assert_cdp_was_not_asked, assert_private, cookies_set, id_set, settle, settle_as,
};

const CONSENT: &str = "consent=i:1,p:1,a:1";

fn with_consent(site: Value) -> World {
    let consent = json!({"mode": "cookie", "cookie": "consent", "id": "i:1", "personalisation": "p:1", "analytics": "a:1"});
    let world = builder(json!({ "consent": consent })).site(site).start();
    pages(&world);
    world.cdp.decide("home", json!({"redirect": "/b"}));
    world
}

#[test]
fn only_a_person_who_consents_is_decided_for() {
    type Change = fn(Visit<'_>) -> Visit<'_>;
    let world = with_consent(json!({}));
    let id = visitor_cookie(RETURNING_ID);
    let cases: [(&str, &str, Change); 10] = [
        ("a bot", CONSENT, |v| {
            v.user_agent("Mozilla/5.0 (compatible; Googlebot/2.1)")
        }),
        ("a prefetch", CONSENT, |v| {
            v.header("Sec-Purpose", "prefetch")
        }),
        ("a prerender", CONSENT, |v| {
            v.header("Sec-Purpose", "prefetch;prerender")
        }),
        ("no consent", "", |v| v),
        ("no id", "consent=i:0,p:1,a:1", |v| v),
        ("no personalisation", "consent=i:1,p:0,a:0", |v| v),
        ("an XHR", CONSENT, |v| {
            v.header("X-Requested-With", "XMLHttpRequest")
        }),
        ("a POST", CONSENT, |v| {
            v.method("POST").body("text/plain", "x")
        }),
        ("an author", CONSENT, |v| {
            v.header("Cookie", "website#sc_mode=edit; consent=i:1,p:1,a:1")
        }),
        ("a part", CONSENT, |v| v.header("Range", "bytes=0-1")),
    ];
    for (who, consent, change) in cases {
        let visit = change(world.visit("/").cookies(&format!("{id}; {consent}")));
        let response = visit.get();
        assert_eq!(response.status, 200, "{who}");
        assert!(response.text().contains("the default page"), "{who}");
    }
    settle_as(&world, &format!("{id}; {CONSENT}"));
    let asked: Vec<Value> = world
        .cdp
        .flows()
        .into_iter()
        .filter(|f| f["friendlyId"] == "home")
        .collect();
    assert_eq!(asked, Vec::<Value>::new());
    let person = world.visit("/").cookies(&format!("{id}; {CONSENT}"));
    assert_eq!(person.get().status, 302);
}

#[test]
fn head_has_the_headers_of_the_default_page_and_runs_no_flow() {
    let world = world_deciding(json!({"redirect": "/b"}));
    let response = world.revisit("/").method("HEAD").get();
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_private(&response);
    assert_eq!(response.header("location"), None);
    assert_cdp_was_not_asked(&world);
}

#[test]
fn a_page_without_a_rule_waits_for_nothing() {
    let world = world_deciding(json!({"redirect": "/b"}));
    let rest = Latch::new();
    let page = Reply::html_stream()
        .part("<p>begun</p>")
        .wait(&rest)
        .part("<p>rest</p>");
    world.page("/plain", page);
    // The CDP answers nobody.
    for reply in [Reply::silence(), Reply::silence()] {
        world.cdp.flow("home", reply.clone());
        world.cdp.any_flow(move |_| reply.clone());
    }
    let mut exchange = world.revisit("/plain").send();
    let (status, _) = exchange.head();
    assert_eq!(status, 200);
    exchange.wait_for("<p>begun</p>");
    assert!(!rest.is_open());
    rest.open();
    assert_eq!(exchange.finish().text(), "<p>begun</p><p>rest</p>");
    assert_eq!(world.cdp.flows(), Vec::<Value>::new());
}

#[test]
fn the_page_is_fetched_while_the_flow_decides_and_not_a_byte_leaves_before() {
    let world = world_deciding(json!({}));
    let (asked, decided) = (Latch::new(), Latch::new());
    world.page(
        "/",
        Reply::html(home())
            .header("Set-Cookie", "xm_home=1")
            .signal(&asked),
    );
    world
        .cdp
        .flow("home", Reply::json(json!({})).hold(&decided));
    let exchange = world.revisit("/").send();
    asked.wait("XM sending the page");
    let _ = world.cdp.wait_for_flow("home");
    // Another visitor's page comes and goes meanwhile.
    settle(&world);
    decided.open();
    assert_home(&exchange.finish());
}

#[test]
fn a_flow_that_fails_is_the_default_page() {
    let replies = [
        ("timeout", Reply::silence()),
        ("cdp_error", Reply::status(500)),
        ("cdp_error", Reply::raw("").reset()),
        (
            "cdp_error",
            Reply::json(json!({"redirect": "/b"})).with_status(404),
        ),
        ("invalid_decision", Reply::html("<p>no</p>")),
        ("invalid_decision", Reply::json(json!(["/b"]))),
    ];
    for (label, reply) in replies {
        // Only one of them is ended by the budget.
        let impatient = json!({"decision_budget_ms": 500});
        let site = if label == "timeout" {
            impatient
        } else {
            json!({})
        };
        let world = builder(site).start();
        pages(&world);
        world.cdp.flow("home", reply);
        assert_home(&world.revisit("/").get());
        assert_eq!(logged(&world, label).get("shown"), None);
        let view = world.cdp.wait_for_event("VIEW");
        assert_eq!(view.get("ext"), None, "{label}");
    }
}

#[test]
fn without_an_id_nobody_is_asked() {
    let world = builder(json!({"id_budget_ms": 200})).start();
    pages(&world);
    world.cdp.create(Reply::silence());
    let response = world.visit("/").get();
    assert_home(&response);
    assert_eq!(id_set(&response), None);
    let line = world.log_line("of the page", |line| line["id"] == "timeout");
    assert_eq!(line.get("components"), None, "{line}");
    assert_eq!(world.cdp.flows(), Vec::<Value>::new());
}

#[test]
fn a_new_visitor_is_decided_for_under_the_id_that_they_get() {
    let world = world_deciding(json!({"path": "/home-b"}));
    let response = world.visit("/").get();
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(
        world.cdp.wait_for_flow("home").json()["browserId"],
        NEW_BROWSER_ID
    );
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(
        (&view["browser_id"], &view["ext"]),
        (&json!(NEW_BROWSER_ID), &json!({"home": "/home-b"}))
    );
    settle(&world);
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn the_most_specific_rule_decides() {
    let rules = json!({"page_experiences": [
        {"path": "/*", "experience": "all"},
        {"path": "/shop/shoes", "experiment": "shoes"},
        {"path": "/shop/*", "experience": "shop"},
    ]});
    let world = World::build().site(rules).start();
    for (path, id) in [
        ("/x", "all"),
        ("/shop/shoes", "shoes"),
        ("/shop/hats", "shop"),
    ] {
        world.page(path, Reply::html("<p>x</p>"));
        drop(world.revisit(path).get());
        let _ = world.cdp.wait_for_flow(id);
    }
    assert_eq!(world.cdp.flows().len(), 3, "one flow for each page");
}

#[test]
fn xms_answer_that_is_no_page_is_decided_on_and_never_shared() {
    let world = world_deciding(json!({}));
    let public = |reply: Reply| {
        reply
            .header("Cache-Control", "public, max-age=600")
            .header("ETag", "\"x\"")
            .header("Set-Cookie", "xm_home=1")
    };
    let moved = || public(Reply::status(301).header("Location", "/en"));
    world.page("/", moved());
    // A new visitor keeps the id under which the flow has run.
    let response = world.visit("/").get();
    assert_eq!(
        (response.status, response.header("location")),
        (301, Some("/en"))
    );
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_private(&response);
    assert!(cookies_set(&response).contains(&"xm_home".to_owned()));
    // A bot gets the same, as private.
    let bot = world
        .visit("/")
        .user_agent("Mozilla/5.0 (compatible; Googlebot/2.1)")
        .get();
    assert_eq!(bot.status, 301);
    assert_private(&bot);
    // So does who asks for the headers alone.
    let head = world.revisit("/").method("HEAD").get();
    assert_eq!(head.status, 301);
    assert_private(&head);
    // Elsewhere it stays as it is.
    world.page("/elsewhere", moved());
    let elsewhere = world.revisit("/elsewhere").get();
    assert_eq!(
        elsewhere.headers.all("cache-control"),
        ["public, max-age=600"]
    );
    let line = world.log_line("of the redirect of XM", |line| line["route"] == "status");
    assert_eq!(line["components"][0]["result"], "control", "{line}");
    world.cdp.decide("home", json!({"redirect": "/b"}));
    assert_eq!(world.revisit("/").get().header("location"), Some("/b"));
}

#[test]
fn what_xm_tells_with_an_answer_that_is_no_page_is_told() {
    let world = world_deciding(json!({}));
    let told = Reply::status(302)
        .header("Location", "/en")
        .header("CDP-Event", r#"{"type":"MOVED_ON"}"#);
    world.page("/", told);
    let response = world.visit("/").get();
    assert!(!response.headers.has("cdp-event"));
    assert_eq!(cookies_set(&response).len(), 1);
    let event = world.cdp.wait_for_event("MOVED_ON");
    assert_eq!(event["browser_id"], NEW_BROWSER_ID);
    settle(&world);
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn a_visitor_who_leaves_while_the_flow_decides_harms_nobody() {
    let world = world_deciding(json!({}));
    let left = Latch::new();
    world
        .cdp
        .flow("home", Reply::json(json!({"redirect": "/b"})).hold(&left));
    let exchange = world.revisit("/").send();
    let _ = world.cdp.wait_for_flow("home");
    exchange.abort();
    left.open();
    world.cdp.decide("home", json!({}));
    assert_home(&world.revisit("/").get());
}

#[test]
fn an_experiment_is_logged_as_one() {
    let rules = json!({"page_experiences": [{"path": "/", "experiment": "home"}]});
    let world = World::build().site(rules).start();
    world.page("/", Reply::html(Page::with(component("hero", "x")).html()));
    drop(world.revisit("/").get());
    let entry = logged(&world, "control");
    assert_eq!(
        (&entry["kind"], &entry["friendly_id"]),
        (&json!("page_experiment"), &json!("home"))
    );
    assert!(entry["ms"].is_u64());
}
