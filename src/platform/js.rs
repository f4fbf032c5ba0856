//! The few JavaScript names that no crate binds, or binds with more crossings than needed.
//!
//! In and out: JavaScript values. It never holds state.

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/platform/batch.js")]
extern "C" {
    /// Deletes the headers of these names, which a space separates, in one crossing.
    #[wasm_bindgen(js_name = deleteAll)]
    pub fn delete_all(headers: &web_sys::Headers, names: &str);

    /// How a request is made: its headers are names and values in turn, a line each.
    #[wasm_bindgen(catch)]
    pub fn prepare(
        method: &str,
        headers: &str,
        body: Option<&str>,
    ) -> Result<web_sys::RequestInit, JsValue>;

    /// Writes a row into a dataset of Workers Analytics Engine: `blobs` are separated by line breaks. One that is refused is lost.
    #[wasm_bindgen(js_name = writeRow)]
    pub fn write_row(dataset: &JsValue, index: &str, blobs: &str, doubles: &[f64]);

    /// Calls `tell` with `number`, whether the promise was kept, and its value.
    pub fn settle(promise: &Promise, tell: &Function, number: f64);

    /// Calls `tell` with `number` when the visitor of `request` has gone, if the runtime says so.
    pub fn watch(request: &web_sys::Request, tell: &Function, number: f64);

    /// Calls `tell` with `number` after `ms` milliseconds. Out: what stops it.
    pub fn after(ms: u32, tell: &Function, number: f64) -> JsValue;

    /// Stops what [`after`] began.
    pub fn stop(timer: &JsValue);

    /// Lets a promise go, without an unhandled rejection.
    pub fn ignore(promise: &Promise);

    /// Resolves to the bytes under `url` in the data centre's cache.
    pub fn cached(url: &str) -> Promise;

    /// Keeps bytes under `url` for so many seconds.
    pub fn keep(url: &str, body: &Uint8Array, max_age_s: f64) -> Promise;

    /// Forgets what is under `url`.
    pub fn forget(url: &str) -> Promise;

    /// Resolves to the response and, where its length is known and within the limit, its body.
    pub fn ask(what: &JsValue, how: &JsValue, limit: f64) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// A byte stream from a writer to the client that workerd moves natively.
    pub type IdentityTransformStream;

    #[wasm_bindgen(constructor)]
    pub fn new() -> IdentityTransformStream;

    #[wasm_bindgen(method, getter)]
    pub fn readable(this: &IdentityTransformStream) -> web_sys::ReadableStream;

    #[wasm_bindgen(method, getter)]
    pub fn writable(this: &IdentityTransformStream) -> web_sys::WritableStream;

    /// A `ReadableStream` of bytes.
    pub type ByteStream;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    pub fn get_reader(
        this: &ByteStream,
        options: &web_sys::ReadableStreamGetReaderOptions,
    ) -> Result<ByobReader, JsValue>;

    /// A BYOB reader with workerd's `readAtLeast`.
    #[wasm_bindgen(js_name = ReadableStreamBYOBReader)]
    #[derive(Clone, Debug)]
    pub type ByobReader;

    #[wasm_bindgen(method)]
    pub fn read(this: &ByobReader, view: &Uint8Array) -> Promise;

    #[wasm_bindgen(method, js_name = readAtLeast)]
    pub fn read_at_least(this: &ByobReader, min: u32, view: &Uint8Array) -> Promise;

    #[wasm_bindgen(method)]
    pub fn cancel(this: &ByobReader) -> Promise;

    /// What a read resolves to.
    pub type ReadResult;

    #[wasm_bindgen(method, getter, structural)]
    pub fn value(this: &ReadResult) -> Option<Uint8Array>;

    #[wasm_bindgen(method, getter, structural)]
    pub fn done(this: &ReadResult) -> bool;

    /// The global `fetch`.
    #[wasm_bindgen(js_name = fetch)]
    pub fn fetch(request: &web_sys::Request) -> Promise;

    /// The global `fetch` of a URL or a request, with what else is said of it.
    #[wasm_bindgen(js_name = fetch)]
    pub fn fetch_with(what: &JsValue, init: &JsValue) -> Promise;
}
