//! The Worker's bindings: settings and secrets, read once per isolate.
//!
//! In: the environment object. Out: the typed configuration, or all its problems; secrets as what they are good for. It
//! never holds anything of a request.

use std::{cell::OnceCell, rc::Rc};

use js_sys::{JSON, Reflect};
use serde_json::{Map, Value};
use url::Url;
use wasm_bindgen::JsValue;
use worker::Env;
use xm_edge_core::{
    api_keys::{ApiKeys, KeyFault},
    config::{self, Config, Problem},
    guests::Secrets,
    preview,
    reuse::Sealer,
};

/// What the environment says.
pub struct Settings {
    /// The configuration, or everything that is wrong with it.
    pub config: Result<Config, Vec<Problem>>,
    /// `XM_ORIGIN`, also while other settings are broken: pages must still pass through.
    pub xm_origin: Option<Url>,
}

thread_local! {
    // Bindings never change during the life of an isolate: a deploy starts new ones.
    static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() };
    static SECRETS: OnceCell<Rc<Secrets>> = const { OnceCell::new() };
    static API_KEYS: OnceCell<Rc<Result<ApiKeys, KeyFault>>> = const { OnceCell::new() };
    static PREVIEW: OnceCell<Rc<preview::Secrets>> = const { OnceCell::new() };
    static SEALER: OnceCell<Rc<Sealer>> = const { OnceCell::new() };
}

/// The settings; problems are logged when they are first read.
pub fn settings(env: &Env) -> Rc<Settings> {
    SETTINGS.with(|cell| Rc::clone(cell.get_or_init(|| read(env))))
}

/// The secrets, read when they are first needed; none of them is ever logged.
pub fn secrets(env: &Env) -> Rc<Secrets> {
    let read = || Rc::new(Secrets::read(|name| text(env, name)));
    SECRETS.with(|cell| Rc::clone(cell.get_or_init(read)))
}

/// Who may call what is XM's alone, read when it is first needed.
pub fn api_keys(env: &Env) -> Rc<Result<ApiKeys, KeyFault>> {
    let read = || Rc::new(ApiKeys::read(|name| text(env, name)));
    API_KEYS.with(|cell| Rc::clone(cell.get_or_init(read)))
}

/// The secrets of previews, read when they are first needed; none of them is ever logged.
pub fn preview_secrets(env: &Env) -> Rc<preview::Secrets> {
    let read = || Rc::new(preview::Secrets::read(|name| text(env, name)));
    PREVIEW.with(|cell| Rc::clone(cell.get_or_init(read)))
}

/// What seals records in the cache: with a secret, if one is set.
pub fn sealer(env: &Env, client_key: &str) -> Rc<Sealer> {
    let secret = || {
        let set = |name: &&str| text(env, name).is_some_and(|secret| !secret.trim().is_empty());
        let name = ["CDP_API_TOKEN", "XM_API_KEY"]
            .into_iter()
            .find(|name| set(name));
        name.and_then(|name| text(env, name))
            .map_or_else(|| client_key.to_owned(), |secret| secret.trim().to_owned())
    };
    SEALER.with(|cell| Rc::clone(cell.get_or_init(|| Rc::new(Sealer::new(secret())))))
}

fn read(env: &Env) -> Rc<Settings> {
    let mut bindings = Map::new();
    // `extend`, here and elsewhere: `collect` sorts first, and each type brings 4 KiB of its own sort along.
    bindings.extend(
        config::VARS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), binding(env, name)?))),
    );
    let config = config::parse(&bindings);
    if let Err(problems) = &config {
        let line = serde_json::json!({ "message": "xm-edge config invalid", "problems": problems });
        worker::console_error!("{line}");
    }
    let xm_origin = bindings
        .get("XM_ORIGIN")
        .and_then(Value::as_str)
        .and_then(|origin| Url::parse(origin).ok());
    Rc::new(Settings { config, xm_origin })
}

/// The object that is bound as `name`, if any: a queue, a namespace, a dataset.
pub fn bound(env: &Env, name: &str) -> Option<JsValue> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    value.is_object().then_some(value)
}

fn text(env: &Env, name: &str) -> Option<String> {
    Reflect::get(env, &JsValue::from_str(name))
        .ok()?
        .as_string()
}

fn binding(env: &Env, name: &str) -> Option<Value> {
    if let Some(text) = text(env, name) {
        return Some(Value::String(text));
    }
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    let json = JSON::stringify(&value).ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}
