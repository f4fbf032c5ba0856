//! In: the embedded flows, changed at run time, and a visitor. Out: the flow's JSON, and why. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

pub mod allocation;
pub mod condition;
pub mod decide;
pub mod definition;
pub mod template;

pub use decide::{Decision, decide};
pub use definition::Flow;

use super::tenant::visitor::Visitor;

/// All flows by friendly id.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    by_id: BTreeMap<String, Flow>,
}

/// What a flow's rules may look at.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The visitor.
    pub visitor: Visitor,
    /// `language`, upper case.
    pub language: String,
    /// `params`, nested or flattened with `_`.
    pub params: Value,
}

impl Flows {
    /// The flows of `flows.json`.
    ///
    /// # Panics
    /// When that file is no list of flows, which its test excludes.
    #[must_use]
    pub fn embedded() -> Self {
        let flows: Vec<Flow> = serde_json::from_str(include_str!("../../../flows.json"))
            .expect("flows.json is a list of flows");
        Self {
            by_id: flows
                .into_iter()
                .map(|flow| (flow.friendly_id.clone(), flow))
                .collect(),
        }
    }

    /// All flows, by friendly id.
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.by_id.values()
    }

    /// The flow with exactly this friendly id.
    #[must_use]
    pub fn get(&self, friendly_id: &str) -> Option<&Flow> {
        self.by_id.get(friendly_id)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, friendly_id: &str) -> Option<&mut Flow> {
        self.by_id.get_mut(friendly_id)
    }

    /// The live flow with this id, or, for `prefix*`, the first live one in alphabetical order.
    #[must_use]
    pub fn live(&self, friendly_id: &str) -> Option<&Flow> {
        match friendly_id.strip_suffix('*') {
            Some(prefix) => self
                .by_id
                .range(prefix.to_owned()..)
                .map(|(_, flow)| flow)
                .take_while(|flow| flow.friendly_id.starts_with(prefix))
                .find(|flow| flow.live),
            None => self.get(friendly_id).filter(|flow| flow.live),
        }
    }

    /// Adds or replaces a flow.
    pub fn put(&mut self, flow: Flow) {
        self.by_id.insert(flow.friendly_id.clone(), flow);
    }

    /// Removes a flow.
    pub fn remove(&mut self, friendly_id: &str) -> Option<Flow> {
        self.by_id.remove(friendly_id)
    }
}
