//! Promise: Tag Manager comes early in the page, for visitors who may be counted, once, with the page's own nonce, while the
//! page streams; nothing else of the page changes (product §1, §6, §7; cdp-api §5.5).

use serde_json::{Value, json};
use xm_edge_tests::{Latch, Page, Reply, Response, World, assert_bytes};

use crate::common::{
    DEFAULT, VARIANT_B, assert_origin_bytes, assert_private, hero_page, hero_page_showing,
    hero_world_with, settle, take_shown,
};

const CONTAINER: &str = "GTM-ABC123";
const FRAME: &str = "<noscript hidden><iframe src=\"https://www.googletagmanager.com/ns.html?id=GTM-ABC123\" height=\"0\" width=\"0\" hidden></iframe></noscript>";

fn gtm() -> Value {
    json!({ "tag": { "kind": "gtm", "container_id": CONTAINER } })
}

fn gtm_and(more: &Value) -> Value {
    let mut site = gtm();
    let (site_keys, more) = (site.as_object_mut().unwrap(), more.as_object().unwrap());
    site_keys.extend(more.clone());
    site
}

fn world() -> World {
    hero_world_with(gtm())
}

fn plain() -> Page {
    Page::with("<p>nothing marked</p>")
}

/// The script in `text` that starts the container.
#[track_caller]
fn script(text: &str) -> &str {
    let starts = text.matches("gtm.start").count();
    assert_eq!(starts, 1, "{starts} scripts start the container: {text}");
    let inside = text.find("gtm.start").unwrap();
    let start = text[..inside].rfind("<script").unwrap();
    let end = inside + text[inside..].find("</script>").unwrap();
    &text[start..end + "</script>".len()]
}

/// The page has the script before `</head>` and the frame behind `<body …>`, and is otherwise `html`.
#[track_caller]
fn assert_in_place(response: &Response, html: &str) {
    let text = response.text();
    let script = script(&text);
    let (head, body) = html.split_once("</head>").unwrap();
    let (tag, body) = body.split_once('>').unwrap();
    assert_eq!(text, format!("{head}{script}</head>{tag}>{FRAME}{body}"));
}

fn get(world: &World, html: &str) -> Response {
    world.page("/", Reply::html(html));
    world.revisit("/").get()
}

#[test]
fn a_consenting_visitor_gets_the_script_in_the_head_and_the_frame_first_in_the_body() {
    let world = world();
    let html = plain().html();
    let response = get(&world, &html);
    assert_in_place(&response, &html);
    assert_private(&response);
    let text = response.text();
    let script = script(&text);
    assert!(script.starts_with("<script>"), "{script}");
    for part in [
        "https://www.googletagmanager.com/gtm.js?id=",
        CONTAINER,
        "/_cdp\"",
        "shop/ie",
    ] {
        assert!(script.contains(part), "{part} is not in {script}");
    }
}

#[test]
fn the_rest_of_a_personalised_page_is_as_without_it() {
    let world = world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let response = world.revisit("/").get();
    let text = response.text();
    let own = script(&text).to_owned();
    let rest = text.replacen(&own, "", 1).replacen(FRAME, "", 1);
    let (rest, shown) = take_shown(rest.as_bytes());
    assert_bytes(&rest, hero_page_showing(VARIANT_B).as_bytes(), "the page");
    assert_eq!(shown, ["b"]);
}

fn consent() -> Value {
    json!({ "consent": {
        "mode": "cookie", "cookie": "Consent", "id": "C1:1", "personalisation": "C3:1", "analytics": "C2:1",
    }})
}

#[test]
fn who_may_not_be_counted_gets_none() {
    let (asking, always) = (hero_world_with(gtm_and(&consent())), world());
    let html = plain().html();
    for world in [&asking, &always] {
        world.page("/", Reply::html(&html));
    }
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1)";
    for visit in [
        always.visit("/").user_agent(googlebot),
        always.visit("/").header("Sec-Purpose", "prefetch"),
        always.visit("/").header("Sec-GPC", "1"),
        asking.visit("/"),
        asking.visit("/").cookies("Consent=C1:1,C2:0,C3:1"),
    ] {
        assert_origin_bytes(&visit.get(), &html);
    }
    let consented = asking.visit("/").cookies("Consent=C1:1,C2:1,C3:1");
    assert_in_place(&consented.get(), &html);
}

#[test]
fn who_may_be_counted_but_not_personalised_gets_it() {
    let world = hero_world_with(gtm_and(&consent()));
    let visit = world.visit("/").cookies("Consent=C1:1,C2:1,C3:0");
    assert_in_place(&visit.get(), &hero_page().html());
}

#[test]
fn it_comes_whatever_becomes_of_the_browser_id() {
    let world = world();
    let html = plain().html();
    world.page("/", Reply::html(&html));
    world.cdp.create(Reply::status(500));
    let response = world.visit("/").get();
    assert_in_place(&response, &html);
    assert_private(&response);
    assert_eq!(response.header("set-cookie"), None);
    let line = world.log_line("the page", |line| line["route"] == "page");
    assert_eq!(line["body"], "complete");
    assert_eq!(line.get("view"), None, "nobody is counted without an id");
}

#[test]
fn the_nonce_of_the_pages_policy_is_on_the_script_and_the_policy_stays() {
    let world = world();
    let csp = "default-src 'self'; script-src 'nonce-r4nd0m=='; frame-src https://www.googletagmanager.com";
    let html = plain().html();
    world.page(
        "/",
        Reply::html(&html).header("Content-Security-Policy", csp),
    );
    let response = world.revisit("/").get();
    assert_in_place(&response, &html);
    let text = response.text();
    assert!(script(&text).starts_with("<script nonce=\"r4nd0m==\">"));
    assert!(!text.contains("style="), "a policy may forbid it");
    assert_eq!(response.headers.all("content-security-policy"), [csp]);
}

const OWN: &str = "<script>(function(w,d,s,l,i){w[l].push({event:'gtm.js'});j.src='https://www.googletagmanager.com/gtm.js?id='+i})(window,document,'script','dataLayer','GTM-ABC123')</script>";

#[test]
fn a_page_that_carries_it_in_its_head_gets_no_second_one() {
    let world = world();
    let html = plain().head(OWN).html();
    assert_origin_bytes(&get(&world, &html), &html);
}

#[test]
fn a_page_that_carries_it_at_the_start_of_its_body_gets_no_second_one_though_it_comes_late() {
    let world = world();
    let rest = Latch::new();
    let (head, tail) = ("<html><head><title>t</title>", "<p>x</p></body></html>");
    let between = format!("</head>\n<body>\n<!-- tags -->\n{OWN}");
    world.page(
        "/",
        Reply::html_stream()
            .part(head)
            .part(&between[..20])
            .wait(&rest)
            .byte_by_byte(&between[20..])
            .part(tail),
    );
    let mut exchange = world.revisit("/").send();
    // The head does not wait for what may come behind it.
    exchange.wait_for("<title>t</title>");
    rest.open();
    assert_origin_bytes(&exchange.finish(), format!("{head}{between}{tail}"));
}

#[test]
fn a_page_that_carries_it_further_down_is_told_in_the_log() {
    let world = world();
    let html = Page::with(format!("<p>x</p>{OWN}")).html();
    assert_in_place_twice(&get(&world, &html), &html);
    let line = world.log_line("the page", |line| line["route"] == "page");
    assert_eq!(line["tag"], "doubled");
    let other = Page::with("<p>x</p>").html();
    assert_in_place(&get(&world, &other), &other);
    settle(&world);
    let doubled = |line: &&String| line.contains("doubled");
    assert_eq!(
        world.workerd.lines().all().iter().filter(doubled).count(),
        1
    );
}

/// As [`assert_in_place`], on a page that has a start of its own as well.
#[track_caller]
fn assert_in_place_twice(response: &Response, html: &str) {
    let text = response.text();
    let (own, rest) = (script(&text).to_owned(), text.replacen(FRAME, "", 1));
    assert_eq!(rest.replacen(&own, "", 1), html);
}

#[test]
fn a_waiting_component_keeps_neither_the_head_nor_the_tag() {
    let world = world();
    let decided = Latch::new();
    let answer = Reply::json(json!({"variantId": "b"}));
    world.cdp.flow("hero", answer.hold(&decided));
    let mut exchange = world.revisit("/").send();
    let so_far = exchange.wait_for("<p>before</p>");
    let so_far = String::from_utf8_lossy(&so_far);
    let own = script(&so_far);
    assert!(so_far.contains(&format!("{own}</head>")), "{so_far}");
    assert!(so_far.contains(FRAME) && !so_far.contains(DEFAULT));
    let _ = world.cdp.wait_for_flow("hero");
    decided.open();
    assert!(exchange.finish().text().contains(VARIANT_B));
}

#[test]
fn the_head_leaves_before_xm_sends_the_body_and_before_the_cdp_answers() {
    let world = world();
    let (body, decided) = (Latch::new(), Latch::new());
    let html = hero_page().html();
    let (head, rest) = html.split_at(html.find("</head>").unwrap());
    world.page("/", Reply::html_stream().part(head).wait(&body).part(rest));
    let answer = Reply::json(json!({"variantId": "b"}));
    world.cdp.flow("hero", answer.hold(&decided));
    let mut exchange = world.revisit("/").send();
    exchange.wait_for("</title>");
    body.open();
    exchange.wait_for(FRAME);
    decided.open();
    assert!(exchange.finish().text().contains(VARIANT_B));
}

#[test]
fn what_may_be_seen_never_waits_for_the_tag() {
    let world = world();
    let rest = Latch::new();
    let page = plain();
    world.page(
        "/",
        Reply::html_stream()
            .part("<html><head></head><body><h1>x")
            .wait(&rest)
            .part(page.bottom()),
    );
    let mut exchange = world.revisit("/").send();
    let so_far = exchange.wait_for("<h1>x");
    let so_far = String::from_utf8_lossy(&so_far).into_owned();
    script(&so_far);
    rest.open();
    drop(exchange.finish());
}

#[test]
fn pages_without_the_tags_of_head_or_body_get_the_script_all_the_same() {
    let world = world();
    for (html, expected) in [
        (
            "<title>t</title><body class=b><p>x</p></body>",
            "<title>t</title>{}<body class=b>{FRAME}<p>x</p></body>",
        ),
        (
            "<head><title>t</title></head><p>x</p>",
            "<head><title>t</title>{}</head><p>x</p>",
        ),
        ("<title>t</title><p>x</p>\n", "<title>t</title><p>x</p>\n{}"),
    ] {
        let text = get(&world, html).text();
        let own = script(&text);
        let expected = expected.replace("{FRAME}", FRAME).replace("{}", own);
        assert_eq!(text, expected);
    }
}

#[test]
fn pages_in_any_spelling_charset_and_coding_get_it() {
    let world = world();
    let html = plain().html();
    let reply = Reply::status(200).header("Content-Type", "Text/HTML;Charset=windows-1252");
    let latin = encoding_rs::WINDOWS_1252.encode(&html).0.into_owned();
    world.page("/", reply.part(&latin));
    assert_in_place(&world.revisit("/").get(), &html);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, html.as_bytes()).unwrap();
    let reply = Reply::status(200)
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Content-Encoding", "gzip")
        .part(gzip.finish().unwrap());
    world.page("/", reply);
    let response = world.revisit("/").get();
    let text = String::from_utf8(response.decoded()).unwrap();
    let own = script(&text).to_owned();
    assert_eq!(text.replacen(&own, "", 1).replacen(FRAME, "", 1), html);
}

#[test]
fn what_is_no_page_gets_none() {
    let world = world();
    let html = plain().html();
    for reply in [
        Reply::status(404)
            .header("Content-Type", "text/html")
            .part(&html),
        Reply::status(200)
            .header("Content-Type", "text/plain")
            .part(&html),
        Reply::html(&html).header("Cache-Control", "no-transform"),
    ] {
        world.page("/", reply);
        assert_eq!(world.revisit("/").get().text(), html);
    }
    world.page("/", Reply::html(&html));
    let head = world.revisit("/").method("HEAD").get();
    assert_eq!(head.body, b"");
    let part = world.revisit("/").header("Sec-Fetch-Dest", "empty");
    assert_eq!(
        part.header("Sec-Fetch-Mode", "cors").get().text(),
        html,
        "a script's request is no page view"
    );
}

#[test]
fn a_page_that_browsers_read_as_xml_gets_nothing_put_in() {
    let xhtml = |body: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>t</title></head><body>{body}</body></html>\n"
        )
    };
    let html = xhtml("<a href=\"/x\" data-cdp-goal=\"SIGNUP\">x</a>");
    let engage = json!({ "tag": { "kind": "engage", "library_url": "https://cdn.example/e.js" } });
    for site in [gtm(), engage] {
        let world = hero_world_with(site);
        let reply = Reply::status(200).header("Content-Type", "application/xhtml+xml");
        world.page("/", reply.part(&html));
        assert_origin_bytes(&world.revisit("/").get(), &html);
    }
}

#[test]
fn a_page_that_broke_off_before_the_verdict_gets_none() {
    let world = world();
    let html = "<html><head><title>t</title></head><body><!-- x";
    world.page("/", Reply::html(html).declare_length(500).cut());
    let text = world.revisit("/").get().text();
    assert!(!text.contains("googletagmanager"), "{text}");
}

#[test]
fn a_browser_that_keeps_the_page_keeps_it_with_the_tag() {
    let world = hero_world_with(gtm_and(&json!({ "browser_cache": "revalidate" })));
    let html = plain().html();
    let first = get(&world, &html);
    assert_in_place(&first, &html);
    let tag = first.header("etag").unwrap().to_owned();
    let again = world.revisit("/").header("If-None-Match", &tag).get();
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = Page::with("<p>other</p>").html();
    let changed = get(&world, &other);
    assert_in_place(&changed, &other);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

#[test]
fn the_beacon_comes_beside_it() {
    let world = world();
    let html = Page::with("<a href=/x data-cdp-goal=SIGNUP>x</a>").html();
    let text = get(&world, &html).text();
    script(&text);
    let (behind, _) = text.split_once("</body>").unwrap();
    assert!(behind.contains("/_cdp/beacon.js?v="), "{behind}");
}
