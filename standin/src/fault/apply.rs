//! In: a finished answer and a fault. Out: the answer as it shall leave. Delays before the headers,
//! `hang` and `reset` are not here: they happen before there is an answer (`crate::front`).

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use hyper::StatusCode;
use hyper::body::Body as _;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};

use super::body::{error_body, other_body, read};
use super::grammar::{Body, Ending, Fault};
use super::script::{Step, shapes_body, steps};
use super::settings::Server;
use super::wire::ResetFlag;

/// Time for hyper and the kernel to bring out what was already sent, before the connection is ended.
const FLUSH: Duration = Duration::from_millis(30);

/// Bends `response`. Its own body is only read when the fault needs it.
pub async fn apply(
    fault: &Fault,
    server: Server,
    response: Response,
    reset: ResetFlag,
) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if let Some(status) = fault
        .status
        .and_then(|code| StatusCode::from_u16(code).ok())
    {
        parts.status = status;
        if fault.body == Body::Own && !fault.headers.iter().any(|(name, _)| name == "location") {
            let (content_type, text) = error_body(server, status.as_u16());
            body = AxumBody::from(text);
            replaced(&mut parts.headers);
            parts
                .headers
                .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
    }
    if fault.body != Body::Own {
        body = AxumBody::from(other_body(&fault.body, server, body).await);
        replaced(&mut parts.headers);
    }
    bend_headers(fault, &mut parts.headers);
    if shapes_body(fault) {
        let framed_by_length =
            parts.headers.contains_key(CONTENT_LENGTH) || body.size_hint().exact().is_some();
        let bytes = read(body).await;
        parts.headers.remove(CONTENT_LENGTH);
        let claims_length = match fault.ending {
            Ending::Cut(_) | Ending::ResetAfter(_) => true,
            Ending::CutChunked(_) => false,
            _ => framed_by_length,
        };
        if claims_length {
            parts
                .headers
                .insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        }
        body = scripted(steps(fault, bytes), reset);
    }
    Response::from_parts(parts, body)
}

/// A new body: what described the old one goes.
fn replaced(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_ENCODING);
}

fn bend_headers(fault: &Fault, headers: &mut HeaderMap) {
    if fault.no_content_type {
        headers.remove(CONTENT_TYPE);
    }
    if let Some(value) = fault
        .content_type
        .as_deref()
        .and_then(|value| HeaderValue::from_str(value).ok())
    {
        headers.insert(CONTENT_TYPE, value);
    }
    if fault.claim_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
}

/// A body that walks through the steps.
fn scripted(steps: Vec<Step>, reset: ResetFlag) -> AxumBody {
    let steps: VecDeque<Step> = steps.into();
    AxumBody::from_stream(stream::unfold(
        (steps, reset),
        |(mut steps, reset)| async move {
            loop {
                let item: io::Result<Bytes> = match steps.pop_front()? {
                    Step::Send(bytes) => Ok(bytes),
                    Step::Wait(ms) => {
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                        continue;
                    }
                    Step::Trickle(mut bytes, ms) => {
                        let first = bytes.split_to(1);
                        if !bytes.is_empty() {
                            steps.push_front(Step::Trickle(bytes, ms));
                            steps.push_front(Step::Wait(ms));
                        }
                        Ok(first)
                    }
                    Step::Hang => std::future::pending().await,
                    Step::Close => {
                        tokio::time::sleep(FLUSH).await;
                        Err(io::Error::other("cut"))
                    }
                    Step::Reset => {
                        tokio::time::sleep(FLUSH).await;
                        reset.raise();
                        Err(io::Error::other("reset"))
                    }
                };
                return Some((item, (steps, reset)));
            }
        },
    ))
}
