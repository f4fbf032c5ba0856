//! The answer, as it arrives. In: a socket. Out: the head, body bytes so far, and how it ended: whole, cut or
//! reset. Reading blocks only for what a test waits for, at most the hang limit.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use socket2::SockRef;

use crate::wire::{Headers, contains, dechunk, find};

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the end its framing promised (`0\r\n\r\n`, the last byte of `Content-Length`).
    Complete,
    /// The connection closed before.
    Cut,
    /// The connection was reset before.
    Reset,
}

/// An answer that is still arriving. Dropping it aborts: the visitor leaves.
pub struct Exchange {
    stream: TcpStream,
    bodiless: bool,
    received: Vec<u8>,
    ended: Option<End>,
}

/// An answer, whole or cut.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header lines, as received.
    pub headers: Headers,
    /// Body without chunk framing, still as its `Content-Encoding` says.
    pub body: Vec<u8>,
    /// How it ended.
    pub end: End,
}

impl Exchange {
    pub(crate) fn new(stream: TcpStream, bodiless: bool) -> Self {
        Self {
            stream,
            bodiless,
            received: Vec::new(),
            ended: None,
        }
    }

    /// Waits for the head.
    #[must_use]
    pub fn head(&mut self) -> (u16, Headers) {
        self.read_until("the response head", |this| {
            this.parse_head()
                .map(|(status, headers, _)| (status, headers))
        })
    }

    /// Waits until the body contains `text`, and gives the body so far.
    pub fn wait_for(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let what = format!("body bytes {:?}", String::from_utf8_lossy(text.as_ref()));
        self.read_until(&what, |this| {
            let body = this.body_so_far().0;
            contains(&body, text.as_ref()).then_some(body)
        })
    }

    /// Writes more of the request, for bodies that are sent piece by piece.
    ///
    /// # Panics
    /// When the connection is closed.
    pub fn write(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .expect("the connection was closed while sending");
    }

    /// Leaves as a browser does that still had bytes to read: with a reset, which the runtime sees at once.
    pub fn abort(self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    /// Reads to the end.
    #[must_use]
    pub fn finish(mut self) -> Response {
        self.read_until("the end of the response", |this| {
            let (status, headers, _) = this.parse_head()?;
            let (body, complete) = this.body_so_far();
            let end = if complete { End::Complete } else { this.ended? };
            Some(Response {
                status,
                headers,
                body,
                end,
            })
        })
    }

    fn read_until<T>(&mut self, what: &str, mut enough: impl FnMut(&Self) -> Option<T>) -> T {
        loop {
            if let Some(found) = enough(self) {
                return found;
            }
            let seen = || {
                String::from_utf8_lossy(&self.received[self.received.len().saturating_sub(600)..])
                    .into_owned()
            };
            assert!(
                self.ended.is_none(),
                "{:?} before {what}; received last: {}",
                self.ended,
                seen()
            );
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => self.ended = Some(End::Cut),
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    panic!("hang while waiting for {what}; received last: {}", seen())
                }
                Err(_) => self.ended = Some(End::Reset),
            }
        }
    }

    fn parse_head(&self) -> Option<(u16, Headers, usize)> {
        find(&self.received, b"\r\n\r\n")?;
        let mut lines = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Response::new(&mut lines);
        let httparse::Status::Complete(length) = parsed
            .parse(&self.received)
            .expect("a malformed response head")
        else {
            return None;
        };
        Some((parsed.code?, Headers::from_parsed(parsed.headers), length))
    }

    /// The body so far, and whether it is whole.
    fn body_so_far(&self) -> (Vec<u8>, bool) {
        let Some((status, headers, head_length)) = self.parse_head() else {
            return (Vec::new(), false);
        };
        let rest = &self.received[head_length..];
        if self.bodiless || matches!(status, 101 | 204 | 304) {
            (Vec::new(), true)
        } else if headers.is_chunked() {
            let (body, end) = dechunk(rest);
            (body, end.is_some())
        } else if let Some(length) = headers.content_length() {
            (
                rest[..length.min(rest.len())].to_vec(),
                rest.len() >= length,
            )
        } else {
            (rest.to_vec(), self.ended == Some(End::Cut))
        }
    }
}

impl Response {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The body, decompressed when the runtime compressed it.
    ///
    /// # Panics
    /// When it is not what `Content-Encoding` says.
    #[must_use]
    pub fn decoded(&self) -> Vec<u8> {
        match self.header("content-encoding") {
            None | Some("identity") => self.body.clone(),
            Some("gzip") => {
                let mut plain = Vec::new();
                flate2::read::MultiGzDecoder::new(self.body.as_slice())
                    .read_to_end(&mut plain)
                    .expect("not gzip");
                plain
            }
            Some(other) => panic!("unexpected Content-Encoding {other}"),
        }
    }

    /// The decompressed body as text, invalid UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.decoded()).into_owned()
    }
}
