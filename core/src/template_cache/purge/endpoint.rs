//! `POST …/purge`: XM's server says what it has published.
//!
//! In: headers, then a body `{"paths": […]}`, `{"path": "…"}` or `{"all": true}`. Out: a [`Purge`], and the answer that says how far
//! it reaches; or a problem that names every field. Everything that can be refused without the body is refused before it is read.

use serde_json::{Value, json};

use super::{Purge, log::MAX_PATTERNS};
use crate::{
    answer::{
        Answer, Invalid,
        invalid::{Problems, found, path},
        problem,
    },
    api_keys::{ApiKeys, KeyFault, Scope, refuse_body, refuse_browsers, too_large},
    config::PathPattern,
    request::Headers,
};

/// Most of a body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Most bytes of one path.
const MAX_PATH: usize = 2_048;

/// How far a purge reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every data centre, as KV tells them.
    Everywhere,
    /// The data centre that was called, and no other.
    DataCentre,
    /// The isolate that was called alone: nothing could be stored.
    Isolate,
}

impl Reach {
    /// The word for it, and a sentence for who reads the answer.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Everywhere => (
                "everywhere",
                "Other data centres hear of it within a minute or two.",
            ),
            Self::DataCentre => (
                "data_centre",
                "Other data centres do not hear of it: bind a KV namespace as CONFIG, so that they do.",
            ),
            Self::Isolate => (
                "isolate",
                "It could not be stored, so only the instance of the Worker that answered knows of it: call again, and look whether \
                 the KV namespace that is bound as CONFIG can be written.",
            ),
        }
    }
}

/// Refuses what needs no body to be refused.
///
/// # Errors
/// The answer.
#[inline(never)]
pub fn screen(headers: &impl Headers, keys: Result<&ApiKeys, &KeyFault>) -> Result<(), Answer> {
    refuse_browsers(headers, "Purging pages is")?;
    let keys = keys.map_err(|fault| problem(503, &fault.remedy("Purging pages is"), &[]))?;
    keys.admit_caller(headers, Scope::Purge, "purge")?;
    refuse_body(headers, MAX_BODY)?;
    Ok(())
}

/// What `body` purges. `body`: at most [`MAX_BODY`] bytes, and one more when there are more. More paths than the log tells apart
/// are everything.
///
/// # Errors
/// The answer.
#[inline(never)]
pub fn read(body: &[u8]) -> Result<Purge, Answer> {
    if body.len() > MAX_BODY {
        return Err(too_large(MAX_BODY));
    }
    let purge = read_members(body).map_err(|wrong| problem(400, "Nothing was purged.", &wrong))?;
    Ok(match purge {
        Purge::Paths(patterns) if patterns.len() > MAX_PATTERNS => Purge::All,
        purge => purge,
    })
}

/// The answer to a purge that was carried out.
#[must_use]
#[inline(never)]
pub fn purged(purge: &Purge, reach: Reach) -> Answer {
    let written = |pattern: &PathPattern| match pattern {
        PathPattern::Exact(path) => path.clone(),
        PathPattern::Prefix(prefix) => format!("{prefix}*"),
    };
    let what = match purge {
        Purge::All => json!({ "all": true }),
        Purge::Paths(patterns) => {
            json!({ "paths": patterns.iter().map(written).collect::<Vec<_>>() })
        }
    };
    let (reach, detail) = reach.told();
    let body = json!({ "purged": what, "reach": reach, "detail": detail });
    Answer::json(200, "application/json", &body)
}

fn read_members(body: &[u8]) -> Result<Purge, Vec<Invalid>> {
    let mut problems = Problems::default();
    let whole = |problem: String| {
        let mut problems = Problems::default();
        problems.add("body".to_owned(), problem);
        problems.into_result(()).err().unwrap_or_default()
    };
    let members = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(whole("must be one JSON object".to_owned())),
        // Of a syntax error serde_json tells the place and what was expected there, no value.
        Err(error) => return Err(whole(format!("is not JSON: {error}"))),
    };
    let mut purges = Vec::new();
    for (name, value) in &members {
        match (name.as_str(), value) {
            ("all", Value::Bool(true)) => purges.push(Purge::All),
            ("all", other) => problems.add(
                "all".to_owned(),
                format!("expected true, found {}", found(other)),
            ),
            ("path", value) => {
                purges.push(Purge::Paths(
                    pattern(value, "path", &mut problems).into_iter().collect(),
                ));
            }
            ("paths", Value::Array(paths)) if !paths.is_empty() => {
                let paths = paths.iter().enumerate();
                let patterns = paths.filter_map(|(index, value)| {
                    pattern(value, &format!("paths[{index}]"), &mut problems)
                });
                purges.push(Purge::Paths(patterns.collect()));
            }
            ("paths", other) => problems.add(
                "paths".to_owned(),
                format!(
                    "expected a list of at least one path, found {}",
                    found(other)
                ),
            ),
            (other, _) => {
                problems.add(path("", other), "is unknown; there are path, paths and all")
            }
        }
    }
    problems.into_result(())?;
    let first = purges.pop();
    match (first, purges.is_empty()) {
        (Some(purge), true) => Ok(purge),
        (Some(_), false) => Err(whole("has several of path, paths and all: send one".to_owned())),
        (None, _) => Err(whole(
            "says nothing to purge: send {\"paths\": [\"/products/*\"]}, {\"path\": \"/\"} or {\"all\": true}".to_owned(),
        )),
    }
}

/// A path, or what paths begin with before a `*`.
fn pattern(value: &Value, field: &str, problems: &mut Problems) -> Option<PathPattern> {
    let Value::String(text) = value else {
        problems.add(
            field.to_owned(),
            format!(
                "expected a path such as \"/products/*\", found {}",
                found(value)
            ),
        );
        return None;
    };
    let (stem, is_prefix) = match text.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (text.as_str(), false),
    };
    let problem = if text.len() > MAX_PATH {
        "is longer than 2048 bytes"
    } else if !text.starts_with('/') || text.chars().any(char::is_control) {
        "must be a path of the site, beginning with /, without scheme and host"
    } else if text.contains(['?', '#']) {
        "must be a path alone: pages are purged whatever their query"
    } else if stem.contains('*') {
        "may have one * only, at its end"
    } else {
        return Some(if is_prefix {
            PathPattern::Prefix(stem.to_owned())
        } else {
            PathPattern::Exact(stem.to_owned())
        });
    };
    problems.add(field.to_owned(), problem);
    None
}

#[cfg(test)]
mod tests;
