//! Which rule of `[[vars.SITE.cache]]` is a page's.
//!
//! In: the rules in the operator's order, a path as sent. Out: the first that matches, compared as all configured paths are:
//! as sent, and decoded.

use percent_encoding::percent_decode_str;

use crate::config::CacheRule;

/// The rule of `path`.
#[must_use]
pub fn rule_for<'r>(rules: &'r [CacheRule], path: &str) -> Option<&'r CacheRule> {
    if rules.is_empty() {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    rules
        .iter()
        .find(|rule| rule.path.matches(path) || rule.path.matches(&decoded))
}
