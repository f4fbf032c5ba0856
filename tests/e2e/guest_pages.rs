//! Promise: inside `data-cdp-guest` a page shows what the CDP knows of the visitor, only where XM vouches for them, and only
//! what `guest_fields` lists; a form of XM's can change it (product §7).

use serde_json::{Value, json};
use xm_edge_tests::{Latch, Page, RETURNING_ID, Reply, Request, World, WorldBuilder, component};

use crate::common::{
    assert_origin_bytes, assert_private, assert_shows, event_types, settle, settle_as,
};

const GUEST: &str = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";
const TOKEN: &str = "t0ken-of-the-rest-api";
const VOUCHED: (&str, &str) = ("CDP-Guest", "authenticated");
const FORM: &str = "application/x-www-form-urlencoded";

fn build() -> WorldBuilder {
    let update = json!([{ "path": "/account/profile", "fields": {
        "firstName": "First", "phoneNumbers": "Phone", "ext": { "newsletter": "News" },
    } }]);
    let site = json!({ "guest_fields": ["/firstName", "/ext"], "guest_updates": update });
    World::build().site(site).var("CDP_API_TOKEN", TOKEN.into())
}

fn jane() -> Value {
    json!({ "ref": GUEST, "firstName": "Jane & Co", "lastName": "Doe", "email": "jane@example.com" })
}

/// The CDP's REST API: one guest, behind the returning visitor's browser.
fn rest(request: &Request) -> Reply {
    let path = request.path();
    if path.ends_with("/show.json") {
        assert!(path.contains(RETURNING_ID), "another visitor's guest");
        return Reply::json(json!({ "status": "OK", "customer": { "ref": GUEST } }));
    }
    assert!(
        request.headers.all("authorization")[0].starts_with("Basic "),
        "without credentials"
    );
    match path.strip_prefix(&format!("/v2.1/guests/{GUEST}")) {
        Some("") => Reply::json(jane()),
        Some("/extensions/ext") => {
            Reply::json(json!({ "name": "ext", "key": "default", "tier": "gold" }))
        }
        _ => Reply::status(404).part("{}"),
    }
}

fn guest_page() -> Page {
    page("friend", "basic")
}

fn page(name: &str, tier: &str) -> Page {
    Page::with(format!(
        "<p data-cdp-guest>Hello <b data-cdp-text=\"/firstName\">{name}</b>, <i data-cdp-text=\"/ext/tier\">{tier}</i> \
         <u data-cdp-text=\"/email\">you</u></p>"
    ))
}

fn world() -> World {
    let world = build().start();
    world.cdp.rest_with(rest);
    world.page("/account", vouched(guest_page()));
    world
}

fn vouched(page: Page) -> Reply {
    Reply::html(page.html()).header(VOUCHED.0, VOUCHED.1)
}

fn rest_paths(world: &World) -> Vec<String> {
    let asked = world.cdp.requests().all();
    let rest = asked.iter().filter(|request| {
        request.path().contains("/guests") || request.path().ends_with("/show.json")
    });
    rest.map(|request| format!("{} {}", request.method, request.path()))
        .collect()
}

#[test]
fn a_visitor_for_whom_xm_vouches_sees_their_own_data() {
    let world = world();
    let response = world.revisit("/account").get();
    assert_shows(&response, page("Jane &amp; Co", "gold").html(), &[]);
    assert_eq!(
        response.header("cdp-guest"),
        None,
        "XM's word reached the browser"
    );
    let line = world.log_line("of the page", |line| {
        line["components"][0]["kind"] == "guest"
    });
    assert_eq!(line["components"][0]["result"], "bound");
}

#[test]
fn without_xms_word_nobody_is_asked() {
    let world = world();
    for word in [None, Some("anonymous"), Some("authenticated; name=x")] {
        let mut reply = Reply::html(guest_page().html());
        if let Some(word) = word {
            reply = reply.header(VOUCHED.0, word);
        }
        world.page("/account", reply);
        let response = world.revisit("/account").get();
        assert_origin_bytes(&response, guest_page().html());
        assert_eq!(response.header("cdp-guest"), None);
    }
    settle(&world);
    assert_eq!(rest_paths(&world), [] as [&str; 0]);
}

#[test]
fn the_word_of_a_visitor_counts_for_nothing() {
    let world = world();
    world.page("/account", Reply::html(guest_page().html()));
    let response = world.revisit("/account").header(VOUCHED.0, VOUCHED.1).get();
    assert_origin_bytes(&response, guest_page().html());
    assert_eq!(rest_paths(&world), [] as [&str; 0]);
}

#[test]
fn another_persons_record_is_not_shown() {
    let world = world();
    for (word, name) in [
        ("authenticated; email=jane@example.com", "Jane &amp; Co"),
        ("authenticated; email=eve@example.com", "friend"),
        ("authenticated; provider=crm; id=C1", "friend"),
    ] {
        let reply = Reply::html(guest_page().html()).header(VOUCHED.0, word);
        world.page("/account", reply);
        let text = world.revisit("/account").get().text();
        assert!(text.contains(&format!(">{name}</b>")), "{word}: {text}");
    }
    let line = world.log_line("of the refusal", |line| {
        line["components"][0]["result"] == "not_the_guest"
    });
    assert!(!line.to_string().contains("example.com"));
}

#[test]
fn guest_and_decisions_are_asked_for_at_once() {
    let world = world();
    let (hold, asked) = (Latch::new(), Latch::new());
    let (held, signal) = (hold.clone(), asked.clone());
    world.cdp.rest_with(move |request| {
        signal.open();
        match request.path().ends_with("/show.json") {
            true => Reply::status(200)
                .header("Content-Type", "application/json")
                .hold(&held)
                .part(json!({ "customer": { "ref": GUEST } }).to_string()),
            false => rest(request),
        }
    });
    world.cdp.decide("hero", json!({ "variantId": "" }));
    let both = Page::with(format!(
        "<p data-cdp-guest>Hello <b data-cdp-text=\"/firstName\">friend</b></p>{}",
        component("hero", "x")
    ));
    world.page("/account", vouched(both));
    let exchange = world.revisit("/account").send();
    asked.wait("the record to be asked for");
    // The flow is asked for while the record is still to come.
    let _ = world.cdp.wait_for_flow("hero");
    hold.open();
    let text = exchange.finish().text();
    assert!(
        text.contains("Jane &amp; Co") && text.contains("data-cdp-shown=\"control\""),
        "{text}"
    );
}

#[test]
fn a_record_that_does_not_come_in_time_leaves_xms_own_words() {
    let site = json!({ "guest_fields": ["/firstName"], "decision_budget_ms": 200 });
    let world = World::build()
        .site(site)
        .var("CDP_API_TOKEN", TOKEN.into())
        .start();
    world.cdp.rest_with(|_| Reply::silence());
    world.page("/account", vouched(guest_page()));
    let response = world.revisit("/account").get();
    assert_origin_bytes(&response, guest_page().html());
    let line = world.log_line("of the timeout", |line| {
        line["components"][0]["result"] == "timeout"
    });
    assert_eq!(line["components"][0]["kind"], "guest");
}

#[test]
fn a_cdp_that_refuses_or_fails_leaves_xms_own_words() {
    let world = world();
    for reply in [
        Reply::status(401).part("{}"),
        Reply::status(500).part("<html>"),
        Reply::html("<html>not json</html>"),
        Reply::json(json!([])),
    ] {
        world.cdp.rest_with(move |request| {
            if request.path().ends_with("/show.json") {
                rest(request)
            } else {
                reply.clone()
            }
        });
        let response = world.revisit("/account").get();
        assert_origin_bytes(&response, guest_page().html());
    }
}

#[test]
fn without_the_secret_pages_are_xms_and_the_log_says_why() {
    let world = World::build()
        .site(json!({ "guest_fields": ["/firstName"] }))
        .start();
    world.page("/account", vouched(guest_page()));
    assert_origin_bytes(&world.revisit("/account").get(), guest_page().html());
    let _ = world.log_line("of the missing secret", |line| {
        line["components"][0]["result"] == "no_credentials"
    });
}

#[test]
fn without_fields_in_the_configuration_nobody_is_asked() {
    let world = World::build().var("CDP_API_TOKEN", TOKEN.into()).start();
    world.page("/account", vouched(guest_page()));
    let response = world.revisit("/account").get();
    assert_origin_bytes(&response, guest_page().html());
    settle(&world);
    assert_eq!(rest_paths(&world), [] as [&str; 0]);
}

#[test]
fn whoever_may_not_be_decided_for_sees_no_record() {
    let world = world();
    for visit in [
        world.revisit("/account").header("Sec-GPC", "1"),
        world.revisit("/account").header("Sec-Purpose", "prefetch"),
        world
            .revisit("/account")
            .header("User-Agent", "Googlebot/2.1"),
    ] {
        let response = visit.get();
        assert_private(&response);
        assert!(response.text().contains(">friend</b>"));
    }
    settle(&world);
    assert_eq!(rest_paths(&world), [] as [&str; 0]);
}

#[test]
fn a_profile_form_changes_the_visitors_record_after_xms_success() {
    let world = world();
    world.page(
        "/account/profile",
        Reply::status(302).header("Location", "/account"),
    );
    let response = world
        .revisit("/account/profile")
        .method("POST")
        .body(FORM, b"First=Jane&Phone=%2B3531&News=weekly&Other=x")
        .get();
    assert_eq!(response.status, 302);
    let _ = world.log_line("of the change", |line| line["guest_update"] == "changed");
    let asked = world.cdp.requests().all();
    let patches: Vec<_> = asked
        .iter()
        .filter(|request| request.method == "PATCH")
        .collect();
    assert_eq!(patches.len(), 2);
    assert_eq!(patches[0].path(), format!("/v2.1/guests/{GUEST}"));
    assert_eq!(
        patches[0].json(),
        json!({ "firstName": "Jane", "phoneNumbers": ["+3531"] })
    );
    assert_eq!(
        patches[1].path(),
        format!("/v2.1/guests/{GUEST}/extensions/ext")
    );
    assert_eq!(patches[1].json(), json!({ "newsletter": "weekly" }));
    let form = world
        .origin()
        .first("the form at XM", |request| request.method == "POST");
    assert_eq!(form.body(), b"First=Jane&Phone=%2B3531&News=weekly&Other=x");
}

#[test]
fn an_extension_that_is_not_there_yet_is_created() {
    let world = world();
    world
        .cdp
        .rest_with(|request| match request.method.as_str() {
            "PATCH" if request.path().ends_with("/ext") => Reply::status(404)
                .header("Content-Type", "application/json")
                .part("{\"status\":404}"),
            "POST" => Reply::json(json!({ "name": "ext" })).with_status(201),
            _ => rest(request),
        });
    world.page(
        "/account/profile",
        Reply::status(302).header("Location", "/account"),
    );
    let _ = world
        .revisit("/account/profile")
        .method("POST")
        .body(FORM, b"News=weekly")
        .get();
    let _ = world.log_line("of the change", |line| line["guest_update"] == "changed");
    let created = world.cdp.requests().first("the new extension", |request| {
        request.method == "POST" && request.path().ends_with("/extensions")
    });
    assert_eq!(
        created.json(),
        json!({ "name": "ext", "newsletter": "weekly" })
    );
}

#[test]
fn a_form_that_xm_refuses_changes_nothing() {
    let world = world();
    let back = Reply::status(302).header("Location", "/account/profile?error=1");
    for reply in [
        back,
        Reply::status(400).part("no"),
        Reply::status(500).part("no"),
    ] {
        world.page("/account/profile", reply);
        let _ = world
            .revisit("/account/profile")
            .method("POST")
            .body(FORM, b"First=Jane")
            .get();
    }
    let _ = world
        .visit("/account/profile")
        .method("POST")
        .body(FORM, b"First=Nobody")
        .get();
    settle_as(&world, &xm_edge_tests::visitor_cookie(RETURNING_ID));
    assert_eq!(rest_paths(&world), [] as [&str; 0]);
    assert_eq!(event_types(&world), ["VIEW"; 0]);
}

#[test]
fn nothing_of_the_person_is_logged() {
    let world = world();
    let _ = world.revisit("/account").get();
    world.page(
        "/account/profile",
        Reply::status(302).header("Location", "/account"),
    );
    let _ = world
        .revisit("/account/profile")
        .method("POST")
        .body(FORM, b"First=Josephine&News=weekly")
        .get();
    let _ = world.log_line("of the change", |line| line["guest_update"].is_string());
    settle(&world);
    for line in world.workerd.lines().all() {
        for secret in [
            "Jane",
            "Josephine",
            "jane@example.com",
            "gold",
            GUEST,
            RETURNING_ID,
            TOKEN,
        ] {
            assert!(!line.contains(secret), "{secret} stands in the log: {line}");
        }
    }
}
