//! The log of purges, and which pages are dead of it.
//!
//! In: purges with the time of the call; what other isolates have written. Out: a verdict for a path and the time at which XM was
//! asked. No cache can list what it holds, so a purge deletes nothing: a page dies of every purge that is younger than its
//! question to XM, in whichever tier it is and whenever its fill ends.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::config::PathPattern;

/// The key of the log in KV and in the data centre's cache.
pub const STORED_UNDER: &str = "purges";
/// Most patterns that are told apart; more are a purge of everything.
pub const MAX_PATTERNS: usize = 100;
/// So far another machine's clock may be behind, in milliseconds.
const SKEW_MS: u64 = 1_000;

/// What one call purges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// Every page.
    All,
    /// Pages of these paths, whatever their query.
    Paths(Vec<PathPattern>),
}

/// All purges that still matter: for each pattern the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purges {
    all: Option<At>,
    /// By pattern as it is compared: paths decoded and in lower case, prefixes with a `*` at their end.
    patterns: BTreeMap<String, At>,
}

/// When somebody purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    /// By the clock of whoever purged.
    ms: u64,
    /// Pages for which XM was asked before this moment are dead. What XM was asked for in the very millisecond of a call comes
    /// after the publication that the call is about.
    until_ms: u64,
}

impl At {
    /// Purged here.
    const fn here(ms: u64) -> Self {
        Self { ms, until_ms: ms }
    }

    /// Purged by another isolate, whose clock may be another.
    const fn elsewhere(ms: u64) -> Self {
        Self {
            ms,
            until_ms: ms.saturating_add(SKEW_MS),
        }
    }
}

/// As it is stored.
#[derive(Serialize, Deserialize, Default)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    paths: BTreeMap<String, u64>,
}

impl Purges {
    /// The log that another isolate has written as `text`; nonsense is an empty log.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let stored: Stored = serde_json::from_str(text).unwrap_or_default();
        let mut log = Self {
            all: stored.all.map(At::elsewhere),
            patterns: BTreeMap::new(),
        };
        for (pattern, ms) in stored.paths {
            log.note(pattern, At::elsewhere(ms));
        }
        log.settle();
        log
    }

    /// The log as text.
    #[must_use]
    pub fn write(&self) -> String {
        let stored = Stored {
            all: self.all.map(|at| at.ms),
            paths: self
                .patterns
                .iter()
                .map(|(pattern, at)| (pattern.clone(), at.ms))
                .collect(),
        };
        // Numbers under text keys: serde_json has nothing to refuse.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Adds a purge of now.
    pub fn add(&mut self, purge: &Purge, now_ms: u64) {
        let at = At::here(now_ms);
        match purge {
            Purge::All => self.all = Some(both(self.all, at)),
            Purge::Paths(patterns) => {
                for pattern in patterns {
                    self.note(compared_pattern(pattern), at);
                }
            }
        }
        self.settle();
    }

    /// Adds what another log knows; whether that was news.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = self.clone();
        if let Some(at) = other.all {
            self.all = Some(both(self.all, at));
        }
        for (pattern, at) in &other.patterns {
            self.note(pattern.clone(), *at);
        }
        self.settle();
        *self != before
    }

    /// Whether a page of `path`, for which XM was asked at `asked_ms`, is dead.
    #[must_use]
    pub fn covers(&self, path: &str, asked_ms: u64) -> bool {
        let is_before = |at: &At| asked_ms < at.until_ms;
        if self.all.as_ref().is_some_and(is_before) {
            return true;
        }
        // Most pages are younger than every purge: then nothing is compared.
        if !self.patterns.values().any(is_before) {
            return false;
        }
        let path = compared_path(path);
        self.patterns
            .iter()
            .any(|(pattern, at)| is_before(at) && matches(pattern, &path))
    }

    fn note(&mut self, pattern: String, at: At) {
        let at = both(self.patterns.get(&pattern).copied(), at);
        self.patterns.insert(pattern, at);
    }

    /// What a purge of everything covers anyway is forgotten; what is too much becomes one.
    fn settle(&mut self) {
        if self.patterns.len() > MAX_PATTERNS {
            for at in std::mem::take(&mut self.patterns).into_values() {
                self.all = Some(both(self.all, at));
            }
        }
        if let Some(all) = self.all {
            self.patterns
                .retain(|_, at| at.ms > all.ms || at.until_ms > all.until_ms);
        }
    }
}

/// What both cover. A call that is heard back from elsewhere is one's own, with one's own clock.
fn both(known: Option<At>, at: At) -> At {
    match known {
        None => at,
        Some(known) if known.ms == at.ms => At {
            until_ms: known.until_ms.min(at.until_ms),
            ..at
        },
        Some(known) => At {
            ms: known.ms.max(at.ms),
            until_ms: known.until_ms.max(at.until_ms),
        },
    }
}

/// Paths are compared as IIS resolves them: decoded, in any case, with or without a slash at the end. A page has many
/// spellings, each kept by itself, and whoever publishes it knows one.
fn compared_path(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy().to_lowercase();
    let trimmed = decoded.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed }.to_owned()
}

fn compared_pattern(pattern: &PathPattern) -> String {
    match pattern {
        PathPattern::Exact(path) => compared_path(path),
        PathPattern::Prefix(prefix) => {
            let decoded = percent_decode_str(prefix).decode_utf8_lossy();
            format!("{}*", decoded.to_lowercase())
        }
    }
}

/// A path that ends in `*` itself is met by a pattern of that path all the same.
fn matches(pattern: &str, path: &str) -> bool {
    let Some(prefix) = pattern.strip_suffix('*') else {
        return pattern == path;
    };
    // The slash that comparing took off a path.
    path.starts_with(prefix) || prefix.strip_suffix('/') == Some(path)
}

#[cfg(test)]
mod tests;
