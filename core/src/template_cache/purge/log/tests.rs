//! Which pages die of which purge.

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_795_780_800_000;

fn paths(patterns: &[&str]) -> Purge {
    let pattern = |text: &&str| match text.strip_suffix('*') {
        Some(prefix) => PathPattern::Prefix(prefix.to_owned()),
        None => PathPattern::Exact((*text).to_owned()),
    };
    Purge::Paths(patterns.iter().map(pattern).collect())
}

fn purged(patterns: &[&str]) -> Purges {
    let mut purges = Purges::default();
    purges.add(&paths(patterns), NOW);
    purges
}

#[test]
fn a_page_is_purged_in_every_spelling_that_xm_takes_for_it() {
    let purges = purged(&["/products/*", "/about", "/Stra%C3%9Fe", "/new*", "/"]);
    #[rustfmt::skip]
    let dead = ["/products/shoe", "/Products/Shoe", "/products/", "/products", "/%70roducts/a/b", "/about", "/ABOUT", "/about/", "/stra%C3%9Fe",
        "/stra\u{df}e", "/STRA%C3%9FE", "/new", "/newest/a", "/", ""];
    for path in dead {
        assert!(purges.covers(path, NOW - 1), "{path}");
    }
    for path in [
        "/productsx",
        "/about/us",
        "/abou",
        "/de/about",
        "/ne",
        "/%ff",
    ] {
        assert!(!purges.covers(path, NOW - 1), "{path}");
    }
}

#[test]
fn only_what_xm_was_asked_for_before_the_purge_is_dead() {
    let purges = purged(&["/a"]);
    assert!(purges.covers("/a", 0));
    assert!(purges.covers("/a", NOW - 1));
    assert!(!purges.covers("/a", NOW));
    let mut all = Purges::default();
    assert!(!all.covers("/a", 0));
    all.add(&Purge::All, NOW);
    assert!(all.covers("/whatever", NOW - 1) && !all.covers("/whatever", NOW));
}

#[test]
fn the_clock_of_another_data_centre_may_be_a_second_behind() {
    let heard = Purges::read(&purged(&["/a"]).write());
    assert!(heard.covers("/a", NOW + 999));
    assert!(!heard.covers("/a", NOW + 1_000));
    let mut everything = Purges::default();
    everything.add(&Purge::All, NOW);
    let heard = Purges::read(&everything.write());
    assert!(heard.covers("/a", NOW + 999) && !heard.covers("/a", NOW + 1_000));
}

#[test]
fn ones_own_purge_that_is_heard_back_kills_nothing_more() {
    let mut own = purged(&["/a"]);
    own.add(&Purge::All, NOW - 50);
    let heard = Purges::read(&own.write());
    assert!(!own.merge(&heard));
    assert!(!own.covers("/a", NOW));
    assert!(!own.covers("/b", NOW - 50));
}

#[test]
fn what_others_purged_is_heard_once_and_nothing_is_lost() {
    let mut own = purged(&["/a", "/b"]);
    let mut other = Purges::default();
    other.add(&paths(&["/b", "/c"]), NOW + 5_000);
    let heard = Purges::read(&other.write());
    assert!(own.merge(&heard));
    assert!(!own.merge(&heard), "no news");
    assert!(own.covers("/a", NOW - 1) && !own.covers("/a", NOW));
    for path in ["/b", "/c"] {
        assert!(own.covers(path, NOW + 4_999), "{path}");
    }
    let written = Purges::read(&own.write());
    assert!(written.covers("/a", NOW - 1) && written.covers("/c", NOW + 4_999));
    // An older purge of the same path takes nothing back.
    own.add(&paths(&["/c"]), NOW);
    assert!(own.covers("/c", NOW + 4_999));
}

#[test]
fn a_purge_of_ones_own_takes_nothing_from_one_of_elsewhere() {
    let other = Purges::read(&purged(&["/a"]).write());
    for purge in [paths(&["/a"]), Purge::All] {
        let mut own = other.clone();
        own.add(&purge, NOW + 300);
        // By the clock of elsewhere that may be as much as a second later here.
        assert!(own.covers("/a", NOW + 999));
        let third = Purges::read(&own.write());
        assert!(third.covers("/a", NOW + 1_299));
    }
}

#[test]
fn more_than_a_hundred_paths_are_all() {
    let many: Vec<String> = (0..=MAX_PATTERNS)
        .map(|number| format!("/{number}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let hundred = purged(&many[..MAX_PATTERNS]);
    assert!(hundred.covers("/7", NOW - 1) && !hundred.covers("/other", NOW - 1));
    let more = purged(&many);
    assert!(more.covers("/other", NOW - 1));
    assert_eq!(more.write(), format!("{{\"all\":{NOW}}}"));
    let mut merged = hundred;
    let mut one = Purges::default();
    one.add(&paths(&["/one"]), NOW + 5);
    merged.merge(&one);
    assert!(merged.covers("/other", NOW + 4));
}

#[test]
fn a_purge_of_everything_makes_older_ones_needless() {
    let mut purges = purged(&["/a"]);
    purges.add(&Purge::All, NOW + 1);
    purges.add(&paths(&["/b"]), NOW + 2);
    assert_eq!(
        purges.write(),
        format!("{{\"all\":{},\"paths\":{{\"/b\":{}}}}}", NOW + 1, NOW + 2)
    );
}

#[test]
fn nonsense_purges_nothing() {
    #[rustfmt::skip]
    let nonsense = ["", "x", "[]", "{\"all\":true}", "{\"paths\":[]}", "{\"paths\":{\"/a\":-1}}", "{\"paths\":{\"/a\":\"1\"}}", "null"];
    for text in nonsense {
        assert_eq!(Purges::read(text), Purges::default(), "{text}");
    }
    // A newer release may say more.
    assert!(Purges::read("{\"all\":5,\"more\":1}").covers("/", 4));
}

proptest! {
    #[test]
    fn a_log_that_is_written_covers_all_that_it_covered(
        purges in prop::collection::vec((prop::collection::vec("/[a-c*]{0,3}", 0..4), 0..50_u64), 0..6), path in "/[a-c]{0,3}", asked in 0..60_u64,
    ) {
        let mut log = Purges::default();
        let mut in_pieces = Purges::default();
        for (patterns, at) in &purges {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            log.add(&paths(&patterns), *at);
            let mut one = Purges::default();
            one.add(&paths(&patterns), *at);
            in_pieces.merge(&one);
        }
        prop_assert_eq!(&log, &in_pieces);
        if log.covers(&path, asked) {
            prop_assert!(Purges::read(&log.write()).covers(&path, asked));
        }
    }

    #[test]
    fn no_text_and_no_path_panics(text in "\\PC{0,40}", path in "\\PC{0,40}") {
        let _ = Purges::read(&text).covers(&path, 1);
        let _ = purged(&["/a*", "*"]).covers(&path, 1);
    }
}
