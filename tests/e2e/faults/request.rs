//! D: visitors and their requests. What is not in `visitors.rs`, `identity.rs`, `pass_through.rs` and `leaving.rs`.

use serde_json::json;
use xm_edge_tests::{
    End, RETURNING_ID, Reply, Response, Server, Visit, World, assert_bytes, visitor_cookie,
};

use crate::{
    common::{
        VARIANT_B, assert_next_page_is_fine, assert_shows, hero_page, hero_page_showing,
        hero_world, id_set, settle,
    },
    encodings::gzip,
};

fn world() -> World {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world
}

/// Every method of HTTP and WebDAV that the runtime lets in, in one site.
#[test]
fn a_method_that_nobody_uses_is_answered_by_xm() {
    let world = world();
    for method in [
        "PURGE",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "SEARCH",
        "REPORT",
        "MERGE",
        "NOTIFY",
        "SUBSCRIBE",
        "ACL",
        "QUERY",
    ] {
        let before = world.origin().all().len();
        let response = world.revisit("/").method(method).get();
        let seen = &world.origin().all()[before..];
        assert_eq!(seen.len(), 1, "{method}");
        assert_eq!(seen[0].method, method);
        assert_eq!(response.status, 200, "{method}");
        assert_bytes(&response.body, hero_page().html().as_bytes(), method);
    }
    assert!(world.cdp.flows().is_empty());
    assert_next_page_is_fine(&world);
}

#[test]
fn a_method_that_is_none_is_answered_without_the_worker() {
    let world = world();
    for method in ["TRACK", "get", "GETT"] {
        let response = world.revisit("/").method(method).get();
        assert_eq!(response.status, 501, "{method}: the runtime's own answer");
    }
    assert!(world.origin().all().is_empty());
    assert_next_page_is_fine(&world);
}

#[test]
fn a_trace_is_between_the_visitor_and_xm() {
    let world = world();
    let response = world.revisit("/").method("TRACE").get();
    assert_eq!(response.status, 200);
    assert_bytes(&response.body, hero_page().html().as_bytes(), "XM's answer");
    assert_eq!(world.origin().all()[0].method, "TRACE");
    assert_next_page_is_fine(&world);
}

#[test]
fn a_body_that_is_only_announced_is_asked_for() {
    let world = world();
    let mut exchange = world
        .visit("/form")
        .method("POST")
        .header("Expect", "100-continue")
        .header("Content-Type", "text/plain")
        .header("Content-Length", "5")
        .send();
    world.page("/form", Reply::html("thanks"));
    exchange.write(b"a=b&c");
    let response = exchange.finish();
    assert_eq!(response.status, 200);
    assert_bytes(&response.body, b"thanks", "XM's answer");
    assert_eq!(world.origin().all()[0].body(), b"a=b&c");
    assert_next_page_is_fine(&world);
}

#[test]
fn a_page_with_a_body_in_its_request_is_a_page() {
    let world = world();
    let response = world.revisit("/").body("text/plain", "a body of GET").get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_next_page_is_fine(&world);
}

#[test]
fn a_query_of_16_kb_reaches_xm_and_costs_nothing() {
    let world = world();
    let query: String = (0..100)
        .map(|number| format!("&utm_source={number}&utm_campaign={}", "x".repeat(120)))
        .collect();
    let target = format!("/?__proto__=1&%00=%0d%0aX-Evil:1&bad=%zz&over=%c0%ae{query}");
    let response = world.revisit(&target).get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_eq!(response.header("x-evil"), None);
    assert_eq!(world.origin().all()[0].target, target);
    let flow = world.cdp.flows()[0].to_string();
    assert!(flow.len() < 4096, "{} bytes for the CDP", flow.len());
    assert_next_page_is_fine(&world);
}

#[test]
fn cookies_of_any_kind_reach_xm_byte_by_byte() {
    let world = world();
    let id = visitor_cookie(RETURNING_ID);
    let many: String = (0..300)
        .map(|number| format!("c{number}={number}; "))
        .collect();
    for others in [
        "website#lang=de; shop#lang=en".to_owned(),
        "a=\"quoted; semicolon\"; b".to_owned(),
        "=nameless; ; ;;  x = y ".to_owned(),
        "caf\u{e9}=\u{ff}; __proto__=1".to_owned(),
        format!("big={}", "v".repeat(16 * 1024)),
        many,
    ] {
        let before = world.origin().all().len();
        let cookies = format!("{others}; {id}");
        let response = world.visit("/").cookies(&cookies).get();
        assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
        assert_eq!(id_set(&response).as_deref(), Some(RETURNING_ID));
        let seen = world.origin().all()[before]
            .headers
            .all("cookie")
            .join("; ");
        assert_eq!(seen, cookies);
    }
    assert_next_page_is_fine(&world);
}

#[test]
fn a_cookie_of_64_kb_hides_no_id() {
    let world = world();
    let cookies = format!(
        "big={}; {}",
        "v".repeat(64 * 1024),
        visitor_cookie(RETURNING_ID)
    );
    let response = world.visit("/").cookies(&cookies).get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
    assert_next_page_is_fine(&world);
}

/// Headers that must not matter: who asks for another host, path, method or shape by them is not heard.
const HEADERS: [&str; 42] = [
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Scheme",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-Host",
    "X-Host",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "Forwarded",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "X-Cluster-Client-IP",
    "Fastly-Client-IP",
    "CF-Connecting-IP",
    "CF-IPCountry",
    "CF-Ray",
    "CF-Visitor",
    "CF-Worker",
    "Via",
    "If-None-Match",
    "If-Modified-Since",
    "If-Match",
    "If-Unmodified-Since",
    "If-Range",
    "Accept-Language",
    "Origin",
    "Referer",
    "Cache-Control",
    "Pragma",
    "Max-Forwards",
    "DNT",
    "Save-Data",
    "CDP-Event",
    "CDP-Guest",
    "X-Country-Code",
];

const VALUES: [&str; 3] = ["evil.example", "/admin?x=<script>", "\"abc\", *, 1"];

#[test]
fn no_header_of_the_visitor_changes_the_page() {
    let world = hero_world();
    world.page(
        "/",
        Reply::html(hero_page().html())
            .header("ETag", "\"abc\"")
            .header("Last-Modified", "Sun, 01 Nov 2026 08:00:00 GMT"),
    );
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let seen = |response: &Response| {
        let mut headers = response.headers.0.clone();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
        (response.status, headers, response.body.clone())
    };
    let plain = seen(&world.revisit("/").get());
    assert_eq!(plain.0, 200);
    for name in HEADERS {
        for value in VALUES {
            let response = world.revisit("/").header(name, value).get();
            assert_eq!(seen(&response), plain, "{name}: {value}");
        }
    }
    // And XM was asked for the same page each time.
    for request in world.origin().all() {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("GET", "/")
        );
        assert_eq!(
            request.headers.all("x-forwarded-host"),
            [world.workerd.address().to_string()],
            "the visitor's host as the edge knows it"
        );
        for name in [
            "if-none-match",
            "if-modified-since",
            "x-original-url",
            "x-rewrite-url",
            "x-host",
            "forwarded",
        ] {
            assert!(!request.headers.has(name), "{name} reached XM");
        }
    }
    assert_next_page_is_fine(&world);
}

/// The request of a program that sends nothing but what HTTP wants.
#[test]
fn a_request_with_no_headers_at_all_is_answered() {
    let world = world();
    let bare = [
        "Connection",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "Upgrade-Insecure-Requests",
        "User-Agent",
        "Accept",
        "Sec-Fetch-Site",
        "Sec-Fetch-Mode",
        "Sec-Fetch-User",
        "Sec-Fetch-Dest",
        "Accept-Encoding",
        "Accept-Language",
    ];
    let visit = bare
        .iter()
        .fold(world.visit("/"), |visit, name| visit.without(name));
    let response = visit.get();
    assert_eq!((response.status, response.end), (200, End::Complete));
    // HTTP/1.1 wants one header; without it the runtime answers by itself.
    assert_eq!(visit.without("Host").get().status, 400);
    assert_next_page_is_fine(&world);
}

/// What goes through and what nobody asks the CDP for.
#[track_caller]
fn assert_unasked(visit: impl for<'a> Fn(Visit<'a>) -> Visit<'a>) {
    let world = world();
    let response = visit(world.revisit("/")).get();
    assert_eq!((response.status, response.end), (200, End::Complete));
    assert_bytes(
        &response.decoded(),
        hero_page().html().as_bytes(),
        "XM's page",
    );
    settle(&world);
    assert!(
        world
            .cdp
            .flows()
            .iter()
            .all(|flow| flow["friendlyId"] != "hero")
    );
    assert_next_page_is_fine(&world);
}

#[test]
fn the_script_of_a_service_worker_is_none_of_ours() {
    assert_unasked(|visit| {
        visit
            .header("Service-Worker", "script")
            .header("Sec-Fetch-Dest", "serviceworker")
            .header("Sec-Fetch-Mode", "same-origin")
    });
}

#[test]
fn a_fragment_that_a_script_fetches_is_none_of_ours() {
    assert_unasked(|visit| {
        visit
            .header("X-Requested-With", "XMLHttpRequest")
            .header("Sec-Fetch-Dest", "empty")
            .header("Sec-Fetch-Mode", "cors")
    });
}

#[test]
fn a_visitor_who_reads_slowly_gets_every_byte() {
    let world = world();
    let filler = "<p>0123456789 &amp; abcdefghijklmnopqrstuvwxyz</p>\n".repeat(20_000);
    let html = hero_page()
        .html()
        .replace("<footer>", &format!("{filler}<footer>"));
    let whole = hero_page_showing(VARIANT_B).replace("<footer>", &format!("{filler}<footer>"));
    world.page("/", Reply::html(&html));
    let mut exchange = world.revisit("/").receive_buffer(2048).send();
    // The head and the first bytes, then nothing for a while: another page is answered meanwhile.
    exchange.wait_for("<p>before</p>");
    assert_next_page_is_fine(&world);
    assert_shows(&exchange.finish(), whole, &["b"]);
}

#[test]
fn a_visitor_who_leaves_behind_the_last_byte_was_a_visitor() {
    let world = world();
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("</html>");
    exchange.abort();
    assert_eq!(world.cdp.wait_for_event("VIEW")["type"], "VIEW");
    assert_next_page_is_fine(&world);
}

#[test]
fn a_visitor_who_comes_and_goes_a_hundred_times_harms_nobody() {
    let world = world();
    for number in 0..100 {
        let exchange = world.revisit("/").send();
        if number % 2 == 0 {
            exchange.abort();
        }
    }
    assert_next_page_is_fine(&world);
    assert!(
        !world
            .workerd
            .lines()
            .all()
            .iter()
            .any(|line| line.contains("Reinitializing")),
        "an instance was lost"
    );
}

/// What the runtime takes for a request is answered by XM's page; what it does not is answered by the runtime, and XM hears nothing.
#[track_caller]
fn assert_answered(world: &World, visit: &Visit<'_>, what: &str) {
    let before = world.origin().all().len();
    let response = visit.get();
    assert_eq!(response.end, End::Complete, "{what}");
    let asked = world.origin().all().len() - before;
    let is_by_runtime = matches!(response.status, 400 | 500);
    let is_by_xm = matches!(response.status, 200 | 404);
    assert!(
        (asked == 0 && is_by_runtime) || (asked == 1 && is_by_xm),
        "{what}: {} after {asked} requests to XM",
        response.status
    );
}

#[test]
fn a_host_that_is_none_is_answered() {
    let world = world();
    for host in [
        "",
        ".",
        "..",
        "a b",
        "shop.example:99999",
        "[::1",
        "a_b",
        "xn--",
        "shop.example.",
        "SHOP.EXAMPLE",
        "user@shop.example",
        "shop.example/x",
        "shop.example?x",
        "127.1",
        "0x7f.1",
        "caf\u{e9}.example",
    ] {
        assert_answered(&world, &world.revisit("/").header("Host", host), host);
    }
    assert_next_page_is_fine(&world);
}

#[test]
fn a_target_of_any_form_is_answered() {
    let world = world();
    let evil = Server::start(|_| Reply::html("evil"));
    for target in [
        "*",
        "?",
        "#",
        "/#x",
        "http://shop.example/",
        &evil.url(),
        "/a b",
        "/\u{ff}",
        "/%",
        "/%ff%fe",
        "/..",
        "/../..//",
        "/./",
        "\\\\evil",
        "/\\evil",
        "/:80",
        "http:",
        "//",
        "///",
    ] {
        assert_answered(&world, &world.revisit(target), target);
    }
    assert!(evil.requests().all().is_empty(), "a target named a host");
    assert_next_page_is_fine(&world);
}

#[test]
fn whatever_codings_a_visitor_takes_the_page_is_one_that_they_can_read() {
    let world = world();
    let plain = Reply::html(hero_page().html());
    let coded = Reply::html(gzip(hero_page().html())).header("Content-Encoding", "gzip");
    for accepted in [
        "",
        "*",
        "*;q=0",
        "identity;q=0",
        "gzip;q=0",
        "gzip;q=abc",
        "br",
        "zstd",
        "GZIP",
        ",,,",
        "gzip, gzip, gzip",
    ] {
        for reply in [&plain, &coded] {
            world.page("/", reply.clone());
            let response = world.revisit("/").header("Accept-Encoding", accepted).get();
            assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
        }
    }
    assert_next_page_is_fine(&world);
}
