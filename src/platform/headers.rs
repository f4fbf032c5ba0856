//! The platform's headers behind the core's trait, and the core's edits made on them.
//!
//! In: [`web_sys::Headers`]. Out: values, or a changed copy. It never names a header itself.

use js_sys::{Array, JSON};
use wasm_bindgen::JsValue;
use xm_edge_core::request::{HeaderEdit, Headers};

use super::js;

/// Headers of a request or response, read in place.
#[derive(Clone, Copy)]
pub struct PlatformHeaders<'h>(pub &'h web_sys::Headers);

impl Headers for PlatformHeaders<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).ok().flatten()
    }
}

/// A mutable copy (fetched headers are immutable), every `Set-Cookie` kept.
///
/// # Errors
/// Never for headers that came from the platform.
pub fn copy(headers: &web_sys::Headers) -> Result<web_sys::Headers, JsValue> {
    web_sys::Headers::new_with_headers(headers)
}

/// Every line in order, each `Set-Cookie` by itself; names in lower case. Three crossings, however many lines.
///
/// # Errors
/// Never for headers of the platform.
pub fn list(headers: &web_sys::Headers) -> Result<Vec<(String, String)>, JsValue> {
    let text = JSON::stringify(&Array::from(headers))?;
    let text = text.as_string().unwrap_or_default();
    serde_json::from_str(&text).map_err(|_| JsValue::NULL)
}

/// Headers of these lines; a line that the platform refuses is left out.
///
/// # Errors
/// Never on the platform.
pub fn made_of(lines: &[(String, String)]) -> Result<web_sys::Headers, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in lines {
        let _ = headers.append(name, value);
    }
    Ok(headers)
}

/// Makes `edits` in order. A value that the platform refuses (a control character) loses its header, not the
/// response.
pub fn apply(headers: &web_sys::Headers, edits: &[HeaderEdit]) {
    let is_delete = |edit: &HeaderEdit| matches!(edit, HeaderEdit::Delete(_));
    for run in edits.chunk_by(|edit, next| is_delete(edit) && is_delete(next)) {
        let mut gone = Vec::new();
        for edit in run {
            // A refusal of the platform, see above.
            let _ = match edit {
                HeaderEdit::Append(name, value) => headers.append(name, value),
                HeaderEdit::Delete(name) => {
                    gone.push(*name);
                    Ok(())
                }
                HeaderEdit::Set(name, value) => headers.set(name, value),
            };
        }
        if !gone.is_empty() {
            js::delete_all(headers, &gone.join(" "));
        }
    }
}
