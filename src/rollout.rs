//! The rollout in KV: read when an isolate begins, and behind a page from time to time.
//!
//! In: the binding `CONFIG`. Out: what holds for a page. When it is read, and what holds meanwhile, is the core's
//! (`rollout::Known`); without the binding nothing here costs anything.

use std::{cell::RefCell, rc::Rc};

use futures_util::{
    FutureExt,
    future::{FusedFuture, LocalBoxFuture, Shared},
};
use worker::{Context, Env};
use xm_edge_core::{
    config::{Problem, Rollout, rollout::KEY},
    reason::PassThrough,
    reuse::{Name, Sealer},
    rollout::{Known, Look, READ_MS, Report, Standing},
};

use crate::platform::{
    background,
    cache::{self, Place},
    clock::{self, Clock},
    environment,
    kv::Kv,
};

/// A read of KV is given up after so many milliseconds.
const GIVE_UP_MS: u32 = 5_000;
/// For so long the cache keeps the last good one for isolates that begin while KV is away, in seconds: a day.
const KEPT_S: u64 = 86_400;
/// The same text is put into the cache again after so many milliseconds.
const PUT_EVERY_MS: u64 = 300_000;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
    static PUT: RefCell<Option<(String, u64)>> = const { RefCell::new(None) };
    static EVERYBODY: Rc<Rollout> = Rc::default();
}

/// What holds for a page, or is about to be known.
#[derive(Clone)]
pub enum Switch {
    /// Known.
    Holds(Standing),
    /// The isolate is new: KV is being read, while XM renders.
    Reading(Shared<LocalBoxFuture<'static, Standing>>),
}

impl Switch {
    /// For a page of a tenant.
    pub fn look(env: &Env, context: &Context, client_key: &str) -> Self {
        if !Kv::is_bound(env) {
            return Self::Holds(Standing::On(EVERYBODY.with(Rc::clone)));
        }
        let look = KNOWN.with_borrow_mut(|known| known.look(Clock::epoch_ms()));
        let kept = || Kept::new(env, client_key);
        match look {
            Look::Holds(standing) => Self::Holds(standing),
            Look::Refresh(standing) => {
                if let Some(kv) = Kv::bound(env) {
                    let kept = kept();
                    context.wait_until(async move { kept.keep(read(kv).await).await });
                }
                Self::Holds(standing)
            }
            Look::Read => match Kv::bound(env) {
                Some(kv) => {
                    let context = background::share(context);
                    Self::Reading(first(kv, kept(), context).boxed_local().shared())
                }
                None => Self::Holds(Standing::Unknown),
            },
        }
    }

    /// What holds.
    pub async fn standing(&self) -> Standing {
        match self {
            Self::Holds(standing) => standing.clone(),
            Self::Reading(reading) => reading.clone().await,
        }
    }

    /// Why the page is XM's, if it is known to be.
    pub async fn passes(&self) -> Option<PassThrough> {
        reason(&self.standing().await)
    }

    /// The same at once: `None` also while it is being read.
    pub fn passes_now(&self) -> Option<PassThrough> {
        match self {
            Self::Holds(standing) => reason(standing),
            Self::Reading(_) => None,
        }
    }

    /// The rollout, where it is on; for nobody where that is not known.
    pub fn rollout(&self) -> Rc<Rollout> {
        let standing = match self {
            Self::Holds(standing) => Some(standing),
            Self::Reading(reading) => reading.peek(),
        };
        match standing {
            Some(Standing::On(rollout)) => Rc::clone(rollout),
            _ => Rc::new(Rollout {
                percent: 0,
                ..Rollout::default()
            }),
        }
    }
}

const fn reason(standing: &Standing) -> Option<PassThrough> {
    match standing {
        Standing::On(_) => None,
        Standing::Off => Some(PassThrough::SwitchedOff),
        Standing::Unknown => Some(PassThrough::RolloutUnknown),
    }
}

/// Whether the kill switch is known to be set; nobody is asked.
pub fn is_off(env: &Env) -> bool {
    Kv::is_bound(env) && KNOWN.with_borrow(|known| known.standing() == Standing::Off)
}

/// What health says, and what is wrong with what KV holds; `None` without the binding.
pub async fn health(
    env: &Env,
    context: &Context,
    client_key: &str,
) -> Option<(Report, Vec<Problem>)> {
    if !Kv::is_bound(env) {
        return None;
    }
    let _ = Switch::look(env, context, client_key).standing().await;
    let now = Clock::epoch_ms();
    Some(KNOWN.with_borrow_mut(|known| (known.report(now), known.problems().to_vec())))
}

/// Where the last good one is kept for other isolates.
struct Kept {
    sealer: Rc<Sealer>,
    name: Name,
}

impl Kept {
    fn new(env: &Env, client_key: &str) -> Self {
        let sealer = environment::sealer(env, client_key);
        let name = sealer.name_of(&["rollout", client_key]);
        Self { sealer, name }
    }

    async fn recall(self) {
        let Ok(Some(record)) = cache::get(Place::Rollout, self.name.as_str()).await else {
            return;
        };
        if let Some((_, text)) = self.sealer.open(&self.name, &record) {
            KNOWN.with_borrow_mut(|known| known.recalled(text, Clock::epoch_ms()));
        }
    }

    /// Keeps `text`, if there is any and it is not there already.
    async fn keep(self, text: Option<String>) {
        let Some(text) = text else { return };
        let now = Clock::epoch_ms();
        let is_new = PUT.with_borrow_mut(|put| {
            let same = |(kept, at): &(String, u64)| *kept == text && now < *at + PUT_EVERY_MS;
            let is_new = !put.as_ref().is_some_and(same);
            if is_new {
                *put = Some((text.clone(), now));
            }
            is_new
        });
        if is_new {
            let record = self.sealer.seal(&self.name, now, &text);
            // Without a cache the isolate's memory holds.
            let _ = cache::put(Place::Rollout, self.name.as_str(), &record, KEPT_S).await;
        }
    }
}

/// The first read of an isolate: what KV says counts, what the cache has only where that is late or fails.
async fn first(kv: Kv, kept: Kept, context: Context) -> Standing {
    let recall = Kept {
        sealer: Rc::clone(&kept.sealer),
        name: kept.name.clone(),
    };
    let mut reading = read(kv).boxed_local().fuse();
    let mut recalling = recall.recall().boxed_local().fuse();
    let mut late = clock::delay(READ_MS).fuse();
    let (mut good, mut recalled) = (None, false);
    let standing = || KNOWN.with_borrow(Known::standing);
    while !(reading.is_terminated() && (recalled || standing() != Standing::Unknown)) {
        futures_util::select_biased! {
            text = reading => good = text,
            () = recalling => recalled = true,
            () = late => break,
        }
    }
    if !reading.is_terminated() {
        KNOWN.with_borrow_mut(|known| known.late(Clock::epoch_ms()));
    }
    context.wait_until(async move {
        if !reading.is_terminated() {
            good = reading.await;
        }
        kept.keep(good).await;
    });
    standing()
}

/// Reads KV; gives the text to keep, when it is good.
async fn read(kv: Kv) -> Option<String> {
    let text = match clock::within(GIVE_UP_MS, kv.get(KEY)).await {
        Some(Ok(text)) => text,
        None | Some(Err(_)) => {
            let is_news = KNOWN.with_borrow_mut(|known| known.failed(Clock::epoch_ms()));
            if is_news {
                worker::console_warn!(r#"{{"message":"xm-edge","rollout":"unreachable"}}"#);
            }
            return None;
        }
    };
    let (problems, is_good) = KNOWN.with_borrow_mut(|known| {
        let problems = known.read(text.as_deref(), Clock::epoch_ms());
        (problems, known.problems().is_empty())
    });
    if !problems.is_empty() {
        let line =
            serde_json::json!({ "message": "xm-edge rollout invalid", "problems": problems });
        worker::console_error!("{line}");
    }
    // No key is a rollout to everybody.
    is_good.then(|| text.unwrap_or_else(|| "{}".to_owned()))
}
