//! The panel: one form, in which every button is a choice.
//!
//! In: a page and its preview. Out: HTML, ASCII. A button's name and value are what the endpoint takes: `show` with
//! `ID=VARIANT`, where an empty variant leaves the decision to the CDP again.

use std::fmt::Write as _;

use super::{
    Settings, Visitor,
    extra::{absent, ignored},
    html::Text,
    item::item,
    listing::{self, Listed},
    words,
};
use crate::render::Page;

const EYE: &str = "<svg class=\"eye\" width=\"20\" height=\"20\" viewBox=\"0 0 20 20\" fill=\"none\" stroke=\"currentColor\" \
    stroke-width=\"1.7\" aria-hidden=\"true\"><path d=\"M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.5 10 1.5 10Z\"/>\
    <circle cx=\"10\" cy=\"10\" r=\"2.6\"/></svg>";
const CHEVRON: &str = "<svg class=\"chevron\" width=\"16\" height=\"16\" viewBox=\"0 0 16 16\" fill=\"none\" \
    stroke=\"currentColor\" stroke-width=\"1.8\" aria-hidden=\"true\"><path d=\"m3.5 6 4.5 4.5L12.5 6\"/></svg>";

/// The panel.
pub(super) fn html(settings: &Settings, page: &Page) -> String {
    let notes = page.notes();
    let show = &settings.preview.link.show;
    let listed = listing::list(page.outcomes(), &notes, show);
    let mut out = String::new();
    let _ = head(&mut out, settings, &listed);
    let _ = about(&mut out, settings, &listed);
    if !listed.is_empty() {
        out.push_str("<ul>");
        for one in &listed {
            let _ = item(&mut out, one);
        }
        out.push_str("</ul>");
    }
    let _ = absent(&mut out, settings, &listed);
    let _ = ignored(&mut out, page);
    foot(&mut out, settings);
    out
}

/// Writing to a `String` never fails.
pub(super) type Written = std::fmt::Result;

fn head(out: &mut String, settings: &Settings, listed: &[Listed<'_>]) -> Written {
    let link = &settings.preview.link;
    let set = listed.iter().filter(|one| one.choice.is_some()).count();
    let pill = match (listed.len(), set) {
        (0, _) => "no components".to_owned(),
        (count, 0) => words::counted(count, "component"),
        (count, set) => format!("{set} of {count} chosen"),
    };
    let left = words::time_left(link.expires_at.saturating_sub(settings.now_s));
    write!(
        out,
        "<section aria-label=\"Preview of this page\"><div class=\"boxes\" aria-hidden=\"true\"></div>\
         <details class=\"sheet\" open><summary>{EYE}<span class=\"title\">Preview</span><span class=\"pill\">{pill}</span>\
         <time data-until=\"{}\">{left}</time>{CHEVRON}</summary>\
         <form method=\"get\" action=\"{}/preview\" target=\"_self\" accept-charset=\"utf-8\" autocomplete=\"off\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\"><input type=\"hidden\" name=\"at\" value=\"{}\"><div class=\"body\">",
        link.expires_at,
        Text(&settings.base),
        Text(&settings.preview.token),
        Text(&settings.page),
    )
}

fn about(out: &mut String, settings: &Settings, listed: &[Listed<'_>]) -> Written {
    let path = settings.page.split('?').next().unwrap_or_default();
    write!(
        out,
        "<p class=\"about\"><span class=\"path\">{}{}</span><b>Only you see this, and nobody counts it.</b> ",
        Text(&settings.preview.link.site),
        Text(path)
    )?;
    let open = listed
        .iter()
        .any(|one| one.is_choosable() && one.choice.is_none());
    let asked = listed.iter().any(Listed::is_asked);
    out.push_str(match settings.visitor {
        _ if listed.is_empty() => "XM has marked no component on this page.",
        Visitor::Known if asked => {
            "Where nothing is chosen, the CDP was asked for your own browser, and counts that as an exposure of yours."
        }
        Visitor::WithoutId if open => {
            "Where nothing is chosen, you see the default content: your browser has no visitor id, and a preview makes none."
        }
        Visitor::WithoutConsent if open => {
            "Where nothing is chosen, you see the default content: this visitor may not be personalised for."
        }
        _ => "The CDP was not asked.",
    });
    out.push_str("</p>");
    Ok(())
}

fn foot(out: &mut String, settings: &Settings) {
    out.push_str("</div><div class=\"foot\"><button type=\"button\" class=\"quiet live\" data-do=\"copy\">Copy link</button>");
    if !settings.preview.link.show.is_empty() {
        out.push_str("<button class=\"quiet\" name=\"reset\" value=\"1\">Start over</button>");
    }
    out.push_str(
        "<button type=\"button\" class=\"quiet live side\" data-do=\"side\">Move</button>\
         <button class=\"leave\" name=\"leave\" value=\"1\">Leave<span class=\"sr\"> the preview</span></button>\
         <span class=\"say\" role=\"status\"></span></div></form></details></section>",
    );
}
