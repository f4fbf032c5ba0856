//! The first-party endpoints below `endpoint_prefix`: each request is handed to the core, and what the core wants done is
//! done here.
//!
//! In: a request below the prefix. Out: an answer that no shared cache keeps. None of them reaches XM.

mod events;
mod guests;
mod idempotency;
mod sdk;

pub use guests::carry_out;

use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::{Config, Problem},
    endpoints::{self, Answer, Endpoint, Health},
    request::Target,
    tag::beacon,
};

use crate::{isolate, platform::headers::PlatformHeaders, rollout};

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
                };
                return respond(&health.answer(self.method));
            }
            Ok(config) => config,
            Err(_) => {
                let detail = "The configuration is invalid: see the endpoint health.";
                return respond(&endpoints::problem(503, detail, &[]));
            }
        };
        if beacon::is_at(rest) {
            return self.beacon();
        }
        match found {
            Some(Endpoint::Guests) => {
                guests::answer(self, rest.trim_start_matches('/'), config, env, context).await
            }
            Some(Endpoint::OpenApi) if config.site.debug => {
                respond(&endpoints::openapi(self.method, &config.site))
            }
            // Unknown, as any path that there is not.
            Some(Endpoint::OpenApi) => sdk::answer(self, config, context).await,
            Some(endpoint) => events::answer(self, endpoint, config, env, context).await,
            None => sdk::answer(self, config, context).await,
        }
    }
}

impl Call<'_> {
    /// The script that sends marked goals.
    fn beacon(&self) -> Result<web_sys::Response, JsValue> {
        if !matches!(self.method, "GET" | "HEAD") {
            let refused = endpoints::problem(405, "The beacon is read with GET.", &[]);
            return respond(&refused.with("allow", "GET, HEAD"));
        }
        let answer = beacon::answer(self.target.query, self.headers);
        let init = init(answer.status, &answer.headers)?;
        let body = js_sys::Uint8Array::from(answer.body);
        let body = (answer.status == 200).then_some(&body);
        web_sys::Response::new_with_opt_js_u8_array_and_init(body, &init)
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
