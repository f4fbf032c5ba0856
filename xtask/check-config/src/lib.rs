//! `wrangler.toml` as wrangler reads it.
//!
//! In: the file's text. Out: its environments, each with the variables that the Worker will see. It never judges them.

pub mod environment;
pub mod queues;

use std::{fs, path::Path};

use anyhow::Context;

/// The environments of the file at `path`: the one called `name`, or all of them.
///
/// # Errors
/// When it cannot be read, is not TOML, or has no such environment.
pub fn environments(
    path: &Path,
    name: Option<&str>,
) -> anyhow::Result<Vec<environment::Environment>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let wrangler: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", path.display()))?;
    environment::select(&wrangler, name)
}
