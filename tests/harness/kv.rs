//! A KV namespace, bound as `CONFIG`. In: what it holds, or what it answers instead. Out: what it was asked.
//!
//! The runtime's KV binding sends HTTP to a service (`GET /KEY?…`; 404: no such key): here, a [`Server`].

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use crate::{Journal, Reply, Request, Server};

/// The binding in the runtime's configuration.
pub(crate) const BINDING: &str = r#"(name = "CONFIG", kvNamespace = "config")"#;

/// The namespace.
pub struct Kv {
    server: Server,
    reply: Arc<Mutex<Reply>>,
}

impl Kv {
    /// A namespace that answers every key with `reply`.
    pub(crate) fn start(reply: Reply) -> Self {
        let reply = Arc::new(Mutex::new(reply));
        let playing = Arc::clone(&reply);
        Self {
            server: Server::start(move |_| playing.lock().unwrap().clone()),
            reply,
        }
    }

    /// An empty namespace's answer.
    #[must_use]
    pub fn no_key() -> Reply {
        Reply::status(404)
    }

    /// The answer of a namespace that has the key.
    #[must_use]
    pub fn text(text: &str) -> Reply {
        Reply::status(200).part(text)
    }

    /// What it answers from now on.
    pub fn answers(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// What it was asked.
    #[must_use]
    pub fn requests(&self) -> &Journal<Request> {
        self.server.requests()
    }

    /// The service in the runtime's configuration.
    pub(crate) fn service(address: SocketAddr) -> String {
        format!(r#"(name = "config", external = (address = "{address}", http = ())),"#)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }
}
