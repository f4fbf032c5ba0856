//! What is said of one page, and of all of them.
//!
//! In: an input and the rules. Out: [`PageReport`]s, counted; written by `human` and `json`.

pub mod human;
pub mod json;

use xm_edge_core::template::Asked;

use crate::{
    checks::{self, Checked, Fragments, Shown},
    finding::{Finding, Place, Severity},
    page::{Input, Page},
    rules::Rules,
};

/// One page.
#[derive(Clone, Debug)]
pub struct PageReport {
    /// As the developer named it, or as it was found.
    pub name: String,
    /// What answered: the address without a query's secrets is the developer's own, so it is told whole.
    pub answered_by: Option<String>,
    /// The status.
    pub status: Option<u16>,
    /// Whether the Worker answered.
    pub behind_worker: bool,
    /// In document order.
    pub components: Vec<ComponentReport>,
    /// Those about the page as a whole first, then in document order.
    pub findings: Vec<Finding>,
}

/// One component.
#[derive(Clone, Debug)]
pub struct ComponentReport {
    /// `experience`, `experiment` or `guest`.
    pub kind: &'static str,
    /// Absent for guests.
    pub friendly_id: Option<String>,
    /// Where its mark stands.
    pub place: Place,
    /// Friendly id, or `guest`, of the component around it.
    pub inside: Option<String>,
    /// Ids of its templates.
    pub variants: Vec<String>,
    /// Attribute, pointer, line, variant.
    pub bindings: Vec<BindingReport>,
    /// Where a fragment's path stands in the decision.
    pub fragment: Option<String>,
    /// What it shows, by sample decision.
    pub samples: Vec<Shown>,
}

/// One mark that reads a decision.
#[derive(Clone, Debug)]
pub struct BindingReport {
    /// `data-cdp-text`, …
    pub mark: String,
    /// Its pointer.
    pub pointer: String,
    /// Where it stands.
    pub line: usize,
    /// The variant that it is in.
    pub variant: Option<String>,
}

/// A start address, or a link, that could not be looked at.
#[derive(Clone, Debug)]
pub struct Unreachable {
    /// The address or file.
    pub name: String,
    /// Why.
    pub problem: String,
    /// The page that links to it; `None`: the developer named it.
    pub linked_from: Option<String>,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of the visit.
    pub pages: Vec<PageReport>,
    /// What is missing.
    pub unreachable: Vec<Unreachable>,
    /// Pages that were found and not looked at, because of `--max-pages`.
    pub left: usize,
}

impl PageReport {
    /// Looks at a page.
    pub fn of(input: &Input, rules: &Rules, fragments: &mut dyn Fragments) -> Self {
        Self::of_page(&Page::read(input, &rules.site), rules, fragments)
    }

    /// Looks at a page that is read.
    pub fn of_page(page: &Page<'_>, rules: &Rules, fragments: &mut dyn Fragments) -> Self {
        let Checked {
            findings,
            mut shown,
        } = checks::check(page, rules, fragments);
        let name_of = |asked: &Asked| {
            asked
                .friendly_id()
                .map_or("guest".to_owned(), ToString::to_string)
        };
        let components = page
            .compiled
            .components
            .iter()
            .map(|found| ComponentReport {
                kind: found.kind.label(),
                friendly_id: found.asked.friendly_id().map(ToString::to_string),
                place: page.text.place(found.tag.start, found.tag.end),
                inside: found
                    .around
                    .last()
                    .and_then(|id| page.compiled.component(*id))
                    .map(|outer| name_of(&outer.asked)),
                variants: found.variants.iter().map(|(id, _)| id.clone()).collect(),
                bindings: found
                    .bindings
                    .iter()
                    .map(|binding| BindingReport {
                        mark: binding.mark.clone(),
                        pointer: binding.pointer.as_str().to_owned(),
                        line: page
                            .inventory
                            .mark(binding.tag, &binding.mark)
                            .map_or(0, |mark| {
                                page.text.place(mark.name_at.start, mark.name_at.end).line
                            }),
                        variant: binding.variant.clone(),
                    })
                    .collect(),
                fragment: found
                    .fragment
                    .as_ref()
                    .map(|pointer| pointer.as_str().to_owned()),
                samples: shown.remove(&found.id).unwrap_or_default(),
            });
        let response = page.input.response.as_ref();
        Self {
            name: page.input.name.clone(),
            answered_by: response
                .map(|response| response.url.to_string())
                .filter(|url| *url != page.input.name),
            status: response.map(|response| response.status),
            behind_worker: page.input.behind_worker,
            components: components.collect(),
            findings,
        }
    }
}

impl Report {
    /// Findings of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.pages.iter().flat_map(|page| &page.findings);
        findings
            .filter(|finding| finding.code.severity() == severity)
            .count()
    }

    /// Components on all pages.
    #[must_use]
    pub fn components(&self) -> usize {
        self.pages.iter().map(|page| page.components.len()).sum()
    }

    /// 0: nothing is broken; 1: something is, or a warning where those are denied; 2: what was asked for could not be looked
    /// at. A dead link is something broken, not a failed look.
    #[must_use]
    pub fn exit_code(&self, deny_warnings: bool) -> u8 {
        if self
            .unreachable
            .iter()
            .any(|missing| missing.linked_from.is_none())
        {
            2
        } else if self.count(Severity::Error) > 0
            || (deny_warnings && self.count(Severity::Warning) > 0)
        {
            1
        } else {
            0
        }
    }
}
