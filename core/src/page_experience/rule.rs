//! Which rule counts for a path.
//!
//! In: the site, a path as sent. Out: one rule, or none. It never looks at the visitor.

use crate::config::{PageExperience, PathPattern, Site};

/// The most specific of the rules whose path matches: an exact path before a prefix, the longer prefix before the shorter.
/// (Two rules with the same path are a problem of the configuration.)
#[must_use]
pub fn rule_for<'s>(site: &'s Site, path: &str) -> Option<&'s PageExperience> {
    let rules = site.page_experiences.iter();
    rules
        .filter(|rule| rule.path.matches(path))
        .max_by_key(|rule| match &rule.path {
            PathPattern::Exact(_) => (true, 0),
            PathPattern::Prefix(prefix) => (false, prefix.len()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture;

    #[test]
    fn the_most_specific_rule_counts_in_any_order() {
        let rule = |path: PathPattern, id: &str| PageExperience {
            path,
            friendly_id: id.to_owned(),
            experiment: false,
        };
        let prefix = |path: &str| PathPattern::Prefix(path.to_owned());
        let mut rules = vec![
            rule(prefix("/"), "all"),
            rule(PathPattern::Exact("/".to_owned()), "home"),
            rule(prefix("/shop/"), "shop"),
            rule(prefix("/shop/shoes"), "shoes"),
            rule(PathPattern::Exact("/shop/shoes".to_owned()), "exact"),
        ];
        let cases = [
            ("/", "home"),
            ("/x", "all"),
            ("/shop", "all"),
            ("/shop/x", "shop"),
            ("/shop/shoes", "exact"),
            ("/shop/shoes/", "shoes"),
            ("/SHOP/x", "all"),
        ];
        let mut site = fixture::site();
        for _ in 0..2 {
            rules.reverse();
            site.page_experiences.clone_from(&rules);
            for (path, id) in cases {
                let found = rule_for(&site, path).map(|rule| rule.friendly_id.as_str());
                assert_eq!(found, Some(id), "{path}");
            }
        }
        site.page_experiences.truncate(1);
        site.page_experiences[0].path = prefix("/shop/");
        assert_eq!(rule_for(&site, "/shopping"), None);
    }
}
