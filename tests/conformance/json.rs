//! Answers of the CDP, held against JSONTestSuite and against every way in which an answer can be spoilt.
//!
//! Each case stands alone as the answer, and as one value of an answer beside two good ones. What is JSON is read, and the good
//! values are placed whatever the third is; what is not leaves the page as authored, with the constant label.

use std::collections::BTreeMap;

use encoding_rs::UTF_8;
use serde::Deserialize;
use serde_json::{Value, json};
use xm_edge_core::render::PageSettings;

use crate::native::{
    answers::{Answer, Answers},
    cuts, data, parallel,
    run::{Seen, Timing, run},
};

const PAGE: &str = "<body><div data-cdp-experience=x><b data-cdp-text=/good>d</b><i data-cdp-text=/v>d</i>\
    <u data-cdp-text=/v/0>d</u><s data-cdp-text=/also>d</s></div>rest";

fn answered(body: Vec<u8>) -> Seen {
    let settings = PageSettings {
        guest: false,
        hold_limit: 1 << 20,
        declared: Some(UTF_8),
        trusted_html: Vec::new(),
        personalise: true,
        insertion: None,
    };
    let answers = Answers::default().flow("x", Answer::Is((200, body)));
    let cuts = cuts::of_size(PAGE.len(), 7);
    run(
        &settings,
        PAGE.as_bytes(),
        &cuts,
        true,
        &answers,
        Timing::AfterPage,
    )
}

fn is_refused(seen: &Seen) -> bool {
    let result = &seen.outcomes.first().expect("one component").1;
    if result == "invalid_decision" {
        assert_eq!(String::from_utf8_lossy(&seen.output), PAGE, "as authored");
        return true;
    }
    assert!(matches!(&**result, "bound" | "control"), "{result}");
    false
}

/// The text of the first element `tag`, if it is no longer the authored one.
fn shown(seen: &Seen, tag: &str) -> Option<String> {
    let output = String::from_utf8(seen.output.clone()).expect("UTF-8");
    let (_, after) = output.split_once(&format!("<{tag} data-cdp-text"))?;
    let (_, text) = after.split_once('>')?;
    let (text, _) = text.split_once(&format!("</{tag}>"))?;
    (text != "d").then(|| html_text(text))
}

/// The text that a browser sees; the page holds no other references.
fn html_text(html: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#10;", "\n"),
        ("&#13;", "\r"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (reference, c)| {
        text.replace(reference, c)
    })
}

/// `{"good":"G","v":` + the value + `,"also":"A"}`.
fn beside_good_ones(value: &[u8]) -> Vec<u8> {
    [b"{\"good\":\"G\",\"v\":", value, b",\"also\":\"A\"}"].concat()
}

#[track_caller]
fn assert_good_ones_are_placed(seen: &Seen, name: &str) {
    for (tag, text) in [("b", "G"), ("s", "A")] {
        assert_eq!(shown(seen, tag).as_deref(), Some(text), "{name}");
    }
    // Every mark is honoured or counted: nothing vanishes.
    let ignored: u32 = seen.ignored.values().sum();
    let honoured = ["b", "i", "u", "s"]
        .iter()
        .filter(|tag| shown(seen, tag).is_some());
    assert_eq!(
        honoured.count() + ignored as usize,
        4,
        "{name}: {:?}",
        seen.ignored
    );
}

/// A case that the suite leaves to the parser.
#[derive(Deserialize)]
struct Ours {
    read: bool,
    why: String,
}

#[test]
fn an_answer_is_read_exactly_where_it_is_json() {
    let cases: BTreeMap<String, String> = data::json("json/json-test-suite.json.gz");
    let ours: BTreeMap<String, Ours> = data::json("json/left_to_the_parser.json");
    let v8: BTreeMap<String, String> = data::json("json/shown.json");
    let left = cases.keys().filter(|name| name.starts_with("i_"));
    assert!(
        left.eq(ours.keys()),
        "each case that is left to the parser has a verdict"
    );
    assert!(ours.values().all(|ours| !ours.why.is_empty()));
    let cases: Vec<(&String, &String)> = cases.iter().collect();
    assert!(cases.len() > 290, "only {} cases", cases.len());
    parallel::each(&cases, |(name, text)| {
        let is_json = match name.as_bytes() {
            [b'y', ..] => true,
            [b'n', ..] => false,
            _ => ours[*name].read,
        };
        let alone = answered(text.as_bytes().to_vec());
        let is_object = text.trim_start().starts_with('{');
        assert_eq!(is_refused(&alone), !(is_json && is_object), "{name} alone");
        let beside = answered(beside_good_ones(text.as_bytes()));
        assert_eq!(is_refused(&beside), !is_json, "{name} beside good values");
        if !is_json {
            return;
        }
        assert_good_ones_are_placed(&beside, name);
        // What V8 reads is what visitors see.
        if let Some(expected) = v8.get(*name) {
            let seen = shown(&beside, "u").or_else(|| shown(&beside, "i"));
            let seen = seen.unwrap_or_else(|| panic!("{name} shows nothing"));
            let expected = expected.replace('\0', "\u{FFFD}");
            assert!(
                seen == expected || is_as_near(&seen, &expected),
                "{name} shows {seen:?}, V8 reads {expected:?}"
            );
        }
    });
}

/// Whether both are the same number, or neighbours: of more than 17 digits the last bit is left to the parser.
fn is_as_near(one: &str, other: &str) -> bool {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one == other || one.next_up() == other || one.next_down() == other,
        _ => false,
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_no_answer() {
    let utf_16 = |text: &str, le: bool| -> Vec<u8> {
        let bytes = |unit: u16| {
            if le {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    };
    let object = "{\"v\":\"\u{e9}\"}";
    let mut bodies = vec![
        utf_16(object, true),
        utf_16(object, false),
        [vec![0xFF, 0xFE], utf_16(object, true)].concat(),
        [vec![0xFE, 0xFF], utf_16(object, false)].concat(),
        [&b"\xEF\xBB\xBF"[..], object.as_bytes()].concat(),
        [&b"\xEF\xBB"[..], b"{}"].concat(),
        b"\xE9".to_vec(),
        b"{\"v\":\"a\0b\"}".to_vec(),
        b"{\"v\":1}\0".to_vec(),
    ];
    // Lone, overlong, cut off, surrogates, beyond Unicode: as text, as a key, beside numbers and escapes.
    let broken: [&[u8]; 11] = [
        b"\xFF",
        b"\xE5",
        b"\x81",
        b"\xC0\xAF",
        b"\xE0\x80\x80",
        b"\xE0\xFF",
        b"\xED\xA0\x80",
        b"\xF4\xBF\xBF\xBF",
        b"\xF8\x88\x80\x80\x80",
        b"\xFC\x83\xBF\xBF\xBF\xBF",
        b"\xFC\x80\x80\x80\x80\x80",
    ];
    for bytes in broken {
        for (before, after) in [
            ("\"", "\""),
            ("\"\\u", "\""),
            ("\"\\", "\""),
            ("0", ""),
            ("1e1", ""),
            ("[", "]"),
            ("{\"", "\":1}"),
        ] {
            let value = [before.as_bytes(), bytes, after.as_bytes()].concat();
            bodies.push(beside_good_ones(&value));
        }
    }
    for body in bodies {
        assert!(
            is_refused(&answered(body.clone())),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn an_answer_of_1_kib_that_breaks_off_anywhere_leaves_the_page_as_authored() {
    let whole = json!({
        "variantId": "b", "good": "G", "v": ["\u{e9}\u{1f600}\\\"", 1.5e3, true, null, {"k": [[]]}], "also": "A",
        "filler": "x".repeat(960),
    })
    .to_string();
    assert!(whole.len() > 1000);
    let cuts: Vec<usize> = (0..whole.len()).collect();
    parallel::each(&cuts, |cut| {
        assert!(
            is_refused(&answered(whole.as_bytes()[..*cut].to_vec())),
            "cut at {cut}"
        );
    });
    assert_good_ones_are_placed(&answered(whole.into_bytes()), "whole");
}

#[test]
fn a_value_of_the_wrong_kind_spoils_none_beside_it() {
    for value in [
        "null",
        "[]",
        "{}",
        "[null]",
        "[[1]]",
        "[{}]",
        "true",
        "0",
        "-0",
        "1e308",
        "123456789012345678901234567890",
        "0.1234567890123456789",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"</i><script>\"",
        "[\"<b>\",2]",
        "{\"0\":\"key\"}",
        "{\"a\":1,\"a\":2}",
    ] {
        assert_good_ones_are_placed(&answered(beside_good_ones(value.as_bytes())), value);
    }
}

#[test]
fn of_two_values_of_one_name_the_last_counts() {
    let seen =
        answered(br#"{"good":"1","good":"G","v":"1","v":{"0":"2"},"also":[],"also":"A"}"#.to_vec());
    assert_good_ones_are_placed(&seen, "doubled");
    assert_eq!(shown(&seen, "u").as_deref(), Some("2"));
}

#[test]
fn an_answer_that_is_too_deep_too_large_or_no_number_is_refused_whole() {
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    let objects =
        |depth: usize| [b"{\"a\":".repeat(depth), b"1".to_vec(), b"}".repeat(depth)].concat();
    let text = |len: usize| [b"\"".to_vec(), b"x".repeat(len), b"\"".to_vec()].concat();
    for (value, refused) in [
        (nested(127), false),
        (nested(128), true),
        (nested(100_000), true),
        (objects(127), false),
        (objects(20_000), true),
        (b"[".repeat(100_000), true),
        (text(250_000), false),
        (text(256 * 1024), true),
        (b"1e999".to_vec(), true),
        (b"-1e999".to_vec(), true),
        (b"\"\\ud800\"".to_vec(), true),
        (b"\"\\udc00\\ud800\"".to_vec(), true),
        (b"NaN".to_vec(), true),
    ] {
        let what = value.len();
        assert_eq!(
            is_refused(&answered(beside_good_ones(&value))),
            refused,
            "{what} bytes"
        );
    }
}

#[test]
fn an_answer_about_ten_thousand_components_serves_the_one_that_is_there() {
    let mut many = serde_json::Map::new();
    for index in 0..10_000 {
        many.insert(format!("slot{index}"), json!({"v": index}));
    }
    many.insert("good".to_owned(), json!("G"));
    many.insert("v".to_owned(), json!(["V"]));
    many.insert("also".to_owned(), json!("A"));
    let body = Value::Object(many).to_string();
    assert!(body.len() < 256 * 1024);
    let seen = answered(body.into_bytes());
    assert_good_ones_are_placed(&seen, "10,000");
    assert_eq!(shown(&seen, "u").as_deref(), Some("V"));
}
