//! What a page view says of itself.
//!
//! In: its state. Out: whether it waits, wants bytes or is done, and what became of its components. Nothing here lets a byte leave.

use super::Page;
use crate::{
    render::{
        ignored::IgnoredAt,
        inserting::Inserting,
        item::Item,
        notes::ComponentNote,
        outcome::{ComponentOutcome, MarkCounts},
    },
    template::PageFacts,
};

impl Page {
    /// Bytes that [`Self::take_output`] has given so far.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// The visitor got only the first `written` bytes of the output: nobody saw a component behind them.
    pub fn seen(&mut self, written: u64) {
        for outcome in &mut self.outcomes {
            if outcome.at >= written {
                outcome.shown = None;
            }
        }
    }

    /// Bytes that [`Self::take_output`] would give.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.out.len()
    }

    /// Whether more of the body should be read now: not while a whole hold limit waits behind a component.
    #[must_use]
    pub fn wants_bytes(&self) -> bool {
        !self.ended
            && (!matches!(self.queue.front(), Some(Item::Component(..)))
                || self.source.held() < self.settings.hold_limit)
    }

    /// Whether the body has ended.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether something waits: a component for a decision or a fragment, an insertion for its verdict.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.parts.open_component().is_some() || !self.queue.is_empty()
    }

    /// Whether everything has left (or is in [`Self::take_output`]).
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended && self.queue.is_empty()
    }

    /// What the page said about itself so far.
    #[must_use]
    pub fn facts(&self) -> PageFacts {
        self.parts.facts()
    }

    /// What became of the components so far, in document order as far as they are settled.
    #[must_use]
    pub fn outcomes(&self) -> &[ComponentOutcome] {
        &self.outcomes
    }

    /// What a preview tells of each of [`Self::outcomes`]; nothing without [`Self::keep_notes`].
    #[must_use]
    pub fn notes(&self) -> Vec<ComponentNote> {
        let ids = self.outcomes.iter().map(|outcome| outcome.id);
        let notes = self.notes.as_ref();
        notes.map(|notes| notes.components(ids)).unwrap_or_default()
    }

    /// Marks that were ignored so far.
    #[must_use]
    pub fn ignored_marks(&self) -> &MarkCounts {
        self.ignored.counts()
    }

    /// From now on, also where in a component's markup a decision was at odds with a mark: [`Self::ignored_at`].
    pub fn keep_places(&mut self) {
        self.ignored.keep_places();
    }

    /// The places that were kept.
    #[must_use]
    pub fn ignored_at(&self) -> &[IgnoredAt] {
        self.ignored.places()
    }

    /// Whether the page got the insertion and carries it itself, further down than could be waited for.
    #[must_use]
    pub fn is_doubled(&self) -> bool {
        self.inserting.as_ref().is_some_and(Inserting::is_doubled)
    }
}
