//! One friendly id in the panel: what its components show and why, and what else they could show.
//!
//! In: what is listed of it. Out: HTML, ASCII.

use std::fmt::Write as _;

use super::{
    html::Text,
    listing::{Listed, Place},
    panel::Written,
    words,
};
use crate::{
    preview::link::{CONTROL, Choice},
    reason::Failure,
    render::ComponentResult,
    template::ComponentKind,
};

/// Deepest indentation.
const MAX_DEPTH: u32 = 3;
/// Most places of one friendly id that are told one by one.
const MAX_PLACES: usize = 10;

/// The item.
pub(super) fn item(out: &mut String, one: &Listed<'_>) -> Written {
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
