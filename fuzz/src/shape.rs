//! No value of a decision is ever markup: a browser sees the same elements for a hostile value as for a harmless one.
//!
//! In: a page, a decision with `$V` where the value stands, the value; settings, cuts. Out: a panic where the value adds,
//! removes or moves an element, or adds an attribute.

use arbitrary::Unstructured;

use crate::{dom, input, page_view::View};

/// Stands for the value in the decision.
const PLACE: &str = "$V";

/// Checks one input.
pub fn check(data: &[u8]) {
    let [page, decision, value, control] = input::parts(data);
    let mut control = Unstructured::new(control);
    let Ok(mut view) = View::choose(&mut control, b"", b"<p>f</p>") else {
        return;
    };
    view.settings.insertion = None;
    // What is trusted may be markup.
    view.settings.trusted_html.clear();
    let decision = input::text(decision);
    // It is never empty, so that conditions hold for both.
    let value = format!("x{}", input::text(value));
    let filled = |value: &str| {
        let json = serde_json::Value::from(value).to_string();
        let inner = json
            .trim_start_matches('"')
            .strip_suffix('"')
            .unwrap_or_default();
        decision.replace(PLACE, inner).into_bytes()
    };
    let (hostile, benign) = (filled(&value), filled("benign"));
    let hostile = view.deciding(&hostile).at_once(page);
    let benign = view.deciding(&benign).at_once(page);
    // Where the value itself chose a variant, the pages are of different variants.
    if hostile.shown != benign.shown || hostile.output == benign.output {
        return;
    }
    let shapes = [&hostile, &benign].map(|seen| dom::shape(&seen.output));
    if let Err(what) = compare(&shapes[0], &shapes[1]) {
        panic!(
            "the value is markup: {what}\nhostile: {}\nbenign:  {}",
            hostile.output.escape_ascii(),
            benign.output.escape_ascii()
        );
    }
}

/// The same elements, and on none of them more attributes than `benign` has. (A URL may be refused, so there may be fewer.)
fn compare(hostile: &str, benign: &str) -> Result<(), String> {
    let (mut found, mut expected) = (hostile.lines(), benign.lines());
    loop {
        match (found.next(), expected.next()) {
            (None, None) => return Ok(()),
            (found, expected) => {
                let found = element(found.unwrap_or_default());
                let expected = element(expected.unwrap_or_default());
                let more = found.1.iter().find(|name| !expected.1.contains(name));
                if found.0 != expected.0 || more.is_some() {
                    return Err(format!("{found:?} in place of {expected:?}"));
                }
            }
        }
    }
}

/// Depth and name, and the names of attributes.
fn element(line: &str) -> (&str, Vec<&str>) {
    let (name, attributes) = line
        .rsplit_once(|c: char| c.is_whitespace() && c != ' ')
        .map_or_else(
            || {
                let depth = line.len() - line.trim_start().len();
                let end = line[depth..].find(' ').map_or(line.len(), |at| depth + at);
                line.split_at(end)
            },
            |_| (line, ""),
        );
    (
        name,
        attributes.trim_matches([' ', '>']).split(' ').collect(),
    )
}
