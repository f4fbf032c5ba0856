//! The site: XM and the CDP, each playing its part of the plan.
//!
//! In: requests, with the number of their plan. Out: replies, faults among them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use xm_edge_tests::{Reply, Request, World};

use crate::{
    page,
    plan::{Cdp, Plan, Xm, browser_id, number_of},
};

/// The request header that tells XM the number.
pub const NUMBER: &str = "x-soak-number";
/// For two seconds: a run meets every way of a kept page.
const KEPT: &str = "public, max-age=2";

/// V8's heap. Without a limit it grows for tens of thousands of requests before V8 collects in earnest, and hides what grows for good.
const HEAP_MIB: u32 = 24;

/// Starts the Worker between them.
#[must_use]
pub fn start(seed: u64) -> World {
    let world = World::build()
        .site(json!({ "decision_budget_ms": 400, "id_budget_ms": 250, "consent": { "mode": "always" } }))
        .heap_mib(HEAP_MIB)
        .start();
    world.any_page(move |request| xm(seed, request));
    world.cdp.any_flow(move |request| flow(seed, request));
    let made = Arc::new(AtomicU64::new(0));
    world.cdp.create_with(move |_| {
        // Nobody knows yet who will get it: the decision is for the id, whoever that is.
        let id = browser_id('b', made.fetch_add(1, Ordering::SeqCst));
        let body = json!({ "status": "OK", "version": "1.2", "client_key": xm_edge_tests::CLIENT_KEY, "ref": id });
        Reply::json(body).with_status(201)
    });
    world
}

/// XM's part.
fn xm(seed: u64, request: &Request) -> Reply {
    let number = request
        .headers
        .get(NUMBER)
        .and_then(|number| number.parse().ok());
    let Some(number) = number else {
        return Reply::status(404);
    };
    let plan = Plan::of(seed, number);
    let page = page::of_xm(&plan);
    let whole = |reply: Reply| match plan.kind {
        crate::plan::Kind::Kept(_) => reply.header("Cache-Control", KEPT),
        crate::plan::Kind::Own => reply.header("Cache-Control", "private"),
    };
    let beginning = |share: usize| &page[..cut_at(&page, share)];
    match plan.xm {
        Xm::Fine => whole(Reply::html(&page)),
        Xm::Cut(share) => whole(Reply::html(beginning(share)).declare_length(page.len())).cut(),
        Xm::CutChunks(share) => whole(Reply::html_stream().part(beginning(share))).cut(),
        Xm::Reset(share) => whole(Reply::html(beginning(share)).declare_length(page.len())).reset(),
        Xm::Refuse => Reply::raw("").cut(),
        Xm::Error => Reply::html(error(number)).with_status(500),
        Xm::Pieces => {
            let pieces = page.as_bytes().chunks(page.len() / 37 + 1);
            let reply = pieces
                .enumerate()
                .fold(Reply::html_stream(), |reply, (index, piece)| {
                    let reply = reply.part(piece);
                    // A pause now and then, so that pieces are read as pieces.
                    if index % 12 == 5 {
                        reply.pause(Duration::from_millis(2))
                    } else {
                        reply
                    }
                });
            whole(reply)
        }
    }
}

/// Offset of a share in thousandths: pages are ASCII.
#[must_use]
pub fn cut_at(page: &str, share: usize) -> usize {
    page.len() * share / 1_000
}

/// XM's error page.
#[must_use]
pub fn error(number: u64) -> String {
    format!("<html><body>XM is unwell: {number}</body></html>")
}

/// The CDP's part.
fn flow(seed: u64, request: &Request) -> Reply {
    let asked = request.json();
    let id = asked["browserId"].as_str().unwrap_or_default();
    let friendly_id = asked["friendlyId"].as_str().unwrap_or_default();
    let decision = page::decision(friendly_id, id).to_string();
    let fault = match number_of(id) {
        Some(number) if id.starts_with('a') => Plan::of(seed, number).cdp,
        _ => Cdp::Fine,
    };
    let reply = Reply::status(200).header("Content-Type", "application/json");
    let half = &decision[..decision.len() / 2];
    match fault {
        Cdp::Fine => reply.part(decision),
        Cdp::Error => Reply::status(500).part("unwell"),
        Cdp::Silent => Reply::silence(),
        Cdp::Reset => Reply::raw("").reset(),
        Cdp::Cut => reply.part(half).declare_length(decision.len()).cut(),
        Cdp::Hang => reply.part(half).declare_length(decision.len()).hang(),
        Cdp::Nonsense => reply.part("<html>Not found</html>"),
        Cdp::Huge => reply.part(vec![b' '; 400_000]),
    }
}
