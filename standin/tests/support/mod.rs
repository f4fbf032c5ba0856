//! In: nothing. Out: a stand-in on free ports, a plain JSON client, and a raw socket that says how a connection ended.
#![allow(dead_code)] // each test binary uses its part

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

pub const KEY: &str = "standin_client_key";
pub const TOKEN: &str = "standin_api_token";

/// No test waits longer for one connection; it is a limit for hangs, never a measurement.
const HANG: Duration = Duration::from_secs(20);

/// A stand-in that lives as long as the test process.
pub struct Standin {
    pub xm: SocketAddr,
    pub cdp: SocketAddr,
    agent: ureq::Agent,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Fin,
    Reset,
    /// Nothing more came within the time given.
    Silence,
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Standin {
    pub fn start() -> Self {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let running = standin::start(standin::cli::Options::on_free_ports())
                    .await
                    .unwrap();
                sender.send((running.xm, running.cdp)).unwrap();
                std::future::pending::<()>().await;
            });
        });
        let (xm, cdp) = receiver.recv().unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(HANG))
            .build()
            .into();
        Self { xm, cdp, agent }
    }

    pub fn send(
        &self,
        method: &str,
        server: SocketAddr,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Reply {
        let mut request = http_request(method, &format!("http://{server}{target}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut reply = reply.unwrap_or_else(|error| panic!("{method} {target}: {error}"));
        let headers = reply
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        Reply {
            status: reply.status().as_u16(),
            headers,
            body: reply
                .body_mut()
                .with_config()
                .limit(64 << 20)
                .read_to_vec()
                .unwrap(),
        }
    }

    pub fn get(&self, target: &str) -> Reply {
        self.send("GET", self.cdp, target, &[], None)
    }

    pub fn post(&self, target: &str, body: &Value) -> Reply {
        self.send(
            "POST",
            self.cdp,
            target,
            &[("content-type", "application/json")],
            Some(&body.to_string()),
        )
    }

    pub fn put(&self, target: &str, body: &Value) -> Reply {
        self.send(
            "PUT",
            self.cdp,
            target,
            &[("content-type", "application/json")],
            Some(&body.to_string()),
        )
    }

    pub fn page(&self, target: &str) -> Reply {
        self.send("GET", self.xm, target, &[], None)
    }

    /// A new browser id and its guest ref.
    pub fn browser(&self) -> (String, String) {
        let reply = self
            .get(&format!("/v1.2/browser/create.json?client_key={KEY}"))
            .json();
        (
            reply["ref"].as_str().unwrap().to_owned(),
            reply["customer_ref"].as_str().unwrap().to_owned(),
        )
    }

    pub fn event(&self, browser_id: &str, more: Value) -> Reply {
        let base = json!({"type": "VIEW", "channel": "WEB", "language": "EN", "currency": "EUR", "pos": "shop/ie",
            "page": "home", "client_key": KEY, "browser_id": browser_id});
        self.post("/v1.2/events", &merged(base, more))
    }

    pub fn flow(&self, browser_id: &str, friendly_id: &str, more: Value) -> Reply {
        let base = json!({"clientKey": KEY, "channel": "WEB", "language": "EN", "currencyCode": "EUR",
            "pointOfSale": "shop/ie", "browserId": browser_id, "friendlyId": friendly_id});
        self.post("/v2/callFlows", &merged(base, more))
    }

    /// A call of the REST API with the right credentials; `body` as JSON, or none.
    pub fn rest(&self, method: &str, target: &str, body: Option<&Value>) -> Reply {
        let basic = basic(KEY, TOKEN);
        let mut headers = vec![("authorization", basic.as_str())];
        headers.extend(body.map(|_| ("content-type", "application/json")));
        let body = body.map(Value::to_string);
        self.send(method, self.cdp, target, &headers, body.as_deref())
    }

    /// The ref of a new guest made of these fields.
    pub fn guest(&self, fields: Value) -> String {
        let whole = merged(json!({"guestType": "customer"}), fields);
        let reply = self.rest("POST", "/v2.1/guests", Some(&whole));
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["ref"].as_str().unwrap().to_owned()
    }

    pub fn state(&self) -> Value {
        self.get("/state").json()
    }
}

/// The value of an `Authorization` header.
pub fn basic(name: &str, password: &str) -> String {
    use headers::authorization::Credentials;
    let value = headers::Authorization::basic(name, password).0.encode();
    value.to_str().unwrap().to_owned()
}

/// `null` in `more` removes the member.
pub fn merged(mut base: Value, more: Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}

fn http_request(method: &str, url: &str) -> axum::http::request::Builder {
    axum::http::Request::builder().method(method).uri(url)
}

/// Sends a request with these extra header lines over a fresh socket and reads until the connection ends, or until
/// nothing has come for `patience`.
pub fn raw(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    patience: Duration,
) -> (Vec<u8>, End) {
    let mut socket = TcpStream::connect(server).unwrap();
    socket.set_read_timeout(Some(patience)).unwrap();
    write!(
        socket,
        "{method} {target} HTTP/1.1\r\nHost: {server}\r\n{headers}Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return (bytes, End::Fin),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return (bytes, End::Reset),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return (bytes, End::Silence);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Head and body of a raw answer.
pub fn split(bytes: &[u8]) -> (String, &[u8]) {
    let at = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head");
    (
        String::from_utf8_lossy(&bytes[..at]).to_ascii_lowercase(),
        &bytes[at + 4..],
    )
}

/// That the reply is this error in the documented shape; its message.
pub fn problem(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body = reply.json();
    assert_eq!(
        (&body["status"], &body["code"]),
        (&json!(status), &json!(status))
    );
    for name in ["message", "developerMessage", "moreInfoUrl"] {
        assert!(
            body[name].as_str().is_some_and(|text| !text.is_empty()),
            "{name} in {body}"
        );
    }
    body["message"].as_str().unwrap().to_owned()
}

/// Where a guest is.
pub fn guest_path(reference: &str) -> String {
    format!("/v2.1/guests/{reference}")
}

/// The refs that a search finds, in order.
pub fn found(standin: &Standin, query: &str) -> Vec<String> {
    let reply = standin.rest("GET", &format!("/v2.1/guests?{query}"), None);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let refs = reply.json()["items"].as_array().unwrap().clone();
    let last = |item: &Value| {
        item["href"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    refs.iter().map(last).collect()
}
