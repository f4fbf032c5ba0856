//! The visitor. In: a request as a test describes it; by default the navigation of a real Chrome. Out: an
//! [`Exchange`] that reads the answer as it comes. It never retries, follows a redirect or stores a cookie.

use std::{
    io::{self, Write},
    net::TcpStream,
};

use socket2::{Domain, Socket, Type};

use crate::{Exchange, HANG_LIMIT, Response, Workerd};

/// User agent of the default visitor.
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

/// The header lines of a Chrome navigation, in Chrome's order; `Host` comes first.
const NAVIGATION: [(&str, &str); 13] = [
    ("Connection", "keep-alive"),
    (
        "sec-ch-ua",
        r#""Google Chrome";v="141", "Not?A_Brand";v="8", "Chromium";v="141""#,
    ),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", r#""Windows""#),
    ("Upgrade-Insecure-Requests", "1"),
    ("User-Agent", CHROME),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    ),
    ("Sec-Fetch-Site", "none"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en;q=0.9"),
];

/// One request to be sent.
#[derive(Clone)]
pub struct Visit<'a> {
    server: &'a Workerd,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// What the system takes for a visitor who does not read.
    receive_buffer: Option<usize>,
}

impl<'a> Visit<'a> {
    /// A Chrome navigation to `target`.
    #[must_use]
    pub fn new(server: &'a Workerd, target: &str) -> Self {
        let mut headers = vec![("Host".to_owned(), server.address().to_string())];
        headers.extend(
            NAVIGATION
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned())),
        );
        Self {
            server,
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers,
            body: Vec::new(),
            receive_buffer: None,
        }
    }

    /// A call of XM's server with this key: nothing of a browser in it.
    #[must_use]
    pub fn from_server(server: &'a Workerd, target: &str, key: &str) -> Self {
        let mut visit = Self::new(server, target);
        // `Host`.
        visit.headers.truncate(1);
        visit
            .header("Accept", "application/json")
            .header("Authorization", &format!("Bearer {key}"))
    }

    /// Replaces the method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Replaces a header, or adds it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match self
            .headers
            .iter_mut()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
        {
            Some((_, old)) => value.clone_into(old),
            None => self.headers.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Removes a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    /// Sets the whole `Cookie` header.
    #[must_use]
    pub fn cookies(self, cookies: &str) -> Self {
        self.header("Cookie", cookies)
    }

    /// Sets the user agent.
    #[must_use]
    pub fn user_agent(self, agent: &str) -> Self {
        self.header("User-Agent", agent)
    }

    /// Adds a body with its `Content-Length`.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        let length = self.body.len().to_string();
        self.header("Content-Type", content_type)
            .header("Content-Length", &length)
    }

    /// Bounds what arrives without being read: a visitor on a slow line.
    #[must_use]
    pub fn receive_buffer(mut self, bytes: usize) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    /// Sends the request and leaves the reading to the test.
    ///
    /// # Panics
    /// When workerd does not accept the connection.
    #[must_use]
    pub fn send(&self) -> Exchange {
        let mut stream = self.connect().expect("workerd refused the connection");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(HANG_LIMIT)).unwrap();
        let mut message = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            message.extend_from_slice(name.as_bytes());
            message.extend_from_slice(b": ");
            message.extend(
                value
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')),
            );
            message.extend_from_slice(b"\r\n");
        }
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(&self.body);
        stream
            .write_all(&message)
            .expect("workerd closed the connection");
        Exchange::new(stream, self.method == "HEAD")
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Before it connects: then the window is offered accordingly.
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.connect(&self.server.address().into())?;
        Ok(socket.into())
    }

    /// Sends the request and reads the whole answer.
    #[must_use]
    pub fn get(&self) -> Response {
        self.send().finish()
    }
}
