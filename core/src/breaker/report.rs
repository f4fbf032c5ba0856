//! What `GET …/health` says of the breakers: those that are not closed, and counts.
//!
//! In: breakers, the time. Out: a value that serialises. One isolate's view: others may see another.

use std::collections::BTreeMap;

use serde::Serialize;

use super::circuit::Circuit;

/// Counts since the isolate began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counters {
    /// Calls that were let through.
    pub(super) calls: u64,
    /// Those of them that failed, as far as that says something about the CDP.
    pub(super) failures: u64,
    /// Those that were not answered in time, hurried ones included.
    pub(super) timeouts: u64,
    /// Calls by which a breaker opened.
    pub(super) opened: u64,
    /// Calls that were not let through.
    pub(super) refused: u64,
}

/// The state of the breakers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whose view this is.
    of: &'static str,
    host: State,
    /// By friendly id, those that are not closed.
    flows: BTreeMap<String, State>,
    #[serde(flatten)]
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct State {
    /// `closed`, `open`, or `half_open`: the next call is a probe.
    state: &'static str,
    /// Milliseconds since it opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<u64>,
}

impl State {
    fn of(circuit: &Circuit, now_ms: u64) -> Self {
        let since_ms = circuit.open_since_ms();
        let state = match since_ms {
            None => "closed",
            Some(_) if circuit.allows(now_ms) => "half_open",
            Some(_) => "open",
        };
        Self {
            state,
            age_ms: since_ms.map(|since| now_ms.saturating_sub(since)),
        }
    }
}

impl Report {
    pub(super) fn new<'c>(
        host: &Circuit,
        flows: impl Iterator<Item = (&'c str, &'c Circuit)>,
        counters: Counters,
        now_ms: u64,
    ) -> Self {
        let mut states = BTreeMap::new();
        states.extend(flows.map(|(id, flow)| (id.to_owned(), State::of(flow, now_ms))));
        Self {
            of: "this isolate",
            host: State::of(host, now_ms),
            flows: states,
            counters,
        }
    }
}
