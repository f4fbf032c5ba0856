//! What may not be shared is asked for each time.

use serde_json::{Value, json};
use xm_edge_tests::{Latch, Page, RETURNING_ID, Reply, Visit, World, visitor_cookie};

use super::{SHARED, asked, fill, label, shared, world_with};
use crate::common::hero_page;

/// A rule about everything.
fn rule() -> Value {
    json!({ "cache": [{ "path": "/*", "ttl_s": 600, "stale_s": 600 }] })
}

fn html() -> Reply {
    Reply::html(hero_page().html())
}

/// Two visits, and XM was asked twice.
#[track_caller]
fn assert_asked_each_time(world: &World, what: &str) {
    for count in 1..=2 {
        assert_eq!(world.revisit("/").get().status, 200, "{what}");
        let found = label(world, count);
        assert!(
            !["kept", "memory"].contains(&found.as_str()),
            "{what}: {found}"
        );
    }
    assert_eq!(asked(world, "/"), 2, "{what}");
}

#[test]
fn xm_says_that_a_page_is_not_for_all() {
    let says = [
        ("Cache-Control", "private, max-age=600"),
        ("Cache-Control", "Private"),
        ("Cache-Control", "no-store"),
        ("Cache-Control", "public, max-age=600, no-store"),
        ("Vary", "Cookie"),
        ("Vary", "Accept-Encoding, User-Agent"),
        ("Vary", "*"),
        ("Set-Cookie", "ASP.NET_SessionId=abc; path=/; HttpOnly"),
        ("CDP-Guest", "email=jane@example.com"),
        ("Content-Security-Policy", "script-src 'nonce-abc'"),
    ];
    for (name, value) in says {
        let reply = html()
            .header("Cache-Control", "max-age=600")
            .header(name, value);
        assert_asked_each_time(&world_with(rule(), reply), &format!("{name}: {value}"));
    }
}

#[test]
fn without_a_rule_a_page_without_a_lifetime_is_not_kept() {
    for reply in [
        html(),
        html().header("Cache-Control", "public"),
        html().header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
        html().header("Expires", "0"),
        html().header("Cache-Control", "max-age=0"),
    ] {
        assert_asked_each_time(&world_with(json!({}), reply), "no lifetime");
    }
}

#[test]
fn a_page_with_a_token_for_one_visitor_is_not_kept() {
    let tokens = [
        "<input name=\"__RequestVerificationToken\" type=\"hidden\" value=\"CfDJ8N\" />",
        "<input type=hidden name='__RequestVerificationToken' value=x>",
        "<meta name=\"csrf-token\" content=\"x\">",
        "<script nonce=\"abc\">1</script>",
    ];
    for token in tokens {
        let page = Page::with(format!("<form method=post>{token}</form>")).html();
        let reply = Reply::html(page).header(SHARED.0, SHARED.1);
        let world = world_with(rule(), reply);
        assert_asked_each_time(&world, token);
    }
}

#[test]
fn a_page_that_broke_off_is_not_kept() {
    let whole = hero_page().html();
    let broken = [
        html()
            .header(SHARED.0, SHARED.1)
            .declare_length(whole.len() + 10)
            .cut(),
        Reply::html_stream()
            .header(SHARED.0, SHARED.1)
            .part(&whole)
            .cut(),
        Reply::html_stream()
            .header(SHARED.0, SHARED.1)
            .part(&whole)
            .reset(),
    ];
    for reply in broken {
        let world = world_with(rule(), reply);
        drop(world.revisit("/").get());
        assert_ne!(label(&world, 1), "kept");
        drop(world.revisit("/").get());
        assert_eq!(asked(&world, "/"), 2);
    }
}

#[test]
fn only_ok_pages_are_kept() {
    for status in [404, 410, 500, 203] {
        let reply = html().with_status(status).header(SHARED.0, SHARED.1);
        let site = json!({ "personalise_not_found": true });
        let world = world_with(site, reply);
        for _ in 0..2 {
            assert_eq!(world.revisit("/").get().status, status);
        }
        assert_eq!(asked(&world, "/"), 2, "{status}");
    }
}

#[test]
fn who_is_logged_in_or_sends_a_key_is_answered_by_xm() {
    let world = world_with(rule(), shared());
    fill(&world);
    let with = |visit: Visit<'_>, what: &str| {
        let before = asked(&world, "/");
        assert_eq!(visit.get().status, 200);
        assert_eq!(asked(&world, "/"), before + 1, "{what}");
    };
    with(
        world.revisit("/").header("Authorization", "Basic eDp5"),
        "a key",
    );
    for cookie in [
        ".ASPXAUTH=abc",
        ".AspNet.Cookies=abc",
        ".AspNetCore.Cookies=abc",
    ] {
        let cookies = format!("{}; {cookie}", visitor_cookie(RETURNING_ID));
        with(world.visit("/").cookies(&cookies), cookie);
    }
    // What they got is nobody else's.
    drop(world.revisit("/").get());
    assert_eq!(label(&world, 6), "memory");
}

#[test]
fn a_rule_strips_the_cookies_that_it_names_and_no_other() {
    let site = json!({ "cache": [{ "path": "/*", "ttl_s": 600, "strip_cookies": ["SC_ANALYTICS_GLOBAL_COOKIE"] }] });
    let global = "SC_ANALYTICS_GLOBAL_COOKIE=abc|False; expires=Sat, 01-Jan-2033 00:00:00 GMT; path=/; HttpOnly";
    let world = world_with(site.clone(), html().header("Set-Cookie", global));
    let first = world.revisit("/").get();
    let cookies =
        |response: &xm_edge_tests::Response| response.headers.all("set-cookie").join("\n");
    assert!(
        cookies(&first).contains("SC_ANALYTICS"),
        "who asked XM gets what XM set"
    );
    assert_eq!(label(&world, 1), "kept");
    let second = world.revisit("/").get();
    assert_eq!(label(&world, 2), "memory");
    assert!(!cookies(&second).contains("SC_ANALYTICS"));
    let other = html()
        .header("Set-Cookie", global)
        .header("Set-Cookie", "cart=1; path=/");
    assert_asked_each_time(&world_with(site, other), "another cookie");
}

#[test]
fn a_rule_is_about_its_paths_alone() {
    let site = json!({ "cache": [{ "path": "/products/*", "ttl_s": 600 }] });
    let world = world_with(site, html());
    world.page("/products/shoe", html());
    let expected = ["kept", "-", "memory", "-"];
    for (count, expected) in expected.into_iter().enumerate() {
        let path = ["/products/shoe", "/"][count % 2];
        drop(world.revisit(path).get());
        assert_eq!(label(&world, count + 1), expected);
    }
    assert_eq!(
        (asked(&world, "/products/shoe"), asked(&world, "/")),
        (1, 2)
    );
}

#[test]
fn what_a_crawler_reads_pushes_nothing_in() {
    let world = world_with(rule(), shared());
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    for _ in 0..2 {
        drop(world.visit("/").user_agent(googlebot).get());
    }
    assert_eq!(asked(&world, "/"), 2);
}

#[test]
fn who_waits_for_a_page_that_proves_private_waits_no_longer_than_its_headers() {
    let world = world_with(rule(), html());
    let (first, rest) = (Latch::new(), Latch::new());
    let private = Reply::html_stream()
        .header("Cache-Control", "private")
        .part(hero_page().top())
        .wait(&rest)
        .part(hero_page().bottom());
    world.page("/", private.clone().hold(&first));
    std::thread::scope(|scope| {
        let leader = scope.spawn(|| world.revisit("/").get());
        world
            .origin()
            .first("the leader's request", |request| request.path() == "/");
        let follower = scope.spawn(|| {
            let mut exchange = world.revisit("/").send();
            exchange.wait_for("TOP");
            rest.open();
            exchange.finish()
        });
        first.open();
        assert_eq!(follower.join().unwrap().status, 200);
        assert_eq!(leader.join().unwrap().status, 200);
    });
    assert_eq!(asked(&world, "/"), 2);
}
