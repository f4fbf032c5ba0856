//! What the overlay lists: each friendly id once, with the places where it stands, in the order of the page.
//!
//! In: outcomes and notes of a page, what the link sets. Out: plain data. It writes no HTML.

use crate::{
    preview::link::{Choice, Choices},
    reason::Failure,
    render::{ComponentNote, ComponentOutcome, ComponentResult},
    template::ComponentKind,
};

/// Everything of one friendly id; or of the guest record, or of a mark without an id.
#[derive(Debug)]
pub(super) struct Listed<'p> {
    /// The friendly id.
    pub(super) id: Option<&'p str>,
    pub(super) kind: ComponentKind,
    pub(super) depth: u32,
    /// What the link sets.
    pub(super) choice: Option<&'p Choice>,
    /// Variants of all places, each once.
    pub(super) variants: Vec<&'p str>,
    pub(super) has_fragment: bool,
    pub(super) places: Vec<Place<'p>>,
}

/// One component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    pub(super) outcome: &'p ComponentOutcome,
    pub(super) note: &'p ComponentNote,
}

impl Listed<'_> {
    /// Whether somebody can choose here: not where the markup of every place keeps it as authored.
    pub(super) fn is_choosable(&self) -> bool {
        let is_sound = |place: &Place<'_>| match place.outcome.result {
            ComponentResult::Failed(failure) => !is_of_markup(failure),
            _ => true,
        };
        self.id.is_some() && (self.choice.is_some() || self.places.iter().any(is_sound))
    }

    /// Whether the CDP was asked for it.
    pub(super) fn is_asked(&self) -> bool {
        let was_asked = |place: &Place<'_>| match place.outcome.result {
            ComponentResult::Failed(failure) => {
                failure != Failure::NoBrowserId && !is_of_markup(failure)
            }
            _ => true,
        };
        self.choice.is_none()
            && self.kind != ComponentKind::Guest
            && self.places.iter().any(was_asked)
    }
}

const fn is_of_markup(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::AmbiguousMarkup | Failure::BadFriendlyId | Failure::BadMark | Failure::NoEndTag
    )
}

/// Lists them.
pub(super) fn list<'p>(
    outcomes: &'p [ComponentOutcome],
    notes: &'p [ComponentNote],
    show: &'p Choices,
) -> Vec<Listed<'p>> {
    // Numbers are those of the page's own components, in its order; what has none comes behind them. (A sort of the standard
    // library would be larger than all of this.)
    let number = |place: &Place<'_>| place.outcome.id.map_or(u32::MAX, |id| id.0);
    let mut places: Vec<Place<'p>> = Vec::with_capacity(outcomes.len());
    for (outcome, note) in outcomes.iter().zip(notes) {
        let place = Place { outcome, note };
        let at = places.partition_point(|before| number(before) <= number(&place));
        places.insert(at, place);
    }
    let mut listed: Vec<Listed<'p>> = Vec::new();
    for place in places {
        let id = place.outcome.friendly_id.as_ref();
        let name = id.map(|id| id.as_str());
        let kind = place.outcome.kind;
        let is_guest = kind == ComponentKind::Guest;
        let same = |known: &&mut Listed<'_>| {
            (name.is_some() && known.id == name) || (is_guest && known.kind == kind)
        };
        let at = match listed.iter_mut().find(same) {
            Some(known) => known,
            None => {
                listed.push(Listed {
                    id: name,
                    kind,
                    depth: place.note.depth,
                    choice: id.and_then(|id| show.get(id)),
                    variants: Vec::new(),
                    has_fragment: false,
                    places: Vec::new(),
                });
                let Some(new) = listed.last_mut() else {
                    continue;
                };
                new
            }
        };
        for variant in &place.note.variants {
            if !at.variants.contains(&variant.as_str()) {
                at.variants.push(variant);
            }
        }
        at.has_fragment |= place.note.has_fragment;
        at.places.push(place);
    }
    listed
}

/// What the link sets and the page does not have.
pub(super) fn absent<'p>(listed: &[Listed<'_>], show: &'p Choices) -> Vec<(&'p str, &'p Choice)> {
    let is_there = |id: &str| listed.iter().any(|known| known.id == Some(id));
    show.iter()
        .map(|(id, choice)| (id.as_str(), choice))
        .filter(|(id, _)| !is_there(id))
        .collect()
}
