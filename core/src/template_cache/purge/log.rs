//! The log of purges.

use crate::config::PathPattern;

/// The key of the log in KV and in the data centre's cache.
pub const STORED_UNDER: &str = "purges";

/// What one call purges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// Every page.
    All,
    /// Pages of these paths, whatever their query.
    Paths(Vec<PathPattern>),
}

/// All purges that still matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purges {}

impl Purges {
    /// The log that `text` holds; nonsense is an empty log.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let _ = text;
        Self::default()
    }

    /// The log as text.
    #[must_use]
    pub fn write(&self) -> String {
        String::new()
    }

    /// Adds a purge.
    pub fn add(&mut self, purge: &Purge, now_ms: u64) {
        let _ = (purge, now_ms);
    }

    /// Adds what another log knows; whether that was news.
    pub fn merge(&mut self, other: &Self) -> bool {
        let _ = other;
        false
    }

    /// Whether a page of `path`, for which XM was asked at `asked_ms`, is dead.
    #[must_use]
    pub fn covers(&self, path: &str, asked_ms: u64) -> bool {
        let _ = (path, asked_ms);
        false
    }
}
