//! In: a finished answer and a fault. Out: the answer as it shall leave. Delays before the headers,
//! `hang` and `reset` are not here: they happen before there is an answer (`crate::front`).

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use axum::body::Body as AxumBody;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Body as _;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use serde_json::{Value, json};

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

/// An error as the server in question writes it.
fn error_body(server: Server, status: u16) -> (&'static str, String) {
    match server {
        Server::Cdp => (
            "application/json",
            json!({
                "status": status, "code": 0, "message": "standin fault",
                "developerMessage": "This answer was asked for by a fault setting of the stand-in.", "moreInfoUrl": ""
            })
            .to_string(),
        ),
        Server::Xm => (
            "text/html; charset=utf-8",
            format!(
                "<!DOCTYPE html>\r\n<html>\r\n<head><title>Server Error in '/' Application.</title></head>\r\n<body>\
                 <h1>Server Error in '/' Application.</h1><h2><i>Runtime Error ({status})</i></h2></body>\r\n</html>\r\n"
            ),
        ),
    }
}

async fn other_body(kind: &Body, server: Server, own: AxumBody) -> Vec<u8> {
    match (kind, server) {
        (Body::Empty, _) => Vec::new(),
        (Body::Text(text), _) => text.clone().into_bytes(),
        (Body::Garbage, Server::Cdp) => {
            b"<html><head><title>502 Bad Gateway</title></head><body>{oops".to_vec()
        }
        (Body::Garbage, Server::Xm) => b"\x00\xff\xfe<<!-<\x1f\x8b</>\"'&#x;\xc3(<a <b".repeat(8),
        (Body::Padded(size), server) => padded(server, &read(own).await, *size),
        (Body::Own, _) => read(own).await.to_vec(),
    }
}

/// The own body, still well-formed, grown to `size` bytes (or left alone when it is larger already).
fn padded(server: Server, own: &[u8], size: usize) -> Vec<u8> {
    let (mut bytes, end): (Vec<u8>, &[u8]) = match server {
        Server::Xm => ([own, b"<!--"].concat(), b"-->"),
        Server::Cdp => {
            let mut value: Value = serde_json::from_slice(own).unwrap_or_else(|_| json!({}));
            value["padding"] = json!("");
            let mut text = value.to_string();
            text.truncate(text.len() - 2); // `"}`
            (text.into_bytes(), b"\"}")
        }
    };
    let fill = size.saturating_sub(bytes.len() + end.len());
    bytes.resize(bytes.len() + fill, b'x');
    bytes.extend_from_slice(end);
    bytes
}

async fn read(body: AxumBody) -> Bytes {
    body.collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_exact_and_stays_json() {
        let bytes = padded(Server::Cdp, br#"{"variantId":"a"}"#, 1000);
        assert_eq!(bytes.len(), 1000);
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["variantId"], "a");
        assert_eq!(padded(Server::Xm, b"<p>", 100).len(), 100);
    }
}
