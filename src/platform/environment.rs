//! The Worker's bindings: the settings, parsed once per isolate.
//!
//! In: the environment object. Out: the typed configuration, or all its problems. It holds settings only, never
//! anything of a request.

use std::{cell::OnceCell, rc::Rc};

use js_sys::{JSON, Reflect};
use serde_json::{Map, Value};
use url::Url;
use wasm_bindgen::JsValue;
use worker::Env;
use xm_edge_core::config::{self, Config, Problem};

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
}

/// The settings; problems are logged when they are first read.
pub fn settings(env: &Env) -> Rc<Settings> {
    SETTINGS.with(|cell| Rc::clone(cell.get_or_init(|| read(env))))
}

fn read(env: &Env) -> Rc<Settings> {
    let bindings = config::VARS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), binding(env, name)?)))
        .collect::<Map<String, Value>>();
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

fn binding(env: &Env, name: &str) -> Option<Value> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if let Some(text) = value.as_string() {
        return Some(Value::String(text));
    }
    let json = JSON::stringify(&value).ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}
