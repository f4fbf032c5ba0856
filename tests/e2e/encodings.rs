//! Promise: a compressed page is personalised like any other; one that only claims to be compressed harms nobody
//! (faults B5, B6).

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use xm_edge_tests::{Reply, assert_bytes};

use crate::common::{VARIANT_B, assert_shows, hero_page, hero_page_showing, hero_world};

/// `plain` in gzip.
pub fn gzip(plain: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// What XM sends for compressed bytes, whatever the Worker asked for.
fn compressed(bytes: &[u8], encoding: &str) -> Reply {
    Reply::html(bytes).header("Content-Encoding", encoding)
}

#[test]
fn a_gzip_page_is_personalised() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world.page("/", compressed(&gzip(hero_page().html()), "gzip"));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn a_gzip_page_in_small_chunks_is_personalised() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let chunks = Reply::html_stream()
        .header("Content-Encoding", "gzip")
        .byte_by_byte(gzip(hero_page().html()));
    world.page("/", chunks);
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}

#[test]
fn a_gzip_page_reaches_a_visitor_who_takes_no_gzip() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world.page("/", compressed(&gzip(hero_page().html()), "gzip"));
    let response = world.revisit("/").without("Accept-Encoding").get();
    assert_eq!(response.header("content-encoding"), None);
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
}

/// The bytes as one uncompressed meta-block of Brotli (RFC 7932 §9.2).
fn brotli(plain: &[u8]) -> Vec<u8> {
    // WBITS 16, ISLAST 0, MNIBBLES 4, MLEN - 1 in 16 bits, ISUNCOMPRESSED 1; then an empty last block.
    let header = u32::try_from(plain.len() - 1).unwrap() << 4 | 1 << 20;
    [&header.to_le_bytes()[..3], plain, &[3]].concat()
}

#[test]
fn a_brotli_page_is_personalised() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world.page(
        "/",
        compressed(&brotli(hero_page().html().as_bytes()), "br"),
    );
    let response = world.revisit("/").without("Accept-Encoding").get();
    assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
}

#[test]
fn an_encoding_in_capitals_is_decoded_or_left_alone() {
    // Codings are case-insensitive (RFC 9110 §8.4.1); a runtime that knows only "gzip" must not be taken at its word.
    for encoding in ["GZIP", "Gzip", "x-gzip"] {
        let world = hero_world();
        world.cdp.decide("hero", json!({"variantId": "b"}));
        let bytes = gzip(hero_page().html());
        world.page("/", compressed(&bytes, encoding));
        let response = world.revisit("/").get();
        if response.header("content-encoding") == Some(encoding) {
            assert_bytes(&response.body, &bytes, encoding);
        } else {
            assert_shows(&response, hero_page_showing(VARIANT_B), &["b"]);
        }
    }
}

#[test]
fn a_deflate_page_is_left_alone() {
    let world = hero_world();
    let bytes = b"\x78\x9c not decodable here";
    world.page("/", compressed(bytes, "deflate"));
    let response = world.revisit("/").get();
    assert_eq!(response.header("content-encoding"), Some("deflate"));
    assert_bytes(&response.body, bytes, "page");
}

#[test]
fn identity_is_no_encoding() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    world.page("/", compressed(hero_page().html().as_bytes(), "identity"));
    let response = world.revisit("/").get();
    let (plain, shown) = crate::common::take_shown(&response.decoded());
    // Either is right: a known encoding that changes nothing, or one that nobody decodes.
    if shown.is_empty() {
        assert_bytes(&plain, hero_page().html().as_bytes(), "page");
    } else {
        assert_bytes(&plain, hero_page_showing(VARIANT_B).as_bytes(), "page");
    }
}

#[test]
fn a_page_that_only_claims_to_be_gzip_hangs_nobody() {
    let world = hero_world();
    let cut = gzip(hero_page().html());
    for bytes in [
        hero_page().html().into_bytes(),
        cut[..cut.len() - 40].to_vec(),
        Vec::new(),
    ] {
        world.page("/", compressed(&bytes, "gzip"));
        // The runtime decides what is left of such a page; it must end, and the Worker must live on.
        let response = world.revisit("/").get();
        assert!(
            response.status == 200 || response.status >= 500,
            "{}",
            response.status
        );
    }
    world.page("/", Reply::html(hero_page().html()));
    world.cdp.decide("hero", json!({"variantId": "b"}));
    assert_shows(
        &world.revisit("/").get(),
        hero_page_showing(VARIANT_B),
        &["b"],
    );
}
