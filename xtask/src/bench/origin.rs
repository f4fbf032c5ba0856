//! XM and the CDP: one native server on 127.0.0.1.
//!
//! In: the pages. Out: an address, and counts of what the CDP was asked. A thread per connection, a write per 4 KiB
//! where a page is chunked: its own CPU time is in another process than the one that is measured.

use std::{
    collections::HashMap,
    io::{self, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use flate2::{Compression, write::GzEncoder};

use super::{
    case::{Case, Delivery},
    http::Head,
    page::page,
};

/// Bytes per chunk and write of a chunked page.
const CHUNK: usize = 4096;
/// The id of every new visitor.
const NEW_ID: &str = "0f7d1fd6-4e1c-4f8e-9d53-6f9c4bb2d9a1";

/// The running server.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Requests to XM and the CDP since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `callFlows`.
    pub flows: u64,
    /// Events.
    pub events: u64,
    /// Browser ids.
    pub ids: u64,
    /// Pages of XM.
    pub pages: u64,
}

#[derive(Default)]
struct Shared {
    /// By path: the parts of the response, one write each.
    responses: HashMap<String, Vec<Vec<u8>>>,
    decision_ms: AtomicU64,
    think_ms: AtomicU64,
    flows: AtomicU64,
    events: AtomicU64,
    ids: AtomicU64,
    pages: AtomicU64,
}

impl Origin {
    /// Serves the pages of `cases`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(cases: &[Case]) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            responses: cases
                .iter()
                .map(|case| (case.path(), response(case)))
                .collect(),
            ..Shared::default()
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening")?;
        let address = listener.local_addr()?;
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A connection that breaks is seen at the other end, which counts.
                thread::spawn(move || serve(&connection, &state));
            }
        });
        Ok(Self { address, shared })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How long XM renders, and how long the CDP decides.
    pub fn set_delays(&self, think_ms: u64, decision_ms: u64) {
        self.shared.think_ms.store(think_ms, Ordering::Relaxed);
        self.shared
            .decision_ms
            .store(decision_ms, Ordering::Relaxed);
    }

    /// Waits until `events` have arrived, then returns and forgets what was asked.
    ///
    /// # Errors
    /// When they do not arrive.
    pub fn asked(&self, events: u64) -> anyhow::Result<Asked> {
        let began = Instant::now();
        while self.shared.events.load(Ordering::SeqCst) < events {
            anyhow::ensure!(
                began.elapsed() < Duration::from_secs(20),
                "the Worker sent {} of {events} VIEW events",
                self.shared.events.load(Ordering::SeqCst)
            );
            thread::sleep(Duration::from_millis(1));
        }
        let take = |count: &AtomicU64| count.swap(0, Ordering::SeqCst);
        Ok(Asked {
            flows: take(&self.shared.flows),
            events: take(&self.shared.events),
            ids: take(&self.shared.ids),
            pages: take(&self.shared.pages),
        })
    }
}

fn serve(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    let mut writer = connection;
    while let Some(head) = Head::read(&mut reader)? {
        let body = head.read_body(&mut reader, || ())?;
        let path = head.second_word();
        if let Some(parts) = shared.responses.get(path) {
            shared.pages.fetch_add(1, Ordering::SeqCst);
            pause(&shared.think_ms);
            for part in parts {
                writer.write_all(part)?;
            }
        } else if path == "/v2/callFlows" {
            shared.flows.fetch_add(1, Ordering::SeqCst);
            pause(&shared.decision_ms);
            writer.write_all(&json("200 OK", &decision(&body)))?;
        } else if path == "/v1.2/events" {
            writer.write_all(&json(
                "201 Created",
                "{\"status\":\"OK\",\"version\":\"1.2\"}",
            ))?;
            shared.events.fetch_add(1, Ordering::SeqCst);
        } else if path.starts_with("/v1.2/browser/create.json") {
            shared.ids.fetch_add(1, Ordering::SeqCst);
            let created = format!("{{\"status\":\"OK\",\"version\":\"1.2\",\"ref\":\"{NEW_ID}\"}}");
            writer.write_all(&json("201 Created", &created))?;
        } else {
            writer.write_all(&json("404 Not Found", "{}"))?;
        }
    }
    Ok(())
}

fn pause(ms: &AtomicU64) {
    match ms.load(Ordering::Relaxed) {
        0 => {}
        ms => thread::sleep(Duration::from_millis(ms)),
    }
}

/// What the CDP answers to a call.
fn decision(call: &[u8]) -> String {
    let call = String::from_utf8_lossy(call);
    let id = call
        .find("promo_")
        .and_then(|start| call.get(start..start + 8));
    decision_of(id.unwrap_or_default())
}

/// What the CDP decides: by the flow's number a variant, values, or the control.
pub fn decision_of(friendly_id: &str) -> String {
    let number = friendly_id
        .strip_prefix("promo_")
        .and_then(|number| number.parse::<usize>().ok());
    let variant = match number.map(|number| number % 3) {
        Some(0) => "b",
        Some(1) => "",
        _ => "promo_default",
    };
    // The control has no values: it shows what XM's authors wrote.
    let values = r#","headline":"Mended & loved","delivery":true,"cta":{"label":"See the bench","href":"/repairs?from=home"},"image":{"src":"/-/media/bench.jpg","alt":"The \"bench\""}"#;
    let values = if variant == "promo_default" {
        ""
    } else {
        values
    };
    format!("{{\"variantId\":\"{variant}\"{values}}}")
}

fn json(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// A whole response, in the pieces in which it is written.
fn response(case: &Case) -> Vec<Vec<u8>> {
    let caching = if case.shared {
        "Cache-Control: public, max-age=600\r\n"
    } else {
        "Cache-Control: private\r\n\
         Set-Cookie: SC_ANALYTICS_GLOBAL_COOKIE=0f7d1fd64e1c4f8e9d536f9c4bb2d9a1|False; path=/; HttpOnly\r\n"
    };
    let common = format!(
        "HTTP/1.1 200 OK\r\n{caching}Content-Type: text/html; charset=utf-8\r\nETag: \"bench\"\r\n\
         Server: Microsoft-IIS/10.0\r\nX-Frame-Options: SAMEORIGIN\r\nX-Powered-By: ASP.NET\r\n"
    );
    let html = page(case).into_bytes();
    let whole = |coding: &str, body: &[u8]| {
        let mut all =
            format!("{common}{coding}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        all.extend_from_slice(body);
        vec![all]
    };
    match case.delivery {
        Delivery::Plain => whole("", &html),
        Delivery::Gzip => whole("Content-Encoding: gzip\r\n", &gzip(&html)),
        Delivery::Chunked => {
            let mut parts =
                vec![format!("{common}Transfer-Encoding: chunked\r\n\r\n").into_bytes()];
            for chunk in html.chunks(CHUNK) {
                let mut part = format!("{:x}\r\n", chunk.len()).into_bytes();
                part.extend_from_slice(chunk);
                part.extend_from_slice(b"\r\n");
                parts.push(part);
            }
            parts.push(b"0\r\n\r\n".to_vec());
            parts
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // A Vec takes everything.
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory")
}
