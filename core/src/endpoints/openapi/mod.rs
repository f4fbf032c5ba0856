//! `GET …/openapi.json`: what all endpoints are, as OpenAPI 3.1, for whoever builds against them. Only with `debug`.
//!
//! In: method and prefix. Out: the description, which `description.json` holds and the tests here keep true: every path
//! and method of the code stands in it, and nothing else.

use crate::{
    answer::{Answer, problem},
    config::Site,
};

const DESCRIPTION: &str = include_str!("description.json");
/// The URL of the server in it, below which all paths are.
const PREFIX: &str = "\"url\": \"/_cdp\"";

/// Answers for `method`.
#[must_use]
pub fn openapi(method: &str, site: &Site) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        return problem(405, "The description is read with GET.", &[]).with("allow", "GET, HEAD");
    }
    // A prefix has no character that JSON would escape.
    let prefix = format!("\"url\": \"{}\"", site.endpoint_prefix);
    Answer::text(
        200,
        "application/json",
        DESCRIPTION.replacen(PREFIX, &prefix, 1),
    )
}

#[cfg(test)]
mod tests;
