//! What became of a page that was decided as a whole, for the log and the VIEW.
//!
//! In: what happened. Out: constant labels, friendly and variant ids, milliseconds.

use crate::{
    config::PageExperience, decision::Source, reason::Failure, render::ComponentOutcome,
    template::FriendlyId,
};

/// What is shown where the decision chose no variant.
pub(super) const CONTROL: &str = "control";

/// Result of a page's flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageResult {
    /// The decision arrived and chose the default page.
    Control,
    /// There is no decision; the default page.
    Failed(Failure),
    /// Another page of XM under the same URL.
    Path,
    /// The other page is no page, cannot be had, or is too slow; the default page.
    PathFailed,
    /// A path that may not be shown; the default page.
    PathRefused,
    /// A redirect within the site.
    Redirect,
    /// The redirect leads to the page itself, or could lead on for ever; the default page.
    RedirectLoop,
    /// A redirect that may not be made; the default page.
    RedirectRefused,
}

impl PageResult {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Failed(failure) => failure.label(),
            Self::Path => "path",
            Self::PathFailed => "path_failed",
            Self::PathRefused => "path_refused",
            Self::Redirect => "redirect",
            Self::RedirectLoop => "redirect_loop",
            Self::RedirectRefused => "redirect_refused",
        }
    }
}

/// What became of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOutcome {
    /// Whether the configuration calls the flow an experiment.
    pub experiment: bool,
    /// Whose decision it was.
    pub friendly_id: FriendlyId,
    /// The result.
    pub result: PageResult,
    /// What was shown: a variant id, the path of another page, or `control`; `None` where the page shown is not the decision's,
    /// and for a redirect without a variant id.
    pub shown: Option<String>,
    /// Milliseconds that the flow took.
    pub flow_ms: u32,
    /// Where the decision comes from.
    pub source: Source,
}

impl PageOutcome {
    /// Nothing is shown by `rule` so far; `None` for a friendly id that no flow can have.
    #[must_use]
    pub fn of(rule: &PageExperience) -> Option<Self> {
        Some(Self {
            experiment: rule.experiment,
            friendly_id: FriendlyId::parse(&rule.friendly_id)?,
            result: PageResult::Control,
            shown: None,
            flow_ms: 0,
            source: Source::Flow,
        })
    }

    /// The constant label of what was decided.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        if self.experiment {
            "page_experiment"
        } else {
            "page_experience"
        }
    }
}

/// Friendly id and what was shown for it, in order, for the VIEW: another page first; the default page last, because a
/// component of the same friendly id says more exactly what the visitor saw.
#[must_use]
pub fn shown(page: Option<&PageOutcome>, components: &[ComponentOutcome]) -> Vec<(String, String)> {
    let of_page = page.and_then(|page| Some((page.friendly_id.to_string(), page.shown.clone()?)));
    let is_other = page.is_some_and(|page| page.result == PageResult::Path);
    let (first, last) = if is_other {
        (of_page, None)
    } else {
        let named = page.is_some_and(|page| {
            let same = |one: &ComponentOutcome| one.friendly_id.as_ref() == Some(&page.friendly_id);
            components.iter().any(same)
        });
        (None, of_page.filter(|_| !named))
    };
    let of_components = components.iter().filter_map(|outcome| {
        let friendly_id = outcome.friendly_id.as_ref()?;
        Some((friendly_id.to_string(), outcome.shown.clone()?))
    });
    first.into_iter().chain(of_components).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::PathPattern, render::ComponentResult, template::ComponentKind};

    fn component(id: &str, shown: Option<&str>) -> ComponentOutcome {
        ComponentOutcome {
            id: None,
            kind: ComponentKind::Experience,
            friendly_id: FriendlyId::parse(id),
            result: ComponentResult::Bound,
            shown: shown.map(str::to_owned),
            flow_ms: 0,
            source: Source::Flow,
            at: 0,
        }
    }

    fn page(result: PageResult, shown: Option<&str>) -> PageOutcome {
        let rule = PageExperience {
            path: PathPattern::Exact("/".to_owned()),
            friendly_id: "home".to_owned(),
            experiment: true,
        };
        PageOutcome {
            result,
            shown: shown.map(str::to_owned),
            ..PageOutcome::of(&rule).unwrap()
        }
    }

    #[test]
    fn a_view_says_what_was_shown_and_nothing_else() {
        let other = [component("hero", Some("a")), component("late", None)];
        let same = [component("home", Some("b")), component("home", None)];
        let failed = [component("home", None)];
        let at = |result, shown| Some(page(result, shown));
        type Case<'a> = (
            Option<PageOutcome>,
            &'a [ComponentOutcome],
            &'a [(&'a str, &'a str)],
        );
        #[rustfmt::skip]
        let cases: &[Case<'_>] = &[
            (None, &[], &[]),
            (None, &other, &[("hero", "a")]),
            (at(PageResult::Control, Some("control")), &other, &[("hero", "a"), ("home", "control")]),
            (at(PageResult::Path, Some("/b")), &other, &[("home", "/b"), ("hero", "a")]),
            (at(PageResult::PathFailed, None), &other, &[("hero", "a")]),
            (at(PageResult::Control, Some("x")), &same, &[("home", "b")]),
            (at(PageResult::Control, Some("x")), &failed, &[]),
            (at(PageResult::Path, Some("/b")), &same, &[("home", "/b"), ("home", "b")]),
        ];
        for (page, components, expected) in cases {
            let shown = shown(page.as_ref(), components);
            let shown: Vec<_> = shown.iter().map(|(id, what)| (&**id, &**what)).collect();
            assert_eq!(shown, *expected, "{page:?}");
        }
    }
}
