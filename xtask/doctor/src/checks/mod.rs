//! Everything that is looked for in a page.
//!
//! In: a page that is read, and the rules. Out: findings, the first of the page first.

mod cache;
mod components;
mod csp;
mod decisions;
mod goals;
mod marks;
mod response;
mod strays;

use std::collections::BTreeMap;

use xm_edge_core::template::ComponentId;

pub use self::decisions::{Fetched, Fragments, Shown};
use crate::{finding::Finding, page::Page, rules::Rules};

/// What came of the checks.
#[derive(Debug, Default)]
pub struct Checked {
    /// In document order; those about the page as a whole first.
    pub findings: Vec<Finding>,
    /// What each component shows, by sample decision.
    pub shown: BTreeMap<ComponentId, Vec<Shown>>,
}

/// Looks for everything.
pub fn check(page: &Page<'_>, rules: &Rules, fragments: &mut dyn Fragments) -> Checked {
    let mut checked = Checked::default();
    let found = &mut checked.findings;
    response::check(page, rules, found);
    cache::check(page, rules, found);
    csp::check(page, rules, found);
    components::check(page, rules, found);
    marks::check(page, rules, found);
    strays::check(page, found);
    goals::check(page, found);
    checked.shown = decisions::check(page, rules, fragments, found);
    let position = |finding: &Finding| {
        let place = finding.place.as_ref()?;
        Some((place.fragment.clone(), place.line, place.column))
    };
    checked
        .findings
        .sort_by_key(|finding| (position(finding), finding.code));
    checked.findings.dedup();
    checked
}
