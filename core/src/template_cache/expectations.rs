//! What an isolate has learnt about a host: whether its pages can be kept at all.
//!
//! In: outcomes. Out: whether looking into the data centre's cache is worth it.

/// Of the hosts of an isolate.
#[derive(Debug, Default)]
pub struct Expectations {}

impl Expectations {
    /// Whether a page of `host` may be in the data centre's cache. `has_rule`: an operator says so.
    #[must_use]
    pub fn expects(&self, host: &str, has_rule: bool) -> bool {
        let _ = (host, has_rule);
        true
    }

    /// A page of `host` without a rule could be kept, or not.
    pub fn learn(&mut self, host: &str, kept: bool) {
        let _ = (host, kept);
    }
}
