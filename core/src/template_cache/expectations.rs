//! What an isolate has learnt about a host: whether its pages can be kept at all.
//!
//! In: outcomes of pages without a rule. Out: whether looking into the data centre's cache, or waiting for another's fill, is
//! worth it. A site whose XM lets no page be shared pays no look for each page view.

use std::collections::BTreeMap;

/// After so many pages in a row that could not be kept, nothing is expected of a host. One that could changes that.
const ENOUGH: u8 = 5;
/// Most hosts that are remembered; what is forgotten is expected again.
const MOST: usize = 256;

/// Of the hosts of an isolate.
#[derive(Debug, Default)]
pub struct Expectations(BTreeMap<String, u8>);

impl Expectations {
    /// Whether a page of `host` may be in the data centre's cache. `has_rule`: an operator says so.
    #[must_use]
    pub fn expects(&self, host: &str, has_rule: bool) -> bool {
        has_rule || self.0.get(host).is_none_or(|refused| *refused < ENOUGH)
    }

    /// A page of `host` without a rule could be kept, or not.
    pub fn learn(&mut self, host: &str, kept: bool) {
        if kept {
            self.0.remove(host);
            return;
        }
        if let Some(refused) = self.0.get_mut(host) {
            *refused = refused.saturating_add(1);
            return;
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(host.to_owned(), 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_shares_nothing_is_not_looked_up_any_more() {
        let mut known = Expectations::default();
        assert!(known.expects("a", false), "an isolate that has just begun");
        for _ in 0..ENOUGH {
            assert!(known.expects("a", false));
            known.learn("a", false);
        }
        assert!(!known.expects("a", false));
        assert!(known.expects("a", true), "an operator says so");
        assert!(known.expects("b", false), "another host");
        for _ in 0..1_000 {
            known.learn("a", false);
        }
        assert!(!known.expects("a", false));
        known.learn("a", true);
        assert!(known.expects("a", false));
    }

    #[test]
    fn a_flood_of_hosts_takes_no_memory() {
        let mut known = Expectations::default();
        for number in 0..10_000 {
            known.learn(&number.to_string(), false);
            assert!(known.0.len() <= MOST);
        }
    }
}
