//! What has arrived gets its place in the queue, in the order of the page.
//!
//! In: chunks, and what was located in them. Out: items: ranges of bytes, components, insertions. Nothing here is rendered.

use super::{Page, UTF8_BOM};
use crate::{
    decision::{Answer, Source as From},
    reason::Failure,
    render::{
        inserting::Extent,
        item::{Item, Origin},
        outcome::{ComponentOutcome, ComponentResult},
    },
    template::{ComponentKind, FailedComponent, Node, Range},
};

impl Page {
    /// What is read of a page whether it streams or not.
    pub(super) fn look_at(&mut self, chunk: &[u8]) {
        self.list_refused(chunk);
        let missing = UTF8_BOM.len() - self.first.len();
        self.first.extend(chunk.iter().take(missing));
    }

    fn list_refused(&mut self, chunk: &[u8]) {
        let Some((failure, listing)) = &mut self.refused else {
            return;
        };
        let failure = *failure;
        for listed in listing.push(chunk) {
            let counts = listed.kind != ComponentKind::Guest || self.settings.guest;
            let has_id = listed.friendly_id.is_some() || listed.kind == ComponentKind::Guest;
            if counts {
                let failure = if has_id {
                    failure
                } else {
                    Failure::BadFriendlyId
                };
                let outcome = ComponentOutcome {
                    id: None,
                    kind: listed.kind,
                    friendly_id: listed.friendly_id,
                    result: ComponentResult::Failed(failure),
                    shown: None,
                    flow_ms: 0,
                    at: 0,
                    source: From::Flow,
                };
                self.note(outcome, None);
            }
        }
    }

    pub(super) fn look_for_places(&mut self, extent: Extent) {
        if let Some(inserting) = &mut self.inserting {
            inserting.look(self.parts.places(), &self.source, extent);
        }
    }

    pub(super) fn advance_at(&mut self, now_ms: u32) {
        self.advance();
        self.note_hold(now_ms);
    }

    pub(super) fn advance(&mut self) {
        self.queue_compiled();
        self.look_at_open_component();
        self.release();
        if let Some(notes) = &mut self.notes
            && self.queue.is_empty()
            && let Some(open) = self.parts.open_component()
            && self.given_up != Some(open.id)
        {
            notes.hold(Some(open.id));
        }
    }

    /// Moves what is compiled into the queue.
    fn queue_compiled(&mut self) {
        let (failures, marks, nodes) = self.parts.take();
        for failed in failures {
            self.note_failed(failed, None);
        }
        for mark in marks {
            self.ignored.count(mark.reason);
        }
        for node in nodes {
            let range = node.range();
            if let Some(notes) = &mut self.notes {
                notes.read(&node, 0);
            }
            if range.end <= self.queued_to {
                continue;
            }
            match node {
                // The front of it has left as authored, so the rest does too.
                _ if range.start < self.queued_to => self.queue_bytes(range.end),
                Node::Component(component) => {
                    self.queue_bytes(range.start);
                    self.wish_for(&component);
                    self.queue
                        .push_back(Item::Component(Origin::Page, component));
                    self.queued_to = range.end;
                }
                _ => self.queue_bytes(range.end),
            }
        }
        if self.unreadable.is_some() {
            self.queue_bytes(self.source.end());
        }
    }

    /// Queues the page's bytes up to `end`, with what is put in on the way.
    fn queue_bytes(&mut self, end: usize) {
        while let Some((at, stop)) = self.inserting.as_mut().and_then(|i| i.next_stop(end)) {
            self.queue_range_to(at);
            self.queue.push_back(Item::Insertion(stop));
        }
        self.queue_range_to(end);
    }

    fn queue_range_to(&mut self, end: usize) {
        if end > self.queued_to {
            let range = Range::new(self.queued_to, end);
            self.queue.push_back(Item::Bytes(Origin::Page, range));
            self.queued_to = end;
        }
    }

    /// The outermost open component is asked for at once, and given up as soon as it cannot be shown.
    fn look_at_open_component(&mut self) {
        let located = self.parts.located();
        let Some(open) = self.parts.open_component() else {
            self.given_up = None;
            return;
        };
        let (id, kind, asked) = (open.id, open.kind, open.asked.clone());
        let start = open.start;
        let too_large = located.saturating_sub(open.content_start) > self.settings.hold_limit;
        if self.given_up != Some(id) {
            self.decisions.wish(&asked);
            let failure = match self.decisions.answer(&asked) {
                _ if too_large => Failure::TooLarge,
                Answer::Failed(failure) => failure,
                _ => return,
            };
            self.given_up = Some(id);
            let failed = FailedComponent {
                id: Some(id),
                kind,
                asked: Some(asked),
                failure,
                start,
            };
            self.note_failed(failed, None);
        }
        self.queue_bytes(located);
    }
}
