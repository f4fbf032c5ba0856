//! Visitors of one isolate share its breakers, its memory of decisions, its rollout and the data centre's cache, and nothing else:
//! 1,000 random schedules of pages that overlap in every way (faults G5). The schedules are the same on every machine.

use std::{collections::HashMap, rc::Rc};

use fastrand::Rng;
use serde_json::{Value, json};
use xm_edge_core::{
    asking::{Asking, Isolate, Question, Recall, Reply, Step},
    cdp::BrowserId,
    config::{CdpSettings, Config, Site, parse},
    decision::Source,
    reason::Failure,
    render::{ComponentResult, Page, PageSettings, Wish},
    reuse::{Kept, Policy, Sealer},
    rollout::{self, Known, Standing},
    template::FriendlyId,
};

const SCHEDULES: u64 = 1_000;
/// Pages of a schedule, of a few visitors who come again.
const PAGES: usize = 24;
const VISITORS: u64 = 6;
const FLOWS: [&str; 3] = ["hero", "promo", "footer"];
const BUDGET_MS: u32 = 400;

/// The isolate, and what is around it.
struct Edge {
    isolate: Isolate,
    known: Known,
    cache: HashMap<String, String>,
    config: Config,
    sealer: Rc<Sealer>,
    now_ms: u64,
    tally: Tally,
}

/// What happened in all schedules: each of it must happen at all.
#[derive(Debug, Default)]
struct Tally {
    asked: u32,
    last: u32,
    left: u32,
    off: u32,
    refused: u32,
    reused: u32,
    shown: u32,
    late: u32,
}

/// A page under way.
struct View {
    id: BrowserId,
    page: Page,
    rest: Vec<Vec<u8>>,
    began_ms: u64,
    expired: bool,
    left: bool,
    recalls: Vec<Asking>,
    calls: Vec<Asking>,
    out: Vec<u8>,
}

fn visitor(number: u64) -> BrowserId {
    let id = format!("{number:08x}-11eb-4cf9-8d5d-274e9f344925");
    BrowserId::parse(&id).expect("an id")
}

fn html() -> String {
    let component = |flow: &str| {
        format!(
            "<div data-cdp-experience=\"{flow}\"><b data-cdp-text=\"/token\">nobody</b><i data-cdp-text=\"/flow\">none</i></div>"
        )
    };
    let components: String = FLOWS.into_iter().map(component).collect();
    format!("<html lang=en><body>{components}<p>end</p></body></html>")
}

impl Edge {
    fn new(rng: &mut Rng) -> Self {
        let settings = json!({
            "CDP_ENDPOINT": "https://cdp.example", "CDP_CLIENT_KEY": "KEY", "POINT_OF_SALE": "shop",
            "SITE": {"reuse_decisions_s": rng.u32(0..3), "reuse_on_failure_s": rng.u32(0..60)},
        });
        let Value::Object(settings) = settings else {
            unreachable!()
        };
        Self {
            isolate: Isolate::default(),
            known: Known::default(),
            cache: HashMap::new(),
            config: parse(&settings).expect("a configuration"),
            sealer: Rc::new(Sealer::new("secret".to_owned())),
            now_ms: 1_700_000_000_000,
            tally: Tally::default(),
        }
    }

    fn site(&self) -> &Site {
        &self.config.site
    }

    fn cdp(&self) -> &CdpSettings {
        &self.config.cdp
    }

    fn open(&self, rng: &mut Rng) -> View {
        let html = html().into_bytes();
        let cut = rng.usize(1..html.len());
        let (first, second) = html.split_at(cut);
        let settings = PageSettings {
            hold_limit: 65_536,
            declared: None,
            trusted_html: Vec::new(),
            guest: false,
            personalise: true,
            insertion: None,
        };
        View {
            id: visitor(rng.u64(0..VISITORS)),
            page: Page::new(settings),
            rest: vec![second.to_vec(), first.to_vec()],
            began_ms: self.now_ms,
            expired: false,
            left: false,
            recalls: Vec::new(),
            calls: Vec::new(),
            out: Vec::new(),
        }
    }

    fn question(&self, view: &View, friendly_id: FriendlyId) -> Question {
        let refused = match self.known.standing() {
            Standing::On(rollout) => {
                rollout::refuses(&rollout, &self.cdp().client_key, &view.id, &friendly_id)
            }
            Standing::Off | Standing::Unknown => Some(Failure::SwitchedOff),
        };
        let recall = Policy::of(self.site()).map(|policy| Recall {
            name: self.sealer.name(&Kept {
                browser_id: &view.id,
                friendly_id: &friendly_id,
                cdp: self.cdp(),
                site: self.site(),
                language: "EN",
                utm: &[],
            }),
            sealer: Rc::clone(&self.sealer),
            policy,
        });
        Question {
            friendly_id,
            refused,
            recall,
            budget_ms: BUDGET_MS,
            left_ms: BUDGET_MS.saturating_sub(view.age(self.now_ms)),
        }
    }

    /// One step of one page; whether it is over.
    fn step(&mut self, view: &mut View, rng: &mut Rng) -> bool {
        let age = view.age(self.now_ms);
        if !view.expired && age >= BUDGET_MS {
            view.expired = true;
            self.tally.late += u32::try_from(view.calls.len()).unwrap_or_default();
            for mut asking in view.calls.drain(..).chain(view.recalls.drain(..)) {
                asking.dropped(0, &mut self.isolate, self.now_ms);
            }
            view.page.deadline(age);
        }
        while let Some(Wish::Flow(id)) = view.page.next_wish(age) {
            let question = self.question(view, id);
            let (asking, step) = Asking::begin(question, &mut self.isolate, self.now_ms);
            self.goes_on(view, asking, step);
        }
        match rng.u8(0..6) {
            0 | 1 => match view.rest.pop() {
                Some(chunk) => {
                    view.page.push(&chunk);
                    if view.rest.is_empty() {
                        view.page.end(true);
                    }
                }
                None => self.now_ms += rng.u64(0..300),
            },
            2 if !view.recalls.is_empty() => {
                let mut asking = view.recalls.swap_remove(rng.usize(..view.recalls.len()));
                let record = self.cached(&asking);
                let left = BUDGET_MS.saturating_sub(age);
                let step = asking.recalled(record.as_deref(), &mut self.isolate, self.now_ms, left);
                self.goes_on(view, asking, step);
            }
            3 | 4 if !view.calls.is_empty() => {
                let asking = view.calls.swap_remove(rng.usize(..view.calls.len()));
                self.answer(view, asking, rng);
            }
            5 if rng.u8(0..20) == 0 => {
                // The visitor leaves.
                self.tally.left += 1;
                view.left = true;
                for mut asking in view.calls.drain(..) {
                    let left = BUDGET_MS.saturating_sub(age);
                    asking.dropped(left, &mut self.isolate, self.now_ms);
                }
                return true;
            }
            _ => self.now_ms += rng.u64(0..60),
        }
        view.out.extend(view.page.take_output());
        view.page.is_done()
    }

    fn cached(&self, asking: &Asking) -> Option<String> {
        let recall = asking.question().recall.as_ref()?;
        self.cache.get(recall.name.as_str()).cloned()
    }

    fn goes_on(&mut self, view: &mut View, mut asking: Asking, step: Step) {
        let id = asking.question().friendly_id.clone();
        match step {
            Step::Call { recall } => {
                self.tally.asked += 1;
                if recall {
                    let record = self.cached(&asking);
                    asking.remember(record.as_deref(), &mut self.isolate, self.now_ms);
                }
                view.calls.push(asking);
            }
            Step::Recall => view.recalls.push(asking),
            Step::Settled(result) => {
                match &result {
                    Err(Failure::BreakerOpen) => self.tally.refused += 1,
                    Err(_) => self.tally.off += 1,
                    Ok(_) => {}
                }
                view.page.decided(&id, result, view.age(self.now_ms));
            }
        }
    }

    /// The CDP answers this visitor, well or badly.
    fn answer(&mut self, view: &mut View, mut asking: Asking, rng: &mut Rng) {
        let id = asking.question().friendly_id.clone();
        let is_well = (self.now_ms / 5_000).is_multiple_of(2);
        let reply = match rng.u8(0..10) {
            0 => Reply::Unreachable,
            1 => Reply::Answered {
                status: 404,
                body: Some(br#"{"status":"NOT_FOUND"}"#.to_vec()),
            },
            _ if !is_well => Reply::Answered {
                status: 503,
                body: Some(Vec::new()),
            },
            _ => {
                let decision = json!({"token": view.id.as_str(), "flow": id.as_str()});
                Reply::Answered {
                    status: 200,
                    body: Some(decision.to_string().into_bytes()),
                }
            }
        };
        let answered = asking.answered(reply, &mut self.isolate, self.now_ms);
        if let (Some(record), Some(recall)) = (answered.keep, &asking.question().recall) {
            self.cache.insert(recall.name.as_str().to_owned(), record);
        }
        view.page
            .decided(&id, answered.result, view.age(self.now_ms));
    }

    /// The page shows its own visitor, flow by flow, or nobody.
    fn check(&mut self, view: &View, seed: u64) {
        let html = String::from_utf8_lossy(&view.out);
        let own = view.id.as_str();
        for number in 0..VISITORS {
            let other = visitor(number);
            assert!(
                other == view.id || !html.contains(other.as_str()),
                "schedule {seed}: {own} sees another: {html}"
            );
        }
        for outcome in view.page.outcomes() {
            let flow = outcome
                .friendly_id
                .as_ref()
                .expect("a friendly id")
                .as_str();
            let shown = format!(
                "<b data-cdp-text=\"/token\">{own}</b><i data-cdp-text=\"/flow\">{flow}</i>"
            );
            let is_shown = matches!(outcome.result, ComponentResult::Bound);
            assert!(
                view.left || html.contains(&shown) == is_shown,
                "schedule {seed}: {flow} {outcome:?}: {html}"
            );
            self.tally.shown += u32::from(is_shown);
            match outcome.source {
                Source::Flow => {}
                Source::Last(_) => self.tally.last += 1,
                Source::Reused => self.tally.reused += 1,
            }
        }
    }
}

impl View {
    fn age(&self, now_ms: u64) -> u32 {
        u32::try_from(now_ms - self.began_ms).unwrap_or(u32::MAX)
    }
}

#[test]
fn in_a_thousand_interleavings_no_visitor_sees_another() {
    let mut sum = Tally::default();
    for seed in 0..SCHEDULES {
        let mut rng = Rng::with_seed(seed);
        let mut edge = Edge::new(&mut rng);
        edge.known.read(None, edge.now_ms);
        let (mut under_way, mut opened) = (Vec::new(), 0);
        while opened < PAGES || !under_way.is_empty() {
            if opened < PAGES && (under_way.is_empty() || rng.u8(0..6) == 0) {
                under_way.push(edge.open(&mut rng));
                opened += 1;
            }
            if rng.u8(0..60) == 0 {
                let text = format!(
                    "{{\"percent\":{},\"off\":[\"{}\"]}}",
                    rng.u8(50..=100),
                    FLOWS[rng.usize(..3)]
                );
                edge.known
                    .read(rng.bool().then_some(text.as_str()), edge.now_ms);
            }
            let index = rng.usize(..under_way.len());
            if edge.step(&mut under_way[index], &mut rng) {
                let view = under_way.swap_remove(index);
                edge.check(&view, seed);
            }
        }
        let Tally {
            asked,
            last,
            left,
            off,
            refused,
            reused,
            shown,
            late,
        } = edge.tally;
        sum = Tally {
            asked: sum.asked + asked,
            last: sum.last + last,
            left: sum.left + left,
            off: sum.off + off,
            refused: sum.refused + refused,
            reused: sum.reused + reused,
            shown: sum.shown + shown,
            late: sum.late + late,
        };
    }
    let Tally {
        asked,
        last,
        left,
        off,
        refused,
        reused,
        shown,
        late,
    } = sum;
    for count in [asked, last, left, off, refused, reused, shown, late] {
        assert!(count > 100, "the schedules prove too little: {sum:?}");
    }
}
