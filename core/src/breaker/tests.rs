//! Every edge of the breaker on a clock of the test's own (faults A5, A10).

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::template::FriendlyId;

const HOUR: u64 = 3_600_000;
const START: u64 = 1_000 * HOUR;
const GOOD: Effect = Effect::answer(200, true, false);

fn id(name: &str) -> FriendlyId {
    FriendlyId::parse(name).unwrap()
}

/// A call of the flow `name` at `at` that has this effect at once; whether it was made.
fn call(breakers: &mut Breakers, name: &str, effect: Effect, at: u64) -> bool {
    let pass = breakers.ask_flow(&id(name), at);
    let made = pass.is_some();
    if let Some(pass) = pass {
        breakers.settle(pass, effect, at);
    }
    made
}

fn report(breakers: &mut Breakers, at: u64) -> Value {
    serde_json::to_value(breakers.report(at)).unwrap()
}

/// Ten failures of `hero`, a millisecond apart: the host and the flow are open since the time that it gives.
fn opened() -> (Breakers, u64) {
    let mut breakers = Breakers::default();
    for at in START..START + 10 {
        assert!(call(&mut breakers, "hero", Effect::TIMEOUT, at));
    }
    (breakers, START + 9)
}

#[test]
fn nine_failures_open_nothing_ten_do_and_an_eleventh_is_not_asked_for() {
    let mut breakers = Breakers::default();
    for number in 0..9 {
        assert!(call(
            &mut breakers,
            "hero",
            Effect::UNREACHABLE,
            START + number
        ));
    }
    assert!(!breakers.is_host_open());
    assert!(call(&mut breakers, "hero", Effect::UNREACHABLE, START + 9));
    assert!(breakers.is_host_open());
    assert!(!call(
        &mut breakers,
        "hero",
        Effect::UNREACHABLE,
        START + 10
    ));
    let seen = report(&mut breakers, START + 12);
    assert_eq!(
        seen,
        json!({"of": "this isolate", "host": {"state": "open", "age_ms": 3}, "flows": {"hero": {"state": "open", "age_ms": 3}},
            "calls": 10, "failures": 10, "timeouts": 0, "opened": 1, "refused": 1})
    );
}

#[test]
fn a_failure_counts_for_ten_seconds_and_not_a_millisecond_longer() {
    for (age, opens) in [(9_999, true), (10_000, true), (10_001, false)] {
        let mut breakers = Breakers::default();
        call(&mut breakers, "hero", Effect::TIMEOUT, START);
        for _ in 0..9 {
            call(&mut breakers, "hero", Effect::TIMEOUT, START + age);
        }
        assert_eq!(breakers.is_host_open(), opens, "{age} ms");
    }
}

#[test]
fn ten_failures_among_ten_thousand_good_calls_open_nothing() {
    let mut breakers = Breakers::default();
    for number in 0..10_000 {
        let effect = if number % 1_000 == 0 {
            Effect::TIMEOUT
        } else {
            GOOD
        };
        assert!(call(&mut breakers, "hero", effect, START + number / 10));
    }
    assert!(!breakers.is_host_open());
}

#[test]
fn half_of_the_calls_failing_opens_at_any_traffic() {
    for gap in [1, 100, 500] {
        let mut breakers = Breakers::default();
        for number in 0..20 {
            let effect = if number % 2 == 1 {
                Effect::TIMEOUT
            } else {
                GOOD
            };
            call(&mut breakers, "hero", effect, START + number * gap);
        }
        assert!(breakers.is_host_open(), "a call every {gap} ms");
    }
}

#[test]
fn a_probe_goes_after_five_seconds_and_not_a_millisecond_before() {
    for (age, goes) in [(4_999, false), (5_000, true), (5_001, true)] {
        let (mut breakers, since) = opened();
        assert_eq!(breakers.refuses_pages(since + age), !goes, "{age} ms");
        assert_eq!(
            breakers.ask_flow(&id("hero"), since + age).is_some(),
            goes,
            "{age} ms"
        );
        // One alone.
        assert!(breakers.ask_flow(&id("hero"), since + age).is_none());
        assert!(breakers.refuses_pages(since + age));
    }
}

#[test]
fn a_good_probe_closes_both_and_what_failed_before_is_forgotten() {
    let (mut breakers, since) = opened();
    assert!(call(&mut breakers, "hero", GOOD, since + 5_000));
    assert!(!breakers.is_host_open());
    for number in 0..9 {
        assert!(call(
            &mut breakers,
            "hero",
            Effect::TIMEOUT,
            since + 5_001 + number
        ));
    }
    assert!(!breakers.is_host_open());
    assert_eq!(report(&mut breakers, since + 5_100)["flows"], json!({}));
}

#[test]
fn a_bad_probe_and_one_that_is_never_answered_leave_it_open_until_the_next() {
    let (mut breakers, since) = opened();
    assert!(call(&mut breakers, "hero", Effect::TIMEOUT, since + 5_000));
    assert!(!call(&mut breakers, "hero", GOOD, since + 9_999));
    // The visitor of this one leaves, and the runtime never tells.
    drop(breakers.ask_flow(&id("hero"), since + 10_000).unwrap());
    assert!(!call(&mut breakers, "hero", GOOD, since + 14_999));
    // This one's visitor leaves, too, and it is told.
    assert!(call(&mut breakers, "hero", Effect::NOTHING, since + 15_000));
    assert!(!call(&mut breakers, "hero", GOOD, since + 19_999));
    assert!(breakers.is_host_open());
    assert!(call(&mut breakers, "hero", GOOD, since + 20_000));
    assert!(!breakers.is_host_open());
}

#[test]
fn a_call_from_before_says_nothing_about_now() {
    let mut breakers = Breakers::default();
    let ask = |breakers: &mut Breakers, at| breakers.ask_flow(&id("hero"), at).unwrap();
    let late: Vec<_> = (0..30).map(|_| ask(&mut breakers, START)).collect();
    let (slow_good, slow_bad) = late.split_at(1);
    for at in START..START + 10 {
        call(&mut breakers, "hero", Effect::TIMEOUT, at);
    }
    // A success from before the failures does not close it …
    breakers.settle(slow_good[0].clone(), GOOD, START + 100);
    assert!(breakers.is_host_open());
    // … and failures from before it closed do not open it again.
    assert!(call(&mut breakers, "hero", GOOD, START + 6_000));
    for pass in slow_bad {
        breakers.settle(pass.clone(), Effect::TIMEOUT, START + 6_001);
    }
    assert!(!breakers.is_host_open());
    assert!(call(&mut breakers, "hero", GOOD, START + 6_002));
}

#[test]
fn neither_breaker_spends_its_probe_when_the_other_refuses() {
    // Only the flow `bad` is open, since START; then the host opens by others.
    let mut breakers = Breakers::default();
    let invalid = Effect::answer(200, false, false);
    for _ in 0..10 {
        call(&mut breakers, "bad", invalid, START);
    }
    assert!(!breakers.is_host_open());
    assert!(!call(&mut breakers, "bad", GOOD, START + 1));
    assert!(call(&mut breakers, "good", GOOD, START + 1));
    for number in 0..20 {
        call(
            &mut breakers,
            &format!("other{number}"),
            Effect::TIMEOUT,
            START + 3_000,
        );
    }
    assert!(breakers.is_host_open());
    // The flow's probe is due, the host's is not: refused, and the flow's is not spent.
    assert!(!call(&mut breakers, "bad", GOOD, START + 6_000));
    // The host's is due: one call is the probe of both.
    assert!(call(&mut breakers, "bad", GOOD, START + 8_000));
    assert!(!breakers.is_host_open());
    assert_eq!(report(&mut breakers, START + 8_000)["flows"], json!({}));

    // The other way round: answers of calls from before open the flow's while the host's is open already.
    let mut breakers = Breakers::default();
    let slow: Vec<_> = (0..10)
        .map(|_| breakers.ask_flow(&id("bad"), START).unwrap())
        .collect();
    for number in 0..10 {
        call(
            &mut breakers,
            &format!("other{number}"),
            Effect::TIMEOUT,
            START,
        );
    }
    for pass in slow {
        breakers.settle(pass, invalid, START + 2_000);
    }
    // The host's probe is due, the flow's is not: refused, and the host's is not spent.
    assert!(!call(&mut breakers, "bad", GOOD, START + 5_000));
    assert!(call(&mut breakers, "good", GOOD, START + 5_000));
    assert!(!breakers.is_host_open());
    assert!(!call(&mut breakers, "bad", GOOD, START + 6_999));
    assert!(call(&mut breakers, "bad", GOOD, START + 7_000));
}

#[test]
fn what_each_outcome_says_about_host_and_flow() {
    // Ten of each: is the host's breaker open, the flow's?
    #[rustfmt::skip]
    let cases = [
        (Effect::TIMEOUT, true, true), (Effect::UNREACHABLE, true, true), (Effect::NOTHING, false, false), (Effect::HURRIED, false, false),
        (Effect::answer(500, false, false), true, true), (Effect::answer(503, false, false), true, true), (Effect::answer(599, false, false), true, true),
        (Effect::answer(429, false, false), true, true), (Effect::answer(408, false, false), true, true),
        (Effect::answer(401, false, false), true, true), (Effect::answer(403, false, false), true, true),
        (Effect::answer(301, false, false), true, true), (Effect::answer(0, false, false), true, true),
        (Effect::answer(400, false, false), false, true), (Effect::answer(404, false, false), false, true), (Effect::answer(422, false, false), false, true),
        (Effect::answer(200, false, false), false, true), (Effect::answer(204, false, false), false, true),
        (Effect::answer(404, false, true), false, false), (GOOD, false, false), (Effect::answer(201, true, false), false, false),
    ];
    for (effect, host, flow) in cases {
        let mut breakers = Breakers::default();
        for _ in 0..10 {
            call(&mut breakers, "hero", effect, START);
        }
        let seen = report(&mut breakers, START);
        let open = |value: &Value| value["state"] == "open";
        assert_eq!(
            (open(&seen["host"]), open(&seen["flows"]["hero"])),
            (host, flow),
            "{effect:?}"
        );
        assert_eq!(
            call(&mut breakers, "other", GOOD, START),
            !host,
            "{effect:?}"
        );
    }
}

#[test]
fn made_up_browser_ids_neither_open_a_breaker_nor_keep_one_closed() {
    let unknown = Effect::answer(404, false, true);
    let mut breakers = Breakers::default();
    for number in 0..901 {
        assert!(call(&mut breakers, "hero", unknown, START + number));
        if number % 100 == 0 {
            call(&mut breakers, "hero", Effect::TIMEOUT, START + number);
        }
    }
    assert!(breakers.is_host_open(), "ten failures between them count");
}

#[test]
fn ids_and_flows_share_the_hosts_breaker() {
    let mut breakers = Breakers::default();
    for _ in 0..10 {
        let pass = breakers.ask_host(START).unwrap();
        breakers.settle(pass, Effect::TIMEOUT, START);
    }
    assert!(breakers.ask_host(START).is_none());
    assert!(breakers.ask_flow(&id("hero"), START).is_none());
    let probe = breakers.ask_host(START + 5_000).unwrap();
    assert!(breakers.ask_flow(&id("hero"), START + 5_000).is_none());
    breakers.settle(probe, GOOD, START + 5_001);
    assert!(breakers.ask_flow(&id("hero"), START + 5_001).is_some());
}

#[test]
fn a_clock_that_jumps_an_hour_never_leaves_it_open_for_ever() {
    for back in [true, false] {
        let (mut breakers, since) = opened();
        let jump = |at: u64| if back { at - HOUR } else { at + HOUR };
        // Back: time stood still. Forward: an hour has passed.
        assert_eq!(
            call(&mut breakers, "hero", Effect::TIMEOUT, jump(since)),
            !back
        );
        assert!(call(&mut breakers, "hero", GOOD, jump(since) + 5_000));
        assert!(!breakers.is_host_open());
        assert_eq!(report(&mut breakers, 0)["host"], json!({"state": "closed"}));
    }
    // Failures from before a jump back do not count as new for an hour.
    let mut breakers = Breakers::default();
    for at in START..START + 9 {
        call(&mut breakers, "hero", Effect::TIMEOUT, at);
    }
    call(&mut breakers, "hero", Effect::NOTHING, START - HOUR);
    call(
        &mut breakers,
        "hero",
        Effect::TIMEOUT,
        START - HOUR + 10_002,
    );
    assert!(!breakers.is_host_open());
}

#[test]
fn the_number_of_breakers_is_bounded_and_open_ones_stay() {
    let mut breakers = Breakers::default();
    let invalid = Effect::answer(200, false, false);
    for _ in 0..10 {
        call(&mut breakers, "hero", invalid, START);
    }
    for number in 0..1_000 {
        call(&mut breakers, &format!("flow{number}"), invalid, START + 1);
    }
    assert!(!call(&mut breakers, "hero", GOOD, START + 2));
    // Even when all of them are open.
    for number in 0..1_000 {
        for _ in 0..10 {
            call(&mut breakers, &format!("flow{number}"), invalid, START + 3);
        }
    }
    assert_eq!(
        report(&mut breakers, START + 3)["flows"]
            .as_object()
            .unwrap()
            .len(),
        MAX_FLOWS
    );
}

proptest! {
    /// Whatever happens in whatever order, with a clock that jumps: while it is open at most one call goes in five seconds of
    /// steady time, and a CDP that is well again is asked again.
    #[test]
    fn no_history_is_stuck_and_none_lets_two_probes_go(
        steps in prop::collection::vec((0_u8..6, 0_u8..4, -7_000_i64..7_000), 1..300),
    ) {
        let mut breakers = Breakers::default();
        let (mut wall, mut steady) = (START, 0_u64);
        let mut last_probe = None::<u64>;
        let mut waiting = Vec::new();
        for (what, flow, by) in steps {
            wall = wall.saturating_add_signed(by);
            steady += u64::try_from(by).unwrap_or(0);
            let was_open = breakers.is_host_open();
            if !was_open {
                last_probe = None;
            }
            let pass = breakers.ask_flow(&id(&format!("flow{flow}")), wall);
            if let (true, Some(_)) = (was_open, &pass) {
                prop_assert!(last_probe.is_none_or(|last| steady - last >= PROBE_EVERY_MS));
                last_probe = Some(steady);
            }
            match (what, pass) {
                (0, Some(pass)) => waiting.push(pass),
                (1, Some(pass)) => breakers.settle(pass, GOOD, wall),
                (2, Some(pass)) => breakers.settle(pass, Effect::NOTHING, wall),
                (3, Some(pass)) => breakers.settle(pass, Effect::answer(200, false, false), wall),
                (_, Some(pass)) => breakers.settle(pass, Effect::TIMEOUT, wall),
                (_, None) => {
                    if let Some(pass) = waiting.pop() {
                        breakers.settle(pass, if what < 3 { GOOD } else { Effect::TIMEOUT }, wall);
                    }
                }
            }
        }
        for flow in 0..4 {
            wall += PROBE_EVERY_MS;
            let name = format!("flow{flow}");
            prop_assert!(call(&mut breakers, &name, GOOD, wall));
            prop_assert!(call(&mut breakers, &name, GOOD, wall));
        }
    }
}
