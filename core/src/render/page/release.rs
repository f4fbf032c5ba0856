//! Everything up to the first undecided component leaves.
//!
//! In: the queue, decisions and fragments. Out: bytes, wishes, and an outcome for each component, once. It never looks at bytes that
//! have not been queued.

use std::rc::Rc;

use encoding_rs::{Encoding, UTF_8};

use super::{Page, UTF8_BOM};
use crate::{
    decision::{Answer, Decision, Source as From},
    reason::Failure,
    render::{
        bind::Binder,
        charset::Charset,
        component::{self, chosen_fragment, content_len},
        item::{Item, Origin, Shown},
        notes::ComponentNote,
        outcome::{ComponentOutcome, ComponentResult},
    },
    template::{Component, ComponentId, FailedComponent, Node},
};

/// Most fragments that a page shows, one shown twice counted twice (faults contract P10).
pub(super) const MAX_FRAGMENTS: usize = 100;
/// Once so many outcomes are noted, only those of the page's own components (at most a hundred) are added.
pub(super) const MAX_OUTCOMES: usize = 200;

/// What to do with the component at the front of the queue.
enum Verdict {
    Authored(Failure),
    Hold,
    Render(Rc<Decision>, Option<Shown>),
}

impl Page {
    /// Wishes for a component's flow, and for those of nested ones that are on the page whatever it decides.
    pub(super) fn wish_for(&mut self, component: &Component) {
        self.decisions.wish(&component.asked);
        if !component.has_alternatives() {
            for node in &component.content {
                if let Node::Component(nested) = node {
                    self.wish_for(nested);
                }
            }
        }
    }

    /// Lets everything up to the first undecided component leave.
    pub(super) fn release(&mut self) {
        while let Some(item) = self.queue.pop_front() {
            match item {
                Item::Bytes(Origin::Page, range) => {
                    self.source.forget_before(range.start);
                    self.source.take_before(range.end, &mut self.out);
                }
                Item::Bytes(Origin::Fragment(shown), range) => {
                    self.out
                        .extend_from_slice(shown.fragment.source.slice(range));
                }
                Item::Owned(bytes) => self.out.extend_from_slice(&bytes),
                Item::Insertion(stop) => {
                    let html = self.inserting.as_ref().map(|i| i.html(stop));
                    let Some(html) = html.unwrap_or(Some("")) else {
                        self.queue.push_front(Item::Insertion(stop));
                        return;
                    };
                    self.out.extend_from_slice(html.as_bytes());
                }
                Item::Component(origin, component) => match self.verdict(&origin, &component) {
                    Verdict::Hold => {
                        if let Some(notes) = &mut self.notes {
                            notes.hold(own_id(&origin, &component));
                        }
                        self.queue.push_front(Item::Component(origin, component));
                        return;
                    }
                    Verdict::Authored(failure) => {
                        let failed = FailedComponent {
                            id: own_id(&origin, &component),
                            kind: component.kind,
                            asked: Some(component.asked.clone()),
                            failure,
                            start: component.tag.range.start,
                        };
                        self.note_failed(failed, Some(&component));
                        let range = component.range();
                        self.queue.push_front(Item::Bytes(origin, range));
                    }
                    Verdict::Render(decision, fragment) => {
                        self.render(origin, *component, &decision, fragment);
                    }
                },
            }
        }
    }

    fn verdict(&mut self, origin: &Origin, component: &Component) -> Verdict {
        if content_len(component) > self.settings.hold_limit {
            return Verdict::Authored(Failure::TooLarge);
        }
        self.wish_for(component);
        let decision = match self.decisions.answer(&component.asked) {
            Answer::Done(decision) => decision,
            Answer::Failed(failure) => return Verdict::Authored(failure),
            Answer::Pending | Answer::Unknown => return Verdict::Hold,
        };
        let Some(path) = chosen_fragment(component, &decision) else {
            return Verdict::Render(decision, None);
        };
        // A fragment that leads back to itself would never end.
        if origin.is_inside(&path) || self.fragments_shown >= MAX_FRAGMENTS {
            return Verdict::Authored(Failure::TooMany);
        }
        self.fragments.wish(&path);
        match self.fragments.answer(&path) {
            Answer::Done(fragment) => {
                self.fragments_shown += 1;
                let inside = origin.clone();
                let shown = Shown {
                    fragment,
                    path,
                    inside,
                };
                Verdict::Render(decision, Some(shown))
            }
            Answer::Failed(failure) => Verdict::Authored(failure),
            Answer::Pending | Answer::Unknown => Verdict::Hold,
        }
    }

    fn render(
        &mut self,
        origin: Origin,
        component: Component,
        decision: &Decision,
        fragment: Option<Shown>,
    ) {
        let id = own_id(&origin, &component);
        let note = self.note_of(id, Some(&component), Some(decision));
        let (kind, asked) = (component.kind, component.asked.clone());
        let trusted = self
            .settings
            .trusted_html
            .iter()
            .any(|trusted| asked.friendly_id().is_some_and(|id| id.as_str() == trusted));
        let binder = Binder {
            decision,
            trusted,
            charset: self.charset(),
            origin,
            bound: 0,
            ignored: &mut self.ignored,
        };
        let rendered = component::render(component, fragment, binder);
        for item in rendered.items.into_iter().rev() {
            self.queue.push_front(item);
        }
        let outcome = ComponentOutcome {
            id,
            kind,
            flow_ms: self.decisions.took_ms(&asked),
            friendly_id: asked.friendly_id().cloned(),
            result: rendered.result,
            shown: rendered.shown,
            at: 0,
            source: decision.source(),
        };
        self.note(outcome, note);
    }

    /// Notes a failure, once per component.
    pub(super) fn note_failed(&mut self, failed: FailedComponent, component: Option<&Component>) {
        let id = failed.id;
        if id.is_some() && self.outcomes.iter().any(|outcome| outcome.id == id) {
            return;
        }
        let note = self.note_of(id, component, None);
        let flow_ms = failed
            .asked
            .as_ref()
            .map_or(0, |asked| self.decisions.took_ms(asked));
        let friendly_id = failed.asked.and_then(|asked| asked.friendly_id().cloned());
        let outcome = ComponentOutcome {
            id,
            kind: failed.kind,
            friendly_id,
            result: ComponentResult::Failed(failed.failure),
            shown: None,
            flow_ms,
            at: 0,
            source: From::Flow,
        };
        self.note(outcome, note);
    }

    pub(super) fn note(&mut self, mut outcome: ComponentOutcome, note: Option<ComponentNote>) {
        outcome.at = self.taken + self.out.len() as u64;
        if outcome.id.is_some() || self.outcomes.len() < MAX_OUTCOMES {
            self.outcomes.push(outcome);
            if let (Some(notes), Some(note)) = (&mut self.notes, note) {
                notes.keep(note);
            }
        }
    }

    fn note_of(
        &mut self,
        id: Option<ComponentId>,
        component: Option<&Component>,
        decision: Option<&Decision>,
    ) -> Option<ComponentNote> {
        let notes = self.notes.as_mut()?;
        Some(notes.of(id, component, decision))
    }

    pub(super) fn charset(&self) -> Charset {
        let meta = self.parts.facts().charset;
        let meta = meta.and_then(|label| Encoding::for_label(label.as_bytes()));
        // A page that was read as ASCII bytes cannot be what such a <meta> says: browsers take UTF-8.
        let meta = meta.map(|meta| {
            if meta.is_ascii_compatible() {
                meta
            } else {
                UTF_8
            }
        });
        Charset::agreed(self.settings.declared, meta, self.first == UTF8_BOM)
    }
}

/// Components of fragments have numbers of their own, which say nothing about the page's.
fn own_id(origin: &Origin, component: &Component) -> Option<ComponentId> {
    matches!(origin, Origin::Page).then_some(component.id)
}
