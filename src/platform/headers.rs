//! The platform's headers behind the core's trait, and the core's edits made on them.
//!
//! In: [`web_sys::Headers`]. Out: values, or a changed copy. It never names a header itself.

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
