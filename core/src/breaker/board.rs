//! All breakers of an isolate: one for the CDP's host, one for each friendly id that failed lately.
//!
//! In: calls to be made and their outcomes, by the wall clock. Out: a [`Pass`] where both breakers agree, and what health says. A
//! friendly id that never fails costs nothing.

use std::collections::BTreeMap;

use super::{
    circuit::{Circuit, Ticket},
    effect::{Effect, Says},
    report::{Counters, Report},
};
use crate::{steady::Steady, template::FriendlyId};

/// Most friendly ids that have a breaker; the one that would be missed least goes first.
pub const MAX_FLOWS: usize = 256;

/// The breakers of an isolate.
#[derive(Clone, Debug, Default)]
pub struct Breakers {
    steady: Steady,
    states: u64,
    host: Circuit,
    flows: BTreeMap<FriendlyId, Circuit>,
    counters: Counters,
}

/// A call that was let through. What came of it is told with [`Breakers::settle`].
#[derive(Clone, Debug)]
pub struct Pass {
    host: Ticket,
    flow: Option<(FriendlyId, Ticket)>,
}

impl Breakers {
    /// Lets a call of the flow `friendly_id` through, or not (`None`). Neither breaker gives up its probe when the other
    /// refuses.
    pub fn ask_flow(&mut self, friendly_id: &FriendlyId, wall_ms: u64) -> Option<Pass> {
        let now = self.steady.at(wall_ms);
        let flow = self.flows.get_mut(friendly_id);
        let allowed = self.host.allows(now) && flow.as_ref().is_none_or(|flow| flow.allows(now));
        if !allowed {
            self.counters.refused += 1;
            return None;
        }
        self.counters.calls += 1;
        let ticket = flow.map_or_else(Ticket::default, |flow| flow.take(now));
        Some(Pass {
            host: self.host.take(now),
            flow: Some((friendly_id.clone(), ticket)),
        })
    }

    /// Lets a call through that is no flow's, or not.
    pub fn ask_host(&mut self, wall_ms: u64) -> Option<Pass> {
        let now = self.steady.at(wall_ms);
        if !self.host.allows(now) {
            self.counters.refused += 1;
            return None;
        }
        self.counters.calls += 1;
        Some(Pass {
            host: self.host.take(now),
            flow: None,
        })
    }

    /// Whether the host's breaker is open: a call whose outcome would say nothing must not be made.
    #[must_use]
    pub fn is_host_open(&self) -> bool {
        self.host.open_since_ms().is_some()
    }

    /// Whether every call of a page would be refused, so that its components need not even be found.
    pub fn refuses_pages(&mut self, wall_ms: u64) -> bool {
        let now = self.steady.at(wall_ms);
        !self.host.allows(now)
    }

    /// What came of a call.
    pub fn settle(&mut self, pass: Pass, effect: Effect, wall_ms: u64) {
        let now = self.steady.at(wall_ms);
        self.counters.failures += u64::from(effect.is_failure());
        self.counters.timeouts += u64::from(effect.timed_out);
        let mut opened = false;
        if effect.host != Says::Nothing {
            let failed = effect.host == Says::Bad;
            opened |= self.host.settle(pass.host, failed, now, &mut self.states);
        }
        if let (Some((id, ticket)), true) = (pass.flow, effect.flow != Says::Nothing) {
            let failed = effect.flow == Says::Bad;
            // Successes before the first failure could never push it out.
            if failed && !self.flows.contains_key(&id) {
                self.make_room();
                self.flows.insert(id.clone(), Circuit::default());
            }
            if let Some(flow) = self.flows.get_mut(&id) {
                opened |= flow.settle(ticket, failed, now, &mut self.states);
            }
        }
        self.counters.opened += u64::from(opened);
    }

    fn make_room(&mut self) {
        if self.flows.len() < MAX_FLOWS {
            return;
        }
        let least = self.flows.iter().min_by_key(|(_, flow)| flow.worth());
        if let Some(id) = least.map(|(id, _)| id.clone()) {
            self.flows.remove(&id);
        }
    }

    /// What health says of them.
    pub fn report(&mut self, wall_ms: u64) -> Report {
        let now = self.steady.at(wall_ms);
        let flows = self
            .flows
            .iter()
            .filter(|(_, flow)| flow.open_since_ms().is_some());
        Report::new(
            &self.host,
            flows.map(|(id, flow)| (id.as_str(), flow)),
            self.counters,
            now,
        )
    }
}
