//! The panel: one form, in which every button is a choice.
//!
//! In: a page and its preview. Out: HTML, ASCII. A button's name and value are what the endpoint takes: `show` with
//! `ID=VARIANT`, where an empty variant leaves the decision to the CDP again.

use std::fmt::Write as _;

use super::{
    Settings, Visitor,
    html::Text,
    listing::{self, Listed, Place},
    words,
};
use crate::{
    preview::link::{CONTROL, Choice},
    reason::Failure,
    render::{ComponentResult, Page},
    template::ComponentKind,
};

/// Deepest indentation.
const MAX_DEPTH: u32 = 3;
/// Most places of one friendly id that are told one by one.
const MAX_PLACES: usize = 10;

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
    // Writing to a String never fails.
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

type Written = std::fmt::Result;

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

fn item(out: &mut String, one: &Listed<'_>) -> Written {
    let depth = one.depth.min(MAX_DEPTH);
    let name = one.id.unwrap_or(match one.kind {
        ComponentKind::Guest => "The visitor's guest record",
        _ => "A component without a friendly id",
    });
    let name = Text(name);
    out.push_str("<li class=\"item");
    if depth > 0 {
        write!(out, " d{depth}")?;
    }
    out.push('"');
    if let Some(id) = one.id {
        write!(out, " data-id=\"{}\"", Text(id))?;
    } else if one.kind == ComponentKind::Guest {
        out.push_str(" data-id=\"\"");
    }
    write!(out, "><div class=\"head\"><h2>{name}</h2>")?;
    if one.id.is_some() {
        write!(out, "<span class=\"kind\">{}</span>", one.kind.label())?;
    }
    if one.id.is_some() || one.kind == ComponentKind::Guest {
        write!(
            out,
            "<button type=\"button\" class=\"quiet find live\" data-do=\"find\">Find<span class=\"sr\"> {name} on the page</span></button>"
        )?;
    }
    out.push_str("</div>");
    let many = one.places.len();
    for (index, one_place) in one.places.iter().take(MAX_PLACES).enumerate() {
        let number = (many > 1).then_some(index + 1);
        place(out, one, one_place, number)?;
    }
    if many > MAX_PLACES {
        write!(
            out,
            "<p class=\"note\">And {} more.</p>",
            words::counted(many - MAX_PLACES, "place")
        )?;
    }
    if one.is_choosable() {
        options(out, one)?;
    }
    let decision = one
        .places
        .iter()
        .find_map(|place| place.note.decision.as_deref());
    if let Some(decision) = decision {
        write!(
            out,
            "<details class=\"more\"><summary>What the CDP answered</summary><pre>{}</pre></details>",
            Text(decision)
        )?;
    }
    out.push_str("</li>");
    Ok(())
}

/// What one component shows, why, and how long it took.
fn place(out: &mut String, one: &Listed<'_>, place: &Place<'_>, number: Option<usize>) -> Written {
    let outcome = place.outcome;
    let class = match outcome.result {
        // Nobody has done anything wrong.
        ComponentResult::Failed(Failure::NoBrowserId) => "",
        ComponentResult::Failed(_) => " warn",
        ComponentResult::Variant | ComponentResult::Bound => " good",
        ComponentResult::Control => "",
    };
    write!(out, "<div class=\"row\"><p class=\"state{class}\">")?;
    if let Some(number) = number {
        write!(out, "{number}. ")?;
    }
    let shown = match (outcome.result, outcome.shown.as_deref()) {
        (ComponentResult::Variant, Some(shown)) => shown,
        (ComponentResult::Bound, _) => "default content, with values",
        _ => "default content",
    };
    write!(out, "<span class=\"shown\">{}</span> ", Text(shown))?;
    why(out, one, place)?;
    write!(
        out,
        "</p><p class=\"facts\">Result: {}",
        outcome.result.label()
    )?;
    if one.is_asked() || one.kind == ComponentKind::Guest {
        write!(out, " &middot; decided in {} ms", outcome.flow_ms)?;
    }
    write!(
        out,
        " &middot; held the page for {} ms</p></div>",
        place.note.hold_ms
    )
}

fn why(out: &mut String, one: &Listed<'_>, place: &Place<'_>) -> Written {
    let chosen = place.note.chosen.as_deref();
    let is_known = chosen.is_some_and(|id| one.variants.contains(&id));
    match (place.outcome.result, one.choice, chosen) {
        (ComponentResult::Failed(failure), ..) => out.push_str(words::failure(failure)),
        _ if one.kind == ComponentKind::Guest => {
            out.push_str("From the CDP's record of this visitor.")
        }
        (ComponentResult::Variant, Some(_), _) | (_, Some(Choice::Control), _) => {
            out.push_str("Chosen in this preview.");
        }
        (_, Some(Choice::Variant(id)), _) => {
            write!(
                out,
                "This preview chooses {}, and this page has no such variant.",
                Text(id)
            )?;
        }
        (ComponentResult::Variant, None, _) => out.push_str("The CDP chose it for you."),
        (_, None, Some(id)) if !is_known && !one.variants.is_empty() => {
            write!(
                out,
                "The CDP chose {}, and XM has written no such variant.",
                Text(id)
            )?;
        }
        (ComponentResult::Bound, None, _) => out.push_str("The CDP's decision fills them in."),
        _ => out.push_str("The CDP chose it for you."),
    }
    Ok(())
}

/// The buttons.
fn options(out: &mut String, one: &Listed<'_>) -> Written {
    let Some(id) = one.id else { return Ok(()) };
    let id = Text(id);
    let shown = |name: &str| {
        let shows = |place: &Place<'_>| place.outcome.shown.as_deref() == Some(name);
        one.places.iter().any(shows)
    };
    write!(
        out,
        "<div class=\"options\" role=\"group\" aria-label=\"What {id} shows\">"
    )?;
    let mut option = |value: &str, text: &str, pressed: bool, shown: bool| {
        // What is chosen says by itself what is shown.
        let now = if shown && !pressed {
            " class=\"now\""
        } else {
            ""
        };
        let told = if shown && !pressed {
            "<span class=\"sr\"> (shown now)</span>"
        } else {
            ""
        };
        write!(
            out,
            "<button name=\"show\" value=\"{id}={}\" aria-pressed=\"{pressed}\"{now}>{}{told}</button>",
            Text(value),
            Text(text)
        )
    };
    option("", "As the CDP decides", one.choice.is_none(), false)?;
    let control = one.choice == Some(&Choice::Control);
    option(CONTROL, "Default content", control, shown(CONTROL))?;
    let mut is_written = false;
    for variant in &one.variants {
        let pressed = matches!(one.choice, Some(Choice::Variant(id)) if id == variant);
        is_written |= pressed;
        option(variant, variant, pressed, shown(variant))?;
    }
    if let Some(Choice::Variant(id)) = one.choice
        && !is_written
    {
        option(id, id, true, false)?;
    }
    out.push_str("</div>");
    let is_whole = one
        .places
        .iter()
        .any(|place| !matches!(place.outcome.result, ComponentResult::Failed(_)));
    if one.has_fragment {
        out.push_str("<p class=\"note\">A decision can also bring a fragment of XM, whose address only the CDP knows.</p>");
    } else if one.variants.is_empty() && is_whole {
        out.push_str(
            "<p class=\"note\">XM has written no variant here: a decision fills values in.</p>",
        );
    }
    Ok(())
}

/// What the link sets and the page does not have.
fn absent(out: &mut String, settings: &Settings, listed: &[Listed<'_>]) -> Written {
    let absent = listing::absent(listed, &settings.preview.link.show);
    if absent.is_empty() {
        return Ok(());
    }
    out.push_str("<div class=\"item\"><h2>Chosen, and not on this page</h2><ul class=\"group\">");
    for (id, choice) in absent {
        let (id, choice) = (Text(id), Text(choice.as_str()));
        write!(
            out,
            "<li><span class=\"count\">{id}</span>: {choice} <button class=\"quiet\" name=\"show\" value=\"{id}=\">Remove\
             <span class=\"sr\"> {id}</span></button></li>"
        )?;
    }
    out.push_str("</ul></div>");
    Ok(())
}

/// Marks that were left alone.
fn ignored(out: &mut String, page: &Page) -> Written {
    let marks = page.ignored_marks();
    if marks.is_empty() {
        return Ok(());
    }
    out.push_str("<div class=\"item\"><h2>Marks that were left alone</h2><ul class=\"group\">");
    for (mark, count) in marks {
        write!(
            out,
            "<li class=\"warn\"><span class=\"shown\">{} &times; {}</span> {}</li>",
            count,
            mark.label(),
            words::bad_mark(*mark)
        )?;
    }
    out.push_str("</ul></div>");
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
