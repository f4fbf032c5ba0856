//! The answer, as it arrives. In: a socket. Out: the head, body bytes so far, and how it ended: whole, cut or
//! reset. Reading blocks only for what a test waits for, at most the hang limit.

use std::{
    io::{ErrorKind, Read, Write},
    mem,
    net::TcpStream,
    time::Duration,
};

use socket2::SockRef;

use crate::wire::{Headers, contains, dechunk_into, find};

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
    /// Received and not yet decoded.
    pending: Vec<u8>,
    head: Option<(u16, Headers)>,
    body: Body,
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
            pending: Vec::new(),
            head: None,
            body: Body::default(),
            ended: None,
        }
    }

    /// Waits for the head.
    #[must_use]
    pub fn head(&mut self) -> (u16, Headers) {
        self.read_until("the response head", |this| this.head.clone())
    }

    /// Waits until the body contains `text`, and gives the body so far.
    pub fn wait_for(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let what = format!("body bytes {:?}", String::from_utf8_lossy(text.as_ref()));
        self.read_until(&what, |this| {
            contains(&this.body.bytes, text.as_ref()).then(|| this.body.bytes.clone())
        })
    }

    /// Reads as long as `more` of the body so far says so, or until the response ends.
    pub fn read_while(&mut self, more: impl Fn(&[u8]) -> bool) {
        self.read_until("enough of the body", |this| {
            let over = this.body.complete || this.ended.is_some();
            (over || !more(&this.body.bytes)).then_some(())
        });
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
    ///
    /// # Panics
    /// When the connection ends before the head.
    #[must_use]
    pub fn finish(self) -> Response {
        self.finish_if_answered()
            .expect("the connection ended before the head of the response")
    }

    /// Reads to the end; `None` when there was no answer at all.
    #[must_use]
    pub fn finish_if_answered(mut self) -> Option<Response> {
        let end = self.read_until("the end of the response", |this| {
            let complete = this.head.is_some() && this.body.complete;
            complete.then_some(End::Complete).or(this.ended)
        });
        let (status, headers) = self.head?;
        Some(Response {
            status,
            headers,
            body: self.body.bytes,
            end,
        })
    }

    /// Reads to the end and keeps nothing: the body goes to `take` piece by piece.
    ///
    /// # Panics
    /// When nothing comes for the hang limit.
    #[must_use]
    pub fn drain(mut self, mut take: impl FnMut(&[u8])) -> End {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            take(&mem::take(&mut self.body.bytes));
            if self.head.is_some() && self.body.complete {
                return End::Complete;
            }
            if let Some(end) = self.ended {
                return end;
            }
            self.read("the rest of the response", &mut buffer);
        }
    }

    fn read_until<T>(&mut self, what: &str, mut enough: impl FnMut(&Self) -> Option<T>) -> T {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if let Some(found) = enough(self) {
                return found;
            }
            assert!(
                self.ended.is_none(),
                "{:?} before {what}; {}",
                self.ended,
                self.seen()
            );
            self.read(what, &mut buffer);
        }
    }

    /// Reads what is there, and decodes it.
    fn read(&mut self, what: &str, buffer: &mut [u8]) {
        match self.stream.read(buffer) {
            Ok(0) => self.ended = Some(End::Cut),
            Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("hang while waiting for {what}; {}", self.seen())
            }
            Err(_) => self.ended = Some(End::Reset),
        }
        self.decode();
    }

    /// What came last, for messages.
    fn seen(&self) -> String {
        let tail = |bytes: &[u8]| {
            String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(400)..]).into_owned()
        };
        format!(
            "head {:?}, body …{}, not decoded {}",
            self.head,
            tail(&self.body.bytes),
            tail(&self.pending)
        )
    }

    fn decode(&mut self) {
        if self.head.is_none() && find(&self.pending, b"\r\n\r\n").is_some() {
            let mut lines = [httparse::EMPTY_HEADER; 128];
            let mut parsed = httparse::Response::new(&mut lines);
            let Ok(httparse::Status::Complete(length)) = parsed.parse(&self.pending) else {
                panic!("a malformed response head; {}", self.seen());
            };
            let (status, headers) = (
                parsed.code.unwrap_or_default(),
                Headers::from_parsed(parsed.headers),
            );
            self.body.framing = if self.bodiless || matches!(status, 101 | 204 | 304) {
                Framing::None
            } else if headers.is_chunked() {
                Framing::Chunked
            } else {
                headers
                    .content_length()
                    .map_or(Framing::UntilClose, Framing::Length)
            };
            self.head = Some((status, headers));
            self.pending.drain(..length);
        }
        if self.head.is_some() {
            self.body.take(&mut self.pending, self.ended.is_some());
        }
    }
}

#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    complete: bool,
    framing: Framing,
}

#[derive(Clone, Copy, Default)]
enum Framing {
    Chunked,
    /// So many bytes are still to come.
    Length(usize),
    #[default]
    None,
    UntilClose,
}

impl Body {
    /// Decodes what has come; leaves the rest of an unfinished chunk.
    fn take(&mut self, pending: &mut Vec<u8>, ended: bool) {
        match self.framing {
            Framing::Chunked => {
                let (used, complete) = dechunk_into(pending, &mut self.bytes, ended);
                pending.drain(..used);
                self.complete |= complete;
            }
            Framing::Length(missing) => {
                let take = pending.len().min(missing);
                self.bytes.extend(pending.drain(..take));
                self.framing = Framing::Length(missing - take);
                self.complete = missing == take;
            }
            Framing::None => self.complete = true,
            Framing::UntilClose => {
                self.bytes.append(pending);
                self.complete = ended;
            }
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
