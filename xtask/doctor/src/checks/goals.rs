//! `data-cdp-goal`: would `/_cdp/event` take the event that a click sends?

use serde_json::{Map, Value, json};
use xm_edge_core::events;

use crate::{
    finding::{Code, Finding},
    page::Page,
};

pub(super) fn check(page: &Page<'_>, found: &mut Vec<Finding>) {
    for mark in &page.inventory.attributes {
        let problem = match mark.name.as_str() {
            "data-cdp-goal" => goal(page, mark.tag.start, &mark.value),
            "data-cdp-goal-ext"
                if page
                    .inventory
                    .mark(mark.tag.start, "data-cdp-goal")
                    .is_none() =>
            {
                Some(
                    "data-cdp-goal-ext without a data-cdp-goal on the same element does nothing"
                        .to_owned(),
                )
            }
            "data-cdp-goal-ext" => serde_json::from_str::<Map<String, Value>>(&mark.value)
                .err()
                .map(|_| {
                    "data-cdp-goal-ext is no JSON object, so the goal is sent without it".to_owned()
                }),
            _ => None,
        };
        if let Some(problem) = problem {
            let help = "data-cdp-goal=\"SIGNUP\" is a type in capitals; data-cdp-goal-ext='{\"plan\":\"pro\"}' adds data";
            let whole = mark.whole();
            let place = page.text.place(whole.start, whole.end);
            found.push(Finding::new(Code::GoalRefused, problem, help).at(place));
        }
    }
}

/// Why the event of a goal is refused, by the endpoint's own rules.
fn goal(page: &Page<'_>, tag: usize, kind: &str) -> Option<String> {
    let mut event = Map::new();
    event.insert("type".to_owned(), json!(kind));
    let ext = page.inventory.mark(tag, "data-cdp-goal-ext");
    if let Some(Ok(ext)) = ext.map(|mark| serde_json::from_str::<Map<String, Value>>(&mark.value)) {
        event.insert("ext".to_owned(), Value::Object(ext));
    }
    let problems = events::check(event).err()?;
    let words: Vec<_> = problems
        .iter()
        .map(|problem| format!("{} {}", problem.field, problem.problem))
        .collect();
    Some(format!("this goal would be refused: {}", words.join("; ")))
}
