//! Paths: of pages, of sites, of our own endpoints.
//!
//! In: one JSON value. Out: the path as a browser sends it (RFC 3986: without query; non-ASCII letters as
//! percent-encoded UTF-8). Upper and lower case stay different.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::scalars::text;
use crate::config::{
    found::{mismatch, quoted},
    reader::Read,
    settings::PathPattern,
};

/// What a browser encodes in a path (WHATWG URL, path percent-encode set), beside what is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// First segments that belong to XM itself.
const XM_SEGMENTS: [&str; 4] = ["-", "~", "layouts", "sitecore"];

/// A path, or what a path starts with before a trailing `*`.
pub(crate) fn path_pattern(value: &Value) -> Read<PathPattern> {
    let expected = "a path such as \"/thank-you\", or \"/products/*\" for all that begins so";
    let pattern = path(value, expected)?;
    let (stem, is_prefix) = match pattern.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (pattern, false),
    };
    if stem.contains('*') {
        return Err(format!(
            "* may stand only once and at the end of a path, found {}",
            quoted(pattern)
        ));
    }
    Ok(if is_prefix {
        PathPattern::Prefix(as_sent(stem))
    } else {
        PathPattern::Exact(as_sent(stem))
    })
}

/// The path below which a site lives; ends at a segment, without a slash there.
pub(crate) fn path_prefix(value: &Value) -> Read<String> {
    let expected = "a path such as \"/de\", which stands for itself and all below it";
    let prefix = path(value, expected)?;
    if prefix.contains('*') {
        return Err(format!(
            "this path stands for all below it anyway: leave out the *, found {}",
            quoted(prefix)
        ));
    }
    let prefix = prefix.trim_end_matches('/');
    Ok(if prefix.is_empty() {
        "/".to_owned()
    } else {
        as_sent(prefix)
    })
}

/// Where the Worker's own endpoints live.
pub(crate) fn endpoint_prefix(value: &Value) -> Read<String> {
    let expected = "a path such as \"/_cdp\" (segments of letters, digits, _, - and . without a slash at the end)";
    let prefix = path(value, expected)?;
    let mut segments = prefix.split('/').skip(1);
    let fits = segments.clone().all(|segment| {
        !segment.is_empty()
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    });
    if !fits {
        return Err(mismatch(expected, value));
    }
    if segments.next().is_some_and(|first| {
        XM_SEGMENTS
            .iter()
            .any(|taken| first.eq_ignore_ascii_case(taken))
    }) {
        return Err(format!(
            "{} belongs to XM itself: choose another path, such as \"/_cdp\"",
            quoted(prefix)
        ));
    }
    Ok(prefix.to_owned())
}

/// What all paths have in common: they begin with a slash, and a browser can send them.
fn path<'v>(value: &'v Value, expected: &str) -> Read<&'v str> {
    let path = text(value, expected)?;
    if !path.starts_with('/') || path.chars().any(char::is_control) {
        return Err(mismatch(expected, value));
    }
    let shown = quoted(path);
    if path.contains(['?', '#']) {
        return Err(format!(
            "expected a path alone, without ? or #, found {shown}"
        ));
    }
    if path.contains('\\') {
        return Err(format!(
            "expected / between segments, not \\, found {shown}"
        ));
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(format!(
            "browsers never send a segment . or .., found {shown}"
        ));
    }
    Ok(path)
}

fn as_sent(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}
