//! Visitors by experiment and variant: each counts once, with the first variant that was seen of them.
//!
//! In: records. Out: counts. A line of the Worker's log has no visitor: of those, only first page views count, each as one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::record::{Record, UNSAID, View};

/// What is known of one experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Experiment {
    /// Visitors by variant.
    pub visitors: BTreeMap<String, u64>,
    /// Visitors who saw more than one variant.
    pub switched: u64,
    /// Components of log lines whose visitor had no first page view there, so that they do not count.
    pub repeated: u64,
    /// Components of log lines that showed something …
    pub decided: u64,
    /// … and those that did not, by reason.
    pub failures: BTreeMap<String, u64>,
    /// Components of log lines that do not say what they showed.
    pub unsaid: u64,
    /// Whether a log line calls it an experiment.
    pub marked: bool,
}

/// Everything, by friendly id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By friendly id.
    pub experiments: BTreeMap<String, Experiment>,
    /// VIEW events.
    pub views: u64,
    /// Log lines of pages.
    pub lines: u64,
}

impl Tally {
    /// Counts.
    #[must_use]
    pub fn of(records: &[Record]) -> Self {
        let mut tally = Self::default();
        let mut views: Vec<&View> = Vec::new();
        for record in records {
            match record {
                Record::View(view) => views.push(view),
                Record::Page(page) => {
                    tally.lines += 1;
                    tally.count_page(page);
                }
            }
        }
        tally.views = views.len() as u64;
        // Stable: events without a time keep the order of the export.
        views.sort_by(|a, b| a.at.cmp(&b.at));
        tally.count_views(&views);
        tally
    }

    fn count_views(&mut self, views: &[&View]) {
        // Visitor → first variant, and whether another was seen, by friendly id.
        let mut seen: HashMap<(&str, &str), (&str, bool)> = HashMap::new();
        for view in views {
            for (friendly_id, variant) in &view.shown {
                let first = seen
                    .entry((friendly_id, &view.visitor))
                    .or_insert((variant, false));
                first.1 |= first.0 != variant;
            }
        }
        for ((friendly_id, _), (variant, switched)) in seen {
            let experiment = self.experiments.entry(friendly_id.to_owned()).or_default();
            *experiment.visitors.entry(variant.to_owned()).or_default() += 1;
            experiment.switched += u64::from(switched);
        }
    }

    fn count_page(&mut self, page: &crate::record::Page) {
        let mut here = BTreeSet::new();
        for component in &page.components {
            // Several components of one friendly id share one decision.
            if !here.insert(component.friendly_id.as_str()) {
                continue;
            }
            let experiment = self
                .experiments
                .entry(component.friendly_id.clone())
                .or_default();
            experiment.marked |= component.experiment;
            match &component.shown {
                Ok(variant) => {
                    experiment.decided += 1;
                    if page.first {
                        *experiment.visitors.entry(variant.clone()).or_default() += 1;
                    } else {
                        experiment.repeated += 1;
                    }
                }
                Err(reason) if reason == UNSAID => experiment.unsaid += 1,
                Err(reason) => *experiment.failures.entry(reason.clone()).or_default() += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Component, Page};

    fn view(visitor: &str, at: Option<&str>, variant: &str) -> Record {
        Record::View(View {
            visitor: visitor.to_owned(),
            at: at.map(str::to_owned),
            shown: vec![("hero".to_owned(), variant.to_owned())],
        })
    }

    fn counts(experiment: &Experiment) -> Vec<(&str, u64)> {
        experiment
            .visitors
            .iter()
            .map(|(variant, count)| (variant.as_str(), *count))
            .collect()
    }

    #[test]
    fn a_visitor_counts_once_with_the_first_variant_of_all() {
        let tally = Tally::of(&[
            view("v1", Some("2"), "b"),
            view("v1", Some("1"), "control"),
            view("v2", Some("1"), "b"),
            view("v2", Some("3"), "b"),
        ]);
        let hero = &tally.experiments["hero"];
        assert_eq!(counts(hero), [("b", 1), ("control", 1)]);
        assert_eq!((hero.switched, tally.views), (1, 4));
    }

    #[test]
    fn without_a_time_the_export_is_in_order() {
        let tally = Tally::of(&[view("v1", None, "b"), view("v1", None, "a")]);
        assert_eq!(counts(&tally.experiments["hero"]), [("b", 1)]);
    }

    #[test]
    fn of_log_lines_only_first_page_views_count_and_failures_are_kept_apart() {
        let line = |first, shown: Result<&str, &str>| {
            let component = Component {
                friendly_id: "hero".to_owned(),
                experiment: true,
                shown: shown.map(str::to_owned).map_err(str::to_owned),
            };
            Record::Page(Page {
                first,
                components: vec![component.clone(), component],
            })
        };
        let tally = Tally::of(&[
            line(true, Ok("b")),
            line(false, Ok("b")),
            line(true, Err("timeout")),
        ]);
        let hero = &tally.experiments["hero"];
        assert_eq!(counts(hero), [("b", 1)]);
        assert_eq!((hero.decided, hero.repeated, hero.marked), (2, 1, true));
        assert_eq!(hero.failures, BTreeMap::from([("timeout".to_owned(), 1)]));
    }
}
