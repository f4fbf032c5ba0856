//! Asks the running Worker how it is.
//!
//! In: an address. Out: [`Health`] once something answers there. One GET over a plain socket: a client library for it
//! would be the largest dependency of this tool.

use std::{
    fmt,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// workerd answers in milliseconds, but the first request waits for the Worker to be compiled.
const PATIENCE: Duration = Duration::from_secs(10);

/// The status of `/_cdp/health`.
pub struct Health {
    status: u16,
    body: String,
}

/// The Worker's answer; `None` while nothing listens or nothing sensible comes back.
pub fn health(address: &str) -> Option<Health> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    // HTTP/1.0: the answer ends with the connection and is not chunked.
    write!(
        stream,
        "GET /_cdp/health HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer).ok()?;
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(answer: &str) -> Option<Health> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head
        .strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    Some(Health {
        status,
        body: body.trim().to_owned(),
    })
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            200 => f.write_str("(ok)"),
            status => write!(f, "({status}: {})", self.body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_problems_of_an_unhealthy_worker_are_shown() {
        let health = parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"ok\":false}\n")
            .expect("an answer");
        assert_eq!(health.to_string(), "(503: {\"ok\":false})");
        let health = parse("HTTP/1.1 200 OK\r\n\r\n{\"ok\":true}").expect("an answer");
        assert_eq!(health.to_string(), "(ok)");
    }

    #[test]
    fn half_an_answer_is_none() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 x\r\n\r\n",
        ] {
            assert!(parse(text).is_none(), "{text:?}");
        }
    }
}
