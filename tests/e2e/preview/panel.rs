//! The overlay in pages as they are: odd charsets, strict policies, no end tag, times that are told.

use serde_json::json;
use xm_edge_tests::{
    Latch, Page, RETURNING_ID, Reply, assert_bytes, component, variant, visitor_cookie,
};

use super::{preview, split, token, world};

#[test]
fn the_bytes_of_a_page_in_another_charset_do_not_change() {
    let world = world();
    let before: &[u8] = b"<html><body><p>Gr\xfc\xdfe</p>";
    let hero = component("hero", &variant("b", "B"));
    let page = [
        before,
        hero.as_bytes(),
        b"<p>\xe9</p></body></html>\n<!-- \xfc -->",
    ]
    .concat();
    world.page(
        "/",
        Reply::html(&page)
            .without("Content-Type")
            .header("Content-Type", "text/html; charset=windows-1252"),
    );
    let token = token(&world, "/", &[("hero", "control")], 60);
    let (left, overlay) = split(&preview(&world, "/", &token).get());
    assert!(overlay.is_ascii());
    assert!(
        left.starts_with(before) && left.ends_with(b"<p>\xe9</p></body></html>\n<!-- \xfc -->")
    );
}

#[test]
fn a_page_without_end_tags_gets_it_behind_its_last_byte_and_xml_gets_none() {
    let world = world();
    world.page("/", Reply::html("<p>only this"));
    let token = token(&world, "/", &[], 60);
    let response = preview(&world, "/", &token).get();
    assert!(response.text().starts_with("<p>only this<cdp-preview>"));
    let xml = "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>";
    world.page(
        "/",
        Reply::html(xml)
            .without("Content-Type")
            .header("Content-Type", "application/xhtml+xml"),
    );
    let response = preview(&world, "/", &token).get();
    assert_bytes(&response.decoded(), xml.as_bytes(), "the page");
    assert_eq!(response.header("cache-control"), Some("private, no-store"));
}

#[test]
fn the_policy_of_the_page_stays_and_its_nonces_are_used() {
    let world = world();
    let csp = "default-src 'none'; script-src 'nonce-s'; style-src 'nonce-t'";
    let html = Page::with("<p>x</p>").html();
    world.page(
        "/",
        Reply::html(html).header("Content-Security-Policy", csp),
    );
    let token = token(&world, "/", &[], 60);
    let response = preview(&world, "/", &token).get();
    assert_eq!(response.headers.all("content-security-policy"), [csp]);
    let (_, overlay) = split(&response);
    assert!(
        overlay.contains(" nonce=\"t\">") && overlay.contains(" nonce=\"s\">"),
        "{overlay}"
    );
}

#[test]
fn components_are_told_with_their_places_faults_and_times() {
    let world = world();
    let inner = component("inner", &variant("x", "X"));
    let body = format!(
        "{}{}<p data-cdp-experience=open>never closed<div>after</div><b data-cdp-experience=\"a b\">x</b>",
        component("hero", &format!("0{}", variant("b", &inner))),
        component("hero", "again"),
    );
    world.page("/", Reply::html(Page::with(body).html()));
    let answered = Latch::new();
    world.cdp.flow(
        "hero",
        Reply::json(json!({"variantId": "b"})).hold(&answered),
    );
    let token = token(&world, "/", &[("inner", "x")], 60);
    let cookies = format!("{}; cdp_preview={token}", visitor_cookie(RETURNING_ID));
    let exchange = world.visit("/").cookies(&cookies).send();
    let _ = world.cdp.wait_for_flow("hero");
    answered.open();
    let (_, overlay) = split(&exchange.finish());
    for expected in [
        "<h2>hero</h2>",
        "1. <span class=\"shown\">b</span> The CDP chose it for you.",
        "2. <span class=\"shown\">default content</span>",
        "<li class=\"item d1\" data-id=\"inner\">",
        "Chosen in this preview.",
        "no end tag of its own",
        "A component without a friendly id",
        "decided in ",
        "held the page for ",
    ] {
        assert!(overlay.contains(expected), "{expected}: {overlay}");
    }
}
