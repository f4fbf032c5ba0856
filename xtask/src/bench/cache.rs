//! The cache of a data centre: one native server, asked by workerd as it asks Cloudflare's own.
//!
//! In: `GET`, `PUT` and `PURGE` of the Cache API (workerd's `src/workerd/api/cache.c++`); a `PUT` holds a whole HTTP response.
//! Out: that response with `CF-Cache-Status: HIT`, or a 504 with `MISS`. Nothing in it ever expires: a bench is shorter than any
//! page's lifetime. Like XM it works in another process than the one that is measured.

use std::{
    collections::HashMap,
    io::{self, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::http::Head;

/// The longest that storing a page may take.
const PATIENCE: Duration = Duration::from_secs(5);

type Entries = Arc<Mutex<HashMap<String, Arc<Vec<u8>>>>>;

/// The running server.
pub struct Cache {
    /// Where it listens.
    pub address: SocketAddr,
    entries: Entries,
}

impl Cache {
    /// Starts one with nothing in it.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start() -> anyhow::Result<Self> {
        let entries = Entries::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening")?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&entries);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let entries = Arc::clone(&shared);
                thread::spawn(move || serve(&connection, &entries));
            }
        });
        Ok(Self { address, entries })
    }

    /// Waits until there are so many entries; `false` when they do not come.
    pub fn holds(&self, count: usize) -> bool {
        let began = Instant::now();
        while self.len() < count {
            if began.elapsed() > PATIENCE {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.len()
    }
}

fn serve(connection: &TcpStream, entries: &Entries) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    let mut writer = connection;
    while let Some(head) = Head::read(&mut reader)? {
        let body = head.read_body(&mut reader, || ())?;
        let (method, _) = head.first.split_once(' ').unwrap_or_default();
        let of = |name| head.header(name).unwrap_or_default();
        let key = format!(
            "{} {}{}",
            of("cf-cache-namespace"),
            of("host"),
            head.second_word()
        );
        let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
        match method {
            "GET" => {
                let found = entries.get(&key).cloned();
                drop(entries);
                match found {
                    Some(hit) => writer.write_all(&hit)?,
                    None => writer.write_all(MISS)?,
                }
            }
            "PUT" => {
                let stored = entry(&body)?;
                entries.insert(key, Arc::new(stored));
                drop(entries);
                writer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
            }
            "PURGE" => {
                let status = entries.remove(&key).map_or("404 Not Found", |_| "200 OK");
                drop(entries);
                write!(writer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")?;
            }
            _ => {
                writer.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")?
            }
        }
    }
    Ok(())
}

const MISS: &[u8] =
    b"HTTP/1.1 504 Gateway Timeout\r\nCF-Cache-Status: MISS\r\nContent-Length: 0\r\n\r\n";

/// The answer to later requests: the stored head with a length and the status of the cache, and the body, which is not in
/// chunks even where its head says so.
fn entry(message: &[u8]) -> io::Result<Vec<u8>> {
    const END: &[u8] = b"\r\n\r\n";
    let length = message.windows(END.len()).position(|bytes| bytes == END);
    let length = length.ok_or_else(|| io::Error::other("a PUT without a whole head"))?;
    let (head, body) = message.split_at(length);
    let body = &body[END.len()..];
    let head = String::from_utf8_lossy(head);
    let framing = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !["content-length", "transfer-encoding"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own))
    };
    let mut lines: Vec<&str> = head.split("\r\n").filter(framing).collect();
    let own = format!(
        "Content-Length: {}\r\nCF-Cache-Status: HIT\r\n\r\n",
        body.len()
    );
    lines.push(&own);
    let mut all = lines.join("\r\n").into_bytes();
    all.extend_from_slice(body);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_as_a_hit_framed_anew() {
        let stored = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\nbody";
        assert_eq!(
            String::from_utf8(entry(stored).unwrap()).unwrap(),
            "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 4\r\nCF-Cache-Status: HIT\r\n\r\nbody"
        );
        assert!(entry(b"HTTP/1.1 200 OK\r\n").is_err());
    }

    #[test]
    fn the_cache_answers_as_workerd_expects() {
        let cache = Cache::start().unwrap();
        let mut connection = TcpStream::connect(cache.address).unwrap();
        let mut ask = |request: &str| {
            connection.write_all(request.as_bytes()).unwrap();
            let mut reader = BufReader::new(&connection);
            let head = Head::read(&mut reader).unwrap().unwrap();
            let body = head.read_body(&mut reader, || ()).unwrap();
            let status = head.header("cf-cache-status").map(str::to_owned);
            (head.second_word().to_owned(), status, body)
        };
        let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
        assert_eq!(ask(get), ("504".into(), Some("MISS".into()), vec![]));
        let page = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
        let put = format!(
            "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        );
        assert_eq!(ask(&put), ("204".into(), None, vec![]));
        assert_eq!(ask(get), ("200".into(), Some("HIT".into()), b"x".to_vec()));
        assert!(cache.holds(1));
        let named = "GET /a HTTP/1.1\r\nHost: h\r\ncf-cache-namespace: other\r\n\r\n";
        assert_eq!(ask(named).0, "504");
        assert_eq!(ask("PURGE /a HTTP/1.1\r\nHost: h\r\n\r\n").0, "200");
        assert_eq!(ask(get).0, "504");
    }
}
