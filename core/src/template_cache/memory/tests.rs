//! What goes, what stays, and how much there is.

use super::*;
use crate::{
    config::PathPattern,
    request::Cookies,
    template_cache::{
        Asked,
        fixture::{LIFETIME, NOW, entry},
        purge::Purge,
    },
};

fn key(number: usize) -> Key {
    Key::of(&Asked {
        url: &format!("https://xm.example/{number}"),
        host: "",
        cookies: &Cookies::default(),
        version: "",
        client_key: "",
    })
}

fn page(bytes: usize) -> Rc<Entry> {
    Rc::new(entry(&vec![b'x'; bytes], &[]))
}

/// Asks for a page as a visitor does; whether it was there.
fn visit(memory: &mut Memory, number: usize, page: &Rc<Entry>) -> bool {
    let key = key(number);
    let found = memory.get(&key, &Purges::default(), NOW).is_some();
    if !found {
        memory.keep(key, Rc::clone(page));
    }
    found
}

/// A number that looks random, and is the same each time.
fn random(seed: &mut u64, below: usize) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % below
}

#[test]
fn a_crawl_of_ten_thousand_pages_takes_nothing_that_visitors_want() {
    let page = page(10_000);
    // Room for 50 pages, of which visitors want 40; the crawler asks for each of its pages once.
    let mut memory = Memory::with_budget(page.weight() * 50);
    let mut seed = 7;
    for number in 0..40 {
        visit(&mut memory, number, &page);
        visit(&mut memory, number, &page);
    }
    let (mut asked, mut missed) = (0, 0);
    for crawled in 0..10_000 {
        visit(&mut memory, 1_000 + crawled, &page);
        if crawled % 2 == 0 {
            asked += 1;
            missed += usize::from(!visit(&mut memory, random(&mut seed, 40), &page));
        }
    }
    assert!(missed * 100 <= asked, "{missed} of {asked}");
    // Even when no visitor comes for as long as the crawl takes.
    for crawled in 0..10_000 {
        visit(&mut memory, 50_000 + crawled, &page);
    }
    let there = (0..40)
        .filter(|number| visit(&mut memory, *number, &page))
        .count();
    assert!(there >= 38, "{there} of 40");
    assert!(memory.bytes() <= page.weight() * 50);
}

#[test]
fn what_visitors_stop_wanting_makes_room() {
    let page = page(10_000);
    let mut memory = Memory::with_budget(page.weight() * 50);
    for number in 0..50 {
        visit(&mut memory, number, &page);
        visit(&mut memory, number, &page);
    }
    // Another fifty are wanted now, each again and again.
    for _ in 0..20 {
        for number in 100..150 {
            visit(&mut memory, number, &page);
        }
    }
    let there = (100..150)
        .filter(|number| visit(&mut memory, *number, &page))
        .count();
    assert!(there >= 45, "{there} of 50");
}

#[test]
fn bytes_are_counted_and_bounded_whatever_happens() {
    let pages = [page(0), page(500), page(3_000), page(9_000)];
    let mut memory = Memory::with_budget(40_000);
    let mut seed = 3;
    for _ in 0..20_000 {
        let number = random(&mut seed, 60);
        match random(&mut seed, 4) {
            0 => drop(memory.get(&key(number), &Purges::default(), NOW)),
            1 => memory.forget(&key(number)),
            _ => {
                memory.keep(key(number), Rc::clone(&pages[random(&mut seed, 4)]));
            }
        }
        let counted: usize = memory.slots.values().map(|slot| slot.entry.weight()).sum();
        assert_eq!(memory.bytes(), counted);
        assert!(counted <= 40_000);
        assert_eq!(memory.order.len(), memory.slots.len());
    }
    assert!(memory.len() > 2 && !memory.is_empty());
}

#[test]
fn a_page_that_would_push_too_many_others_out_is_not_taken() {
    let mut memory = Memory::with_budget(page(1_000).weight() * 4);
    assert!(memory.keep(key(1), page(1_000)));
    assert!(!memory.keep(key(1), page(1_001)));
    assert_eq!(
        (memory.len(), memory.bytes()),
        (0, 0),
        "the page before is gone"
    );
}

#[test]
fn the_weight_of_a_page_is_that_of_its_bytes_parts_and_headers() {
    let empty = entry(b"", &[]).weight();
    assert!(entry(&[b'x'; 1_000], &[]).weight() >= empty + 1_000);
    assert!(entry(b"", &[("a", &"x".repeat(1_000))]).weight() >= empty + 1_000);
    let marked = "<p data-cdp-experience=a><b data-cdp-text=/t>x</b></p>".repeat(50);
    let plain = "x".repeat(marked.len());
    let more = entry(marked.as_bytes(), &[]).weight() - entry(plain.as_bytes(), &[]).weight();
    assert!(more > 50 * 300, "{more}");
}

#[test]
fn what_is_dead_or_purged_goes_when_it_is_met() {
    let mut memory = Memory::default();
    memory.keep(key(1), page(10));
    assert!(
        memory
            .get(&key(1), &Purges::default(), NOW + LIFETIME.kept_ms - 1)
            .is_some()
    );
    assert!(
        memory
            .get(&key(1), &Purges::default(), NOW + LIFETIME.kept_ms)
            .is_none()
    );
    assert!(memory.is_empty());
    memory.keep(key(1), page(10));
    let mut purges = Purges::default();
    purges.add(
        &Purge::Paths(vec![PathPattern::Exact("/other".to_owned())]),
        NOW + 1,
    );
    assert!(memory.get(&key(1), &purges, NOW).is_some());
    purges.add(
        &Purge::Paths(vec![PathPattern::Exact("/page".to_owned())]),
        NOW + 1,
    );
    assert!(memory.get(&key(1), &purges, NOW).is_none());
    assert_eq!(memory.bytes(), 0);
}
