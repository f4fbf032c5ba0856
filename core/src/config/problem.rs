//! One thing that is wrong with the configuration, in words an operator can act on.
//!
//! In: a key and a text. Out: the pair, as JSON or as one line. It never holds a value that could be a secret.

use std::fmt;

use serde::Serialize;

/// A problem of one key. Serialises to the two fields that `GET /_cdp/health` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: `CDP_ENDPOINT`, `SITE.decision_budget_ms`, `SITE.goals[0].path`, `SITES[1].host`.
    pub key: String,
    /// What is wrong and what to do; reads on after the key and a colon.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.key, self.problem)
    }
}
