//! In: which body a fault wants instead. Out: its bytes. Never a header.

use axum::body::Body as AxumBody;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::grammar::Body;
use super::settings::Server;

/// An error as the server in question writes it.
#[must_use]
pub fn error_body(server: Server, status: u16) -> (&'static str, String) {
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

/// The bytes that stand in for `own`.
pub async fn other_body(kind: &Body, server: Server, own: AxumBody) -> Vec<u8> {
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
    match server {
        Server::Xm => {
            let fill = size.saturating_sub(own.len() + "<!---->".len());
            [own, b"<!--", "x".repeat(fill).as_bytes(), b"-->"].concat()
        }
        Server::Cdp => {
            let mut value: Value = serde_json::from_slice(own).unwrap_or_else(|_| json!({}));
            value["padding"] = json!("");
            let fill = size.saturating_sub(value.to_string().len());
            value["padding"] = json!("x".repeat(fill));
            value.to_string().into_bytes()
        }
    }
}

/// All of a body; nothing when it fails.
pub async fn read(body: AxumBody) -> Bytes {
    body.collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default()
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
