//! Promise: each mark does in the real runtime what it does natively, and hostile values cannot leave their place
//! (product §2, faults E). The cases in `tests/cases` are exhaustive; these are one per mark.

use serde_json::{Value, json};
use xm_edge_tests::{Page, Reply, World, assert_bytes, component, variant};

use crate::common::{assert_origin_bytes, assert_shows, take_shown};

/// Renders `<div hero>inner</div>` with this decision; gives the component's inner HTML as shown.
fn render(site: Value, inner: &str, decision: Value) -> (String, Vec<String>) {
    let world = World::build().site(site).start();
    let page = Page::with(component("hero", inner));
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("hero", decision);
    let response = world.revisit("/").get();
    let (plain, shown) = take_shown(&response.decoded());
    let text = String::from_utf8(plain).unwrap();
    let (open, close) = (
        "<div class=\"hero\" data-cdp-experience=\"hero\">",
        format!("</div>{}", page.bottom()),
    );
    let body = text
        .strip_prefix(&(page.top() + open))
        .and_then(|rest| rest.strip_suffix(&close));
    (
        body.unwrap_or_else(|| panic!("bytes outside the component changed: {text}"))
            .to_owned(),
        shown,
    )
}

#[track_caller]
fn assert_renders(inner: &str, decision: Value, expected: &str, shown: &[&str]) {
    assert_eq!(
        render(json!({}), inner, decision),
        (
            expected.to_owned(),
            shown.iter().map(|&s| s.to_owned()).collect()
        )
    );
}

#[test]
fn control_is_the_default_content_without_its_templates() {
    let inner = format!("D{}E{}", variant("a", "A"), variant("b", "B"));
    for decision in [
        json!({"variantId": ""}),
        json!({"variantId": null}),
        json!({"variantId": "unknown"}),
        json!({"variantId": "hero_default"}),
        json!({"message": "No flow executed"}),
        json!({}),
    ] {
        assert_renders(&inner, decision, "DE", &["control"]);
    }
}

#[test]
fn data_cdp_text_shows_a_value_as_text() {
    let inner = "<p data-cdp-text=\"/a/b~1c/0\">old <b>x</b></p>";
    let expected = "<p data-cdp-text=\"/a/b~1c/0\">1 &lt; 2 &amp; 3</p>";
    assert_renders(
        inner,
        json!({"a": {"b/c": ["1 < 2 & 3"]}}),
        expected,
        &["control"],
    );
    assert_renders(
        "<p data-cdp-text=/n>x</p>",
        json!({"n": 1.50}),
        "<p data-cdp-text=/n>1.5</p>",
        &["control"],
    );
    assert_renders(
        "<p data-cdp-text=/n>x</p>",
        json!({"n": false}),
        "<p data-cdp-text=/n>false</p>",
        &["control"],
    );
    assert_renders(
        "<p data-cdp-text=/n>x</p>",
        json!({"n": {}}),
        "<p data-cdp-text=/n>x</p>",
        &["control"],
    );
    assert_renders(
        "<p data-cdp-text=/none>x</p>",
        json!({"n": 1}),
        "<p data-cdp-text=/none>x</p>",
        &["control"],
    );
}

#[test]
fn data_cdp_attr_sets_an_attribute() {
    let (html, _) = render(
        json!({}),
        "<a href=\"/old\" data-cdp-attr-href=\"/url\">x</a>",
        json!({"url": "/new?a=1&b=\"2\""}),
    );
    assert!(
        html.contains("href=\"/new?a=1&amp;b=&quot;2&quot;\"") && !html.contains("/old"),
        "{html}"
    );
    let (html, _) = render(
        json!({}),
        "<img data-cdp-attr-alt=/alt>",
        json!({"alt": "'\"><script>"}),
    );
    assert!(
        html.contains("&quot;&gt;&lt;script&gt;") || html.contains("&quot;><script>"),
        "{html}"
    );
}

#[test]
fn data_cdp_attr_refuses_what_could_run() {
    for inner in [
        "<a href=\"/old\" data-cdp-attr-href=\"/v\">x</a>",
        "<img src=\"/old\" data-cdp-attr-src=\"/v\">",
        "<form action=\"/old\" data-cdp-attr-action=\"/v\"></form>",
    ] {
        for url in [
            "javascript:alert(1)",
            " jAva\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//evil.example/",
            "\\\\evil.example",
        ] {
            assert_renders(inner, json!({"v": url}), inner, &["control"]);
        }
    }
    for inner in [
        "<p data-cdp-attr-onclick=\"/v\">x</p>",
        "<p style=\"a:b\" data-cdp-attr-style=\"/v\">x</p>",
        "<iframe data-cdp-attr-srcdoc=\"/v\"></iframe>",
        "<p data-cdp-attr-data-cdp-text=\"/v\">x</p>",
    ] {
        assert_renders(inner, json!({"v": "alert(1)"}), inner, &["control"]);
    }
}

#[test]
fn data_cdp_html_is_for_trusted_friendly_ids_and_balanced_values() {
    let inner = "<p data-cdp-html=\"/h\">old</p>";
    let trusted = json!({"trusted_html": ["hero"]});
    let shown = |site: Value, html: &str| render(site, inner, json!({"h": html})).0;
    assert_eq!(
        shown(trusted.clone(), "<b>new</b>"),
        "<p data-cdp-html=\"/h\"><b>new</b></p>"
    );
    assert_eq!(shown(json!({}), "<b>new</b>"), inner);
    for unbalanced in ["</p></div>", "<b>", "<!--", "<plaintext>", "<script>"] {
        assert_eq!(shown(trusted.clone(), unbalanced), inner, "{unbalanced}");
    }
}

#[test]
fn what_a_decision_inserts_is_never_read_as_marks() {
    let world = World::build()
        .site(json!({"trusted_html": ["hero"]}))
        .start();
    let open = "<p data-cdp-html=\"/h\">";
    let page = Page::with(component("hero", &format!("{open}old</p>")));
    let inserted = "<i data-cdp-experience=\"evil\" data-cdp-text=\"/h\">as it is</i>";
    world.page("/", Reply::html(page.html()));
    world.cdp.decide("hero", json!({"h": inserted}));
    let response = world.revisit("/").get();
    assert_shows(
        &response,
        page.around(&component("hero", &format!("{open}{inserted}</p>"))),
        &["control"],
    );
    assert_eq!(world.cdp.flows().len(), 1);
}

#[test]
fn a_friendly_id_that_the_cdp_refuses_is_never_sent() {
    let world = World::start();
    let body: String = ["", " ", "a b", "a/../b", "\u{e9}", "a&quot;b"]
        .iter()
        .map(|id| component(id, &variant("b", "B")))
        .collect();
    let page = Page::with(body);
    world.page("/", Reply::html(page.html()));
    world
        .cdp
        .any_flow(|_| Reply::json(json!({"variantId": "b"})));
    assert_origin_bytes(&world.revisit("/").get(), page.html());
    assert!(world.cdp.flows().is_empty(), "{:?}", world.cdp.flows());
}

#[test]
fn data_cdp_if_removes_an_element_that_is_not_wanted() {
    let inner = "A<p data-cdp-if=\"/on\">x</p>B";
    for off in [json!(false), json!(""), json!(0), json!(null), json!([])] {
        assert_renders(inner, json!({"on": off}), "AB", &["control"]);
    }
    for on in [json!(true), json!("yes"), json!(7), json!(-0.5)] {
        assert_renders(inner, json!({"on": on}), inner, &["control"]);
    }
    assert_renders(inner, json!({}), inner, &["control"]);
}

#[test]
fn data_cdp_variant_from_says_where_the_variant_stands() {
    let world = World::start();
    let open = "<section data-cdp-experiment=\"hero\" data-cdp-variant-from=\"/result/id\">";
    let page = Page::with(format!("{open}D{}</section>", variant("b", "B")));
    world.page("/", Reply::html(page.html()));
    world
        .cdp
        .decide("hero", json!({"variantId": "x", "result": {"id": "b"}}));
    assert_shows(
        &world.revisit("/").get(),
        page.around(&format!("{open}B</section>")),
        &["b"],
    );
}

#[test]
fn a_variants_own_marks_are_bound() {
    let inner = format!("D{}", variant("b", "<i data-cdp-text=\"/t\">x</i>"));
    assert_renders(
        &inner,
        json!({"variantId": "b", "t": "bound"}),
        "<i data-cdp-text=\"/t\">bound</i>",
        &["b"],
    );
}

/// A page with a component whose content is a fragment.
fn fragment_page() -> (Page, &'static str) {
    let open = "<div data-cdp-experience=\"hero\" data-cdp-fragment=\"/path\">";
    (Page::with(format!("{open}default</div><p>after</p>")), open)
}

#[test]
fn data_cdp_fragment_streams_html_of_xm_in() {
    let world = World::start();
    let (page, open) = fragment_page();
    world.page("/", Reply::html(page.html()));
    world.page("/fragments/hero", Reply::html("<h2>from XM</h2>"));
    world
        .cdp
        .decide("hero", json!({"path": "/fragments/hero?x=1"}));
    let response = world.revisit("/").get();
    let (plain, shown) = take_shown(&response.decoded());
    assert_bytes(
        &plain,
        page.around(&format!("{open}<h2>from XM</h2></div><p>after</p>"))
            .as_bytes(),
        "page",
    );
    assert_eq!(shown.len(), 1);
    let asked: Vec<_> = world
        .origin()
        .all()
        .iter()
        .map(|request| request.target.clone())
        .collect();
    assert_eq!(asked, ["/", "/fragments/hero?x=1"]);
}

#[test]
fn a_fragment_that_xm_does_not_serve_as_html_leaves_the_default() {
    let world = World::start();
    let (page, _) = fragment_page();
    world.page("/", Reply::html(page.html()));
    world.page(
        "/text",
        Reply::status(200)
            .header("Content-Type", "text/plain")
            .part("<h2>no</h2>"),
    );
    world.page("/error", Reply::html("<h2>no</h2>").with_status(500));
    world.page("/reset", Reply::raw("").reset());
    world.page("/moved", Reply::status(302).header("Location", "/text"));
    for path in ["/text", "/error", "/reset", "/moved", "/missing"] {
        world.cdp.decide("hero", json!({"path": path}));
        assert_origin_bytes(&world.revisit("/").get(), page.html());
    }
}

#[test]
fn a_fragment_is_never_fetched_from_another_host() {
    let elsewhere = xm_edge_tests::Server::start(|_| Reply::html("<h2>evil</h2>"));
    let host = elsewhere.address().to_string();
    let world = World::start();
    let (page, _) = fragment_page();
    world.page("/", Reply::html(page.html()));
    for path in [
        format!("//{host}/x"),
        elsewhere.url(),
        format!("\\\\{host}"),
        format!("/\\{host}/x"),
        format!("@{host}/"),
        "relative".to_owned(),
        String::new(),
    ] {
        world.cdp.decide("hero", json!({"path": path}));
        let (plain, _) = take_shown(&world.revisit("/").get().decoded());
        assert_bytes(
            &plain,
            page.html().as_bytes(),
            &format!("page for {path:?}"),
        );
    }
    assert!(elsewhere.requests().all().is_empty());
}

#[test]
fn a_hostile_text_stays_text() {
    let inner = "<p data-cdp-text=\"/t\">x</p><textarea data-cdp-text=\"/t\">y</textarea>";
    let hostile = "</p></textarea></script><script>alert(1)</script><!-- \" ' > <div data-cdp-experience=\"evil\">";
    let (html, _) = render(json!({}), inner, json!({"t": hostile}));
    assert!(
        !html.contains("<script") && !html.contains("</textarea></") && !html.contains("<div"),
        "{html}"
    );
    assert!(
        html.contains("&lt;/p&gt;&lt;/textarea&gt;") || html.contains("&lt;/p>&lt;/textarea>"),
        "{html}"
    );
}

#[test]
fn a_text_inside_a_script_is_refused() {
    let inner =
        "<script data-cdp-text=\"/t\">var a=1</script><style data-cdp-text=\"/t\">a{}</style>";
    assert_renders(inner, json!({"t": "alert(1)"}), inner, &["control"]);
}

#[test]
fn a_component_without_an_end_tag_of_its_own_stays_as_authored() {
    for body in [
        "<ul><li data-cdp-experience=\"hero\">D<template data-cdp-variant=\"b\">B</template><li>next</ul><p>tail</p>",
        "<p data-cdp-experience=\"hero\">D<div>block</div><p>tail",
        "<section><div data-cdp-experience=\"hero\">D</section><p>tail</p>",
        "<img data-cdp-experience=\"hero\" src=\"/x.png\"><p>tail</p>",
    ] {
        let world = World::start();
        let page = Page::with(body);
        world.page("/", Reply::html(page.html()));
        world.cdp.decide("hero", json!({"variantId": "b"}));
        assert_origin_bytes(&world.revisit("/").get(), page.html());
    }
}
