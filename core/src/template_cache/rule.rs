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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PathPattern;

    fn rule(path: PathPattern, ttl_s: u32) -> CacheRule {
        CacheRule {
            path,
            ttl_s,
            stale_s: 0,
            strip_cookies: Vec::new(),
            bypass_cookies: Vec::new(),
        }
    }

    #[test]
    fn the_first_rule_that_matches_is_the_paths() {
        let rules = [
            rule(PathPattern::Exact("/products/new".to_owned()), 1),
            rule(PathPattern::Prefix("/products/".to_owned()), 2),
            rule(PathPattern::Prefix("/".to_owned()), 3),
        ];
        let found = |path| rule_for(&rules, path).map(|rule| rule.ttl_s);
        for (path, expected) in [
            ("/products/new", 1),
            ("/products/%6Eew", 1),
            ("/products/old", 2),
            ("/Products/old", 3),
            ("/%ff", 3),
        ] {
            assert_eq!(found(path), Some(expected), "{path}");
        }
        assert_eq!(found(""), None);
        assert_eq!(rule_for(&[], "/"), None);
    }
}
