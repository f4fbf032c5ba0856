//! What a scripted server answers, byte by byte. In: a status, headers, body parts, gates and an ending. Out: a
//! script that [`crate::Server`] plays into one connection. It never measures time except where a test asks for a
//! pause.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use socket2::SockRef;

use crate::{HANG_LIMIT, Latch};

/// A scripted answer.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    before: Vec<Step>,
    body: Vec<Step>,
    framing: Framing,
    ending: Ending,
}

#[derive(Clone)]
enum Step {
    Part(Vec<u8>),
    Pause(Duration),
    Repeat {
        bytes: Arc<[u8]>,
        times: usize,
        written: Arc<AtomicU64>,
    },
    Signal(Latch),
    Wait(Latch),
}

#[derive(Clone, Copy)]
enum Framing {
    Chunked,
    Declared(usize),
    Length,
    /// The parts are everything on the wire, head included.
    Raw,
}

#[derive(Clone)]
enum Ending {
    /// Ends as the framing says; the connection may serve another request.
    Complete,
    /// Closes without the end that the framing promised.
    Cut,
    /// Sends nothing more and keeps the connection open.
    Hang(Latch),
    /// A TCP reset.
    Reset,
}

impl Reply {
    /// An answer with an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            before: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
            ending: Ending::Complete,
        }
    }

    /// A 200 with `text/html; charset=utf-8`.
    #[must_use]
    pub fn html(body: impl AsRef<[u8]>) -> Self {
        Self::status(200)
            .header("Content-Type", "text/html; charset=utf-8")
            .part(body)
    }

    /// A 200 whose parts the test adds, chunked.
    #[must_use]
    pub fn html_stream() -> Self {
        Self::status(200)
            .header("Content-Type", "text/html; charset=utf-8")
            .chunked()
    }

    /// A 200 with JSON.
    #[must_use]
    pub fn json(value: Value) -> Self {
        Self::status(200)
            .header("Content-Type", "application/json")
            .part(value.to_string())
    }

    /// Bytes without any head of ours.
    #[must_use]
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        let mut reply = Self::status(0).part(bytes);
        reply.framing = Framing::Raw;
        reply.ending = Ending::Cut;
        reply
    }

    /// Replaces the status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header line; duplicates stay.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes every line of a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    /// A body part, written on its own.
    #[must_use]
    pub fn part(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body.push(Step::Part(bytes.as_ref().to_vec()));
        self
    }

    /// The same part so many times, kept in memory once; `written` grows by what the system took of it.
    #[must_use]
    pub fn repeat(
        mut self,
        bytes: impl AsRef<[u8]>,
        times: usize,
        written: &Arc<AtomicU64>,
    ) -> Self {
        self.body.push(Step::Repeat {
            bytes: bytes.as_ref().into(),
            times,
            written: Arc::clone(written),
        });
        self
    }

    /// Every byte of `bytes` as a part of its own.
    #[must_use]
    pub fn byte_by_byte(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body
            .extend(bytes.as_ref().iter().map(|&byte| Step::Part(vec![byte])));
        self
    }

    /// Waits in the body until the gate opens.
    #[must_use]
    pub fn wait(mut self, gate: &Latch) -> Self {
        self.body.push(Step::Wait(gate.clone()));
        self
    }

    /// Waits before the head until the gate opens.
    #[must_use]
    pub fn hold(mut self, gate: &Latch) -> Self {
        self.before.push(Step::Wait(gate.clone()));
        self
    }

    /// Waits that long in the body.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.body.push(Step::Pause(pause));
        self
    }

    /// Opens a gate when the body has come this far.
    #[must_use]
    pub fn signal(mut self, gate: &Latch) -> Self {
        self.body.push(Step::Signal(gate.clone()));
        self
    }

    /// Uses chunked framing, one chunk a part.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Declares this `Content-Length`, whatever the parts add up to.
    #[must_use]
    pub fn declare_length(mut self, length: usize) -> Self {
        self.framing = Framing::Declared(length);
        self
    }

    /// Closes the connection behind the parts, without the promised end.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.ending = Ending::Cut;
        self
    }

    /// Resets the connection behind the parts.
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.ending = Ending::Reset;
        self
    }

    /// Sends nothing more behind the parts; opens `closed` when the peer gives up.
    #[must_use]
    pub fn hang_until_closed(mut self, closed: &Latch) -> Self {
        self.ending = Ending::Hang(closed.clone());
        self
    }

    /// Sends nothing more behind the parts.
    #[must_use]
    pub fn hang(self) -> Self {
        self.hang_until_closed(&Latch::new())
    }

    /// Never answers: not even a head.
    #[must_use]
    pub fn silence() -> Self {
        let mut reply = Self::raw("");
        reply.ending = Ending::Hang(Latch::new());
        reply
    }

    /// Plays the script. `true`: the connection can serve another request.
    pub(crate) fn play(&self, stream: &mut TcpStream, bodiless: bool) -> bool {
        let played = self.play_parts(stream, bodiless);
        match &self.ending {
            Ending::Complete => played.is_some() && !matches!(self.framing, Framing::Declared(_)),
            Ending::Cut => {
                let _ = stream.shutdown(Shutdown::Both);
                false
            }
            Ending::Hang(closed) => {
                let _ = stream.set_read_timeout(Some(HANG_LIMIT));
                let gone = match stream.read(&mut [0]) {
                    Ok(count) => count == 0,
                    Err(error) => error.kind() == ErrorKind::ConnectionReset,
                };
                if gone || played.is_none() {
                    closed.open();
                }
                false
            }
            Ending::Reset => {
                let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
                false
            }
        }
    }

    fn play_parts(&self, stream: &mut TcpStream, bodiless: bool) -> Option<()> {
        for step in &self.before {
            step.play(stream, self.framing)?;
        }
        if !matches!(self.framing, Framing::Raw) {
            stream.write_all(&self.head()).ok()?;
        }
        if bodiless {
            return Some(());
        }
        for step in &self.body {
            step.play(stream, self.framing)?;
        }
        if matches!(
            (self.framing, &self.ending),
            (Framing::Chunked, Ending::Complete)
        ) {
            stream.write_all(b"0\r\n\r\n").ok()?;
        }
        Some(())
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status).into_bytes();
        let mut line = |name: &str, value: &str| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            // Latin-1, so that a test can send any byte in a value.
            head.extend(
                value
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')),
            );
            head.extend_from_slice(b"\r\n");
        };
        for (name, value) in &self.headers {
            line(name, value);
        }
        match self.framing {
            Framing::Chunked => line("Transfer-Encoding", "chunked"),
            Framing::Declared(length) => line("Content-Length", &length.to_string()),
            // 304 and 204 have no body and need no length.
            Framing::Length if self.body.is_empty() && matches!(self.status, 204 | 304) => {}
            Framing::Length => line("Content-Length", &self.body_length().to_string()),
            Framing::Raw => {}
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    fn body_length(&self) -> usize {
        self.body
            .iter()
            .map(|step| match step {
                Step::Part(bytes) => bytes.len(),
                Step::Repeat { bytes, times, .. } => bytes.len() * times,
                Step::Pause(_) | Step::Signal(_) | Step::Wait(_) => 0,
            })
            .sum()
    }
}

impl Step {
    fn play(&self, stream: &mut TcpStream, framing: Framing) -> Option<()> {
        match self {
            Self::Part(bytes) if bytes.is_empty() => {}
            Self::Part(bytes) => write_part(stream, bytes, framing)?,
            Self::Repeat {
                bytes,
                times,
                written,
            } => {
                for _ in 0..*times {
                    write_part(stream, bytes, framing)?;
                    written.fetch_add(bytes.len() as u64, Ordering::SeqCst);
                }
            }
            Self::Pause(pause) => std::thread::sleep(*pause),
            Self::Signal(gate) => gate.open(),
            Self::Wait(gate) => {
                if !gate.pass() {
                    return None;
                }
            }
        }
        Some(())
    }
}

fn write_part(stream: &mut TcpStream, bytes: &[u8], framing: Framing) -> Option<()> {
    match framing {
        Framing::Chunked => {
            let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
            chunk.extend_from_slice(bytes);
            chunk.extend_from_slice(b"\r\n");
            stream.write_all(&chunk).ok()
        }
        Framing::Declared(_) | Framing::Length | Framing::Raw => stream.write_all(bytes).ok(),
    }
}
