//! A request as a scripted server saw it. In: a socket. Out: its exact head and its body, which may still be
//! arriving while a test looks. It never normalises anything.

use std::{
    io::Read,
    net::TcpStream,
    sync::{Arc, Mutex},
};

use crate::wire::{Headers, dechunk, find};

/// One received request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method, as sent.
    pub method: String,
    /// Request target, as sent.
    pub target: String,
    /// Header lines, as sent.
    pub headers: Headers,
    body: Arc<Mutex<Body>>,
}

#[derive(Debug, Default)]
struct Body {
    bytes: Vec<u8>,
    complete: bool,
}

impl Request {
    /// Path without query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The body so far.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.body.lock().unwrap().bytes.clone()
    }

    /// Whether the body arrived whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.body.lock().unwrap().complete
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body()).unwrap_or_default()
    }

    /// Reads one head. `None`: the peer closed the connection between two requests.
    pub(crate) fn read_head(stream: &mut TcpStream, carried: &mut Vec<u8>) -> Option<Self> {
        let head_end = loop {
            if let Some(at) = find(carried, b"\r\n\r\n") {
                break at + 4;
            }
            read_some(stream, carried)?;
        };
        let head: Vec<u8> = carried.drain(..head_end).collect();
        let mut lines = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Request::new(&mut lines);
        parsed.parse(&head).ok()?;
        Some(Self {
            method: parsed.method?.to_owned(),
            target: parsed.path?.to_owned(),
            headers: Headers::from_parsed(parsed.headers),
            body: Arc::default(),
        })
    }

    /// Reads the body that the head announced; calls `grown` after every read. `None`: cut.
    pub(crate) fn read_body(
        &self,
        stream: &mut TcpStream,
        carried: &mut Vec<u8>,
        grown: impl Fn(),
    ) -> Option<()> {
        loop {
            let (bytes, end) = if self.headers.is_chunked() {
                dechunk(carried)
            } else {
                let length = self.headers.content_length().unwrap_or(0);
                (
                    carried[..length.min(carried.len())].to_vec(),
                    (carried.len() >= length).then_some(length),
                )
            };
            *self.body.lock().unwrap() = Body {
                bytes,
                complete: end.is_some(),
            };
            grown();
            if let Some(end) = end {
                carried.drain(..end);
                return Some(());
            }
            read_some(stream, carried)?;
        }
    }
}

fn read_some(stream: &mut TcpStream, into: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 16 * 1024];
    match stream.read(&mut buffer) {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            into.extend_from_slice(&buffer[..count]);
            Some(())
        }
    }
}
