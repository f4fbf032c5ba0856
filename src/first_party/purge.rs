//! `POST …/purge`: XM's server says what it has published.
//!
//! In: a request with XM's key. Out: the core's answer, when the purge is carried out.

use wasm_bindgen::JsValue;
use worker::Env;
use xm_edge_core::{
    answer::{Answer, problem},
    template_cache::purge::{MAX_BODY, purged, read, screen},
};

use super::{Call, read_body, respond};
use crate::{platform::environment, templates};

/// Answers.
pub(super) async fn answer(call: &Call<'_>, env: &Env) -> Result<web_sys::Response, JsValue> {
    respond(&carried_out(call, env).await)
}

async fn carried_out(call: &Call<'_>, env: &Env) -> Answer {
    if call.method != "POST" {
        return problem(405, "Purges are POST.", &[]).with("allow", "POST");
    }
    let keys = environment::api_keys(env);
    if let Err(refused) = screen(call.headers, keys.as_ref().as_ref()) {
        return refused;
    }
    let body = read_body(call.request, MAX_BODY).await;
    match read(&body) {
        Ok(purge) => {
            let reach = templates::purge(&purge, env).await;
            purged(&purge, reach)
        }
        Err(refused) => refused,
    }
}
