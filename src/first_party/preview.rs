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

use super::{Call, respond};
use crate::platform::{body_reader::BodyReader, clock::Clock, environment};

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
            let body = read(call.request).await;
            create::create(&body, key, config, Clock::epoch_s())
        }
        Err(refused) => refused,
    }
}

/// At most [`MAX_BODY`] bytes of the body, and one more when there are more. One that breaks off is no JSON.
async fn read(request: &web_sys::Request) -> Vec<u8> {
    let Some(body) = request.body() else {
        return Vec::new();
    };
    let Ok(mut reader) = BodyReader::new(&body) else {
        return Vec::new();
    };
    match reader.read_to_end(MAX_BODY).await {
        Ok(Some(whole)) => whole,
        Ok(None) => vec![b' '; MAX_BODY + 1],
        Err(_) => Vec::new(),
    }
}
