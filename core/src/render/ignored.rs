//! Marks that were ignored: how often, by reason, and, for who asks, where.
//!
//! In: a reason and a place. Out: counts; with [`Ignored::keep_places`] the places of marks that a decision was at odds
//! with. The Worker does not ask: it counts, and keeps nothing else.

use super::{fragment::FragmentPath, item::Origin, outcome::MarkCounts};
use crate::reason::BadMark;

/// A mark that a decision was at odds with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredAt {
    /// Why it was ignored.
    pub reason: BadMark,
    /// The fragment that has it; `None`: the page.
    pub fragment: Option<FragmentPath>,
    /// Offset of the `<` of the start tag that has it.
    pub tag: usize,
    /// The attribute, such as `data-cdp-text`.
    pub mark: String,
}

/// What is kept of them.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    counts: MarkCounts,
    places: Option<Vec<IgnoredAt>>,
}

/// One mark of a start tag.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// `data-cdp-attr-NAME`.
    Attribute(&'a str),
    Html,
    If,
    Text,
}

/// Where a mark stands.
pub(super) struct Place<'a> {
    pub(super) origin: &'a Origin,
    pub(super) tag: usize,
    pub(super) mark: Mark<'a>,
}

impl Ignored {
    pub(super) fn counts(&self) -> &MarkCounts {
        &self.counts
    }

    pub(super) fn places(&self) -> &[IgnoredAt] {
        self.places.as_deref().unwrap_or_default()
    }

    pub(super) fn keep_places(&mut self) {
        self.places.get_or_insert_default();
    }

    pub(super) fn count(&mut self, reason: BadMark) {
        *self.counts.entry(reason).or_default() += 1;
    }

    pub(super) fn note(&mut self, reason: BadMark, place: &Place<'_>) {
        self.count(reason);
        if let Some(places) = &mut self.places {
            places.push(IgnoredAt {
                reason,
                fragment: match place.origin {
                    Origin::Fragment(shown) => Some(shown.path.clone()),
                    Origin::Page => None,
                },
                tag: place.tag,
                mark: place.mark.attribute(),
            });
        }
    }
}

impl Mark<'_> {
    fn attribute(self) -> String {
        let name = match self {
            Self::Attribute(name) => return format!("data-cdp-attr-{name}"),
            Self::Html => "html",
            Self::If => "if",
            Self::Text => "text",
        };
        format!("data-cdp-{name}")
    }
}
