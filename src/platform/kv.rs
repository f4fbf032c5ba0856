//! Workers KV: the binding `CONFIG`.
//!
//! In: a key, or a key and a text. Out: its text. It understands nothing of it.
//!
//! Declared here and not taken from the `worker` crate, whose builder of options comes with a serializer of its own.

use std::cell::OnceCell;

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use worker::Env;

use super::{environment, promise::settled};

/// The name of the binding.
const BINDING: &str = "CONFIG";
/// How long a data centre may answer from its own copy, in seconds: the least that KV allows.
const CACHE_TTL_S: f64 = 30.0;

thread_local! {
    // Bindings never change during the life of an isolate.
    static IS_BOUND: OnceCell<bool> = const { OnceCell::new() };
}

#[wasm_bindgen]
extern "C" {
    /// The binding of a namespace.
    pub type Kv;

    #[wasm_bindgen(method, structural, catch, js_name = get)]
    fn get_with(this: &Kv, key: &str, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = put)]
    fn put_text(this: &Kv, key: &str, text: &str) -> Result<Promise, JsValue>;
}

impl Kv {
    /// Whether a namespace is bound as `CONFIG`.
    pub fn is_bound(env: &Env) -> bool {
        IS_BOUND.with(|cell| *cell.get_or_init(|| Self::bound(env).is_some()))
    }

    /// The namespace that is bound as `CONFIG`, if any.
    pub fn bound(env: &Env) -> Option<Self> {
        Some(environment::bound(env, BINDING)?.unchecked_into())
    }

    /// The text under `key`; `None` when there is no such key.
    ///
    /// # Errors
    /// KV fails or cannot be reached.
    pub async fn get(&self, key: &str) -> Result<Option<String>, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"text".into())?;
        Reflect::set(&options, &"cacheTtl".into(), &CACHE_TTL_S.into())?;
        let value = settled(&self.get_with(key, &options)?).await?;
        Ok(value.as_string())
    }

    /// Writes `text` under `key`; other data centres see it within a minute or so.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn put(&self, key: &str, text: &str) -> Result<(), JsValue> {
        settled(&self.put_text(key, text)?).await.map(|_| ())
    }
}
