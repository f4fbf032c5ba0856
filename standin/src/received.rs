//! In: every request that reached one of the servers. Out: what `GET /received` shows. Bounded; never on disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::header::{AUTHORIZATION, PROXY_AUTHORIZATION};
use axum::http::{HeaderMap, Method, Uri};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::fault::settings::Server;
use crate::live::hub::Hub;

/// Requests kept; the oldest go first. At about 1 KB each: 20 MB.
const KEPT: usize = 20_000;

/// One request and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// 1 for the first since the process started; never used twice.
    pub seq: u64,
    /// When its head and body had been read, ISO 8601.
    pub at: String,
    /// Which server it reached.
    pub server: Server,
    /// The method.
    pub method: String,
    /// The request target as sent.
    pub target: String,
    /// The target's path.
    pub path: String,
    /// The target's query without `?`.
    pub query: Option<String>,
    /// Lower-case name → value; several joined with `, ` (cookies with `; `); bytes above 127 as Latin-1. Of
    /// credentials only the scheme is kept.
    pub headers: Map<String, Value>,
    /// JSON where it is JSON, else text; null when empty.
    pub body: Value,
    /// The status that was sent; null while there is none, or when the connection ended before it.
    pub status: Option<u16>,
    /// `open`, `answered`, `client-gone` (before the end of the body), `broken` (by a fault).
    pub outcome: &'static str,
    /// The fault that was applied, in words; empty: none.
    pub fault: String,
    /// Milliseconds since the process started: read, headers sent, body ended.
    pub read_ms: u64,
    /// See `read_ms`.
    pub answered_ms: Option<u64>,
    /// See `read_ms`.
    pub ended_ms: Option<u64>,
}

/// The requests, newest last.
#[derive(Debug)]
pub struct Log {
    entries: Mutex<(u64, VecDeque<Received>)>,
    started: Instant,
    hub: Hub,
}

/// What is known of a request when it has been read.
pub struct Arrived<'a> {
    /// Which server.
    pub server: Server,
    /// ISO 8601.
    pub at: String,
    /// Its method.
    pub method: &'a Method,
    /// Its target.
    pub uri: &'a Uri,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// The fault for it, in words.
    pub fault: String,
}

impl Log {
    /// An empty log that tells `hub` what it gets.
    #[must_use]
    pub fn new(hub: Hub) -> Self {
        Self {
            entries: Mutex::default(),
            started: Instant::now(),
            hub,
        }
    }

    /// Keeps a request. The ticket reports its end.
    pub fn begin(self: &Arc<Self>, arrived: Arrived<'_>) -> Ticket {
        let read_ms = self.elapsed_ms();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, list) = &mut *entries;
        *last += 1;
        list.push_back(Received {
            seq: *last,
            at: arrived.at,
            server: arrived.server,
            method: arrived.method.to_string(),
            target: arrived.uri.to_string(),
            path: arrived.uri.path().to_owned(),
            query: arrived.uri.query().map(str::to_owned),
            headers: headers_as_json(arrived.headers),
            body: body_as_json(arrived.body),
            status: None,
            outcome: "open",
            fault: arrived.fault,
            read_ms,
            answered_ms: None,
            ended_ms: None,
        });
        if list.len() > KEPT {
            list.pop_front();
        }
        Ticket {
            log: Arc::clone(self),
            seq: *last,
            ended: false,
        }
    }

    /// The requests that `keep` wants, oldest first.
    pub fn select(&self, keep: impl Fn(&Received) -> bool) -> Vec<Received> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .1
            .iter()
            .filter(|entry| keep(entry))
            .cloned()
            .collect()
    }

    /// The number of the newest request ever.
    pub fn last(&self) -> u64 {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Forgets all requests; numbers go on, so that an answer under way is not booked to a new request.
    pub fn clear(&self) {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .clear();
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn update(&self, seq: u64, change: impl FnOnce(&mut Received)) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // An entry that was cleared or pushed out in the meantime is not found, and need not be.
        if let Ok(index) = entries.1.binary_search_by_key(&seq, |entry| entry.seq) {
            let entry = &mut entries.1[index];
            change(entry);
            self.hub.send("request", entry);
        }
    }
}

/// A request under way. Dropped without an end: the client has gone.
#[derive(Debug)]
pub struct Ticket {
    log: Arc<Log>,
    seq: u64,
    ended: bool,
}

impl Ticket {
    /// The headers are about to leave.
    pub fn answered(&self, status: u16) {
        let now = self.log.elapsed_ms();
        self.log.update(self.seq, |entry| {
            entry.status = Some(status);
            entry.answered_ms = Some(now);
        });
    }

    /// The body has ended: `answered` or `broken`.
    pub fn end(&mut self, outcome: &'static str) {
        if !std::mem::replace(&mut self.ended, true) {
            let now = self.log.elapsed_ms();
            self.log.update(self.seq, |entry| {
                entry.outcome = outcome;
                entry.ended_ms = Some(now);
            });
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end("client-gone");
    }
}

fn headers_as_json(headers: &HeaderMap) -> Map<String, Value> {
    let mut map = Map::new();
    for name in headers.keys() {
        let joiner = if name == "cookie" { "; " } else { ", " };
        let secret = name == AUTHORIZATION || name == PROXY_AUTHORIZATION;
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| {
                let text = value.as_bytes().iter().map(|byte| char::from(*byte));
                if secret {
                    without_credentials(&text.collect::<String>())
                } else {
                    text.collect()
                }
            })
            .collect();
        map.insert(name.to_string(), Value::String(values.join(joiner)));
    }
    map
}

/// `Basic (hidden)`: that there were credentials, and of which kind. Whether they were right, the status says.
fn without_credentials(value: &str) -> String {
    match value.trim().split_once(' ') {
        Some((scheme, _)) => format!("{scheme} (hidden)"),
        None => "(hidden)".to_owned(),
    }
}

fn body_as_json(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
