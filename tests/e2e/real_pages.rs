//! Promise: on real pages nothing but the component changes (product §2). The pages lie outside the repository; where
//! they are absent, these tests say so and pass.

use std::{fs, path::Path};

use serde_json::json;
use xm_edge_tests::{Reply, World, assert_bytes, component, variant};

use crate::common::take_shown;

/// Name and bytes of every page at hand.
fn pages() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/pages");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("skipped: no real pages in {}", folder.display());
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "html")
        })
        .map(|path| {
            (
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect()
}

/// `page` with `component` behind its `<body …>`.
fn with_component(page: &[u8], component: &str) -> Vec<u8> {
    let body = xm_edge_tests::find(page, b"<body").expect("a page without <body>");
    let at = body
        + page[body..]
            .iter()
            .position(|&byte| byte == b'>')
            .expect("an endless <body>")
        + 1;
    [&page[..at], component.as_bytes(), &page[at..]].concat()
}

#[test]
fn only_the_component_of_a_real_page_changes() {
    let world = World::start();
    world
        .cdp
        .decide("hero", json!({"variantId": "b", "text": "5 < 6"}));
    let marked = component(
        "hero",
        &format!(
            "<p>default</p>{}",
            variant("b", "<b data-cdp-text=/text>x</b>")
        ),
    );
    let shown = component("hero", "<b data-cdp-text=/text>5 &lt; 6</b>");
    for (name, page) in pages() {
        let (html, expected) = (
            with_component(&page, &marked),
            with_component(&page, &shown),
        );
        // The charset is the page's own business here: these bytes are ASCII in each.
        for size in [700, 4096, 65_536] {
            let chunks = html
                .chunks(size)
                .fold(Reply::html_stream(), |reply, chunk| reply.part(chunk));
            world.page("/", chunks);
            let (plain, results) = take_shown(&world.revisit("/").get().decoded());
            assert_bytes(&plain, &expected, &format!("{name} in chunks of {size}"));
            assert_eq!(results, ["b"], "{name}");
        }
    }
}

#[test]
fn a_real_page_without_components_does_not_change() {
    let world = World::start();
    for (name, page) in pages() {
        world.page("/", Reply::html(&page));
        assert_bytes(&world.revisit("/").get().decoded(), &page, &name);
    }
}
