//! In: a flow as `flows.json` and the editor write it. Out: [`Flow`]. Never runs one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::When;

/// A Full Stack experience or experiment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// The id that marks name; lower case letters, digits, `_`.
    pub friendly_id: String,
    /// What the marketer calls it.
    pub name: String,
    /// Whether it runs; paused flows answer `No flow executed`.
    #[serde(default = "yes")]
    pub live: bool,
    /// Experience or experiment, with what belongs to each.
    #[serde(flatten)]
    pub kind: Kind,
    /// Everybody gets the response of this name: a rule's or an arm's, `default`, or `none` (no flow executed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<String>,
}

/// What a flow does.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase", tag = "type")]
pub enum Kind {
    /// The first rule that holds answers; none: `default`; that absent: no flow executed.
    Experience {
        /// In order.
        #[serde(default)]
        rules: Vec<Rule>,
        /// For everybody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<Value>,
    },
    /// Guests inside the allocation are split among the arms; guests outside: no flow executed.
    Experiment {
        /// Percent of guests that take part.
        allocation: u8,
        /// Control first.
        arms: Vec<Arm>,
    },
}

/// A rule of an experience.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, also for `force`.
    pub name: String,
    /// When it holds.
    #[serde(default)]
    pub when: When,
    /// What it answers; strings are templates over `guest`, `params`, `visits`, `page_views`.
    pub response: Value,
}

/// Control or variant of an experiment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its name, also for `force`.
    pub name: String,
    /// Its share among all arms' weights.
    pub weight: u32,
    /// What it answers.
    pub response: Value,
}

impl Flow {
    /// The names that `force` takes, besides `default` and `none`.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Experience { rules, .. } => rules.iter().map(|rule| rule.name.as_str()).collect(),
            Kind::Experiment { arms, .. } => arms.iter().map(|arm| arm.name.as_str()).collect(),
        }
    }

    /// The response of that name.
    #[must_use]
    pub fn response(&self, name: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Experience { default, .. } if name == "default" => default.as_ref(),
            Kind::Experience { rules, .. } => rules
                .iter()
                .find(|rule| rule.name == name)
                .map(|rule| &rule.response),
            Kind::Experiment { arms, .. } => arms
                .iter()
                .find(|arm| arm.name == name)
                .map(|arm| &arm.response),
        }
    }

    /// What is wrong with it, in words for the editor.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.friendly_id.is_empty() || !is_friendly_id(&self.friendly_id) {
            return Some("friendlyId: lower case letters, digits and _ only".to_owned());
        }
        if let Kind::Experiment { allocation, arms } = &self.kind {
            if *allocation > 100 {
                return Some("allocation: 0 to 100 percent".to_owned());
            }
            if arms.iter().map(|arm| u64::from(arm.weight)).sum::<u64>() == 0 {
                return Some("arms: at least one with a weight above 0".to_owned());
            }
        }
        match self.force.as_deref() {
            None | Some("none") => None,
            Some(name) if self.response(name).is_some() => None,
            Some(name) => Some(format!("force: there is no response named `{name}`")),
        }
    }
}

/// `^[a-z0-9_]*$`, which the direct API enforces.
#[must_use]
pub fn is_friendly_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn yes() -> bool {
    true
}
