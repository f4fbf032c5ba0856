//! The stand-in's own log: every VIEW event that it has kept, and what its flows say of allocation.
//!
//! In: its address. Out: records, and the shares of its live experiments.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

use crate::{
    expect::{CONTROL, Shares},
    read::Read,
};

/// Larger than any log of a test.
const MAX_BODY: u64 = 1024 * 1024 * 1024;

/// What a running stand-in knows.
#[derive(Debug, Default)]
pub struct StandIn {
    /// Its events.
    pub read: Read,
    /// Its experiments.
    pub experiments: BTreeMap<String, Shares>,
}

impl StandIn {
    /// Asks the stand-in at `url` (its CDP's address).
    ///
    /// # Errors
    /// When nobody answers there, or somebody else.
    pub fn ask(url: &str) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/');
        let mut read = Read::default();
        read.add(get(&format!("{base}/state"))?.as_slice());
        let flows: Value = serde_json::from_slice(&get(&format!("{base}/flows"))?)
            .with_context(|| format!("{base} is no stand-in's CDP"))?;
        let flows = flows["flows"].as_array().cloned().unwrap_or_default();
        Ok(Self {
            read,
            experiments: flows.iter().filter_map(shares).collect(),
        })
    }
}

fn get(url: &str) -> anyhow::Result<Vec<u8>> {
    let mut response = ureq::get(url)
        .call()
        .with_context(|| format!("asking {url}"))?;
    let body = response
        .body_mut()
        .with_config()
        .limit(MAX_BODY)
        .read_to_vec();
    body.with_context(|| format!("reading {url}"))
}

/// The shares of an experiment's variants as pages show them: who is outside of the allocation sees the control, and an arm
/// without a variant id, or with one that ends in `_default`, is the control.
fn shares(flow: &Value) -> Option<(String, Shares)> {
    if flow["type"] != "experiment" || flow["live"] == false {
        return None;
    }
    let allocation = flow["allocation"].as_f64()?;
    let arms = flow["arms"].as_array()?;
    let total: f64 = arms.iter().filter_map(|arm| arm["weight"].as_f64()).sum();
    let mut weights = BTreeMap::new();
    for arm in arms {
        let id =
            variant_id(&arm["response"]).filter(|id| !id.is_empty() && !id.ends_with("_default"));
        let share = arm["weight"].as_f64().unwrap_or_default() / total * allocation;
        *weights
            .entry(id.unwrap_or(CONTROL).to_owned())
            .or_insert(0.0) += share;
    }
    if allocation < 100.0 {
        *weights.entry(CONTROL.to_owned()).or_insert(0.0) += 100.0 - allocation;
    }
    Some((
        flow["friendlyId"].as_str()?.to_owned(),
        Shares::ByVariant(weights),
    ))
}

/// Where the stand-in's site has it: at the top, or in `test`.
fn variant_id(response: &Value) -> Option<&str> {
    let nested = response.pointer("/test/variant");
    response.get("variantId").or(nested).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn guests_outside_of_the_allocation_are_expected_in_the_control() {
        let flow = json!({"friendlyId": "t", "type": "experiment", "live": true, "allocation": 80, "arms": [
            {"name": "control", "weight": 50, "response": {"test": {"variant": "t_default"}}},
            {"name": "b", "weight": 50, "response": {"test": {"variant": "b"}}}]});
        let expected = BTreeMap::from([("control".to_owned(), 60.0), ("b".to_owned(), 40.0)]);
        assert_eq!(
            shares(&flow),
            Some(("t".to_owned(), Shares::ByVariant(expected)))
        );
        assert_eq!(
            shares(&json!({"friendlyId": "t", "type": "experience"})),
            None
        );
    }
}
