//! Which shares the variants of an experiment should have.
//!
//! In: `hero=50:50`, `hero=control:60,b:40`, `hero=80` percent of traffic. Out: weights by variant. Without a word, all variants
//! that were seen are equal.

use std::{collections::BTreeMap, str::FromStr};

use crate::tally::Experiment;

/// What the control is called in events and log lines.
pub const CONTROL: &str = "control";

/// The shares of one experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The friendly id.
    pub friendly_id: String,
    /// The shares.
    pub shares: Shares,
}

/// How the shares were said.
#[derive(Clone, Debug, PartialEq)]
pub enum Shares {
    /// Of the control, then of the other variants by name.
    InOrder(Vec<f64>),
    /// By variant.
    ByVariant(BTreeMap<String, f64>),
}

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (friendly_id, shares) = named(text)?;
        let weight = |text: &str| {
            let weight = text
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|weight| weight.is_finite() && *weight >= 0.0);
            weight.ok_or_else(|| format!("{text} is no share"))
        };
        let by_variant = shares.contains('=') || shares.contains(',');
        let shares = if by_variant {
            let pairs = shares.split(',').map(|pair| {
                let (variant, share) = pair
                    .rsplit_once(['=', ':'])
                    .ok_or_else(|| format!("expected VARIANT=SHARE, found {pair}"))?;
                Ok((variant.trim().to_owned(), weight(share)?))
            });
            Shares::ByVariant(pairs.collect::<Result<_, String>>()?)
        } else {
            Shares::InOrder(
                shares
                    .split(':')
                    .map(weight)
                    .collect::<Result<_, String>>()?,
            )
        };
        Ok(Self {
            friendly_id,
            shares,
        })
    }
}

/// The share of visitors that takes part in an experiment; all others see the control.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// The friendly id.
    pub friendly_id: String,
    /// 0 to 100.
    pub percent: f64,
}

impl FromStr for Allocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (friendly_id, percent) = named(text)?;
        let percent = percent.trim().trim_end_matches('%').parse::<f64>().ok();
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        Ok(Self {
            friendly_id,
            percent: percent.ok_or("expected a percentage from 0 to 100")?,
        })
    }
}

fn named(text: &str) -> Result<(String, &str), String> {
    let (name, rest) = text.split_once('=').ok_or("expected FRIENDLY_ID=…")?;
    let name = name.trim().trim_end_matches('*');
    if name.is_empty() || rest.trim().is_empty() {
        return Err("expected FRIENDLY_ID=…".to_owned());
    }
    Ok((name.to_owned(), rest))
}

/// Variant, visitors and weight of each variant: the control first, then by name.
///
/// # Errors
/// When shares in order are not as many as the variants.
pub fn weighed(
    experiment: &Experiment,
    shares: Option<&Shares>,
    percent: f64,
) -> Result<Vec<(String, u64, f64)>, String> {
    let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
    match shares {
        None => weights.extend(
            experiment
                .visitors
                .keys()
                .map(|variant| (variant.as_str(), 1.0)),
        ),
        Some(Shares::ByVariant(by_variant)) => {
            weights.extend(
                experiment
                    .visitors
                    .keys()
                    .map(|variant| (variant.as_str(), 0.0)),
            );
            weights.extend(
                by_variant
                    .iter()
                    .map(|(variant, weight)| (variant.as_str(), *weight)),
            );
        }
        Some(Shares::InOrder(in_order)) => {
            let variants = in_order_of(experiment.visitors.keys().map(String::as_str));
            if variants.len() != in_order.len() {
                return Err(format!(
                    "{} shares for {} variants ({}); name them: FRIENDLY_ID=VARIANT=SHARE,VARIANT=SHARE",
                    in_order.len(),
                    variants.len(),
                    variants.join(", ")
                ));
            }
            weights.extend(variants.into_iter().zip(in_order.iter().copied()));
        }
    }
    // Whoever takes no part sees the control and is counted there.
    let total: f64 = weights.values().sum();
    for weight in weights.values_mut() {
        *weight *= percent / 100.0;
    }
    if percent < 100.0 {
        *weights.entry(CONTROL).or_default() += total * (1.0 - percent / 100.0);
    }
    let ordered = in_order_of(weights.keys().copied());
    Ok(ordered
        .into_iter()
        .map(|variant| {
            let visitors = experiment
                .visitors
                .get(variant)
                .copied()
                .unwrap_or_default();
            (variant.to_owned(), visitors, weights[variant])
        })
        .collect())
}

fn in_order_of<'v>(variants: impl Iterator<Item = &'v str>) -> Vec<&'v str> {
    let mut variants: Vec<&str> = variants.collect();
    variants.sort_by_key(|variant| (*variant != CONTROL, *variant));
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(counts: &[(&str, u64)]) -> Experiment {
        Experiment {
            visitors: counts
                .iter()
                .map(|(variant, count)| ((*variant).to_owned(), *count))
                .collect(),
            ..Experiment::default()
        }
    }

    fn weights(
        text: Option<&str>,
        percent: f64,
        counts: &[(&str, u64)],
    ) -> Result<Vec<(String, u64, f64)>, String> {
        let expected: Option<Expected> = text.map(|text| text.parse().expect("shares"));
        weighed(
            &experiment(counts),
            expected.map(|expected| expected.shares).as_ref(),
            percent,
        )
    }

    #[test]
    fn shares_are_said_in_order_or_by_name() {
        let counts = [("b", 2), ("control", 3)];
        let expected = |control: f64, b: f64| {
            Ok(vec![
                ("control".to_owned(), 3, control),
                ("b".to_owned(), 2, b),
            ])
        };
        assert_eq!(weights(None, 100.0, &counts), expected(1.0, 1.0));
        assert_eq!(
            weights(Some("hero=60:40"), 100.0, &counts),
            expected(60.0, 40.0)
        );
        for text in [
            "hero=control=60,b=40",
            "hero=control:60,b:40",
            "hero=b:40,control=60",
        ] {
            assert_eq!(
                weights(Some(text), 100.0, &counts),
                expected(60.0, 40.0),
                "{text}"
            );
        }
        let missing = weights(Some("hero=control=1,b=1,c=1"), 100.0, &counts).expect("weights");
        assert_eq!(
            missing[2],
            ("c".to_owned(), 0, 1.0),
            "a variant that nobody saw is missed"
        );
        let stranger = weights(Some("hero=control=1,c=1"), 100.0, &counts).expect("weights");
        assert_eq!(
            stranger[1],
            ("b".to_owned(), 2, 0.0),
            "a variant that nobody expected has no share"
        );
        assert!(weights(Some("hero=1:1:1"), 100.0, &counts).is_err());
    }

    #[test]
    fn whoever_takes_no_part_is_expected_in_the_control() {
        let cells = weights(
            Some("hero=control=50,b=50"),
            80.0,
            &[("b", 40), ("control", 60)],
        )
        .expect("weights");
        assert_eq!((cells[0].2, cells[1].2), (60.0, 40.0));
    }

    #[test]
    fn what_is_no_share_is_refused_in_words() {
        for text in [
            "hero",
            "=1:1",
            "hero=",
            "hero=a:b",
            "hero=-1:2",
            "hero=x,y",
            "hero=inf:1",
        ] {
            assert!(text.parse::<Expected>().is_err(), "{text}");
        }
        for text in ["hero=101", "hero=x", "80"] {
            assert!(text.parse::<Allocation>().is_err(), "{text}");
        }
    }
}
