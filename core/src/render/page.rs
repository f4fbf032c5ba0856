//! One page view: what arrived, what waits for which decision, and what may leave.
//!
//! In: [`Page::push`], [`Page::decided`], [`Page::fragment`], [`Page::deadline`], [`Page::end`], with times in
//! milliseconds since the start of the request. Out: [`Page::take_output`] (everything up to the first undecided component),
//! [`Page::next_wish`], outcomes. It never reads a clock and never performs a wish itself.

use std::{collections::VecDeque, mem, rc::Rc};

use encoding_rs::{Encoding, UTF_8};

use super::{
    bind::Binder,
    charset::Charset,
    component::{self, chosen_fragment, content_len},
    fragment::{Fragment, FragmentPath},
    holds::Holds,
    ignored::{Ignored, IgnoredAt},
    inserting::{Extent, Inserting},
    item::{Item, Origin, Shown},
    notes::{ComponentNote, Notes},
    outcome::{ComponentOutcome, ComponentResult, MarkCounts},
    parts::Parts,
};
use crate::{
    decision::{Answer, Decision, DecisionBook, Source as From},
    insertion::Insertion,
    reason::Failure,
    template::{
        Asked, CompileOptions, Compiler, Component, ComponentId, ComponentKind, FailedComponent,
        FriendlyId, Listing, Look, Node, PageFacts, Range, Source, Template,
    },
};

/// The byte order mark that says UTF-8 (Encoding Standard §6).
const UTF8_BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];
/// Most fragments that a page shows, one shown twice counted twice (faults contract P10).
const MAX_FRAGMENTS: usize = 100;
/// Once so many outcomes are noted, only those of the page's own components (at most a hundred) are added.
const MAX_OUTCOMES: usize = 200;

/// How a page is rendered.
#[derive(Clone, Debug)]
pub struct PageSettings {
    /// Largest content of a component that is held, in bytes (`hold_limit_kib` × 1024).
    pub hold_limit: usize,
    /// Charset that the response declares.
    pub declared: Option<&'static Encoding>,
    /// Friendly ids whose values may be HTML.
    pub trusted_html: Vec<String>,
    /// Whether XM vouches for the visitor on this response, so that `data-cdp-guest` may show their guest record.
    pub guest: bool,
    /// Whether components are rendered; otherwise the page passes as it is and only its facts are read.
    pub personalise: bool,
    /// What is put in besides, unless the page carries it.
    pub insertion: Option<Insertion>,
}

/// Something to fetch for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run the flow of this friendly id.
    Flow(FriendlyId),
    /// Fetch this path from XM.
    Fragment(FragmentPath),
    /// Retrieve the visitor's guest record.
    Guest,
}

/// The state of one page view.
pub struct Page {
    settings: PageSettings,
    source: Source,
    parts: Parts,
    queue: VecDeque<Item>,
    /// Everything of the page before this offset is in the queue, or has left.
    queued_to: usize,
    inserting: Option<Inserting>,
    /// The open outermost component, once it is known that it stays as authored.
    given_up: Option<ComponentId>,
    decisions: DecisionBook<Asked, Decision>,
    fragments: DecisionBook<FragmentPath, Fragment>,
    fragments_shown: usize,
    /// Why the rest of the page is not looked at.
    unreadable: Option<Failure>,
    ended: bool,
    /// The first three bytes of the page, as far as they are there.
    first: Vec<u8>,
    out: Vec<u8>,
    /// Bytes that [`Self::take_output`] has given.
    taken: u64,
    outcomes: Vec<ComponentOutcome>,
    holds: Holds,
    ignored: Ignored,
    /// In a preview.
    notes: Option<Box<Notes>>,
    /// Why nobody decides for the page, and what is in it.
    refused: Option<(Failure, Listing)>,
}

/// What to do with the component at the front of the queue.
enum Verdict {
    Authored(Failure),
    Hold,
    Render(Rc<Decision>, Option<Shown>),
}

impl Page {
    /// A page of which nothing has arrived.
    #[must_use]
    pub fn new(settings: PageSettings) -> Self {
        let look = if settings.personalise {
            Look::Components
        } else {
            Look::Facts
        };
        let compiler = Compiler::new(CompileOptions {
            look,
            places: settings.insertion.is_some(),
            encoding: settings.declared.unwrap_or(UTF_8),
            guest: settings.guest,
        });
        let parts = Parts::Streaming(Box::new(compiler));
        Self::with(settings, parts, Source::default())
    }

    /// A page that is compiled already. It begins with [`Self::begin`], and nothing of it arrives any more.
    #[must_use]
    pub fn of_template(settings: PageSettings, template: Rc<Template>) -> Self {
        let parts = Parts::of_template(Rc::clone(&template), settings.personalise);
        Self::with(settings, parts, Source::shared(template))
    }

    fn with(mut settings: PageSettings, parts: Parts, source: Source) -> Self {
        Self {
            parts,
            inserting: settings.insertion.take().map(Inserting::new),
            settings,
            source,
            queue: VecDeque::new(),
            queued_to: 0,
            given_up: None,
            decisions: DecisionBook::default(),
            fragments: DecisionBook::default(),
            fragments_shown: 0,
            unreadable: None,
            ended: false,
            first: Vec::new(),
            out: Vec::new(),
            taken: 0,
            outcomes: Vec::new(),
            holds: Holds::default(),
            ignored: Ignored::default(),
            notes: None,
            refused: None,
        }
    }

    /// Keeps [`Self::notes`] from now on.
    pub fn keep_notes(&mut self) {
        self.notes = Some(Box::default());
    }

    /// The time, where it is no argument anyway: for [`Self::notes`] and [`Self::held_ms`].
    pub fn tell_time(&mut self, now_ms: u32) {
        self.note_hold(now_ms);
        if let Some(notes) = &mut self.notes {
            notes.tell_time(now_ms);
        }
    }

    /// Milliseconds in which nothing could leave because a component at the front was not decided.
    #[must_use]
    pub const fn held_ms(&self) -> u32 {
        self.holds.total_ms()
    }

    fn note_hold(&mut self, now_ms: u32) {
        let waits = matches!(self.queue.front(), Some(Item::Component(..)));
        self.holds.note(waits, now_ms);
    }

    /// Nobody can be asked for a page that is not personalised, for this reason: its components are listed with it, as far as a
    /// glance sees them.
    pub fn refuse(&mut self, failure: Failure) {
        self.refused = Some((failure, Listing::default()));
    }

    /// Begins a page of [`Self::of_template`]: all that it wishes for is wished for now. Again, or of another page, it is nothing.
    pub fn begin(&mut self) {
        if self.ended || !matches!(self.parts, Parts::Template(_)) {
            return;
        }
        let whole = Range::new(0, self.source.end());
        // The list borrows the page's bytes, which nobody changes.
        let source = mem::take(&mut self.source);
        self.look_at(source.slice(whole));
        self.source = source;
        self.end(true);
    }

    /// Why the page could not be looked at to its end, although it came whole: then nobody knows what is marked in the rest.
    #[must_use]
    pub fn given_up_for(&self) -> Option<Failure> {
        self.unreadable
            .filter(|failure| *failure != Failure::OriginTruncated)
    }

    /// Bytes of the page arrived.
    pub fn push(&mut self, chunk: &[u8]) {
        self.source.push(chunk);
        self.look_at(chunk);
        if self.unreadable.is_none() {
            self.unreadable = self.parts.write(chunk, &self.source).err();
        }
        let understood = match self.unreadable {
            Some(_) => self.source.end(),
            None => self.parts.located(),
        };
        self.look_for_places(Extent::Begun(understood));
        self.advance();
    }

    /// The body ended; `complete` is false when the origin was cut off.
    pub fn end(&mut self, complete: bool) {
        if self.unreadable.is_none() {
            if complete {
                self.unreadable = self.parts.end(&self.source).err();
            } else {
                let end = self.source.end();
                self.parts.abandon(Failure::OriginTruncated, end);
                self.unreadable = Some(Failure::OriginTruncated);
            }
        }
        self.ended = true;
        let extent = if complete { Extent::Whole } else { Extent::Cut };
        self.look_for_places(extent);
        self.advance();
        if let Some(behind) = self.inserting.as_ref().and_then(Inserting::behind) {
            let behind = Item::Owned(behind.as_bytes().to_vec());
            self.queue.push_back(behind);
            self.release();
        }
    }

    /// What is known of a flow before the page wishes for it, after `took_ms` milliseconds: it is not asked for again.
    pub fn know(
        &mut self,
        friendly_id: FriendlyId,
        answer: Result<Decision, Failure>,
        took_ms: u32,
    ) {
        self.decisions
            .know(Asked::Flow(friendly_id), answer, took_ms);
    }

    /// The flow of `friendly_id` was answered. Late answers change nothing.
    pub fn decided(
        &mut self,
        friendly_id: &FriendlyId,
        answer: Result<Decision, Failure>,
        now_ms: u32,
    ) {
        let asked = Asked::Flow(friendly_id.clone());
        self.tell_time(now_ms);
        self.decisions.settle(&asked, answer, now_ms);
        self.advance_at(now_ms);
    }

    /// The visitor's guest record was retrieved ([`Decision::guest`]), or not.
    pub fn guest(&mut self, answer: Result<Decision, Failure>, now_ms: u32) {
        self.tell_time(now_ms);
        self.decisions.settle(&Asked::Guest, answer, now_ms);
        self.advance_at(now_ms);
    }

    /// The fragment at `path` arrived, with the charset that its response declares.
    pub fn fragment(
        &mut self,
        path: &FragmentPath,
        answer: Result<(Vec<u8>, Option<&'static Encoding>), Failure>,
        now_ms: u32,
    ) {
        let charset = self.charset();
        let guest = self.settings.guest;
        let compiled =
            answer.and_then(|(bytes, declared)| Fragment::compile(bytes, declared, charset, guest));
        self.tell_time(now_ms);
        self.fragments.settle(path, compiled, now_ms);
        self.advance_at(now_ms);
    }

    /// The decision budget is over: what is undecided stays as authored.
    pub fn deadline(&mut self, now_ms: u32) {
        self.tell_time(now_ms);
        self.decisions.expire(now_ms);
        self.fragments.expire(now_ms);
        self.advance_at(now_ms);
    }

    /// The next flow, fragment or guest to fetch; each is named once.
    pub fn next_wish(&mut self, now_ms: u32) -> Option<Wish> {
        let decision = self.decisions.next_wish(now_ms).map(|asked| match asked {
            Asked::Flow(friendly_id) => Wish::Flow(friendly_id),
            Asked::Guest => Wish::Guest,
        });
        decision.or_else(|| self.fragments.next_wish(now_ms).map(Wish::Fragment))
    }

    /// Takes the bytes that may leave now.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        mem::take(&mut self.out)
    }

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

    /// What is read of a page whether it streams or not.
    fn look_at(&mut self, chunk: &[u8]) {
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

    fn look_for_places(&mut self, extent: Extent) {
        if let Some(inserting) = &mut self.inserting {
            inserting.look(self.parts.places(), &self.source, extent);
        }
    }

    fn advance_at(&mut self, now_ms: u32) {
        self.advance();
        self.note_hold(now_ms);
    }

    fn advance(&mut self) {
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

    /// Wishes for a component's flow, and for those of nested ones that are on the page whatever it decides.
    fn wish_for(&mut self, component: &Component) {
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
    fn release(&mut self) {
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
    fn note_failed(&mut self, failed: FailedComponent, component: Option<&Component>) {
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

    fn note(&mut self, mut outcome: ComponentOutcome, note: Option<ComponentNote>) {
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

    fn charset(&self) -> Charset {
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

#[cfg(test)]
mod tests;
