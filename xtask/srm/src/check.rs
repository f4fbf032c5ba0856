//! Pearson's chi-square test of counts against expected shares.
//!
//! In: counts, shares, a threshold. Out: statistic, degrees of freedom, p-value, verdict. Pure.

use statrs::function::gamma::checked_gamma_ur;

/// Below so many expected visitors in one variant the test's approximation does not hold (Cochran's rule).
const LEAST_EXPECTED: f64 = 5.0;

/// One variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The variant.
    pub variant: String,
    /// Its visitors.
    pub visitors: u64,
    /// Its share by the allocation, 0 to 1.
    pub share: f64,
    /// Visitors that it would have by that.
    pub expected: f64,
}

/// What came of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against the allocation.
    Ok,
    /// The split is too unlikely to be chance.
    Mismatch,
    /// Not enough visitors to say.
    TooFew,
    /// Fewer than two variants.
    NotTestable,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Mismatch => "mismatch",
            Self::TooFew => "too_few",
            Self::NotTestable => "not_testable",
        }
    }
}

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// In order: the control, then by name.
    pub cells: Vec<Cell>,
    /// Sum of (visitors − expected)² / expected; infinite where a variant without a share has visitors.
    pub chi_square: f64,
    /// Variants with a share, less one.
    pub degrees: usize,
    /// Probability of a split at least as far off, if the allocation is as expected.
    pub p: f64,
    /// What that means at the threshold.
    pub verdict: Verdict,
}

/// Tests `counts` (variant, visitors, weight).
#[must_use]
pub fn check(counts: &[(String, u64, f64)], alpha: f64) -> Test {
    let visitors: u64 = counts.iter().map(|(_, visitors, _)| visitors).sum();
    let weights: f64 = counts.iter().map(|(_, _, weight)| weight).sum();
    let cells: Vec<Cell> = counts
        .iter()
        .map(|(variant, count, weight)| {
            let share = if weights > 0.0 { weight / weights } else { 0.0 };
            Cell {
                variant: variant.clone(),
                visitors: *count,
                share,
                expected: share * visitors as f64,
            }
        })
        .collect();
    let expected: Vec<&Cell> = cells.iter().filter(|cell| cell.share > 0.0).collect();
    let degrees = expected.len().saturating_sub(1);
    let strangers = cells
        .iter()
        .any(|cell| cell.share <= 0.0 && cell.visitors > 0);
    let chi_square = if strangers {
        f64::INFINITY
    } else {
        let square = |cell: &&Cell| {
            (cell.visitors as f64 - cell.expected).powi(2) / cell.expected.max(f64::MIN_POSITIVE)
        };
        expected.iter().map(square).sum()
    };
    let p = p_value(chi_square, degrees);
    let too_few = expected.iter().any(|cell| cell.expected < LEAST_EXPECTED);
    let verdict = if too_few {
        Verdict::TooFew
    } else if strangers {
        Verdict::Mismatch
    } else if degrees == 0 {
        Verdict::NotTestable
    } else if p < alpha {
        Verdict::Mismatch
    } else {
        Verdict::Ok
    };
    Test {
        cells,
        chi_square,
        degrees,
        p,
        verdict,
    }
}

/// Probability that chi-square with so many degrees of freedom is at least `chi_square`.
#[must_use]
pub fn p_value(chi_square: f64, degrees: usize) -> f64 {
    if chi_square.is_infinite() {
        return 0.0;
    }
    if degrees == 0 || chi_square <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(degrees as f64 / 2.0, chi_square / 2.0).map_or(1.0, |p| p.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Critical values as tables print them (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4).
    #[test]
    fn p_values_agree_with_published_tables() {
        #[rustfmt::skip]
        let table = [
            (1, [2.706, 3.841, 6.635, 10.828]), (2, [4.605, 5.991, 9.210, 13.816]), (3, [6.251, 7.815, 11.345, 16.266]),
            (4, [7.779, 9.488, 13.277, 18.467]), (5, [9.236, 11.070, 15.086, 20.515]), (10, [15.987, 18.307, 23.209, 29.588]),
            (20, [28.412, 31.410, 37.566, 45.315]), (50, [63.167, 67.505, 76.154, 86.661]), (100, [118.498, 124.342, 135.807, 149.449]),
        ];
        for (degrees, values) in table {
            for (value, p) in values.into_iter().zip([0.10, 0.05, 0.01, 0.001]) {
                // Printed to three places: the p-value on either side of that must enclose the table's.
                let (above, below) = (
                    p_value(value - 0.0005, degrees),
                    p_value(value + 0.0005, degrees),
                );
                assert!(
                    below <= p && p <= above,
                    "{degrees} degrees, {value}: {below} {p} {above}"
                );
            }
        }
        assert!(
            p_value(500.0, 1) < 1e-100,
            "far out it stays a small number, not zero by rounding up"
        );
        assert_eq!((p_value(0.0, 3), p_value(f64::INFINITY, 3)), (1.0, 0.0));
    }

    fn test(counts: &[(&str, u64, f64)]) -> Test {
        let counts: Vec<_> = counts
            .iter()
            .map(|(id, count, weight)| ((*id).to_owned(), *count, *weight))
            .collect();
        check(&counts, 0.001)
    }

    #[test]
    fn a_split_by_hand() {
        let found = test(&[("a", 520, 50.0), ("b", 480, 50.0)]);
        assert!((found.chi_square - 1.6).abs() < 1e-12);
        assert!((found.p - 0.205_903).abs() < 1e-6, "{}", found.p);
        assert_eq!((found.degrees, found.verdict), (1, Verdict::Ok));
        let uneven = test(&[("a", 700, 50.0), ("b", 200, 30.0), ("c", 100, 20.0)]);
        assert!((uneven.chi_square - (80.0 + 100.0 / 3.0 + 50.0)).abs() < 1e-9);
        assert_eq!((uneven.degrees, uneven.verdict), (2, Verdict::Mismatch));
    }

    #[test]
    fn few_visitors_one_variant_and_strangers_have_their_verdicts() {
        assert_eq!(
            test(&[("a", 9, 1.0), ("b", 0, 1.0)]).verdict,
            Verdict::TooFew
        );
        assert_eq!(test(&[("a", 1000, 1.0)]).verdict, Verdict::NotTestable);
        assert_eq!(test(&[]).verdict, Verdict::NotTestable);
        let stranger = test(&[("a", 500, 1.0), ("b", 500, 1.0), ("c", 1, 0.0)]);
        assert_eq!((stranger.verdict, stranger.p), (Verdict::Mismatch, 0.0));
        let absent = test(&[("a", 500, 1.0), ("b", 500, 1.0), ("c", 0, 0.0)]);
        assert_eq!((absent.verdict, absent.degrees), (Verdict::Ok, 1));
    }

    /// A thousand fair experiments of ten thousand visitors: p-values must be what they say.
    #[test]
    fn fair_experiments_raise_as_many_false_alarms_as_the_threshold_says() {
        for weights in [vec![50.0, 50.0], vec![50.0, 30.0, 20.0]] {
            let mut random = fastrand::Rng::with_seed(7);
            let mut below = [0; 2];
            for _ in 0..1000 {
                let mut counts: Vec<_> = weights
                    .iter()
                    .enumerate()
                    .map(|(at, weight)| (at.to_string(), 0, *weight))
                    .collect();
                for _ in 0..10_000 {
                    let mut draw = random.f64() * 100.0;
                    let arm = weights.iter().position(|weight| {
                        draw -= weight;
                        draw < 0.0
                    });
                    counts[arm.unwrap_or(0)].1 += 1;
                }
                let p = check(&counts, 0.001).p;
                below[0] += u32::from(p < 0.05);
                below[1] += u32::from(p < 0.01);
            }
            // Binomial(1000, 0.05) and (1000, 0.01): four standard deviations around the mean.
            assert!(
                (23..=77).contains(&below[0]),
                "p < 0.05 in {} of 1000",
                below[0]
            );
            assert!(below[1] <= 22, "p < 0.01 in {} of 1000", below[1]);
        }
    }
}
