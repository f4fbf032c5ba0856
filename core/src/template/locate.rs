//! Where the marked elements stand: lol_html as a locator that changes nothing.
//!
//! In: chunks. Out: [`Sighting`]s with absolute offsets, and the offset up to which the page is understood. It
//! never asks lol_html to mutate, so the bytes that left its sink are exactly the first bytes of the input.
//!
//! Parsing is most of what a page costs, and most of a page is of no interest. In the body, outside of components, the
//! parser rests: bytes in which a glance finds no mark are kept unread. If a mark follows, a skim reads them (`skim.rs`) and
//! tells the parser what it missed; where the skim cannot, the parser reads them after all. Either way it sees what it would have
//! seen at once.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use lol_html::{HtmlRewriter, OutputSink, errors::RewritingError};

use super::{
    CompileOptions, PageFacts, Range, glance,
    marks::Marks,
    skim::{self, End},
};
use crate::reason::Failure;

mod handlers;
mod places;
#[cfg(any(test, feature = "fuzzing"))]
mod restless;
#[cfg(test)]
mod tests;
mod unskimmable;
mod watching;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use restless::restless;

use self::handlers::{SELECTORS, settings};

/// Marked elements that may be open at once; deeper ones count as elements without an end tag.
const MAX_WATCHES: usize = 64;
/// lol_html's own memory per page: one unfinished tag plus the stack of open elements.
const PARSER_MEMORY: usize = 3 * 1024 * 1024;
/// Most bytes that are kept unread. Larger than nearly every page, and with the parser's memory still a thirtieth of an
/// isolate's 128 MB.
const MAX_UNREAD: usize = if FUZZED { 512 } else { 1024 * 1024 };
/// Most bytes that wait for the end of what looks like a start tag; then the parser tells whether it is one.
const LONGEST_TAG: usize = if FUZZED { 64 } else { 4096 };
/// How much the parser reads at once before it may rest again.
const SLICE: usize = if FUZZED { 48 } else { 1024 };
/// A fuzzer's pages are short: with smaller limits they reach what is behind these.
const FUZZED: bool = cfg!(feature = "fuzzing");

/// What the locator looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Components, what is inside them, and the page's facts.
    Components,
    /// The page's facts alone.
    Facts,
    /// Everything: the document is the content of a component.
    Fragment,
}

/// Something seen in the page, in document order.
#[derive(Debug)]
pub(super) enum Sighting {
    /// A marked element, or a `<template>`, begins.
    Open(Box<Opened>),
    /// An element that was opened ends; `end_tag` only if it is the element's own.
    Close {
        element: u32,
        end_tag: Option<Range>,
    },
    /// The head ends at this offset: before `</head>`, or before `<body` where there is no such tag.
    HeadEnd(usize),
    /// The body's start tag ends at this offset.
    BodyStart(usize),
}

/// The start of an element of interest.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) element: u32,
    pub(super) name: String,
    pub(super) tag: Range,
    pub(super) can_have_content: bool,
    pub(super) marks: Marks,
}

#[derive(Default)]
struct Seen {
    sightings: Vec<Sighting>,
    facts: PageFacts,
    /// `<body>` was seen: no facts come after it, and the parser may rest.
    in_body: bool,
    head: places::Head,
    /// Elements of interest that are open.
    open: u32,
    /// The first of them.
    outermost: Outermost,
    /// Real offset less the parser's: what it did not read, less what it was told instead.
    shift: usize,
    /// Where markup begins, outside of any tag, text and picture; behind it nothing is known.
    plain_from: Option<usize>,
    /// What was opened in components that makes their rest more than a skim can tell.
    unskimmable: unskimmable::Unskimmable,
    /// Everything before was reported as understood while the parser rested.
    passed: usize,
    last_start: Option<usize>,
    next_element: u32,
    watches: Vec<Watch>,
    /// The element that was found inside others which its HTML could end, by the offset of its start.
    around: Option<(usize, Vec<&'static str>)>,
    /// A component was seen: what the page says of its charset from here on comes too late for it.
    charset_settled: bool,
}

/// An open marked element: is its end tag, once lol_html sees it, the one that a browser takes?
struct Watch {
    element: u32,
    name: String,
    /// Open elements inside that protect it from start tags that would imply its end.
    protected: u32,
    /// A browser ignored an end tag inside, which lol_html took: their stacks differ.
    lost: bool,
}

struct CountingSink(Rc<Cell<usize>>);

impl OutputSink for CountingSink {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.set(self.0.get() + chunk.len());
    }
}

/// The locator of one page.
pub(super) struct Locator {
    rewriter: Option<HtmlRewriter<'static, CountingSink>>,
    seen: Rc<RefCell<Seen>>,
    /// Offset up to which the parser has understood what it read …
    understood: Rc<Cell<usize>>,
    /// … and up to which it has read.
    read: usize,
    /// What came after that.
    unread: Vec<u8>,
    /// How much of `unread` has no mark that is still to be looked at.
    looked_at: usize,
    look: Look,
}

/// The element of interest around all others that are open.
#[derive(Default)]
struct Outermost {
    name: String,
    /// Everything inside of it is seen.
    component: bool,
}

impl Locator {
    pub(super) fn new(options: CompileOptions) -> Self {
        let seen = Rc::new(RefCell::new(Seen::default()));
        let understood = Rc::new(Cell::new(0));
        let rewriter = SELECTORS.with(|selectors| {
            HtmlRewriter::new(
                settings(selectors, options, &seen),
                CountingSink(Rc::clone(&understood)),
            )
        });
        Self {
            rewriter: Some(rewriter),
            seen,
            understood,
            read: 0,
            unread: Vec::new(),
            looked_at: 0,
            look: options.look,
        }
    }

    /// Offset up to which everything is understood and reported.
    pub(super) fn located(&self) -> usize {
        self.understood.get().max(self.seen.borrow().passed)
    }

    pub(super) fn write(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        if self.rewriter.is_none() {
            return Ok(());
        }
        if self.unread.is_empty() {
            let read = self.read_on(chunk)?;
            self.unread
                .extend_from_slice(chunk.get(read..).unwrap_or_default());
        } else {
            let mut bytes = std::mem::take(&mut self.unread);
            bytes.extend_from_slice(chunk);
            let read = self.read_on(&bytes)?;
            bytes.drain(..read);
            self.unread = bytes;
        }
        let passed = self.seen.borrow().passed.saturating_sub(self.read);
        let finished = glance::unfinished_tag(&self.unread, passed);
        if self.unread.len() - finished > LONGEST_TAG {
            let unread = std::mem::take(&mut self.unread);
            self.looked_at = 0;
            return self.parse(&unread);
        }
        if finished > 0 {
            self.seen.borrow_mut().passed = self.read + finished;
        }
        Ok(())
    }

    /// Reads of `bytes` what must be read; returns how much that is.
    fn read_on(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        let mut read = 0;
        let mut looked_at = std::mem::take(&mut self.looked_at);
        while read < bytes.len() {
            let rest = bytes.get(read..).unwrap_or_default();
            if !self.may_rest() {
                let slice = self.slice(rest);
                self.parse(rest.get(..slice).unwrap_or_default())?;
                read += slice;
            } else if let Some(mark) = self.next_mark(bytes, looked_at.max(read)) {
                let (more, end) = self.approach(rest, mark - read)?;
                read += more;
                looked_at = mark;
                if end == Approached::Waiting {
                    looked_at -= glance::MARK;
                    break;
                }
            } else if rest.len() > MAX_UNREAD {
                read += self.catch_up(rest)?;
            } else {
                looked_at = looked_at.max(glance::looked_at(bytes));
                break;
            }
        }
        self.looked_at = looked_at.saturating_sub(read);
        Ok(read)
    }

    /// Reads what must be read of `rest`, in which the next mark ends at `mark`; returns how much that is.
    fn approach(&mut self, rest: &[u8], mark: usize) -> Result<(usize, Approached), Failure> {
        if !self.may_skim() {
            self.seen.borrow_mut().unskimmable.lose();
            self.parse(rest.get(..mark).unwrap_or_default())?;
            return Ok((mark, Approached::Read));
        }
        let skimmed = skim::skim(rest, mark);
        self.tell(skimmed.len, &skimmed.digest)?;
        let tag = rest.get(skimmed.len..).unwrap_or_default();
        match skimmed.end {
            End::Past => Ok((skimmed.len, Approached::Read)),
            End::Unfinished if tag.len() <= MAX_UNREAD => Ok((skimmed.len, Approached::Waiting)),
            End::Mark(Some(len)) => {
                self.parse(tag.get(..len).unwrap_or_default())?;
                let mut seen = self.seen.borrow_mut();
                if seen.open == 0 {
                    seen.plain_from = Some(self.read);
                }
                Ok((skimmed.len + len, Approached::Read))
            }
            end => {
                if end != End::Mark(None) {
                    self.seen.borrow_mut().unskimmable.lose();
                }
                self.seen.borrow_mut().plain_from = None;
                let to = mark.max(skimmed.len);
                self.parse(rest.get(skimmed.len..to).unwrap_or_default())?;
                Ok((to, Approached::Read))
            }
        }
    }

    /// Reads of `rest`, in which there is no mark, so much that little is left; returns how much that is.
    fn catch_up(&mut self, rest: &[u8]) -> Result<usize, Failure> {
        if self.may_skim() {
            let skimmed = skim::skim(rest, rest.len());
            self.tell(skimmed.len, &skimmed.digest)?;
            if skimmed.len > 0 {
                return Ok(skimmed.len);
            }
        }
        self.seen.borrow_mut().unskimmable.lose();
        self.parse(rest)?;
        Ok(rest.len())
    }

    /// Whether nothing is of interest until the next mark of a component.
    fn may_rest(&self) -> bool {
        #[cfg(any(test, feature = "fuzzing"))]
        if restless::is_wanted() {
            return false;
        }
        let seen = self.seen.borrow();
        seen.in_body && seen.open == 0 && self.understood.get() == self.read
    }

    /// Whether, besides, the parser stands where a skim can begin.
    fn may_skim(&self) -> bool {
        let seen = self.seen.borrow();
        seen.plain_from == Some(self.read) && seen.unskimmable.is_nothing()
    }

    /// Tells the parser `digest` in place of `len` bytes.
    fn tell(&mut self, len: usize, digest: &[u8]) -> Result<(), Failure> {
        self.parse(digest)?;
        let read = self.read - digest.len() + len;
        let mut seen = self.seen.borrow_mut();
        seen.shift += len - digest.len();
        seen.plain_from = Some(read);
        self.understood.set(read);
        self.read = read;
        Ok(())
    }

    /// Length of the next piece to read: if possible up to the end of a tag, where the parser can rest.
    fn slice(&self, bytes: &[u8]) -> usize {
        let slice = bytes.get(..SLICE).unwrap_or(bytes);
        let seen = self.seen.borrow();
        let name = if seen.in_body {
            seen.outermost.name.as_bytes()
        } else {
            b"body"
        };
        let ends = memchr::memchr_iter(b'<', slice).find(|at| {
            let slash = usize::from(seen.in_body);
            let found = slice.get(at + 1 + slash..at + 1 + slash + name.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(name))
        });
        let end = match ends {
            Some(from) => {
                memchr::memchr(b'>', slice.get(from..).unwrap_or_default()).map(|end| from + end)
            }
            None => memchr::memrchr(b'>', slice),
        };
        end.map_or(slice.len(), |end| end + 1)
    }

    fn next_mark(&self, bytes: &[u8], from: usize) -> Option<usize> {
        (self.look == Look::Components)
            .then(|| glance::mark(bytes, from))
            .flatten()
    }

    fn parse(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(rewriter) = self.rewriter.as_mut() else {
            return Ok(());
        };
        self.read += bytes.len();
        {
            let mut seen = self.seen.borrow_mut();
            if !seen.in_body {
                seen.unskimmable.note_head(bytes);
            }
        }
        rewriter.write(bytes).map_err(|error| {
            // lol_html panics when it is used after an error.
            self.rewriter = None;
            failure(&error)
        })
    }

    pub(super) fn end(&mut self) -> Result<(), Failure> {
        let rewriter = self.rewriter.take();
        if !self.unread.is_empty() {
            return Ok(());
        }
        rewriter
            .map_or(Ok(()), |rewriter| rewriter.end())
            .map_err(|error| failure(&error))
    }

    pub(super) fn take_sightings(&mut self) -> Vec<Sighting> {
        std::mem::take(&mut self.seen.borrow_mut().sightings)
    }

    pub(super) fn facts(&self) -> PageFacts {
        self.seen.borrow().facts.clone()
    }
}

/// What came of reading up to a mark.
#[derive(PartialEq, Eq)]
enum Approached {
    /// It is read, or need not be.
    Read,
    /// It is not known yet whether it is one.
    Waiting,
}

fn failure(error: &RewritingError) -> Failure {
    match error {
        RewritingError::MemoryLimitExceeded(_) => Failure::ParserLimit,
        _ => Failure::AmbiguousMarkup,
    }
}

impl Seen {
    /// The body's start tag ends at `end`.
    fn enter_body(&mut self, end: usize) {
        if !self.in_body {
            self.in_body = true;
            self.plain_from = Some(end);
        }
    }

    /// A tag of the parser's, as it stands in the page.
    fn placed(&self, tag: std::ops::Range<usize>) -> Range {
        Range::new(tag.start + self.shift, tag.end + self.shift)
    }
}
