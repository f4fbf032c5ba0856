//! What an isolate knows of the rollout, and when it looks again.
//!
//! In: what KV and the cache say, by the wall clock. Out: what holds. A last good one outlives a KV that fails or holds nonsense.

use std::rc::Rc;

use serde::Serialize;

use crate::{
    config::{Problem, Rollout},
    steady::Steady,
};

/// After so many milliseconds KV is read again, behind a page.
pub const REFRESH_MS: u64 = 10_000;
/// When nobody has tried for so many, because the isolate served no page, it is read before the page.
pub const STALE_MS: u64 = 60_000;
/// While nothing is known: after so many.
pub const RETRY_MS: u64 = 1_000;
/// A page waits for a read no longer than this, while XM renders, in milliseconds.
pub const READ_MS: u32 = 100;

/// What holds for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// This rollout.
    On(Rc<Rollout>),
    /// The kill switch: pages are XM's.
    Off,
    /// Nobody knows: pages are XM's.
    Unknown,
}

/// What a page has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// This holds.
    Holds(Standing),
    /// This holds; read KV behind the page.
    Refresh(Standing),
    /// Read KV first, [`READ_MS`] at most.
    Read,
}

/// Where it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Cache,
    Kv,
}

/// What an isolate knows.
#[derive(Clone, Debug, Default)]
pub struct Known {
    steady: Steady,
    rollout: Option<(Rc<Rollout>, Source, u64)>,
    /// When it was last tried to read KV.
    tried_ms: Option<u64>,
    /// The text whose problems were told already.
    refused: Option<String>,
    problems: Vec<Problem>,
    failed: bool,
}

impl Known {
    /// What a page has to do now. Whoever is told to refresh is the only one until [`RETRY_MS`] or [`REFRESH_MS`] later; to read
    /// first is everybody told, until one has.
    pub fn look(&mut self, wall_ms: u64) -> Look {
        let now = self.steady.at(wall_ms);
        let Some(tried) = self.tried_ms else {
            return Look::Read;
        };
        let every = if self.rollout.is_some() {
            REFRESH_MS
        } else {
            RETRY_MS
        };
        let idle = now.saturating_sub(tried);
        if idle >= STALE_MS {
            return Look::Read;
        }
        if idle < every {
            return Look::Holds(self.standing());
        }
        self.tried_ms = Some(now);
        Look::Refresh(self.standing())
    }

    /// What holds.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.rollout {
            Some((rollout, ..)) if rollout.enabled => Standing::On(Rc::clone(rollout)),
            Some(_) => Standing::Off,
            None => Standing::Unknown,
        }
    }

    /// KV was read: the key's text, or none. Gives the problems that are new.
    pub fn read(&mut self, text: Option<&str>, wall_ms: u64) -> Vec<Problem> {
        let now = self.steady.at(wall_ms);
        self.tried_ms = Some(now);
        self.failed = false;
        match Rollout::read(text) {
            Ok(rollout) => {
                self.rollout = Some((Rc::new(rollout), Source::Kv, now));
                self.refused = None;
                self.problems.clear();
                Vec::new()
            }
            Err(_) if self.refused.as_deref() == text => Vec::new(),
            Err(problems) => {
                self.refused = text.map(str::to_owned);
                self.problems.clone_from(&problems);
                problems
            }
        }
    }

    /// KV could not be read. Gives whether this is news.
    pub fn failed(&mut self, wall_ms: u64) -> bool {
        self.tried_ms = Some(self.steady.at(wall_ms));
        !std::mem::replace(&mut self.failed, true)
    }

    /// A page has waited for the first read as long as it may: the next ones do not.
    pub fn late(&mut self, wall_ms: u64) {
        let now = self.steady.at(wall_ms);
        self.tried_ms = Some(now);
    }

    /// What an isolate of the data centre kept; it counts only until KV says something.
    pub fn recalled(&mut self, text: &str, wall_ms: u64) {
        let now = self.steady.at(wall_ms);
        if let (None, Ok(rollout)) = (&self.rollout, Rollout::read(Some(text))) {
            self.rollout = Some((Rc::new(rollout), Source::Cache, now));
        }
    }

    /// What is wrong with what KV holds.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What health says.
    pub fn report(&mut self, wall_ms: u64) -> Report {
        let now = self.steady.at(wall_ms);
        let known = self.rollout.as_ref();
        Report {
            of: "this isolate",
            source: known.map(|(_, source, _)| *source),
            age_ms: known.map(|(_, _, read)| now.saturating_sub(*read)),
            enabled: known.map(|(rollout, ..)| rollout.enabled),
            percent: known.map(|(rollout, ..)| rollout.percent),
            off: known.map_or_else(Vec::new, |(rollout, ..)| rollout.off.clone()),
            kv: if self.failed { "unreachable" } else { "ok" },
        }
    }
}

/// What `GET …/health` says of the rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whose view this is.
    of: &'static str,
    /// `kv` or `cache`; null: unknown.
    source: Option<Source>,
    /// Milliseconds since it was read.
    age_ms: Option<u64>,
    enabled: Option<bool>,
    percent: Option<u32>,
    off: Vec<String>,
    /// What came of the last read: `ok` or `unreachable`.
    kv: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_700_000_000_000;
    const OFF: &str = r#"{"enabled": false}"#;
    const NONSENSE: &str = r#"{"enabled": "no"}"#;

    fn on() -> Standing {
        Standing::On(Rc::new(Rollout::default()))
    }

    #[test]
    fn what_was_read_holds_for_ten_seconds_and_longer_while_it_is_read_again() {
        let mut known = Known::default();
        assert_eq!(known.look(START), Look::Read);
        assert_eq!(
            known.look(START),
            Look::Read,
            "another page of a fresh isolate"
        );
        assert!(known.read(None, START).is_empty());
        assert_eq!(known.look(START + 9_999), Look::Holds(on()));
        assert_eq!(known.look(START + 10_000), Look::Refresh(on()));
        assert_eq!(known.look(START + 10_001), Look::Holds(on()), "one reads");
        known.read(Some(OFF), START + 10_050);
        assert_eq!(known.look(START + 10_051), Look::Holds(Standing::Off));
        known.read(None, START + 20_000);
        assert_eq!(known.look(START + 20_001), Look::Holds(on()));
    }

    #[test]
    fn an_isolate_that_served_nothing_for_a_minute_reads_before_its_next_page() {
        let mut known = Known::default();
        known.read(None, START);
        assert_eq!(known.look(START + 60_000), Look::Read);
        assert_eq!(
            known.look(START + 60_000),
            Look::Read,
            "another page at the same time"
        );
        known.read(Some(OFF), START + 60_010);
        assert_eq!(known.look(START + 60_011), Look::Holds(Standing::Off));
        assert_eq!(known.look(START + 120_009), Look::Refresh(Standing::Off));
    }

    #[test]
    fn a_read_that_never_ends_is_tried_again() {
        let mut known = Known::default();
        known.read(None, START);
        assert_eq!(known.look(START + 10_000), Look::Refresh(on()));
        assert_eq!(known.look(START + 20_000), Look::Refresh(on()));
    }

    #[test]
    fn a_kv_that_fails_or_holds_nonsense_leaves_the_last_good_one_in_force() {
        let mut known = Known::default();
        known.read(Some(OFF), START);
        assert!(known.failed(START + 1));
        assert!(!known.failed(START + 2), "told once");
        assert_eq!(known.standing(), Standing::Off);
        let problems = known.read(Some(NONSENSE), START + 3);
        assert_eq!(problems[0].key, "CONFIG.rollout.enabled");
        assert!(
            known.read(Some(NONSENSE), START + 4).is_empty(),
            "told once"
        );
        assert_eq!(
            (known.standing(), known.problems().len()),
            (Standing::Off, 1)
        );
        assert_eq!(known.read(Some("{"), START + 5).len(), 1);
        known.read(Some("{}"), START + 6);
        assert_eq!((known.standing(), known.problems().len()), (on(), 0));
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_on() {
        let mut known = Known::default();
        known.failed(START);
        assert_eq!(known.look(START + 999), Look::Holds(Standing::Unknown));
        assert_eq!(known.look(START + 1_000), Look::Refresh(Standing::Unknown));
        known.read(Some(NONSENSE), START + 1_001);
        assert_eq!(known.standing(), Standing::Unknown);
        // What another isolate kept counts, until KV says otherwise.
        known.recalled("[]", START + 1_002);
        assert_eq!(known.standing(), Standing::Unknown);
        known.recalled(OFF, START + 1_003);
        assert_eq!(known.standing(), Standing::Off);
        known.read(None, START + 1_004);
        known.recalled(OFF, START + 1_005);
        assert_eq!(known.standing(), on());
    }

    #[test]
    fn a_clock_that_jumps_an_hour_keeps_no_switch_from_being_read() {
        let hour = 3_600_000;
        let mut known = Known::default();
        known.read(None, START);
        assert_eq!(known.look(START - hour), Look::Holds(on()));
        assert_eq!(known.look(START - hour + 10_000), Look::Refresh(on()));
        assert_eq!(known.look(START + hour), Look::Read);
        known.late(START + hour);
        assert_eq!(
            known.look(START + hour),
            Look::Holds(on()),
            "KV did not answer"
        );
    }

    #[test]
    fn health_tells_what_holds_and_where_it_is_from() {
        let mut known = Known::default();
        let report = |known: &mut Known, at| serde_json::to_value(known.report(at)).unwrap();
        assert_eq!(report(&mut known, START)["source"], serde_json::Value::Null);
        known.read(Some(r#"{"percent": 5, "off": ["a"]}"#), START);
        known.failed(START + 5);
        assert_eq!(
            report(&mut known, START + 7),
            serde_json::json!({"of": "this isolate", "source": "kv", "age_ms": 7, "enabled": true, "percent": 5, "off": ["a"],
                "kv": "unreachable"})
        );
    }
}
