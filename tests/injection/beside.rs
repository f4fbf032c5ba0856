//! Values that reach what the Worker puts in besides: its tags and their settings, the nonce of a policy, the preview's panel;
//! and the guest's own words.

use std::{
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering},
};

use encoding_rs::UTF_8;
use serde_json::{Value, json};
use xm_edge_core::{
    config::{Config, parse},
    decision::Decision,
    preview::{Link, Overlay, Preview, overlay},
    reason::Failure,
    render::{Page, PageSettings, Wish},
    tag::{Injection, beacon, nonce_from_csp},
    template::Pointer,
};

use crate::native::{
    answers::{Answer, Answers},
    data, dom, parallel,
    run::{Timing, run},
};

fn settings(guest: bool) -> PageSettings {
    PageSettings {
        guest,
        hold_limit: 1 << 20,
        declared: Some(UTF_8),
        trusted_html: Vec::new(),
        personalise: true,
        insertion: None,
    }
}

/// The tenant's configuration with `text` wherever one may write what one likes.
fn config(text: &str, tag: &Value) -> Option<Config> {
    let vars = json!({
        "CDP_ENDPOINT": "https://cdp.example", "CDP_CLIENT_KEY": "KEY", "POINT_OF_SALE": text,
        "SITE": {"tag": tag, "page_views": "browser"},
    });
    parse(vars.as_object()?).ok()
}

/// All that is put in, as one page.
fn inserted(config: &Config, nonce: Option<&str>) -> String {
    let injection = Injection {
        cdp: &config.cdp,
        site: &config.site,
        origin: "https://www.shop.example",
        nonce,
    };
    let pieces = injection.pieces().into_iter().map(|piece| piece.html);
    let pieces: String = pieces.chain([beacon::piece(&injection).html]).collect();
    format!("<!DOCTYPE html><body><p>page</p>{pieces}<footer>rest</footer>")
}

/// What an inline script is called with.
fn script_settings(page: &str) -> Option<Value> {
    let (_, rest) = page.split_once("(window,document,")?;
    let (json, _) = rest.split_once(")</script>")?;
    serde_json::from_str(json).ok()
}

fn tags() -> [Value; 3] {
    [
        json!({"kind": "boxever", "library_url": "https://cdn.example/b.js"}),
        json!({"kind": "engage", "library_url": "https://cdn.example/e.js"}),
        json!({"kind": "gtm", "container_id": "GTM-ABC123"}),
    ]
}

#[test]
fn no_setting_changes_what_a_tag_is_made_of_and_its_script_reads_it_as_it_is() {
    let written = AtomicUsize::new(0);
    let tags = tags();
    let benign = tags.each_ref().map(|tag| {
        let config = config("benign", tag).expect("a configuration");
        dom::shape_of(&inserted(&config, Some("r4nd0m")))
    });
    parallel::each(&data::payloads(), |payload| {
        for (tag, benign) in tags.iter().zip(&benign) {
            let Some(config) = config(payload, tag) else {
                continue;
            };
            let page = inserted(&config, Some("r4nd0m"));
            assert_eq!(dom::shape_of(&page), *benign, "{payload:?}");
            let read = script_settings(&page).expect("settings are JSON");
            let read = read
                .pointer("/settings/pointOfSale")
                .or(read.pointer("/cdp/pointOfSale"));
            assert_eq!(read.and_then(Value::as_str), Some(&**payload));
            written.fetch_add(1, Ordering::Relaxed);
        }
    });
    let written = written.into_inner();
    assert!(written > 9_000, "only {written} tags");
}

#[test]
fn no_policy_changes_what_a_tag_is_made_of() {
    let config = config("shop", &tags()[1]).expect("a configuration");
    let [with, without] =
        [Some("r4nd0m"), None].map(|nonce| dom::shape_of(&inserted(&config, nonce)));
    parallel::each(&data::payloads(), |payload| {
        for csp in [
            format!("script-src 'nonce-{payload}'"),
            format!("default-src {payload}; script-src 'nonce-r4nd0m' {payload}"),
            payload.clone(),
        ] {
            let nonce = nonce_from_csp(&csp);
            let shape = dom::shape_of(&inserted(&config, nonce.as_deref()));
            assert_eq!(
                &shape,
                if nonce.is_some() { &with } else { &without },
                "{csp:?}"
            );
        }
    });
}

/// The panel of a page that shows `text` wherever the CDP, XM's authors or a link may say something.
fn panel(text: &str) -> Option<String> {
    let show = [("hero", text), ("absent", text)];
    let (link, _) = Link::new("https://shop.example/shoes", show, 2_000_000_000).ok()?;
    let html = format!(
        "<body><div data-cdp-experience=hero>x<template data-cdp-variant=\"{}\">v</template></div>\
         <div data-cdp-experience=other data-cdp-text=/v>x</div></body>",
        text.replace('&', "&amp;").replace('"', "&quot;"),
    );
    let mut page = Page::new(settings(false));
    page.keep_notes();
    let mut overlay = Overlay::new(overlay::Settings {
        preview: Rc::new(Preview {
            link,
            token: "a.b".to_owned(),
        }),
        base: "https://shop.example/_cdp".to_owned(),
        page: format!("/shoes?{text}"),
        csp: Some(format!(
            "script-src 'nonce-{text}'; style-src 'nonce-{text}'"
        )),
        visitor: overlay::Visitor::Known,
        now_s: 1,
    });
    page.push(html.as_bytes());
    page.end(true);
    while let Some(wish) = page.next_wish(0) {
        if let Wish::Flow(id) = wish {
            let answer = match id.as_str() {
                "other" => {
                    let body = json!({"variantId": text, "v": text, text: text}).to_string();
                    Decision::read(200, body.as_bytes())
                }
                _ => Err(Failure::CdpError),
            };
            page.decided(&id, answer, 1);
        }
    }
    let mut out = overlay.pass(page.take_output());
    out.extend(overlay.finish(&page));
    let out = String::from_utf8(out).ok()?;
    out.split_once("<cdp-preview>")
        .map(|(_, panel)| format!("<body><cdp-preview>{panel}"))
}

#[test]
fn no_word_of_others_changes_what_the_previews_panel_is_made_of() {
    // With and without a nonce; and an id with spaces around it, which XM cannot write, so that nothing of XM's has it.
    let benign = ["benign", "be nign", " benign "];
    let benign = benign.map(|text| dom::shape_of(&panel(text).expect("a panel")));
    assert!(benign[0] != benign[1] && benign[1] != benign[2]);
    let shown = AtomicUsize::new(0);
    parallel::each(&data::payloads(), |payload| {
        let Some(panel) = panel(payload) else {
            return;
        };
        shown.fetch_add(1, Ordering::Relaxed);
        assert!(panel.is_ascii(), "it means the same in every charset");
        let shape = dom::shape_of(&panel);
        assert!(
            benign.contains(&shape),
            "{payload:?}\n{shape}\n---\n{}",
            benign[1]
        );
    });
    let shown = shown.into_inner();
    assert!(shown > 4_000, "only {shown} panels");
}

#[test]
fn a_guests_own_words_are_text() {
    let page = "<body><div data-cdp-guest><b id=t0 data-cdp-text=/firstName title=x data-cdp-attr-title=/firstName>x</b>\
        <a id=a href=/authored data-cdp-attr-href=/firstName data-cdp-html=/firstName>y</a></div><footer>rest</footer>";
    let fields: Rc<[Pointer]> = Rc::from([Pointer::parse("/firstName").expect("a pointer")]);
    let shown = |text: &str| {
        let record = json!({"firstName": text, "email": "secret"});
        let guest = Decision::guest(record, Rc::from(&*fields));
        let answers = Answers::default().guest(Answer::Is(guest));
        let seen = run(
            &settings(true),
            page.as_bytes(),
            &[page.len()],
            true,
            &answers,
            Timing::AtOnce,
        );
        String::from_utf8(seen.output).expect("UTF-8")
    };
    let benign = dom::shape_of(&shown("benign"));
    for payload in data::payloads() {
        let output = shown(&payload);
        assert_eq!(dom::shape_of(&output), benign, "{payload:?}");
        let normal = payload.replace('\0', "\u{FFFD}");
        let values = dom::values(&output);
        for place in ["t0", "t0 title"] {
            assert_eq!(values.get(place), Some(&normal), "{payload:?} at {place}");
        }
    }
}
