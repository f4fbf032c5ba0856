//! Visitors: keep-alive connections that ask for one page again and again.
//!
//! In: an address and a case. Out: bodies, or the time to their first byte. Its CPU time is this process's and does
//! not count.

use std::{
    io::{BufReader, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use super::{case::Case, http::Head, worker::CLIENT_KEY};

/// Connections at once.
pub const CONCURRENCY: usize = 4;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// One visitor.
pub struct Visitor {
    reader: BufReader<TcpStream>,
    request: String,
}

/// A page as a visitor got it.
pub struct Answer {
    /// The body, without the framing.
    pub body: Vec<u8>,
    /// From the request to the first byte of the body.
    pub first_byte: Duration,
    /// The headers.
    pub head: Head,
    /// From the request to the last byte of the body.
    pub last_byte: Duration,
}

impl Visitor {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(address: SocketAddr, case: &Case) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).context("connecting to workerd")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let cookie = if case.new_visitor {
            String::new()
        } else {
            format!("; bid_{CLIENT_KEY}=a38b230c-11eb-4cf9-8d5d-274e9f344925")
        };
        // A navigation of a Chrome that has been here.
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: www.northmere.example\r\nConnection: keep-alive\r\n\
             sec-ch-ua: \"Chromium\";v=\"146\", \"Not-A.Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\nUpgrade-Insecure-Requests: 1\r\n\
             User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36\r\n\
             Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
             Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n\
             Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-IE,en;q=0.9\r\n\
             Cookie: SC_ANALYTICS_GLOBAL_COOKIE=0f7d1fd64e1c4f8e9d536f9c4bb2d9a1|True; ASP.NET_SessionId=2hqk5wzv3u0gqf1x{cookie}\r\n\r\n",
            case.path()
        );
        Ok(Self {
            reader: BufReader::with_capacity(64 * 1024, stream),
            request,
        })
    }

    /// Asks for the page.
    ///
    /// # Errors
    /// When the answer breaks off or is not 200.
    pub fn ask(&mut self) -> anyhow::Result<Answer> {
        let asked = Instant::now();
        self.reader.get_mut().write_all(self.request.as_bytes())?;
        let head = Head::read(&mut self.reader)?.context("workerd closed the connection")?;
        ensure!(
            head.second_word() == "200",
            "workerd answered {}",
            head.first
        );
        let mut first_byte = None;
        let body = head.read_body(&mut self.reader, || first_byte = Some(asked.elapsed()))?;
        Ok(Answer {
            body,
            first_byte: first_byte.context("an empty page")?,
            head,
            last_byte: asked.elapsed(),
        })
    }
}

/// Asks `requests` times, spread over the connections.
///
/// # Errors
/// When an answer breaks off, is not 200, or has not `length` bytes.
pub fn burst(
    address: SocketAddr,
    case: &Case,
    requests: usize,
    length: usize,
) -> anyhow::Result<()> {
    at_once(|number| {
        let mut visitor = Visitor::connect(address, case)?;
        for _ in (number..requests).step_by(CONCURRENCY) {
            let got = visitor.ask()?.body.len();
            ensure!(
                got == length,
                "{}: {got} bytes came, not {length}",
                case.path()
            );
        }
        Ok(())
    })
    .map(drop)
}

/// Times to the first byte, of `requests` per connection. Each connection asks once per `period`, and they take
/// turns, so that a Worker that answers at once is not measured under more load than one that waits.
///
/// # Errors
/// When an answer breaks off or is not 200.
pub fn first_bytes(
    address: SocketAddr,
    case: &Case,
    requests: usize,
    period: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut all = Vec::new();
    let of_each = at_once(|number| {
        let mut visitor = Visitor::connect(address, case)?;
        let turn = period * u32::try_from(number)? / u32::try_from(CONCURRENCY)?;
        let began = Instant::now() + turn;
        let mut times = Vec::new();
        for count in 0..requests {
            let at = began + period * u32::try_from(count)?;
            thread::sleep(at.saturating_duration_since(Instant::now()));
            times.push(visitor.ask()?.first_byte);
        }
        Ok(times)
    })?;
    of_each.into_iter().for_each(|times| all.extend(times));
    Ok(all)
}

/// Times to the last byte, of `requests` on one connection, once per `period`: what a page leaves behind is over before the
/// next one is asked for.
///
/// # Errors
/// When an answer breaks off or is not 200.
pub fn last_bytes(
    address: SocketAddr,
    case: &Case,
    requests: usize,
    period: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut visitor = Visitor::connect(address, case)?;
    let began = Instant::now();
    (0..requests)
        .map(|count| {
            let at = began + period * u32::try_from(count)?;
            thread::sleep(at.saturating_duration_since(Instant::now()));
            Ok(visitor.ask()?.last_byte)
        })
        .collect()
}

/// Runs `work` on each connection's thread.
fn at_once<T: Send>(work: impl Fn(usize) -> anyhow::Result<T> + Sync) -> anyhow::Result<Vec<T>> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..CONCURRENCY)
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| anyhow::anyhow!("a visitor's thread panicked"))?
            })
            .collect()
    })
}
