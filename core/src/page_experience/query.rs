//! The query string of the page that is shown instead: the target's own parameters, then the visitor's others.
//!
//! In: two query strings. Out: one. No parameter is decoded and written anew: what stays, stays byte for byte.

use std::collections::HashSet;

use url::form_urlencoded;

/// `own`, then what of `visitors` it does not name; `None` when neither is there. Names are compared decoded and without
/// regard to case, as XM reads them (ASP.NET): it would join the values of both.
pub(super) fn merged(own: Option<&str>, visitors: Option<&str>) -> Option<String> {
    let (own, visitors) = match (own, visitors) {
        (Some(own), Some(visitors)) => (own, visitors),
        (one, other) => return one.or(other).map(str::to_owned),
    };
    let named: HashSet<String> = parameters(own).map(name).collect();
    let mut query = own.to_owned();
    for parameter in parameters(visitors) {
        if !named.contains(&name(parameter)) {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(parameter);
        }
    }
    Some(query)
}

fn parameters(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|parameter| !parameter.is_empty())
}

fn name(parameter: &str) -> String {
    let mut pairs = form_urlencoded::parse(parameter.as_bytes());
    let name = pairs.next().map(|(name, _)| name.to_lowercase());
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_targets_parameters_win_and_the_others_come_along() {
        #[rustfmt::skip]
        let cases = [
            (None, None, None),
            (None, Some(""), Some("")),
            (None, Some("a=1&&b=%zz"), Some("a=1&&b=%zz")),
            (Some("v=b"), None, Some("v=b")),
            (Some("v=b"), Some(""), Some("v=b")),
            (Some(""), Some("a=1"), Some("a=1")),
            (Some("v=b"), Some("a=1&v=x&utm_source=%20+x"), Some("v=b&a=1&utm_source=%20+x")),
            (Some("v=b"), Some("V=x&%76=y&v&v=&vv=1"), Some("v=b&vv=1")),
            (Some("%76=b&v=c"), Some("v=x&a"), Some("%76=b&v=c&a")),
            (Some("v=b"), Some("a=1&a=2&&=3"), Some("v=b&a=1&a=2&=3")),
        ];
        for (own, visitors, expected) in cases {
            let merged = merged(own, visitors);
            assert_eq!(merged.as_deref(), expected, "{own:?} {visitors:?}");
        }
    }

    proptest! {
        #[test]
        fn own_parameters_stay_first_and_no_other_is_doubled(own in "[a-c=&%]{0,12}", visitors in "[a-d=&%]{0,12}") {
            let whole = merged(Some(&own), Some(&visitors)).unwrap();
            prop_assert!(whole.starts_with(&own));
            let own_names: Vec<String> = parameters(&own).map(name).collect();
            for parameter in parameters(whole.strip_prefix(&own).unwrap()) {
                prop_assert!(visitors.split('&').any(|sent| sent == parameter));
                prop_assert!(!own_names.contains(&name(parameter)));
            }
            // Once merged, nothing is to be added: the visitor has arrived.
            prop_assert_eq!(merged(Some(&own), Some(&whole)), Some(whole.clone()));
        }
    }
}
