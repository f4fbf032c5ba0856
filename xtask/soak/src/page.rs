//! The pages, and every form in which a visitor may get one.
//!
//! In: a plan, the visitor's browser id. Out: XM's bytes; what may leave of them. It is written from the marks' documentation, and
//! shares nothing with the code that renders.

use crate::plan::{Kind, Plan};

const BEFORE: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Soak</title></head><body><main>";
const HERO: &str =
    "<section data-cdp-experience=\"hero\"><h1 data-cdp-text=\"/headline\">Authored</h1></section>";
const PROMO: &str = "<p data-cdp-experiment=\"promo\">As authored<template data-cdp-variant=\"b\"><b>The other one</b></template></p>";
const BEHIND: &str = "</main><footer>The end</footer></body></html>\n";

/// XM's page.
#[must_use]
pub fn of_xm(plan: &Plan) -> String {
    let token = match plan.kind {
        Kind::Kept(page) => format!("<i>page {page}</i>"),
        Kind::Own => format!("<i>token {}</i>", plan.number),
    };
    let half = filler(plan.filler / 2);
    format!("{BEFORE}{token}{half}{HERO}{half}{PROMO}{half}{BEHIND}")
}

fn filler(bytes: usize) -> String {
    const BLOCK: &str = "<div class=\"component row\"><p>Mended, not replaced &amp; lent for a week.</p><img src=\"/-/a.jpg\" alt=\"b\"></div>\r\n";
    BLOCK.repeat(bytes / BLOCK.len() + 1)
}

/// What the CDP decides for the visitor of `browser_id`.
#[must_use]
pub fn decision(friendly_id: &str, browser_id: &str) -> serde_json::Value {
    match friendly_id {
        "hero" => serde_json::json!({ "headline": format!("For {browser_id}") }),
        _ => serde_json::json!({ "variantId": "b" }),
    }
}

/// Every form that `xm`, whole or cut, may leave in: each component as decided for `browser_id`, or as authored. Without an id all
/// are as authored.
#[must_use]
pub fn forms(xm: &str, browser_id: Option<&str>) -> Vec<String> {
    let Some(id) = browser_id else {
        return vec![xm.to_owned()];
    };
    let hero = format!(
        "<section data-cdp-shown=\"control\" data-cdp-experience=\"hero\"><h1 data-cdp-text=\"/headline\">For {id}</h1></section>"
    );
    let promo = "<p data-cdp-shown=\"b\" data-cdp-experiment=\"promo\"><b>The other one</b></p>";
    let mut forms = Vec::new();
    for decided in [(true, true), (true, false), (false, true), (false, false)] {
        let mut form = xm.to_owned();
        if decided.0 {
            form = form.replace(HERO, &hero);
        }
        if decided.1 {
            form = form.replace(PROMO, promo);
        }
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// How many of the two components of `body` are as decided.
#[must_use]
pub fn decided(body: &str) -> usize {
    body.matches("data-cdp-shown=").count()
}
