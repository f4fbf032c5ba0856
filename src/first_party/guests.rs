//! The guest API for XM's server: the exchange is the core's, calls and waits are made here.
//!
//! In: a request of XM's server. Out: the exchange's answer, and one log line that says nothing of a person. Redirects of
//! the CDP are not followed.

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use wasm_bindgen::JsValue;
use worker::{Context, Env};
use xm_edge_core::{
    config::Config,
    endpoints::Answer,
    guests::{self, Call as CdpCall, Exchange, Line, MAX_BODY, MAX_REPLY, Reply, Request, Step},
};

use super::{Call, idempotency::Taken, read_body, respond};
use crate::platform::{
    clock::{self, Clock},
    environment, fetch,
};

/// Answers a request at `path`, which begins with `guests`.
pub(super) async fn answer(
    call: &Call<'_>,
    path: &str,
    config: &Config,
    env: &Env,
    context: &Context,
) -> Result<web_sys::Response, JsValue> {
    let clock = Clock::start();
    let request = Request {
        method: call.method,
        path,
        target: call.target,
        headers: call.headers,
    };
    let secrets = environment::secrets(env);
    let label = guests::label_of(call.method, path);
    let mut exchange = match guests::open(request, &config.cdp, &config.site, &secrets) {
        Ok(exchange) => exchange,
        Err(refused) => return end(label, &refused, (0, 0), clock),
    };
    if exchange.awaits_body() {
        exchange.receive(&read_body(call.request, MAX_BODY).await);
    }
    // What was begun is carried out, and remembered, also for a server that does not wait for the answer.
    let answered = async move {
        let answer = carry_out(&mut exchange).await;
        end(label, &answer, exchange.counts(), clock)
    };
    let answered = answered.boxed_local().shared();
    context.wait_until(answered.clone().map(drop));
    answered.await
}

/// Logs the call and makes the response.
fn end(
    label: &'static str,
    answer: &Answer,
    counts: (u32, u32),
    clock: Clock,
) -> Result<web_sys::Response, JsValue> {
    let line = Line::new(label, answer.status, counts, clock.now_ms());
    worker::console_log!("{}", line.json());
    respond(answer)
}

/// Carries out an exchange with the CDP.
pub async fn carry_out(exchange: &mut Exchange) -> Answer {
    let mut taken = None;
    loop {
        match exchange.step() {
            Step::Answer(answer) => {
                if let (Some(taken), Some((_, record))) = (taken.take(), exchange.remember()) {
                    Taken::keep(taken, record).await;
                }
                return answer;
            }
            Step::Call { call, timeout_ms } => {
                let reply = ask(&call, timeout_ms).await;
                exchange.answered(&reply, js_sys::Math::random(), Clock::epoch_ms());
            }
            Step::Recall(name) => {
                let (recalled, name) = Taken::recall(name).await;
                taken = name;
                exchange.recalled(&recalled);
            }
            Step::Wait { ms } => clock::delay(ms).await,
        }
    }
}

async fn ask(call: &CdpCall, timeout_ms: u32) -> Reply {
    let headers: Vec<(&str, &str)> = call
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let Ok(request) = fetch::prepare(call.method, &call.url, &headers, call.body.as_deref()) else {
        return Reply::NoAnswer;
    };
    let asked = Box::pin(fetch::ask_with_headers(&request, MAX_REPLY));
    match select(asked, clock::delay(timeout_ms)).await {
        Either::Left((Ok((answer, headers)), _)) => Reply::Answered {
            status: answer.status,
            content_type: headers.get("content-type").ok().flatten(),
            retry_after: headers.get("retry-after").ok().flatten(),
            body: answer.body,
        },
        Either::Left((Err(_), _)) => Reply::NoAnswer,
        Either::Right(_) => Reply::TimedOut,
    }
}
