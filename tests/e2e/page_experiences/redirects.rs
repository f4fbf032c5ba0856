//! Redirects: within the site, with the visitor's query, once.

use serde_json::{Value, json};
use xm_edge_tests::{
    End, Latch, NEW_BROWSER_ID, RETURNING_ID, Reply, Response, World, visitor_cookie,
};

use super::{assert_home, builder, home, logged, pages, world_deciding};
use crate::common::{cookies_set, id_set, sent_events, settle};

#[track_caller]
fn assert_redirected(response: &Response, location: &str) {
    assert_eq!((response.status, response.end), (302, End::Complete));
    assert_eq!(response.header("location"), Some(location));
    assert_eq!(response.headers.all("cache-control"), ["private, no-store"]);
    assert_eq!(response.body, b"");
    assert!(cookies_set(response).contains(&"cdp_redirected".to_owned()));
    let xms = cookies_set(response);
    assert!(!xms.iter().any(|name| name.starts_with("xm_")), "{xms:?}");
}

#[test]
fn a_decision_redirects_within_the_site_and_the_visitors_query_goes_along() {
    let world = world_deciding(json!({"redirect": "/b?v=2#top", "variantId": "b"}));
    let response = world.revisit("/?utm_source=a%20b+c&V=1&gclid=x").get();
    assert_redirected(&response, "/b?v=2&utm_source=a%20b+c&gclid=x#top");
    let entry = logged(&world, "redirect");
    assert_eq!(entry["kind"], "page_experience");
    assert_eq!(
        (&entry["friendly_id"], &entry["shown"]),
        (&json!("home"), &json!("b"))
    );
    let line = world.log_line("of the redirect", |line| line["route"] == "redirect");
    assert_eq!(
        (&line["visitor"], &line["id"]),
        (&json!("human"), &json!("known"))
    );
    // An id that is known is kept by the page that follows.
    assert_eq!(id_set(&response), None);
    settle(&world);
    assert_eq!(
        sent_events(&world),
        Vec::<Value>::new(),
        "a VIEW of a page that nobody saw"
    );
    let flow = world.cdp.wait_for_flow("home");
    assert_eq!(flow.json()["browserId"], RETURNING_ID);
    assert_eq!(flow.json()["params"]["utm"]["source"], "a b c");
}

#[test]
fn the_own_host_may_be_named() {
    let world = world_deciding(json!({}));
    let own = format!("http://{}/b", world.workerd.address());
    world.cdp.decide("home", json!({"redirect": own}));
    assert_redirected(&world.revisit("/").get(), "/b");
}

#[test]
fn nobody_is_led_off_the_site() {
    let world = world_deciding(json!({}));
    let port = world.workerd.address().port();
    let refused = [
        json!("//evil.example/"),
        json!("/\\evil.example"),
        json!("/.//evil.example"),
        json!("\t//evil.example"),
        json!("/b\r\nSet-Cookie: a=b"),
        json!("https://evil.example/"),
        json!("javascript:alert(1)"),
        json!(format!("http://127.0.0.1:{}/b", port ^ 1)),
        json!(format!("https://127.0.0.1:{port}/b")),
        json!(format!("http://u@127.0.0.1:{port}/b")),
        json!("b"),
        json!("/sitecore/login"),
        json!("/_cdp/event"),
        json!(format!("/{}", "b".repeat(3000))),
        json!(7),
        json!(["/b"]),
    ];
    for target in refused {
        world
            .cdp
            .decide("home", json!({"redirect": target, "path": "/home-b"}));
        assert_home(&world.revisit("/").get());
    }
    let entry = logged(&world, "redirect_refused");
    assert_eq!(entry.get("shown"), None);
}

#[test]
fn a_new_visitors_redirect_carries_their_id() {
    let world = world_deciding(json!({"redirect": "/b"}));
    let response = world.visit("/").get();
    assert_redirected(&response, "/b");
    assert_eq!(id_set(&response).as_deref(), Some(NEW_BROWSER_ID));
    assert_eq!(
        world.cdp.wait_for_flow("home").json()["browserId"],
        NEW_BROWSER_ID
    );
    settle(&world);
    assert_eq!(world.cdp.creates().len(), 1);
}

#[test]
fn the_default_page_is_let_go_before_and_behind_its_headers() {
    for headers in [false, true] {
        let world = world_deciding(json!({}));
        let (closed, begun) = (Latch::new(), Latch::new());
        let page = if headers {
            Reply::html_stream().part("<p>begun").signal(&begun)
        } else {
            begun.open();
            Reply::raw("")
        };
        world.page("/", page.hang_until_closed(&closed));
        // The decision comes when XM is at it.
        let decided = Reply::json(json!({"redirect": "/b"})).hold(&begun);
        world.cdp.flow("home", decided);
        assert_redirected(&world.revisit("/").get(), "/b");
        closed.wait("XM's connection closing");
    }
}

#[test]
fn what_xm_tells_with_a_page_that_is_not_served_is_not_told() {
    let world = world_deciding(json!({}));
    let xm_answered = Latch::new();
    let told = Reply::html(home())
        .header("CDP-Event", r#"{"type":"SEEN"}"#)
        .header("Set-Cookie", "xm_home=1")
        .signal(&xm_answered);
    world.page("/", told);
    world.cdp.flow(
        "home",
        Reply::json(json!({"redirect": "/b"})).hold(&xm_answered),
    );
    assert_redirected(&world.revisit("/").get(), "/b");
    settle(&world);
    assert_eq!(sent_events(&world), Vec::<Value>::new());
}

#[test]
fn a_goal_of_a_page_that_is_not_served_is_not_reached() {
    let goals = json!({"goals": [{"path": "/", "event": "SEEN"}]});
    let world = builder(goals).start();
    pages(&world);
    world.cdp.decide("home", json!({"redirect": "/b"}));
    assert_redirected(&world.revisit("/").get(), "/b");
    settle(&world);
    assert_eq!(sent_events(&world), Vec::<Value>::new());
    world.cdp.decide("home", json!({}));
    assert_home(&world.revisit("/").get());
    let _ = world.cdp.wait_for_event("SEEN");
}

/// Follows redirects as a browser does, with its cookies; gives the pages on the way and the last answer.
fn follow(world: &World, from: &str, cookies: &str) -> (Vec<String>, Response) {
    let mut jar: Vec<(String, String)> = cookies
        .split("; ")
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut way = vec![from.to_owned()];
    loop {
        assert!(way.len() < 10, "round and round: {way:?}");
        let header: Vec<String> = jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let response = world
            .visit(way.last().unwrap())
            .cookies(&header.join("; "))
            .get();
        for line in response.headers.all("set-cookie") {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            jar.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
        if response.status != 302 {
            let left: Vec<&str> = jar.iter().map(|(name, _)| name.as_str()).collect();
            assert!(!left.contains(&"cdp_redirected"), "{left:?}");
            return (way, response);
        }
        way.push(response.header("location").unwrap().to_owned());
    }
}

fn chain() -> World {
    let rules = json!({"page_experiences": [
        {"path": "/", "experience": "home"},
        {"path": "/b", "experiment": "b_test"},
    ]});
    let world = World::build().site(rules).start();
    pages(&world);
    world.page("/b", Reply::html("<p>page b</p>"));
    world.cdp.decide("home", json!({"redirect": "/b"}));
    world.cdp.decide("b_test", json!({"redirect": "/"}));
    world
}

#[test]
fn two_rules_that_redirect_to_each_other_end_with_a_page() {
    let world = chain();
    let (way, last) = follow(&world, "/?x=1", &visitor_cookie(RETURNING_ID));
    assert_eq!(way, ["/?x=1", "/b?x=1"]);
    assert_eq!((last.status, last.text().as_str()), (200, "<p>page b</p>"));
    let entry = logged(&world, "redirect_loop");
    assert_eq!(
        (&entry["kind"], entry.get("shown")),
        (&json!("page_experiment"), None)
    );
    // Later it is an ordinary page again.
    let (way, _) = follow(&world, "/", &visitor_cookie(RETURNING_ID));
    assert_eq!(way, ["/", "/b"]);
}

#[test]
fn two_rules_that_redirect_to_each_other_end_with_a_page_for_who_keeps_no_cookies() {
    let world = chain();
    // Each of their requests is a first one.
    assert_home(&world.visit("/").get());
    let _ = logged(&world, "redirect_loop");
}

#[test]
fn the_cookie_against_loops_is_expired_by_the_page_that_follows_and_by_no_other() {
    let world = world_deciding(json!({}));
    world.page("/b", Reply::html("<p>b</p>"));
    let expired = |cookies: &str| {
        let response = world.visit("/b").cookies(cookies).get();
        let lines = response.headers.all("set-cookie");
        let ours = lines
            .iter()
            .find(|line| line.starts_with("cdp_redirected="));
        ours.map(|line| line.contains("Max-Age=0"))
    };
    let id = visitor_cookie(RETURNING_ID);
    assert_eq!(expired(&format!("cdp_redirected=1; {id}")), Some(true));
    assert_eq!(expired(&format!("cdp_redirected=; {id}")), None);
    assert_eq!(expired(&id), None);
    // XM gets its cookies as they are.
    let headers = world.origin_headers("/b");
    assert_eq!(
        headers.get("cookie"),
        Some(&*format!("cdp_redirected=1; {id}"))
    );
}

#[test]
fn who_has_arrived_sees_what_was_decided() {
    let rules = json!({"page_experiences": [{"path": "/landing*", "experiment": "landing"}]});
    let world = World::build().site(rules).start();
    world.page("/landing-b", Reply::html("<p>b</p>"));
    world.cdp.decide(
        "landing",
        json!({"redirect": "/landing-b", "variantId": "b"}),
    );
    let (way, last) = follow(&world, "/landing?x=1", "");
    assert_eq!(way, ["/landing?x=1", "/landing-b?x=1"]);
    assert_eq!(last.text(), "<p>b</p>");
    assert_eq!(
        world.cdp.wait_for_event("VIEW")["ext"],
        json!({"landing": "b"})
    );
    assert_eq!(logged(&world, "redirect_loop")["shown"], "b");
}

#[test]
fn a_redirect_does_not_need_xm_at_all() {
    let world = world_deciding(json!({"redirect": "/b"}));
    world.page("/", Reply::raw("").reset());
    assert_redirected(&world.revisit("/").get(), "/b");
}
