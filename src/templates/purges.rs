//! What was purged: told to this isolate, or heard from others.
//!
//! In: purges. Out: the log of all that are known, stored where other isolates hear of it. An isolate hears of a purge in its data
//! centre within [`HEAR_CACHE_MS`], and of one elsewhere as soon as KV shows it.

use worker::{Context, Env};
use xm_edge_core::template_cache::purge::{Purge, Purges, Reach, STORED_UNDER};

use super::with;
use crate::platform::{
    cache::{self, Place},
    kv::Kv,
};

/// The data centre's cache is read again after so many milliseconds …
const HEAR_CACHE_MS: u64 = 5_000;
/// … and KV, which answers from a copy of that age anyway, after so many.
const HEAR_KV_MS: u64 = 30_000;
/// For so long the data centre keeps the log, in seconds: a day. What was kept before that is asked for again by then.
const KEPT_S: u64 = 86_400;

/// What an isolate knows.
#[derive(Default)]
pub(super) struct Known {
    /// All purges that it has heard of.
    pub(super) log: Purges,
    heard_cache_ms: Option<u64>,
    heard_kv_ms: Option<u64>,
}

impl Known {
    /// What must be asked again; asking begins now.
    fn due(&mut self, now_ms: u64) -> Due {
        let is_due = |heard: &mut Option<u64>, every_ms: u64| {
            let due = heard.is_none_or(|at| now_ms >= at.saturating_add(every_ms));
            if due {
                *heard = Some(now_ms);
            }
            due
        };
        Due {
            cache: is_due(&mut self.heard_cache_ms, HEAR_CACHE_MS),
            kv: is_due(&mut self.heard_kv_ms, HEAR_KV_MS),
        }
    }
}

struct Due {
    cache: bool,
    kv: bool,
}

/// Hears of others' purges, behind the page, from time to time.
pub fn listen(env: &Env, context: &Context) {
    // An isolate that keeps nothing has nothing to lose.
    let due = with(|shelf, now| (!shelf.memory.is_empty()).then(|| shelf.purges.due(now)));
    if let Some(due) = due.filter(|due| due.cache || due.kv) {
        context.wait_until(hear(due, Kv::bound(env)));
    }
}

/// Hears of others' purges before a page of theirs is trusted, if that was never done or long ago.
pub(super) async fn known(env: &Env) {
    let due = with(|shelf, now| shelf.purges.due(now));
    hear(due, Kv::bound(env)).await;
}

async fn hear(due: Due, kv: Option<Kv>) {
    let from_cache = async {
        match due.cache {
            true => cache::get(Place::Purges, STORED_UNDER).await.ok().flatten(),
            false => None,
        }
    };
    let from_kv = async {
        match kv.filter(|_| due.kv) {
            Some(kv) => kv.get(STORED_UNDER).await.ok().flatten(),
            None => None,
        }
    };
    let (cached, stored) = futures_util::join!(from_cache, from_kv);
    for text in [cached, stored].into_iter().flatten() {
        let heard = Purges::read(&text);
        with(|shelf, _| shelf.purges.log.merge(&heard));
    }
}

/// Carries out a purge; tells how far it reaches.
pub async fn purge(purge: &Purge, env: &Env) -> Reach {
    let kv = Kv::bound(env);
    // What others have purged meanwhile must not be lost.
    let due = Due {
        cache: true,
        kv: true,
    };
    hear(due, Kv::bound(env)).await;
    let text = with(|shelf, now| {
        shelf.purges.log.add(purge, now);
        shelf.purges.log.write()
    });
    let in_cache = cache::put(Place::Purges, STORED_UNDER, &text, KEPT_S);
    let in_kv = async {
        match &kv {
            Some(kv) => kv.put(STORED_UNDER, &text).await.is_ok(),
            None => false,
        }
    };
    let (in_cache, in_kv) = futures_util::join!(in_cache, in_kv);
    match (in_kv, in_cache) {
        (true, _) => Reach::Everywhere,
        (false, Ok(())) => Reach::DataCentre,
        (false, Err(_)) => Reach::Isolate,
    }
}
