//! Work that goes on behind a response, handed out to whoever begins it later.
//!
//! In: the context of a request. Out: another handle of it. (The `worker` crate's own cannot be cloned.)

use wasm_bindgen::{JsCast, JsValue};
use worker::Context;

/// Another handle of `context`.
pub fn share(context: &Context) -> Context {
    let context: &JsValue = context.as_ref().as_ref();
    Context::new(context.clone().unchecked_into())
}
