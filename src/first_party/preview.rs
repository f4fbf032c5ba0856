//! `…/preview`: links are followed with GET and made with POST.
//!
//! In: a request of a marketer's browser, or of XM's server. Out: the core's answer. Nobody is called.

use wasm_bindgen::JsValue;
use worker::Env;
use xm_edge_core::{
    config::Config,
    endpoints::Answer,
    preview::{
        create::{self, MAX_BODY},
        follow,
    },
};

use super::{Call, read_body, respond};
use crate::platform::{clock::Clock, environment};

/// Answers.
pub(super) async fn answer(
    call: &Call<'_>,
    config: &Config,
    env: &Env,
) -> Result<web_sys::Response, JsValue> {
    let answer = if call.method == "POST" {
        made(call, config, env).await
    } else {
        let secrets = environment::preview_secrets(env);
        let key = secrets.key.as_ref().map_err(|fault| *fault);
        let prefix = &config.site.endpoint_prefix;
        follow(call.method, call.target, key, prefix, Clock::epoch_s())
    };
    respond(&answer)
}

async fn made(call: &Call<'_>, config: &Config, env: &Env) -> Answer {
    let secrets = environment::preview_secrets(env);
    match create::screen(call.headers, &secrets) {
        Ok(key) => {
            let body = read_body(call.request, MAX_BODY).await;
            create::create(&body, key, config, Clock::epoch_s())
        }
        Err(refused) => refused,
    }
}
