//! One page view: what arrived, what waits for which decision, and what may leave.
//!
//! In: [`Page::push`], [`Page::decided`], [`Page::fragment`], [`Page::deadline`], [`Page::end`], with times in
//! milliseconds since the start of the request. Out: [`Page::take_output`] (everything up to the first undecided component),
//! [`Page::next_wish`], outcomes. It never reads a clock and never performs a wish itself.

mod queueing;
mod release;
mod standing;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, mem, rc::Rc};

use encoding_rs::{Encoding, UTF_8};

use super::{
    fragment::{Fragment, FragmentPath},
    holds::Holds,
    ignored::Ignored,
    inserting::{Extent, Inserting},
    item::Item,
    notes::Notes,
    outcome::ComponentOutcome,
    parts::Parts,
};
use crate::{
    decision::{Decision, DecisionBook},
    insertion::Insertion,
    reason::Failure,
    template::{
        Asked, CompileOptions, Compiler, ComponentId, FriendlyId, Listing, Look, Range, Source,
        Template,
    },
};

/// The byte order mark that says UTF-8 (Encoding Standard §6).
const UTF8_BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

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
}
