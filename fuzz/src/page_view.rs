//! One page view through the state machine of the core, as the Worker drives it.
//!
//! In: a page, what the CDP and XM answer, and in which order things happen. Out: what left. On the way it checks what holds
//! always: nobody is asked twice, and lengths are what they are said to be.

use std::{collections::HashSet, rc::Rc};

use arbitrary::{Result, Unstructured};
use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, GBK, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_1252};
use xm_edge_core::{
    decision::Decision,
    insertion::{Detector, Insertion},
    reason::Failure,
    render::{Page, PageSettings, Wish},
    template::{FriendlyId, Pointer, Template},
};

/// Charsets that a response may declare. Those that are no superset of ASCII never come here.
const CHARSETS: [Option<&Encoding>; 9] = [
    Some(UTF_8),
    None,
    Some(WINDOWS_1252),
    Some(SHIFT_JIS),
    Some(GBK),
    Some(BIG5),
    Some(EUC_KR),
    Some(GB18030),
    Some(KOI8_R),
];
/// Bytes of a component that may be held. Above the largest page it never matters.
const HOLD_LIMITS: [usize; 4] = [256 * 1024, 400, 40, 0];
/// Friendly ids whose values may be HTML: those of the seeds.
const TRUSTED: [&str; 2] = ["c", "one"];
/// Milliseconds of the budget.
const BUDGET_MS: u32 = 400;

/// What is put into a page besides.
const HEAD: &str = "<script>own</script>";
/// At the start of the body.
const BODY: &str = "<noscript>own</noscript>";

/// What comes of asking for a fragment.
type FragmentAnswer = std::result::Result<(Vec<u8>, Option<&'static Encoding>), Failure>;

/// How a page is looked at, and by whom it is decided on.
#[derive(Clone, Debug)]
pub struct View<'i> {
    /// Settings of the page.
    pub settings: PageSettings,
    decision: &'i [u8],
    fragment: &'i [u8],
    fragment_charset: Option<&'static Encoding>,
    /// Which ids get no answer, and which an error.
    mix: u8,
    /// Whether decisions are told ahead, as a preview does it.
    known_ahead: bool,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// So many bytes arrive.
    Push(usize),
    /// The page is asked what it wishes.
    Ask,
    /// The answer that is due first, or last, arrives.
    Answer(bool),
    /// What may leave is taken.
    Take,
    /// The budget ends.
    Deadline,
}

impl From<u8> for Step {
    fn from(byte: u8) -> Self {
        let number = usize::from(byte >> 3);
        match byte & 7 {
            0..=2 => Self::Push(number),
            3 => Self::Push(number * 32),
            4 => Self::Ask,
            5 => Self::Answer(number % 2 == 1),
            6 => Self::Take,
            _ => Self::Deadline,
        }
    }
}

/// What came of a page view.
#[derive(Debug)]
pub struct Seen {
    /// Every byte that left.
    pub output: Vec<u8>,
    /// Friendly id and what `data-cdp-shown` says of it.
    pub shown: Vec<(String, Option<String>)>,
}

impl<'i> View<'i> {
    /// Chooses the settings.
    pub fn choose(
        control: &mut Unstructured<'_>,
        decision: &'i [u8],
        fragment: &'i [u8],
    ) -> Result<Self> {
        let flags: u8 = control.arbitrary()?;
        let is_on = |bit: u8| flags & (1 << bit) != 0;
        let mix = control.arbitrary()?;
        let insertion = is_on(3).then(|| Insertion {
            head: HEAD.to_owned(),
            body: BODY.to_owned(),
            carried: Detector::new(&[&["carried"]]),
        });
        Ok(Self {
            settings: PageSettings {
                hold_limit: *control.choose(&HOLD_LIMITS)?,
                declared: *control.choose(&CHARSETS)?,
                trusted_html: if is_on(0) {
                    Vec::new()
                } else {
                    TRUSTED.map(str::to_owned).to_vec()
                },
                guest: is_on(1),
                personalise: !is_on(2),
                insertion,
            },
            decision,
            fragment,
            fragment_charset: *control.choose(&CHARSETS)?,
            mix,
            known_ahead: is_on(4),
        })
    }

    /// The same page for visitors of whom nobody knows anything.
    pub fn undecided(&self) -> Self {
        Self {
            settings: PageSettings {
                insertion: None,
                ..self.settings.clone()
            },
            mix: 0xff,
            known_ahead: false,
            ..self.clone()
        }
    }

    /// The same page, decided on with `decision`.
    pub fn deciding<'d>(&self, decision: &'d [u8]) -> View<'d>
    where
        'i: 'd,
    {
        View {
            decision,
            ..self.clone()
        }
    }

    /// The answer of the flow `id`; `None`: it never comes. It depends on nothing but the id.
    fn flow(&self, id: &str) -> Option<std::result::Result<Decision, Failure>> {
        match (self.mix, self.mix.rotate_left(hash(id)) & 7) {
            (0xff, _) | (_, 7) => hash(id).is_multiple_of(2).then_some(Err(Failure::CdpError)),
            (_, 6) => Some(Err(Failure::BreakerOpen)),
            _ => Some(Decision::read(200, self.decision)),
        }
    }

    fn fragment(&self, path: &str) -> FragmentAnswer {
        match self.mix.rotate_left(hash(path)) & 7 {
            7 => Err(Failure::FragmentError),
            _ => Ok((self.fragment.to_vec(), self.fragment_charset)),
        }
    }

    fn guest(&self) -> std::result::Result<Decision, Failure> {
        if self.mix == 0xff {
            return Err(Failure::CdpError);
        }
        let record = serde_json::from_slice(self.decision).map_err(|_| Failure::CdpError)?;
        let fields = ["/t", "/firstName", "/ext"];
        Ok(Decision::guest(
            record,
            fields
                .iter()
                .filter_map(|field| Pointer::parse(field))
                .collect(),
        ))
    }

    /// A page of which nothing has arrived.
    fn page(&self) -> Page {
        let mut page = Page::new(self.settings.clone());
        if self.known_ahead {
            page.keep_notes();
            page.keep_places();
            for id in TRUSTED.iter().filter_map(|id| FriendlyId::parse(id)) {
                page.know(id, Decision::read(200, self.decision), 0);
            }
        }
        page
    }

    /// The page comes at once, and so do the answers.
    pub fn at_once(&self, page: &[u8]) -> Seen {
        self.run(page, &[], true)
    }

    /// The page comes as `steps` say. Without a deadline among them every answer comes in time.
    pub fn run(&self, bytes: &[u8], steps: &[Step], complete: bool) -> Seen {
        let mut running = Running::new(self, self.page());
        let mut rest = bytes;
        for step in steps {
            match step {
                Step::Push(len) => rest = running.push(rest, *len),
                Step::Ask => running.ask(),
                Step::Answer(last) => running.answer(*last),
                Step::Take => running.take(),
                Step::Deadline => running.page.deadline(BUDGET_MS),
            }
        }
        running.push(rest, rest.len());
        running.page.end(complete);
        running.finish()
    }

    /// The page was compiled before, for everyone.
    pub fn of_template(&self, template: Rc<Template>) -> Seen {
        let mut page = Page::of_template(self.settings.clone(), template);
        page.begin();
        assert!(page.has_ended(), "nothing of it is still to come");
        Running::new(self, page).finish()
    }
}

/// A page view on its way.
struct Running<'v, 'i> {
    view: &'v View<'i>,
    page: Page,
    output: Vec<u8>,
    due: Vec<Wish>,
    asked: HashSet<String>,
}

impl<'v, 'i> Running<'v, 'i> {
    fn new(view: &'v View<'i>, page: Page) -> Self {
        Self {
            view,
            page,
            output: Vec::new(),
            due: Vec::new(),
            asked: HashSet::new(),
        }
    }

    fn push<'p>(&mut self, rest: &'p [u8], len: usize) -> &'p [u8] {
        let (chunk, after) = rest.split_at(len.min(rest.len()));
        self.page.push(chunk);
        after
    }

    fn ask(&mut self) {
        while let Some(wish) = self.page.next_wish(0) {
            let name = format!("{wish:?}");
            assert!(self.asked.insert(name), "asked twice: {wish:?}");
            self.due.push(wish);
        }
    }

    fn answer(&mut self, last: bool) {
        if self.due.is_empty() {
            return;
        }
        let index = if last { self.due.len() - 1 } else { 0 };
        match self.due.remove(index) {
            Wish::Flow(id) => {
                if let Some(answer) = self.view.flow(id.as_str()) {
                    self.page.decided(&id, answer, 1);
                }
            }
            Wish::Fragment(path) => {
                let answer = self.view.fragment(path.as_str());
                self.page.fragment(&path, answer, 1);
            }
            Wish::Guest => self.page.guest(self.view.guest(), 1),
        }
    }

    fn take(&mut self) {
        let promised = self.page.output_len();
        let output = self.page.take_output();
        assert_eq!(
            promised,
            output.len(),
            "what may leave has the length it was said to have"
        );
        self.output.extend(output);
        assert_eq!(self.page.taken(), self.output.len() as u64);
    }

    fn finish(mut self) -> Seen {
        loop {
            self.ask();
            if self.due.is_empty() {
                break;
            }
            self.answer(false);
        }
        if !self.page.is_done() {
            self.page.deadline(BUDGET_MS);
        }
        assert!(self.page.is_done(), "nothing waits behind the budget");
        assert!(
            self.page.next_wish(BUDGET_MS).is_none(),
            "nobody is asked behind the budget"
        );
        self.take();
        let outcomes = self.page.outcomes().iter();
        let mut shown: Vec<_> = outcomes
            .map(|outcome| {
                let id = outcome.friendly_id.as_ref().map(ToString::to_string);
                (id.unwrap_or_default(), outcome.shown.clone())
            })
            .collect();
        shown.sort();
        let _ = (self.page.notes(), self.page.ignored_at());
        Seen {
            output: self.output,
            shown,
        }
    }
}

/// Some number from 0 to 7 that depends on `text` alone.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    }) & 7
}
