//! Promise: one Worker serves many sites: point of sale, language and currency by host and path (product §10, §12).

use serde_json::{Value, json};
use xm_edge_tests::{Reply, World};

use crate::common::{hero_page, hero_world, hero_world_with};

fn shops() -> World {
    World::build()
        .var(
            "SITES",
            json!([
                {"host": "shop.example", "path": "/", "point_of_sale": "shop/com", "language": "EN", "currency": "USD"},
                {"host": "shop.example", "path": "/de", "point_of_sale": "shop/de", "language": "DE", "currency": "CHF"},
                {"path": "/fr", "language": "FR"},
            ]),
        )
        .start()
}

/// What decision and VIEW say about the site, for a page at this host and path.
fn seen(world: &World, host: &str, path: &str) -> (Value, Value) {
    world.page(path, Reply::html(hero_page().lang("it").html()));
    drop(world.revisit(path).header("Host", host).get());
    let view = world
        .cdp
        .requests()
        .wait_for(&format!("the VIEW of {path}"), |all| {
            all.iter()
                .filter(|r| r.is_complete())
                .map(xm_edge_tests::Request::json)
                .find(|v| v["type"] == "VIEW" && v["page"] == path)
        });
    let flows = world.cdp.flows();
    let flow = flows.last().expect("a flow");
    (
        json!([flow["pointOfSale"], flow["language"], flow["currencyCode"]]),
        json!([view["pos"], view["language"], view["currency"]]),
    )
}

#[test]
fn host_and_path_choose_the_point_of_sale_language_and_currency() {
    let world = shops();
    for (host, path, expected) in [
        ("shop.example", "/shoe", json!(["shop/com", "EN", "USD"])),
        (
            "SHOP.example:8080",
            "/boot",
            json!(["shop/com", "EN", "USD"]),
        ),
        ("shop.example", "/de", json!(["shop/de", "DE", "CHF"])),
        ("shop.example", "/de/schuh", json!(["shop/de", "DE", "CHF"])),
        ("shop.example", "/design", json!(["shop/com", "EN", "USD"])),
        ("other.example", "/de/x", json!(["shop/ie", "IT", "EUR"])),
        ("other.example", "/fr/x", json!(["shop/ie", "FR", "EUR"])),
    ] {
        let (flow, view) = seen(&world, host, path);
        assert_eq!(flow, expected, "decision for {host}{path}");
        assert_eq!(view, expected, "VIEW for {host}{path}");
    }
}

#[test]
fn nobody_chooses_the_site_or_the_page_by_a_forged_header() {
    let world = shops();
    world.page("/x", Reply::html(hero_page().html()));
    let forged = [
        ("X-Forwarded-Host", "shop.example"),
        ("Forwarded", "host=shop.example;proto=https"),
        ("X-Host", "shop.example"),
        ("X-Original-URL", "/de"),
        ("X-Rewrite-URL", "/de"),
        ("X-HTTP-Method-Override", "POST"),
    ];
    let visit = forged
        .iter()
        .fold(world.revisit("/x"), |visit, (name, value)| {
            visit.header(name, value)
        });
    let response = visit.header("Host", "other.example").get();
    assert_eq!(response.header("cache-control"), Some("private, no-store"));
    assert_eq!(
        world.cdp.wait_for_flow("hero").json()["pointOfSale"],
        "shop/ie"
    );
    let view = world.cdp.wait_for_event("VIEW");
    assert_eq!(
        (&view["pos"], &view["page"]),
        (&json!("shop/ie"), &json!("/x"))
    );
    assert_eq!(world.origin().all()[0].target, "/x");
}

#[test]
fn the_language_comes_from_the_page() {
    let world = hero_world();
    for (number, (lang, expected)) in [
        ("en", "EN"),
        ("de-AT", "DE"),
        ("pt_BR", "PT"),
        (" FR ", "FR"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/page-{number}");
        world.page(&path, Reply::html(hero_page().lang(lang).html()));
        drop(world.revisit(&path).get());
        let view = world
            .cdp
            .requests()
            .wait_for(&format!("the VIEW of {path}"), |all| {
                all.iter()
                    .filter(|r| r.is_complete())
                    .map(xm_edge_tests::Request::json)
                    .find(|v| v["type"] == "VIEW" && v["page"] == path)
            });
        assert_eq!(view["language"], expected, "lang={lang:?}");
        assert_eq!(
            world.cdp.flows().last().unwrap()["language"],
            expected,
            "lang={lang:?}"
        );
    }
}

#[test]
fn a_fixed_language_wins_over_the_page() {
    let world = hero_world_with(json!({"language": "FR"}));
    drop(world.revisit("/").get());
    assert_eq!(world.cdp.wait_for_event("VIEW")["language"], "FR");
    assert_eq!(world.cdp.wait_for_flow("hero").json()["language"], "FR");
}

#[test]
fn a_page_without_a_language_still_sends_none_that_the_cdp_refuses() {
    let world = hero_world();
    world.page("/", Reply::html(hero_page().lang("").html()));
    drop(world.revisit("/").get());
    let flow = world.cdp.wait_for_flow("hero").json();
    // An empty language is a 400 at the CDP.
    assert!(
        flow["language"]
            .as_str()
            .is_some_and(|language| language.len() == 2),
        "{flow}"
    );
}
