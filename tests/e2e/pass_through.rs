//! Promise: everything but an HTML navigation passes through unread, with XM's own headers and bytes, and leaves no
//! trace at the CDP (product §4, faults B, D).

use serde_json::{Value, json};
use xm_edge_tests::{End, Reply, Response, Server, Visit, World, assert_bytes, visitor_cookie};

use crate::common::{assert_cdp_was_not_asked, hero_page, settle};

/// XM's page with everything that a personalised page loses.
fn as_xm_sends(content_type: &str, body: impl AsRef<[u8]>) -> Reply {
    Reply::status(200)
        .header("Content-Type", content_type)
        .header("Cache-Control", "public, max-age=600")
        .header("ETag", "\"abc\"")
        .header("Last-Modified", "Sun, 01 Nov 2026 08:00:00 GMT")
        .header("X-Xm", "yes")
        .part(body)
}

#[track_caller]
fn assert_untouched(response: &Response, status: u16, body: impl AsRef<[u8]>) {
    assert_eq!((response.status, response.end), (status, End::Complete));
    assert_bytes(&response.body, body.as_ref(), "body that passed through");
    assert_eq!(
        response.header("cache-control"),
        Some("public, max-age=600")
    );
    assert_eq!(response.header("etag"), Some("\"abc\""));
    assert_eq!(
        response.header("last-modified"),
        Some("Sun, 01 Nov 2026 08:00:00 GMT")
    );
    assert_eq!(response.header("x-xm"), Some("yes"));
    assert_eq!(
        response.headers.all("set-cookie"),
        [""; 0],
        "a pass-through sets no cookie"
    );
}

/// One marked page at `path` (with an optional query in `target`) passes through for this visit.
#[track_caller]
fn assert_passes(site: Value, target: &str, visit: impl for<'a> Fn(Visit<'a>) -> Visit<'a>) {
    let world = World::build().site(site).start();
    let html = hero_page().html();
    let path = target.split('?').next().unwrap_or_default();
    world.page(path, as_xm_sends("text/html; charset=utf-8", &html));
    let response = visit(world.visit(target)).get();
    assert_untouched(&response, 200, &html);
    assert_eq!(
        response.headers.content_length(),
        Some(html.len()),
        "XM's own length"
    );
    assert_eq!(world.origin().all().len(), 1);
    assert_cdp_was_not_asked(&world);
}

/// XM's answer at `/page` passes through for an ordinary navigation.
#[track_caller]
fn assert_answer_passes(reply: Reply, status: u16, body: impl AsRef<[u8]>) {
    let world = World::start();
    world.page("/page", reply);
    assert_untouched(&world.revisit("/page").get(), status, body);
    let asked = world.cdp.flows();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn a_path_of_sitecore_passes() {
    for path in [
        "/sitecore/login",
        "/-/media/page",
        "/~/media/page",
        "/layouts/system/visitoridentification",
    ] {
        assert_passes(json!({}), path, |visit| visit);
    }
}

#[test]
fn a_path_that_ends_like_a_static_file_passes() {
    for path in [
        "/site.css",
        "/a/b.js",
        "/logo.SVG",
        "/feed.xml",
        "/robots.txt",
    ] {
        assert_passes(json!({}), path, |visit| visit);
    }
}

#[test]
fn an_excluded_path_passes() {
    let site = json!({"exclude_paths": ["/api/*", "/exact"]});
    assert_passes(site.clone(), "/api/x", |visit| visit);
    assert_passes(site, "/exact", |visit| visit);
}

#[test]
fn an_editing_request_passes() {
    for query in [
        "sc_mode=edit",
        "sc_mode=preview",
        "a=1&sc_debug=1",
        "sc_itemid=%7B110D559F%7D",
    ] {
        assert_passes(json!({}), &format!("/page?{query}"), |visit| visit);
    }
}

#[test]
fn an_editors_cookie_passes() {
    for cookie in ["website#sc_mode=edit", "shop#sc_mode=preview"] {
        assert_passes(json!({}), "/page", |visit| visit.cookies(cookie));
    }
}

#[test]
fn a_fetch_by_script_passes() {
    assert_passes(json!({}), "/page", |visit| {
        visit
            .header("Sec-Fetch-Dest", "empty")
            .header("Sec-Fetch-Mode", "cors")
    });
}

#[test]
fn a_client_that_takes_no_html_passes() {
    assert_passes(json!({}), "/page", |visit| {
        visit
            .header("Accept", "application/json")
            .without("Sec-Fetch-Dest")
            .without("Sec-Fetch-Mode")
    });
}

#[test]
fn an_image_passes() {
    assert_answer_passes(
        as_xm_sends("image/png", b"\x89PNG\r\n\x1a\n\0\xff"),
        200,
        b"\x89PNG\r\n\x1a\n\0\xff",
    );
}

#[test]
fn json_and_plain_text_pass() {
    for kind in [
        "application/json",
        "text/plain",
        "text/htmlx",
        "application/pdf",
    ] {
        assert_answer_passes(
            as_xm_sends(kind, hero_page().html()),
            200,
            hero_page().html(),
        );
    }
}

#[test]
fn a_page_without_a_content_type_passes() {
    assert_answer_passes(
        as_xm_sends("x", hero_page().html()).without("Content-Type"),
        200,
        hero_page().html(),
    );
}

#[test]
fn a_charset_that_is_not_ascii_passes() {
    let utf16: Vec<u8> = hero_page()
        .html()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_answer_passes(
        as_xm_sends("text/html; charset=utf-16", &utf16),
        200,
        &utf16,
    );
    for charset in ["iso-2022-jp", "utf-7", "no-such-charset", "\"UTF-16LE\""] {
        let kind = format!("text/html; charset={charset}");
        assert_answer_passes(
            as_xm_sends(&kind, hero_page().html()),
            200,
            hero_page().html(),
        );
    }
}

#[test]
fn an_attachment_passes() {
    let reply = as_xm_sends("text/html", hero_page().html())
        .header("Content-Disposition", "Attachment; filename=a.html");
    assert_answer_passes(reply, 200, hero_page().html());
}

#[test]
fn no_transform_passes() {
    let html = hero_page().html();
    let world = World::start();
    world.page(
        "/page",
        as_xm_sends("text/html", &html)
            .without("Cache-Control")
            .header("Cache-Control", "public, No-Transform"),
    );
    let response = world.revisit("/page").get();
    assert_bytes(&response.body, html.as_bytes(), "body");
    assert_eq!(
        response.header("cache-control"),
        Some("public, No-Transform")
    );
    assert_eq!(response.header("etag"), Some("\"abc\""));
}

#[test]
fn an_unknown_or_stacked_encoding_passes() {
    for encoding in ["zstd", "compress", "gzip, br", "exi"] {
        let reply = as_xm_sends("text/html", b"\x01\x02\x03 not decodable")
            .header("Content-Encoding", encoding);
        let world = World::start();
        world.page("/page", reply);
        let response = world.revisit("/page").get();
        assert_untouched(&response, 200, b"\x01\x02\x03 not decodable");
        assert_eq!(response.header("content-encoding"), Some(encoding));
    }
}

#[test]
fn an_error_page_of_xm_passes() {
    for status in [400, 401, 403, 404, 410, 500, 503] {
        let reply = as_xm_sends("text/html", hero_page().html()).with_status(status);
        assert_answer_passes(reply, status, hero_page().html());
    }
}

#[test]
fn a_redirect_passes_and_is_not_followed() {
    for (status, location) in [
        (301, "/next?a=b#c"),
        (302, "https://other.example/"),
        (303, "//x"),
        (307, "next"),
        (308, "/"),
    ] {
        let world = World::start();
        world.page(
            "/page",
            as_xm_sends("text/html", "moved")
                .with_status(status)
                .header("Location", location),
        );
        let response = world.revisit("/page").get();
        assert_untouched(&response, status, "moved");
        assert_eq!(response.header("location"), Some(location));
        assert_eq!(world.origin().all().len(), 1, "{location} was followed");
    }
}

#[test]
fn a_range_request_passes_with_its_exact_206() {
    let world = World::start();
    let part = as_xm_sends("text/html", "data-cdp-experience=\"hero\">")
        .with_status(206)
        .header("Content-Range", "bytes 100-126/5000");
    world.page("/page", part);
    let response = world
        .visit("/page")
        .header("Range", "bytes=100-126")
        .header("If-Range", "\"abc\"")
        .get();
    assert_untouched(&response, 206, "data-cdp-experience=\"hero\">");
    assert_eq!(response.header("content-range"), Some("bytes 100-126/5000"));
    assert_eq!(response.headers.content_length(), Some(27));
    let seen = world.origin_headers("/page");
    assert_eq!(
        (seen.get("range"), seen.get("if-range")),
        (Some("bytes=100-126"), Some("\"abc\""))
    );
    assert_cdp_was_not_asked(&world);
}

#[test]
fn a_206_that_nobody_asked_for_passes() {
    let reply = as_xm_sends("text/html", hero_page().html())
        .with_status(206)
        .header("Content-Range", "bytes 0-1/2");
    assert_answer_passes(reply, 206, hero_page().html());
}

#[test]
fn a_post_passes_with_its_body_streamed_once() {
    let world = World::start();
    world.page("/form", as_xm_sends("text/html", hero_page().html()));
    let head = world
        .visit("/form")
        .method("POST")
        .header("Content-Type", "application/x-www-form-urlencoded");
    let mut exchange = head.header("Content-Length", "10").send();
    exchange.write(b"a=1&b");
    // XM has the first half while the second is not yet sent: nothing collects the body.
    let _ = world.origin().first("half of the body at XM", |request| {
        request.body() == b"a=1&b"
    });
    exchange.write(b"=%00x");
    assert_untouched(&exchange.finish(), 200, hero_page().html());
    let requests = world.origin().all();
    assert_eq!(requests.len(), 1, "the body went out twice");
    assert_eq!(
        (requests[0].method.as_str(), requests[0].body()),
        ("POST", b"a=1&b=%00x".to_vec())
    );
    assert_cdp_was_not_asked(&world);
}

#[test]
fn every_other_method_passes() {
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let world = World::start();
        world.page("/page", as_xm_sends("text/html", hero_page().html()));
        let response = world
            .visit("/page")
            .method(method)
            .body("text/plain", "payload")
            .get();
        assert_untouched(&response, 200, hero_page().html());
        let requests = world.origin().all();
        assert_eq!(requests.len(), 1);
        assert_eq!(
            (requests[0].method.as_str(), requests[0].body()),
            (method, b"payload".to_vec())
        );
        assert_cdp_was_not_asked(&world);
    }
}

#[test]
fn head_of_a_page_is_answered_as_its_get_would_be_and_without_a_body() {
    let world = World::start();
    world.page("/page", as_xm_sends("text/html", hero_page().html()));
    let response = world.visit("/page").method("HEAD").get();
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_eq!(response.header("cache-control"), Some("private, no-store"));
    assert_eq!(
        (response.header("etag"), response.header("last-modified")),
        (None, None)
    );
    assert_eq!(
        response.headers.content_length(),
        None,
        "the length of a body that GET would not send"
    );
    assert_eq!(response.header("x-xm"), Some("yes"));
    assert_eq!(world.origin().all()[0].method, "HEAD");
    assert_cdp_was_not_asked(&world);
}

#[test]
fn head_of_anything_else_passes_with_xms_length() {
    let world = World::start();
    world.page("/logo.png", as_xm_sends("image/png", [0; 1234]));
    world.page("/file", as_xm_sends("application/pdf", [0; 1234]));
    for path in ["/logo.png", "/file"] {
        let response = world.visit(path).method("HEAD").get();
        assert_untouched(&response, 200, b"");
        assert_eq!(response.headers.content_length(), Some(1234));
    }
    assert_cdp_was_not_asked(&world);
}

#[test]
fn a_websocket_upgrade_that_xm_refuses_passes() {
    let world = World::start();
    world.page("/page", as_xm_sends("text/html", "no").with_status(426));
    let upgrade = world
        .visit("/page")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket");
    let response = upgrade
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .get();
    assert_eq!(response.status, 426);
    assert_eq!(response.header("x-xm"), Some("yes"));
    assert_cdp_was_not_asked(&world);
}

#[test]
fn bytes_that_only_claim_to_be_gzip_pass_unread() {
    let world = World::start();
    world.page(
        "/data.json",
        as_xm_sends("application/json", "{\"plain\":true}").header("Content-Encoding", "gzip"),
    );
    assert_untouched(&world.visit("/data.json").get(), 200, "{\"plain\":true}");
}

#[test]
fn the_target_reaches_xm_byte_by_byte() {
    let target = "/a%20b/%c3%a9/%2F//x;y=1?q=%zz&q=a+b&utm_source=x&__proto__=1&e=&=&%00=%0d%0a";
    let world = World::start();
    drop(world.revisit(target).get());
    assert_eq!(world.origin().all()[0].target, target);
}

#[test]
fn a_target_that_looks_like_another_host_stays_at_xm() {
    let elsewhere = Server::start(|_| Reply::html("evil"));
    let host = elsewhere.address().to_string();
    let world = World::start();
    let targets = [
        format!("//{host}/x"),
        format!("/{}", elsewhere.url()),
        format!("/@{host}/"),
        format!("///{host}"),
    ];
    for target in &targets {
        let response = world.revisit(target).get();
        assert_eq!(response.status, 404, "{target}");
    }
    let asked: Vec<_> = world
        .origin()
        .all()
        .iter()
        .map(|request| request.target.clone())
        .collect();
    assert_eq!(asked, targets);
    assert!(elsewhere.requests().all().is_empty());
}

#[test]
fn a_media_type_in_capitals_is_html_all_the_same() {
    let world = crate::common::hero_world();
    world.page(
        "/",
        Reply::status(200)
            .header("Content-Type", "Text/HTML; Charset=\"UTF-8\"")
            .part(hero_page().html()),
    );
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let response = world.revisit("/").get();
    crate::common::assert_shows(
        &response,
        crate::common::hero_page_showing(crate::common::VARIANT_B),
        &["b"],
    );
}

#[test]
fn a_pass_through_leaves_the_id_cookie_alone() {
    let world = World::start();
    world.page("/sitecore/x", as_xm_sends("text/html", "x"));
    let cookie = visitor_cookie(xm_edge_tests::RETURNING_ID);
    assert_untouched(&world.visit("/sitecore/x").cookies(&cookie).get(), 200, "x");
    settle(&world);
}
