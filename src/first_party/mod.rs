//! The first-party endpoints below `endpoint_prefix`: each request is handed to the core, and what the core wants done is
//! done here.
//!
//! In: a request below the prefix. Out: an answer that no shared cache keeps. None of them reaches XM.

mod events;
mod guests;
mod idempotency;
mod preview;
mod purge;
mod sdk;

pub use guests::carry_out;

use std::borrow::Cow;

use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::{Config, Consent, Problem, Site, site_for},
    endpoints::{self, Answer, Endpoint, Health},
    preview::{KeyFault, cookie, overlay},
    request::{Headers, Target},
    tag::{Asset, beacon},
};

use crate::{
    isolate,
    platform::{body_reader::BodyReader, clock::Clock, environment, headers::PlatformHeaders},
    rollout,
};

/// The prefix of the endpoints while the configuration is broken.
const DEFAULT_PREFIX: &str = "/_cdp";

/// A request that may be for an endpoint.
pub struct Call<'c> {
    /// The platform's request.
    pub request: &'c web_sys::Request,
    /// Its method.
    pub method: &'c str,
    /// Its URL.
    pub target: &'c Target<'c>,
    /// Its headers.
    pub headers: &'c PlatformHeaders<'c>,
}

impl Call<'_> {
    /// Answers it; `None` when it is not for an endpoint.
    ///
    /// # Errors
    /// Only where the platform refuses to make a response at all.
    pub async fn answer(
        &self,
        config: &Result<Config, Vec<Problem>>,
        env: &Env,
        context: &Context,
    ) -> Option<Result<web_sys::Response, JsValue>> {
        let prefix = config.as_ref().map_or(DEFAULT_PREFIX, |config| {
            config.site.endpoint_prefix.as_str()
        });
        let rest = endpoints::below(prefix, self.target.path)?;
        Some(self.answer_below(rest, config, env, context).await)
    }

    async fn answer_below(
        &self,
        rest: &str,
        config: &Result<Config, Vec<Problem>>,
        env: &Env,
        context: &Context,
    ) -> Result<web_sys::Response, JsValue> {
        let found = endpoints::find(rest);
        let config = match config {
            _ if found == Some(Endpoint::Health) => {
                let mut problems = config.as_ref().err().cloned().unwrap_or_default();
                let client_key = config.as_ref().map(|config| config.cdp.client_key.as_str());
                let rollout = rollout::health(env, context, client_key.unwrap_or_default()).await;
                let (rollout, wrong) = rollout.unzip();
                problems.extend(wrong.unwrap_or_default());
                let health = Health {
                    problems: &problems,
                    breakers: isolate::breakers(),
                    rollout,
                    preview: environment::preview_secrets(env)
                        .key
                        .as_ref()
                        .err()
                        .copied()
                        .map(KeyFault::remedy),
                };
                return respond(&health.answer(self.method));
            }
            Ok(config) => config,
            Err(_) => {
                let detail = "The configuration is invalid: see the endpoint health.";
                return respond(&endpoints::problem(503, detail, &[]));
            }
        };
        if let Some(asset) = asset_at(rest) {
            return self.asset(asset);
        }
        match found {
            Some(Endpoint::Guests) => {
                guests::answer(self, rest.trim_start_matches('/'), config, env, context).await
            }
            Some(Endpoint::Preview) => preview::answer(self, config, env).await,
            Some(Endpoint::Purge) => purge::answer(self, env).await,
            Some(Endpoint::OpenApi) if config.site.debug => {
                respond(&endpoints::openapi(self.method, &config.site))
            }
            // Unknown, as any path that there is not.
            Some(Endpoint::OpenApi) => sdk::answer(self, config, env, context).await,
            Some(endpoint) => events::answer(self, endpoint, config, env, context).await,
            None => sdk::answer(self, config, env, context).await,
        }
    }
}

impl Call<'_> {
    /// The site of the page at `page_path`, which makes the call; for a preview, one on which nobody agrees to anything: its
    /// own scripts must not count it either.
    fn site<'s>(&self, config: &'s Config, page_path: &str, env: &Env) -> Cow<'s, Site> {
        let site = site_for(config, &self.target.host, page_path);
        let cookies = self.headers.get("cookie").unwrap_or_default();
        let secrets = environment::preview_secrets(env);
        let (key, now_s) = (secrets.key.as_ref().ok(), Clock::epoch_s());
        if !cookie::is_from_preview(&cookies, key, self.target, page_path, now_s) {
            return site;
        }
        Cow::Owned(Site {
            consent: Consent::Off,
            ..site.into_owned()
        })
    }

    /// A file of the Worker's own.
    fn asset(&self, asset: &Asset) -> Result<web_sys::Response, JsValue> {
        if !matches!(self.method, "GET" | "HEAD") {
            let refused = endpoints::problem(405, "This file is read with GET.", &[]);
            return respond(&refused.with("allow", "GET, HEAD"));
        }
        let answer = asset.answer(self.target.query, self.headers);
        let init = init(answer.status, &answer.headers)?;
        let body = js_sys::Uint8Array::from(answer.body);
        let body = (answer.status == 200).then_some(&body);
        web_sys::Response::new_with_opt_js_u8_array_and_init(body, &init)
    }
}

/// The file at `rest`, below the prefix.
fn asset_at(rest: &str) -> Option<&'static Asset> {
    if beacon::is_at(rest) {
        return Some(&beacon::ASSET);
    }
    overlay::asset_at(rest)
}

/// At most `limit` bytes of a body of XM's server, and one more when there are more. One that breaks off is no JSON.
async fn read_body(request: &web_sys::Request, limit: usize) -> Vec<u8> {
    let Some(body) = request.body() else {
        return Vec::new();
    };
    let Ok(mut reader) = BodyReader::new(&body) else {
        return Vec::new();
    };
    match reader.read_to_end(limit).await {
        Ok(Some(whole)) => whole,
        Ok(None) => vec![b' '; limit + 1],
        Err(_) => Vec::new(),
    }
}

/// Sends an answer of the core.
fn respond(answer: &Answer) -> Result<web_sys::Response, JsValue> {
    with_headers(answer.status, &answer.headers, &answer.body)
}

fn with_headers(
    status: u16,
    headers: &[(&'static str, String)],
    body: &str,
) -> Result<web_sys::Response, JsValue> {
    let init = init(status, headers)?;
    // A 204 has no body, not even an empty one.
    let body = (status != 204).then_some(body);
    web_sys::Response::new_with_opt_str_and_init(body, &init)
}

fn init(status: u16, headers: &[(&'static str, String)]) -> Result<web_sys::ResponseInit, JsValue> {
    let list = web_sys::Headers::new()?;
    for (name, value) in headers {
        list.append(name, value)?;
    }
    let init = web_sys::ResponseInit::new();
    init.set_status(status);
    init.set_headers(&list);
    Ok(init)
}
