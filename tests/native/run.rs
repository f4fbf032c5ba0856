//! One page view from the first byte to the last.
//!
//! In: a page, its cuts, the answers and their timing. Out: [`Seen`]. It checks on the way what must hold
//! always: nothing is asked twice, and a page that ended leaves whole.

use std::{collections::BTreeMap, rc::Rc};

use encoding_rs::UTF_8;
use xm_edge_core::{
    decision::Decision,
    reason::Failure,
    render::{FragmentPath, Page, PageSettings, Wish},
    template::{ComponentKind, FriendlyId, Template},
};

use super::answers::{Answers, FragmentBody};

/// When answers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// As soon as asked, between two chunks.
    AtOnce,
    /// After the whole page, in the order of asking.
    AfterPage,
    /// After the whole page, the last asked first.
    AfterPageReversed,
}

/// All timings.
pub const TIMINGS: [Timing; 3] = [Timing::AtOnce, Timing::AfterPage, Timing::AfterPageReversed];

/// What one component came to: friendly id, result and what `data-cdp-shown` says.
pub type Outcome = (String, String, Option<String>);

/// How the visitor's guest stands among friendly ids.
pub const GUEST: &str = "(guest)";

/// What came out of a page view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Every byte that left.
    pub output: Vec<u8>,
    /// Friendly ids in the order of asking; [`GUEST`] where the guest was asked for.
    pub asked: Vec<String>,
    /// Paths of fragments in the order of asking.
    pub fetched: Vec<String>,
    /// In the order of the page's own list.
    pub outcomes: Vec<Outcome>,
    /// Ignored marks by label.
    pub ignored: BTreeMap<String, u32>,
    /// What was put in stands in the page as well.
    pub doubled: bool,
}

/// Runs one page view; `complete`: whether XM sent all of it.
pub fn run(
    settings: &PageSettings,
    page: &[u8],
    cuts: &[usize],
    complete: bool,
    answers: &Answers,
    timing: Timing,
) -> Seen {
    let mut view = View {
        page: Page::new(settings.clone()),
        answers,
        seen: Seen::default(),
        due: Vec::new(),
    };
    let mut rest = page;
    for cut in cuts {
        let (chunk, after) = rest.split_at(*cut);
        rest = after;
        view.page.push(chunk);
        view.collect();
        while timing == Timing::AtOnce && view.answer(false) {}
    }
    assert!(rest.is_empty(), "the cuts cover the page");
    view.page.end(complete);
    view.collect();
    while view.answer(timing == Timing::AfterPageReversed) {}
    view.finish()
}

/// Runs one page view of a page that was compiled before, for everyone; `None` where the page is no template.
pub fn run_template(
    settings: &PageSettings,
    page: &[u8],
    answers: &Answers,
    timing: Timing,
) -> Option<Seen> {
    let encoding = settings.declared.unwrap_or(UTF_8);
    let template = Template::compile(page.to_vec(), encoding).ok()?;
    let mut view = View {
        page: Page::of_template(settings.clone(), Rc::new(template)),
        answers,
        seen: Seen::default(),
        due: Vec::new(),
    };
    view.page.begin();
    view.page.begin();
    assert!(view.page.has_ended(), "nothing of it is still to come");
    view.collect();
    while view.answer(timing == Timing::AfterPageReversed) {}
    Some(view.finish())
}

/// An answer that is due.
enum Due {
    Flow(FriendlyId, Result<Decision, Failure>),
    Fragment(FragmentPath, Result<FragmentBody, Failure>),
    Guest(Result<Decision, Failure>),
}

struct View<'a> {
    page: Page,
    answers: &'a Answers,
    seen: Seen,
    due: Vec<Due>,
}

impl View<'_> {
    /// Takes output and wishes.
    fn collect(&mut self) {
        let promised = self.page.output_len();
        let output = self.page.take_output();
        assert_eq!(promised, output.len());
        self.seen.output.extend(output);
        while let Some(wish) = self.page.next_wish(0) {
            match wish {
                Wish::Flow(id) => {
                    let name = id.as_str().to_owned();
                    assert!(!self.seen.asked.contains(&name), "{name} asked twice");
                    let answer = self.answers.of_flow(&name);
                    self.seen.asked.push(name);
                    self.due.extend(answer.map(|answer| Due::Flow(id, answer)));
                }
                Wish::Guest => {
                    let name = GUEST.to_owned();
                    assert!(!self.seen.asked.contains(&name), "{name} asked twice");
                    self.seen.asked.push(name);
                    self.due.extend(self.answers.of_guest().map(Due::Guest));
                }
                Wish::Fragment(path) => {
                    let name = path.as_str().to_owned();
                    assert!(!self.seen.fetched.contains(&name), "{name} fetched twice");
                    let answer = self.answers.of_fragment(&name);
                    self.seen.fetched.push(name);
                    self.due
                        .extend(answer.map(|answer| Due::Fragment(path, answer)));
                }
            }
        }
    }

    /// Gives one answer; false when none is due.
    fn answer(&mut self, last: bool) -> bool {
        if self.due.is_empty() {
            return false;
        }
        let index = if last { self.due.len() - 1 } else { 0 };
        match self.due.remove(index) {
            Due::Flow(id, answer) => self.page.decided(&id, answer, 1),
            Due::Fragment(path, answer) => self.page.fragment(&path, answer, 1),
            Due::Guest(answer) => self.page.guest(answer, 1),
        }
        self.collect();
        true
    }

    fn finish(mut self) -> Seen {
        if !self.page.is_done() {
            self.page.deadline(400);
            self.collect();
        }
        assert!(self.page.is_done(), "nothing waits after the budget");
        assert!(self.page.next_wish(401).is_none());
        self.seen.outcomes = self
            .page
            .outcomes()
            .iter()
            .map(|outcome| {
                let id = match outcome.kind {
                    ComponentKind::Guest => Some(GUEST.to_owned()),
                    _ => outcome.friendly_id.as_ref().map(ToString::to_string),
                };
                let result = outcome.result.label().to_owned();
                (id.unwrap_or_default(), result, outcome.shown.clone())
            })
            .collect();
        self.seen.doubled = self.page.is_doubled();
        self.seen.ignored = self
            .page
            .ignored_marks()
            .iter()
            .map(|(reason, count)| (reason.label().to_owned(), *count))
            .collect();
        self.seen
    }
}
