//! Promise: XM's 404 page is personalised where the site says so, and nowhere else (product §4).

use serde_json::json;
use xm_edge_tests::{End, Reply, assert_bytes};

use crate::common::{
    VARIANT_B, assert_private, hero_page, hero_page_showing, hero_world_with, take_shown,
};

#[test]
fn a_404_page_passes_through_by_default() {
    let world = hero_world_with(json!({}));
    world.page(
        "/gone",
        Reply::html(hero_page().html())
            .with_status(404)
            .header("Cache-Control", "public, max-age=60"),
    );
    let response = world.revisit("/gone").get();
    assert_eq!(
        (response.status, response.header("cache-control")),
        (404, Some("public, max-age=60"))
    );
    assert_bytes(&response.body, hero_page().html().as_bytes(), "404 page");
    assert!(world.cdp.flows().is_empty());
}

#[test]
fn a_404_page_is_personalised_where_configured() {
    let world = hero_world_with(json!({"personalise_not_found": true}));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world.page(
        "/gone",
        Reply::html(hero_page().html())
            .with_status(404)
            .header("Cache-Control", "public, max-age=60"),
    );
    let response = world.revisit("/gone").get();
    assert_eq!((response.status, response.end), (404, End::Complete));
    let (plain, shown) = take_shown(&response.decoded());
    assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "404 page");
    assert_eq!(shown, ["b"]);
    assert_private(&response);
}
