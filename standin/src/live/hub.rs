//! In: what happens anywhere in the stand-in. Out: a stream of JSON lines for whoever listens. Never waits for a listener.

use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast;

/// Messages a slow listener may fall behind before it loses some.
const BACKLOG: usize = 1024;

/// Tells every open page what happens.
#[derive(Clone, Debug)]
pub struct Hub {
    sender: broadcast::Sender<String>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(BACKLOG).0,
        }
    }
}

impl Hub {
    /// `{"kind": kind, "data": …}` to all listeners; nothing is serialised when there are none.
    pub fn send(&self, kind: &str, data: &impl Serialize) {
        if self.sender.receiver_count() > 0 {
            let _ = self
                .sender
                .send(json!({"kind": kind, "data": data}).to_string());
        }
    }

    /// A new listener.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<String> {
        self.sender.subscribe()
    }
}
