//! The first-party endpoints below `endpoint_prefix`.
//!
//! In: a path. Out: an answer that no cache keeps. It never reaches XM.

use serde_json::json;
use wasm_bindgen::JsValue;
use xm_edge_core::config::Problem;

/// Path of the health endpoint below the prefix.
const HEALTH: &str = "/health";

/// The path below `prefix`, when `path` is one of ours.
pub fn below<'p>(prefix: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(prefix)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers for `rest` (the path below the prefix). `problems`: of the configuration.
pub fn answer(
    method: &str,
    rest: &str,
    problems: &[Problem],
) -> Result<web_sys::Response, JsValue> {
    if rest != HEALTH {
        return problem(404, "There is no such endpoint.");
    }
    if !matches!(method, "GET" | "HEAD") {
        return problem(405, "Health is read with GET.");
    }
    let ok = problems.is_empty();
    let body = json!({ "ok": ok, "problems": problems });
    respond(if ok { 200 } else { 503 }, "application/json", &body)
}

/// A problem document (RFC 9457).
fn problem(status: u16, title: &str) -> Result<web_sys::Response, JsValue> {
    let body = json!({ "type": "about:blank", "title": title, "status": status });
    respond(status, "application/problem+json", &body)
}

fn respond(
    status: u16,
    content_type: &str,
    body: &serde_json::Value,
) -> Result<web_sys::Response, JsValue> {
    let headers = web_sys::Headers::new()?;
    headers.set("cache-control", "no-store")?;
    headers.set("content-type", content_type)?;
    headers.set("x-content-type-options", "nosniff")?;
    let init = web_sys::ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    web_sys::Response::new_with_opt_str_and_init(Some(&body.to_string()), &init)
}
