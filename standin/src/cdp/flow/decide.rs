//! In: a flow and what was asked. Out: its answer, under the name of the rule or arm it came from. Pure.

use serde_json::Value;

use super::allocation::{arm, bucket};
use super::definition::{Flow, Kind};
use super::{Asked, template};

/// What a flow decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The rule, the arm, or `default`.
    pub name: String,
    /// The answer.
    pub response: Value,
}

/// Runs the flow; `None`: nothing applies, so nothing was executed.
///
/// # Errors
/// A response that cannot be rendered.
pub fn decide(flow: &Flow, asked: &Asked) -> Result<Option<Decision>, String> {
    let Some(name) = choose(flow, asked) else {
        return Ok(None);
    };
    let Some(response) = flow.response(&name) else {
        return Ok(None);
    };
    Ok(Some(Decision {
        response: template::fill(response, asked)?,
        name,
    }))
}

fn choose(flow: &Flow, asked: &Asked) -> Option<String> {
    if let Some(forced) = &flow.force {
        return (forced != "none").then(|| forced.clone());
    }
    match &flow.kind {
        Kind::Experience { rules, .. } => {
            let rule = rules.iter().find(|rule| rule.when.holds(asked));
            Some(rule.map_or_else(|| "default".to_owned(), |rule| rule.name.clone()))
        }
        Kind::Experiment { allocation, arms } => {
            let weights: Vec<u32> = arms.iter().map(|arm| arm.weight).collect();
            let index = arm(bucket(&asked.visitor.guest_ref), *allocation, &weights)?;
            arms.get(index).map(|arm| arm.name.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cdp::flow::Flows;
    use crate::cdp::tenant::visitor::Visitor;

    fn flow(value: Value) -> Flow {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_first_rule_that_holds_answers() {
        let flow = flow(json!({
            "friendlyId": "f", "name": "F", "type": "experience",
            "rules": [
                {"name": "a", "when": {"identified": true}, "response": {"t": "Hello {{ guest.firstName }}"}},
                {"name": "b", "when": {"language": ["DE"]}, "response": {"t": "b"}}
            ],
            "default": {"t": "d"}
        }));
        let run = |identified, language: &str| {
            let visitor = Visitor {
                identified,
                guest: json!({"firstName": "Jane"}),
                ..Visitor::default()
            };
            let asked = Asked {
                visitor,
                language: language.into(),
                params: json!({}),
            };
            decide(&flow, &asked).unwrap().unwrap()
        };
        assert_eq!(run(true, "DE").response, json!({"t": "Hello Jane"}));
        assert_eq!(run(false, "DE").name, "b");
        assert_eq!(run(false, "EN").response, json!({"t": "d"}));
    }

    #[test]
    fn force_beats_rules_and_allocation() {
        let mut flow = flow(json!({
            "friendlyId": "t", "name": "T", "type": "experiment", "allocation": 0,
            "arms": [{"name": "control", "weight": 1, "response": {"variantId": "c"}}]
        }));
        assert_eq!(
            decide(&flow, &Asked::default()).unwrap(),
            None,
            "outside of the allocation"
        );
        flow.force = Some("control".into());
        assert_eq!(
            decide(&flow, &Asked::default()).unwrap().unwrap().name,
            "control"
        );
        flow.force = Some("none".into());
        assert_eq!(decide(&flow, &Asked::default()).unwrap(), None);
    }

    #[test]
    fn every_embedded_flow_is_sound_and_every_response_renders() {
        for flow in Flows::embedded().iter() {
            assert_eq!(flow.problem(), None, "{}", flow.friendly_id);
            for name in flow.names().into_iter().chain(["default"]) {
                if let Some(response) = flow.response(name) {
                    template::fill(response, &Asked::default())
                        .unwrap_or_else(|error| panic!("{} {name}: {error}", flow.friendly_id));
                }
            }
        }
    }
}
