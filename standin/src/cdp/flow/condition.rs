//! In: a rule's conditions and what is known of the visitor. Out: whether all hold. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Asked;

/// Conditions; those that are there must all hold, none: always.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// At least so many visits, the present one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits: Option<u64>,
    /// At least so many page views before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_views: Option<u64>,
    /// Whether there was an earlier visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returning: Option<bool>,
    /// Whether the guest is a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identified: Option<bool>,
    /// One of these languages, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub language: Vec<String>,
    /// One of these countries in `params.geo.country`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<String>,
    /// `campaign` → one of these, in `params.utm`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: BTreeMap<String, Vec<String>>,
    /// JSON Pointer into the guest → that value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub guest: BTreeMap<String, Value>,
    /// JSON Pointer into `params` → that value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
}

impl When {
    /// Whether all hold.
    #[must_use]
    pub fn holds(&self, asked: &Asked) -> bool {
        let visitor = &asked.visitor;
        self.visits
            .is_none_or(|at_least| visitor.visits >= at_least)
            && self
                .page_views
                .is_none_or(|at_least| visitor.page_views >= at_least)
            && self
                .returning
                .is_none_or(|wanted| (visitor.visits > 1) == wanted)
            && self
                .identified
                .is_none_or(|wanted| visitor.identified == wanted)
            && (self.language.is_empty() || is_one_of(&asked.language, &self.language))
            && (self.country.is_empty()
                || param(&asked.params, "geo", "country")
                    .is_some_and(|country| is_one_of(country, &self.country)))
            && self.utm.iter().all(|(name, values)| {
                param(&asked.params, "utm", name).is_some_and(|value| is_one_of(value, values))
            })
            && self
                .guest
                .iter()
                .all(|(pointer, value)| visitor.guest.pointer(pointer) == Some(value))
            && self
                .params
                .iter()
                .all(|(pointer, value)| asked.params.pointer(pointer) == Some(value))
    }
}

/// `params.utm.campaign`, or `params.utm_campaign` as one of the SDKs flattens it.
fn param<'a>(params: &'a Value, group: &str, name: &str) -> Option<&'a str> {
    let nested = params.get(group).and_then(|group| group.get(name));
    nested
        .or_else(|| params.get(format!("{group}_{name}")))
        .and_then(Value::as_str)
}

fn is_one_of(value: &str, list: &[String]) -> bool {
    list.iter().any(|item| item.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cdp::tenant::visitor::Visitor;

    fn holds(when: Value, asked: &Asked) -> bool {
        serde_json::from_value::<When>(when).unwrap().holds(asked)
    }

    #[test]
    fn every_condition_can_hold_and_fail() {
        let asked = Asked {
            visitor: Visitor {
                visits: 2,
                page_views: 5,
                identified: true,
                guest: json!({"firstName": "Jane", "ext": {"tier": "gold"}}),
                ..Visitor::default()
            },
            language: "de".into(),
            params: json!({"utm_campaign": "Summer", "geo": {"country": "IE"}, "cart": 3}),
        };
        for (yes, no) in [
            (json!({"visits": 2}), json!({"visits": 3})),
            (json!({"page_views": 5}), json!({"page_views": 6})),
            (json!({"returning": true}), json!({"returning": false})),
            (json!({"identified": true}), json!({"identified": false})),
            (
                json!({"language": ["FR", "DE"]}),
                json!({"language": ["EN"]}),
            ),
            (json!({"country": ["IE"]}), json!({"country": ["DE"]})),
            (
                json!({"utm": {"campaign": ["summer"]}}),
                json!({"utm": {"source": ["summer"]}}),
            ),
            (
                json!({"guest": {"/ext/tier": "gold"}}),
                json!({"guest": {"/ext/tier": "silver"}}),
            ),
            (
                json!({"params": {"/cart": 3}}),
                json!({"params": {"/cart": 4}}),
            ),
        ] {
            assert!(holds(yes.clone(), &asked), "{yes}");
            assert!(!holds(no.clone(), &asked), "{no}");
        }
        assert!(
            !holds(json!({"visits": 2, "language": ["EN"]}), &asked),
            "one that fails is enough"
        );
        assert!(holds(json!({}), &asked));
    }
}
