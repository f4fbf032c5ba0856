//! What is put into a page while it streams: where it stands, and whether the page carries it already.
//!
//! In: the page's places and bytes, as they come. Out: stops in the page's queue, and the HTML for them. It decides by what
//! stands before one point of the page, whatever else has come, so that the output does not depend on how the page was cut.
//!
//! That point lies a little behind the end of the head, because older snippets stand at the start of the body: where the
//! first thing begins that a visitor may see. So nothing is kept from anybody's eyes for it.

use std::collections::VecDeque;

use crate::{
    insertion::Insertion,
    template::{Places, Range, Source, unseen},
};

/// Most bytes behind the end of the head that may wait for the verdict.
const LOOK_AHEAD: usize = 16 * 1024;

/// Where something is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    HeadEnd,
    BodyStart,
}

/// How much of the page is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything up to this offset is understood, or need not be.
    Begun(usize),
    /// It broke off.
    Cut,
    /// All of it.
    Whole,
}

/// What becomes of the insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    LeftOut,
    Pending,
    PutIn,
}

/// The insertion of one page.
pub(super) struct Inserting {
    insertion: Insertion,
    verdict: Verdict,
    places: Places,
    /// Places that are not in the page's queue yet.
    stops: VecDeque<(usize, Stop)>,
    /// Offset up to which the page was searched for what it carries.
    searched_to: usize,
    /// Offset up to which what follows the head shows nothing.
    unseen_to: usize,
}

impl Inserting {
    pub(super) fn new(insertion: Insertion) -> Self {
        Self {
            insertion,
            verdict: Verdict::Pending,
            places: Places::default(),
            stops: VecDeque::new(),
            searched_to: 0,
            unseen_to: 0,
        }
    }

    /// Looks at what came. What it has not searched must still be in `source`.
    pub(super) fn look(&mut self, places: Places, source: &Source, extent: Extent) {
        if self.verdict == Verdict::Pending {
            let known_to = match extent {
                Extent::Begun(understood) => understood,
                Extent::Cut | Extent::Whole => source.end(),
            };
            let point = match places.head_end {
                Some(head_end) => self.point(head_end, source, known_to, extent),
                None => {
                    self.search(source, known_to);
                    (extent == Extent::Whole).then_some(known_to)
                }
            };
            self.note_stops(places, point);
            if point.is_some() {
                self.verdict = if self.insertion.carried.found() {
                    Verdict::LeftOut
                } else {
                    Verdict::PutIn
                };
            } else if extent == Extent::Cut {
                self.verdict = Verdict::LeftOut;
            }
        }
        if self.verdict == Verdict::PutIn {
            // A second one further down cannot be helped, but it can be told.
            self.search(source, source.end());
        }
    }

    /// The offset up to which the page is searched before the verdict, once it is known; then it is searched up to there.
    fn point(
        &mut self,
        head_end: usize,
        source: &Source,
        known_to: usize,
        extent: Extent,
    ) -> Option<usize> {
        let limit = head_end + LOOK_AHEAD;
        let end = known_to.min(limit);
        let from = self.unseen_to.max(head_end);
        let unseen = unseen(source.slice(Range::new(from, end)));
        self.unseen_to = from + unseen.len;
        let point = if unseen.ends {
            Some(self.unseen_to)
        } else {
            (end == limit || extent == Extent::Whole).then_some(end)
        };
        self.search(source, point.unwrap_or(self.unseen_to));
        point
    }

    /// Notes the places that are new. The body's start counts only before the verdict's point: if something that may be
    /// seen comes before its tag, a browser has begun the body already.
    fn note_stops(&mut self, places: Places, point: Option<usize>) {
        let new = |known: Option<usize>, found: Option<usize>| found.filter(|_| known.is_none());
        let head_end = new(self.places.head_end, places.head_end);
        let body_start = new(self.places.body_start, places.body_start)
            .filter(|start| point.is_none_or(|point| *start <= point));
        let head_end = head_end.map(|at| (at, Stop::HeadEnd));
        let body_start = body_start.map(|at| (at, Stop::BodyStart));
        self.stops.extend(head_end.into_iter().chain(body_start));
        self.places = places;
    }

    fn search(&mut self, source: &Source, to: usize) {
        if to > self.searched_to {
            let bytes = source.slice(Range::new(self.searched_to, to));
            self.insertion.carried.push(bytes);
            self.searched_to = to;
        }
    }

    /// The next stop in the page's queue, up to `end`, and its offset.
    pub(super) fn next_stop(&mut self, end: usize) -> Option<(usize, Stop)> {
        let (at, _) = self.stops.front()?;
        if *at > end {
            return None;
        }
        self.stops.pop_front()
    }

    /// What to put in at `stop`; `None` while that is not decided.
    pub(super) fn html(&self, stop: Stop) -> Option<&str> {
        match (self.verdict, stop) {
            (Verdict::Pending, _) => None,
            (Verdict::LeftOut, _) => Some(""),
            (Verdict::PutIn, Stop::BodyStart) => Some(&self.insertion.body),
            (Verdict::PutIn, Stop::HeadEnd) => Some(&self.insertion.head),
        }
    }

    /// What to send behind the page, which ended: it has no place of its own for it.
    pub(super) fn behind(&self) -> Option<&str> {
        let homeless = self.verdict == Verdict::PutIn && self.places.head_end.is_none();
        homeless.then_some(&self.insertion.head)
    }

    /// It was put in, and then the page turned out to carry it, too.
    pub(super) fn is_doubled(&self) -> bool {
        self.verdict == Verdict::PutIn && self.insertion.carried.found()
    }
}
