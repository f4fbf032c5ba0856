//! In: a request on either server. Out: its answer, after the latency and the fault that hold for it; the
//! request is in the log. Never: a fault on the pages and endpoints of the stand-in itself.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use serde_json::Value;
use tower::ServiceExt;

use crate::app::App;
use crate::clock::iso;
use crate::fault::apply::apply;
use crate::fault::grammar::{Ending, HEADER};
use crate::fault::settings::Server;
use crate::fault::wire::ResetFlag;
use crate::fault::{Fault, grammar};
use crate::live;
use crate::received::{Arrived, Ticket};

/// Largest request body that is read.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Answers one request. An error ends the connection.
pub async fn answer(
    app: Arc<App>,
    server: Server,
    router: Router,
    reset: ResetFlag,
    request: Request<Incoming>,
) -> io::Result<Response> {
    if server == Server::Cdp && live::owns(request.uri().path()) {
        return Ok(routed(router, request.map(Body::new)).await);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map(|body| body.to_bytes())
    else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let is_head = parts.method == Method::HEAD;
    let (fault, words) = match fault_for(&app, server, &parts, &body) {
        Ok(found) => found,
        Err(bad) => {
            return Ok((StatusCode::BAD_REQUEST, format!("{HEADER}: {bad}\n")).into_response());
        }
    };
    let mut ticket = app.log.begin(Arrived {
        server,
        at: iso(app.clock.now_ms()),
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        body: &body,
        fault: words,
    });
    wait(&app, server, &fault).await;
    match fault.ending {
        Ending::Hang => return std::future::pending().await,
        Ending::Reset => {
            reset.raise();
            ticket.end("broken");
            return Err(io::Error::other("reset"));
        }
        _ => {}
    }
    // A server that fails, or sends elsewhere, has usually not done the work; `executed` is for the one that has.
    let response = match fault.status {
        Some(300..) if !fault.executed => StatusCode::OK.into_response(),
        _ => routed(router, Request::from_parts(parts, Body::from(body))).await,
    };
    let response = apply(&fault, server, response, reset).await;
    ticket.answered(response.status().as_u16());
    let claimed = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if is_head || response.body().is_end_stream() {
        ticket.end("answered");
    }
    Ok(response.map(|body| {
        Body::new(Tracked {
            left: claimed.or_else(|| body.size_hint().exact()),
            body,
            ticket,
        })
    }))
}

async fn routed(router: Router, request: Request<Body>) -> Response {
    router
        .oneshot(request)
        .await
        .unwrap_or_else(|never: Infallible| match never {})
}

/// The request's own wish, else the settings.
fn fault_for(
    app: &App,
    server: Server,
    head: &Parts,
    body: &[u8],
) -> Result<(Fault, String), grammar::BadFault> {
    let (method, path) = (head.method.as_str(), head.uri.path());
    if let Some(words) = head.headers.get(HEADER) {
        let words = String::from_utf8_lossy(words.as_bytes()).into_owned();
        return Ok((Fault::parse(&words)?, words));
    }
    let friendly_id = if server == Server::Cdp && runs_flow(path) {
        friendly_id(body)
    } else {
        None
    };
    let mut settings = app.settings();
    let before = settings.faults.clone();
    let (fault, words) = settings
        .faults
        .take(server, method, path, friendly_id.as_deref());
    if before != settings.faults {
        app.hub.send("settings", &*settings);
    }
    Ok((fault, words))
}

fn runs_flow(path: &str) -> bool {
    path.ends_with("/callFlows") || path.ends_with("/personalize")
}

fn friendly_id(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Value>(body)
        .ok()?
        .get("friendlyId")?
        .as_str()
        .map(str::to_owned)
}

async fn wait(app: &App, server: Server, fault: &Fault) {
    let latency = {
        let settings = app.settings();
        match server {
            Server::Cdp => settings.latency.cdp_ms,
            Server::Xm => settings.latency.xm_ms,
        }
    };
    let ms = latency + fault.delay_ms;
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// A body that reports its end.
struct Tracked {
    body: Body,
    ticket: Ticket,
    /// Bytes still to come, where that is known: hyper does not ask again after the last of them.
    left: Option<u64>,
}

impl hyper::body::Body for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Pending => {}
            Poll::Ready(None) => self.ticket.end("answered"),
            Poll::Ready(Some(Err(_))) => self.ticket.end("broken"),
            Poll::Ready(Some(Ok(frame))) => {
                let sent = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.left = self.left.map(|left| left.saturating_sub(sent));
                if self.left == Some(0) || self.body.is_end_stream() {
                    self.ticket.end("answered");
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
