//! Every way on which one question goes, on a clock of the test's own (faults A1–A5, A7, A9, A10).

use serde_json::json;

use super::*;
use crate::{
    cdp::BrowserId,
    config::Site,
    render::{Page, PageSettings, Wish},
    request::fixture,
    reuse::{Kept, Policy, Sealer},
    template::FriendlyId,
};

const START: u64 = 1_700_000_000_000;
const BUDGET: u32 = 400;
const B: &[u8] = br#"{"variantId":"b"}"#;

/// A site that uses decisions again for `fresh` seconds and lets the last one stand in for `last`.
fn site(fresh: u32, last: u32) -> Site {
    let mut site = fixture::site();
    site.reuse_decisions_s = fresh;
    site.reuse_on_failure_s = last;
    site
}

fn question(site: &Site, id: &str, flow: &str, left_ms: u32) -> Question {
    let sealer = Rc::new(Sealer::new("secret".to_owned()));
    let friendly_id = FriendlyId::parse(flow).unwrap();
    let recall = Policy::of(site).map(|policy| Recall {
        name: sealer.name(&Kept {
            browser_id: &BrowserId::parse(id).unwrap(),
            friendly_id: &friendly_id,
            cdp: &fixture::cdp(),
            site,
            language: "EN",
            utm: &[],
        }),
        sealer,
        policy,
    });
    Question {
        friendly_id,
        refused: None,
        recall,
        budget_ms: BUDGET,
        left_ms,
    }
}

fn hero(site: &Site, left_ms: u32) -> Question {
    question(site, fixture::BROWSER_ID, "hero", left_ms)
}

fn good() -> Reply {
    answer(200, B)
}

fn answer(status: u16, body: &[u8]) -> Reply {
    Reply::Answered {
        status,
        body: Some(body.to_vec()),
    }
}

/// Asks and gets this answer at once.
fn ask(isolate: &mut Isolate, site: &Site, reply: Reply, now: u64) -> Result<Decision, Failure> {
    let (mut asking, step) = Asking::begin(hero(site, BUDGET), isolate, now);
    let step = match step {
        Step::Recall => asking.recalled(None, isolate, now, BUDGET),
        step => step,
    };
    match step {
        Step::Settled(result) => result,
        Step::Call { .. } => asking.answered(reply, isolate, now).result,
        Step::Recall => panic!("it was looked up already"),
    }
}

fn opened(isolate: &mut Isolate) {
    for _ in 0..10 {
        let _ = ask(isolate, &site(0, 0), Reply::Unreachable, START);
    }
    assert!(isolate.breakers.is_host_open());
}

#[test]
fn without_reuse_a_question_is_one_call_and_nothing_is_kept() {
    let mut isolate = Isolate::default();
    let (mut asking, step) = Asking::begin(hero(&site(0, 0), BUDGET), &mut isolate, START);
    assert_eq!(step, Step::Call { recall: false });
    assert_eq!(asking.patience_ms(BUDGET), BUDGET);
    let answered = asking.answered(good(), &mut isolate, START);
    assert!(answered.result.is_ok() && answered.keep.is_none());
}

#[test]
fn what_is_refused_is_not_asked_even_if_it_is_remembered() {
    let (mut isolate, site) = (Isolate::default(), site(600, 600));
    ask(&mut isolate, &site, good(), START).unwrap();
    for failure in [Failure::SwitchedOff, Failure::NotInRollout] {
        let question = Question {
            refused: Some(failure),
            ..hero(&site, BUDGET)
        };
        let (_, step) = Asking::begin(question, &mut isolate, START);
        assert_eq!(step, Step::Settled(Err(failure)));
    }
}

#[test]
fn a_decision_is_used_again_until_it_is_old_to_the_millisecond() {
    let (mut isolate, site) = (Isolate::default(), site(10, 0));
    ask(&mut isolate, &site, good(), START).unwrap();
    let begin = |isolate: &mut Isolate, at| Asking::begin(hero(&site, BUDGET), isolate, at).1;
    let Step::Settled(Ok(reused)) = begin(&mut isolate, START + 9_999) else {
        panic!("not used again");
    };
    assert_eq!(reused.source(), Source::Reused);
    assert_eq!(begin(&mut isolate, START + 10_000), Step::Recall);
    assert_eq!(begin(&mut isolate, START + 3_600_000), Step::Recall);
    assert_eq!(begin(&mut isolate, START - 3_600_000), Step::Recall);
}

#[test]
fn what_the_cache_has_counts_only_if_it_is_ours_and_fresh() {
    let site = site(10, 0);
    let (name, sealer) = {
        let recall = hero(&site, BUDGET).recall.unwrap();
        (recall.name, recall.sealer)
    };
    let body = std::str::from_utf8(B).unwrap();
    let fresh = sealer.seal(&name, START, body);
    let old = sealer.seal(&name, START - 10_000, body);
    let other = question(
        &site,
        "11111111-11eb-4cf9-8d5d-274e9f344925",
        "hero",
        BUDGET,
    );
    let others = sealer.seal(&other.recall.unwrap().name, START, body);
    for (record, reused) in [
        (Some(fresh), true),
        (Some(old), false),
        (Some(others), false),
        (None, false),
    ] {
        let mut isolate = Isolate::default();
        let (mut asking, step) = Asking::begin(hero(&site, BUDGET), &mut isolate, START);
        assert_eq!(step, Step::Recall);
        let step = asking.recalled(record.as_deref(), &mut isolate, START, BUDGET - 5);
        assert_eq!(matches!(step, Step::Settled(Ok(_))), reused);
        assert_eq!(step == Step::Call { recall: false }, !reused);
    }
}

#[test]
fn only_good_decisions_of_a_modest_size_are_kept() {
    let site = site(600, 600);
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(crate::reuse::MAX_DECISION));
    for reply in [
        answer(500, B),
        answer(404, B),
        answer(200, b"[]"),
        answer(204, b""),
        Reply::Unreachable,
        answer(200, large.as_bytes()),
        Reply::Answered {
            status: 200,
            body: None,
        },
    ] {
        let mut isolate = Isolate::default();
        let _ = ask(&mut isolate, &site, reply, START);
        assert!(
            isolate
                .memory
                .recall(&hero(&site, 0).recall.unwrap().name)
                .is_none()
        );
    }
}

#[test]
fn the_last_decision_stands_in_for_every_failure_and_keeps_its_reason() {
    let site = site(0, 60);
    let cases = [
        (Reply::Unreachable, Failure::CdpError),
        (answer(503, b""), Failure::CdpError),
        (answer(429, b""), Failure::CdpError),
        (answer(200, b"null"), Failure::InvalidDecision),
    ];
    for (reply, failure) in cases {
        let mut isolate = Isolate::default();
        assert_eq!(
            ask(&mut isolate, &site, answer(500, b""), START),
            Err(Failure::CdpError)
        );
        ask(&mut isolate, &site, good(), START).unwrap();
        let stands_in = ask(&mut isolate, &site, reply, START + 59_999).unwrap();
        assert_eq!(stands_in.source(), Source::Last(failure));
        assert!(ask(&mut isolate, &site, Reply::Unreachable, START + 60_000).is_err());
    }
    let mut isolate = Isolate::default();
    ask(&mut isolate, &site, good(), START).unwrap();
    opened(&mut isolate);
    let stands_in = ask(&mut isolate, &site, good(), START).unwrap();
    assert_eq!(stands_in.source(), Source::Last(Failure::BreakerOpen));
}

#[test]
fn with_the_breaker_open_the_cache_is_looked_into_once() {
    let (mut isolate, site) = (Isolate::default(), site(0, 60));
    opened(&mut isolate);
    let (mut asking, step) = Asking::begin(hero(&site, BUDGET), &mut isolate, START);
    assert_eq!(step, Step::Recall);
    let step = asking.recalled(None, &mut isolate, START, BUDGET);
    assert_eq!(step, Step::Settled(Err(Failure::BreakerOpen)));
    // Too late for that.
    let (_, step) = Asking::begin(hero(&site, 2 * LOOK_UP_MS), &mut isolate, START);
    assert_eq!(step, Step::Settled(Err(Failure::BreakerOpen)));
}

#[test]
fn the_last_decision_is_at_hand_before_the_budget_ends_and_no_call_is_made_too_late_for_it() {
    let (mut isolate, site) = (Isolate::default(), site(0, 60));
    ask(&mut isolate, &site, good(), START).unwrap();
    let (mut asking, step) = Asking::begin(hero(&site, BUDGET), &mut isolate, START);
    assert_eq!(step, Step::Call { recall: false });
    assert_eq!(asking.patience_ms(BUDGET), BUDGET - 10);
    let stands_in = asking.timed_out(&mut isolate, START + 390).unwrap();
    assert_eq!(stands_in.source(), Source::Last(Failure::Timeout));
    for left in 0..=10 {
        let (_, step) = Asking::begin(hero(&site, left), &mut isolate, START);
        assert!(matches!(step, Step::Settled(Ok(_))), "{left} ms left");
    }
    let (_, step) = Asking::begin(hero(&site, 11), &mut isolate, START);
    assert_eq!(step, Step::Call { recall: false });
}

#[test]
fn what_the_cache_has_may_come_while_the_flow_runs() {
    let (mut isolate, site) = (Isolate::default(), site(0, 60));
    let recall = hero(&site, BUDGET).recall.unwrap();
    let record = recall
        .sealer
        .seal(&recall.name, START - 1_000, std::str::from_utf8(B).unwrap());
    let (mut asking, step) = Asking::begin(hero(&site, BUDGET), &mut isolate, START);
    assert_eq!(step, Step::Call { recall: true });
    assert!(!asking.has_stand_in());
    assert_eq!(
        asking.remember(Some(&record), &mut isolate, START + 5),
        None
    );
    assert!(asking.has_stand_in());
    let answered = asking.answered(Reply::Unreachable, &mut isolate, START + 9);
    assert_eq!(
        answered.result.unwrap().source(),
        Source::Last(Failure::CdpError)
    );
    // The flow fails first.
    let (mut asking, _) = Asking::begin(hero(&site, BUDGET), &mut Isolate::default(), START);
    let answered = asking.answered(Reply::Unreachable, &mut isolate, START + 1);
    assert!(answered.result.is_err() && answered.may_recall);
    asking.remember(Some(&record), &mut isolate, START + 2);
    assert!(asking.stand_in(Failure::CdpError).is_some());
}

#[test]
fn who_is_forgotten_is_not_remembered() {
    let (mut isolate, site) = (Isolate::default(), site(0, 60));
    ask(&mut isolate, &site, good(), START).unwrap();
    let (mut asking, _) = Asking::begin(hero(&site, BUDGET), &mut isolate, START);
    let unknown = json!({"status": "NOT_FOUND"}).to_string();
    let answered = asking.answered(answer(404, unknown.as_bytes()), &mut isolate, START);
    assert!(answered.unknown_id && answered.result.is_err() && !answered.may_recall);
    assert!(asking.stand_in(Failure::CdpError).is_none());
}

#[test]
fn the_end_of_the_budget_counts_a_visitor_who_left_does_not_and_neither_does_a_hurried_call() {
    // Left at the call's start, left when nobody waits any more: is it a failure of the CDP?
    let cases = [
        (400, 0, true),
        (200, 0, true),
        (199, 0, false),
        (400, 2, true),
        (400, 3, false),
        (400, 399, false),
        (50, 0, false),
    ];
    for (at_start, at_end, counts) in cases {
        let mut isolate = Isolate::default();
        for _ in 0..10 {
            let (mut asking, _) = Asking::begin(hero(&site(0, 0), at_start), &mut isolate, START);
            asking.dropped(at_end, &mut isolate, START);
            // Once is enough.
            asking.dropped(0, &mut isolate, START);
        }
        assert_eq!(
            isolate.breakers.is_host_open(),
            counts,
            "{at_start} {at_end}"
        );
    }
}

#[test]
fn every_truncation_of_an_answer_and_a_body_that_is_too_large_are_the_flows_fault() {
    let whole = format!(r#"{{"variantId":"b","t":"{}"}}"#, "x".repeat(1_000));
    for cut in 0..whole.len() {
        let result = ask(
            &mut Isolate::default(),
            &site(60, 60),
            answer(200, &whole.as_bytes()[..cut]),
            START,
        );
        assert_eq!(result, Err(Failure::InvalidDecision), "cut at {cut}");
    }
    let mut isolate = Isolate::default();
    for _ in 0..10 {
        let reply = Reply::Answered {
            status: 200,
            body: None,
        };
        assert_eq!(
            ask(&mut isolate, &site(0, 0), reply, START),
            Err(Failure::InvalidDecision)
        );
    }
    assert!(!isolate.breakers.is_host_open());
    assert_eq!(
        ask(&mut isolate, &site(0, 0), good(), START),
        Err(Failure::BreakerOpen)
    );
}

/// A page of `flows` components whose flows all answer `answered_ms` after the request; the wall clock jumps by `jump` between
/// call and answer. Gives how many were shown, and when the last byte could leave.
fn page_of(flows: usize, answered_ms: u32, jump: i64) -> (usize, u32) {
    let (mut isolate, site) = (Isolate::default(), site(0, 0));
    let mut page = Page::new(PageSettings {
        hold_limit: 65_536,
        declared: None,
        trusted_html: Vec::new(),
        guest: false,
        personalise: true,
        insertion: None,
    });
    let component = |number| {
        format!(
            "<div data-cdp-experience=\"flow{number}\">D<template data-cdp-variant=\"b\">V</template></div>"
        )
    };
    let html: String = (0..flows).map(component).collect();
    page.push(format!("<html><body>{html}</body></html>").as_bytes());
    page.end(true);
    let mut calls = Vec::new();
    while let Some(Wish::Flow(id)) = page.next_wish(0) {
        let question = question(&site, fixture::BROWSER_ID, id.as_str(), BUDGET);
        let (asking, step) = Asking::begin(question, &mut isolate, START);
        assert_eq!(step, Step::Call { recall: false });
        calls.push((id, asking));
    }
    assert_eq!(calls.len(), flows);
    let wall = START.saturating_add_signed(jump);
    let mut done_ms = None;
    // The budget's end comes first, where both are due at once.
    for now in 0..=BUDGET + 1 {
        if now == BUDGET {
            for (_, asking) in &mut calls {
                asking.dropped(0, &mut isolate, wall);
            }
            page.deadline(now);
        }
        if now == answered_ms {
            for (id, asking) in &mut calls {
                let answered = asking.answered(good(), &mut isolate, wall);
                page.decided(id, answered.result, now);
            }
        }
        if page.is_done() && done_ms.is_none() {
            done_ms = Some(now);
        }
    }
    let shown = page
        .outcomes()
        .iter()
        .filter(|outcome| outcome.shown.is_some());
    (shown.count(), done_ms.unwrap())
}

#[test]
fn an_answer_a_millisecond_before_the_budgets_end_is_shown_and_a_later_one_is_not() {
    const HOUR: i64 = 3_600_000;
    for flows in [1, 2, 5] {
        for jump in [0, HOUR, -HOUR] {
            assert_eq!(page_of(flows, BUDGET - 1, jump), (flows, BUDGET - 1));
            assert_eq!(page_of(flows, BUDGET, jump), (0, BUDGET));
            assert_eq!(page_of(flows, BUDGET + 1, jump), (0, BUDGET));
        }
    }
}
