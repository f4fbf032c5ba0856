//! Promise: on workerd, too, no byte of a page changes outside of components, whatever the markup, and XM gets the visitor's
//! cookies as they came. Inputs: a sample of the html5lib tests, in small chunks, and all cookies of the http-state tests.

use std::{fs, path::Path};

use serde_json::{Value, json};
use xm_edge_tests::{Reply, World, assert_bytes};

use crate::common::take_shown;

#[path = "../native/corpus.rs"]
#[allow(dead_code)]
mod corpus;

/// Of so many html5lib inputs one is taken.
const EVERY: usize = 16;

/// `input` with a component in front and behind, and every start tag of these names a component.
fn with_components(input: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(input).into_owned();
    let marked = ["div", "p", "b", "table", "td", "li", "svg"]
        .iter()
        .fold(text, |text, name| {
            text.replace(
                &format!("<{name}>"),
                &format!("<{name} data-cdp-experience=x>"),
            )
        });
    format!("<i data-cdp-experience=x>first</i>{marked}").into_bytes()
}

#[test]
fn pages_of_odd_markup_pass_unchanged() {
    let world = World::start();
    // Decided for nothing: the components are rendered, as they are.
    world.cdp.decide("x", json!({"nothing": "here"}));
    let mut shown = 0;
    for (number, input) in corpus::html5lib().into_iter().step_by(EVERY).enumerate() {
        let (path, marked) = (format!("/p{number}"), with_components(&input));
        for (html, size) in [(input, 5), (marked, 64)] {
            let reply = html
                .chunks(size)
                .fold(Reply::html_stream(), |reply, chunk| reply.part(chunk));
            world.page(&path, reply);
            let (plain, results) = take_shown(&world.revisit(&path).get().decoded());
            assert_bytes(&plain, &html, &path);
            shown += results.len();
        }
    }
    assert!(shown > 500, "only {shown} components were rendered");
}

#[test]
fn what_browsers_send_as_cookies_reaches_xm_as_it_came() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cookies/http-state.json");
    let tests: Vec<Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let world = World::start();
    let mut sent = 0;
    for (number, test) in tests.iter().enumerate() {
        let pairs = test["sent"].as_array().unwrap().iter();
        let pairs = pairs.map(|pair| {
            format!(
                "{}={}",
                pair["name"].as_str().unwrap(),
                pair["value"].as_str().unwrap()
            )
        });
        let header = pairs.collect::<Vec<_>>().join("; ");
        let path = format!("/c{number}");
        // What is no header cannot be sent: control characters.
        if header.is_empty() || header.chars().any(|c| c.is_control() && c != '\t') {
            continue;
        }
        // The harness writes and reads headers as Latin-1, a byte for a character.
        let header: String = header.bytes().map(char::from).collect();
        world.page(&path, Reply::html("<p>page</p>"));
        drop(world.visit(&path).cookies(&header).get());
        let seen = world.origin_headers(&path);
        assert_eq!(seen.all("cookie").join("; "), header, "{}", test["test"]);
        sent += 1;
    }
    assert!(sent > 130, "only {sent} headers");
}
