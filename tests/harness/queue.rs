//! A queue that outlives workerd, as Cloudflare's outlives every isolate. In: messages that the Worker stores through its
//! binding, verdicts on what was delivered. Out: batches, again after their delay, and in the end dead letters. Time moves
//! only when a test says so.
//!
//! The runtime's queue binding sends HTTP to a service (`/message`, `/batch`): here, a [`Server`]. A few lines of
//! JavaScript beside the Worker hand batches to its `queue` handler, as Cloudflare's broker does, and return the verdicts.

use std::{
    collections::HashMap,
    io::Write,
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{End, Exchange, HANG_LIMIT, Journal, Reply, Request, Server};

/// The binding in the runtime's configuration.
pub(crate) const BINDING: &str = r#"(name = "EVENTS", queue = "events")"#;

/// Hands a batch to the Worker and gives its verdicts.
const BROKER: &str = r#"export default {
  async fetch(request, env) {
    const { messages, queue } = await request.json();
    for (const message of messages) message.timestamp = new Date(message.timestamp);
    return Response.json(await env.WORKER.queue(queue, messages));
  },
};"#;

/// How a queue is consumed.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Most messages of a batch.
    pub max_batch_size: usize,
    /// So often a message is delivered again before it is a dead letter.
    pub max_retries: u32,
    /// Whether the Worker has the binding `EVENTS`, or only consumes.
    pub is_bound: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_batch_size: 100,
            max_retries: 100,
            is_bound: true,
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The queue's own id.
    pub id: String,
    /// As it was stored: text as a JSON string.
    pub body: Value,
    /// How often it has been delivered.
    pub attempts: u32,
    /// When it comes next, in seconds of the queue's clock.
    pub due_s: u64,
}

impl Message {
    /// The stored event's own body, as it goes to the CDP.
    #[must_use]
    pub fn event(&self) -> Value {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let stored: Value = serde_json::from_str(&text(&self.body)).unwrap_or_default();
        serde_json::from_str(&text(&stored["body"])).unwrap_or_default()
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What was delivered.
    pub messages: Vec<Message>,
    /// `ok`, or what went wrong; `None`: the runtime died.
    pub outcome: Option<String>,
    /// Ids of what was acknowledged one by one.
    pub acked: Vec<String>,
    /// Ids of what was given back one by one, and the delay in seconds.
    pub retried: HashMap<String, Option<u64>>,
}

/// What the queue does when it is to store something.
pub enum Store {
    /// Takes it.
    Take,
    /// Takes it, and answers something else.
    TakeAnd(Reply),
    /// Does not take it.
    Refuse(Reply),
}

type Script = Box<dyn FnMut() -> Store + Send>;

/// The queue.
pub struct Queue {
    settings: Settings,
    server: Server,
    state: Arc<Mutex<State>>,
    script: Arc<Mutex<Option<Script>>>,
    stored: Journal<Message>,
}

#[derive(Default)]
struct State {
    now_s: u64,
    count: u64,
    waiting: Vec<Message>,
    dead: Vec<Message>,
}

/// What the runtime's configuration needs to know.
pub(crate) struct QueueBinding {
    address: SocketAddr,
    pub(crate) is_producer: bool,
}

impl QueueBinding {
    /// Services, sockets and workers of the configuration.
    pub(crate) fn config(&self) -> (String, String, String) {
        let services = format!(
            r#"(name = "events", external = (address = "{}", http = ())), (name = "broker", worker = .broker),"#,
            self.address
        );
        let sockets =
            r#"(name = "broker", address = "127.0.0.1:0", http = (), service = "broker")"#;
        let workers = format!(
            r#"const broker :Workerd.Worker = (
  modules = [(name = "broker.js", esModule = {})],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "WORKER", service = "main")],
);"#,
            Value::from(BROKER)
        );
        (services, sockets.to_owned(), workers)
    }
}

impl Queue {
    /// An empty queue.
    pub(crate) fn start(settings: Settings) -> Self {
        let (state, stored) = (Arc::<Mutex<State>>::default(), Journal::default());
        let script = Arc::new(Mutex::new(None::<Script>));
        let (into, journal, scripted) = (Arc::clone(&state), stored.clone(), Arc::clone(&script));
        let server = Server::start(move |request| {
            let step = scripted
                .lock()
                .unwrap()
                .as_mut()
                .map_or(Store::Take, |script| script());
            let take = || {
                for body in bodies(request) {
                    journal.push(into.lock().unwrap().add(body));
                }
            };
            match step {
                Store::Take => {
                    take();
                    Reply::json(json!({"metadata": {"metrics":
                        {"backlogCount": 0, "backlogBytes": 0, "oldestMessageTimestamp": 0}}}))
                }
                Store::TakeAnd(reply) => {
                    take();
                    reply
                }
                Store::Refuse(reply) => reply,
            }
        });
        Self {
            settings,
            server,
            state,
            script,
            stored,
        }
    }

    pub(crate) fn binding(&self) -> QueueBinding {
        QueueBinding {
            address: self.server.address(),
            is_producer: self.settings.is_bound,
        }
    }

    /// Scripts what happens at each attempt to store.
    pub fn on_store(&self, script: impl FnMut() -> Store + Send + 'static) {
        *self.script.lock().unwrap() = Some(Box::new(script));
    }

    /// Every message that was ever stored, in order.
    #[must_use]
    pub fn stored(&self) -> &Journal<Message> {
        &self.stored
    }

    /// Waits until so many messages have been stored.
    pub fn wait_for(&self, count: usize) -> Vec<Message> {
        self.stored
            .wait_for(&format!("{count} stored messages"), |all| {
                (all.len() >= count).then(|| all.to_vec())
            })
    }

    /// What the runtime asked of the queue.
    #[must_use]
    pub fn requests(&self) -> &Journal<Request> {
        self.server.requests()
    }

    /// What is still to be delivered.
    #[must_use]
    pub fn waiting(&self) -> Vec<Message> {
        self.state.lock().unwrap().waiting.clone()
    }

    /// Dead letters.
    #[must_use]
    pub fn dead(&self) -> Vec<Message> {
        self.state.lock().unwrap().dead.clone()
    }

    /// Puts a message in, as somebody else could.
    pub fn push(&self, body: Value) {
        let message = self.state.lock().unwrap().add(body);
        self.stored.push(message);
    }

    /// Puts the dead letters back, as an operator does who has mended what was wrong.
    pub fn redrive(&self) {
        let mut state = self.state.lock().unwrap();
        let dead = std::mem::take(&mut state.dead);
        for message in dead {
            state.add(message.body);
        }
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: u64) {
        self.state.lock().unwrap().now_s += seconds;
    }

    /// Delivers what is due, at most one batch.
    pub fn deliver(&self, broker: SocketAddr) -> Batch {
        let messages = self.state.lock().unwrap().due(self.settings.max_batch_size);
        if messages.is_empty() {
            return Batch::default();
        }
        let batch = Batch::new(hand_over(broker, &messages).as_ref(), messages);
        self.state
            .lock()
            .unwrap()
            .settle(&batch, self.settings.max_retries);
        batch
    }

    /// Delivers everything, and moves the clock on to what is due later, until nothing is left.
    ///
    /// # Panics
    /// When messages keep coming back beyond their `max_retries`.
    pub fn deliver_all(&self, broker: SocketAddr) -> Vec<Batch> {
        let mut batches = Vec::new();
        let limit = 1_000 * (self.settings.max_retries as usize + 2);
        while self.state.lock().unwrap().move_on() {
            batches.push(self.deliver(broker));
            assert!(batches.len() < limit, "the queue never empties");
        }
        batches
    }
}

impl State {
    fn add(&mut self, body: Value) -> Message {
        self.count += 1;
        let message = Message {
            id: format!("{:032x}", self.count),
            body,
            attempts: 0,
            due_s: self.now_s,
        };
        self.waiting.push(message.clone());
        message
    }

    /// Takes at most `most` messages whose time has come, and counts the attempt.
    fn due(&mut self, most: usize) -> Vec<Message> {
        let (mut due, mut later) = (Vec::new(), Vec::new());
        for mut message in std::mem::take(&mut self.waiting) {
            if due.len() < most && message.due_s <= self.now_s {
                message.attempts += 1;
                due.push(message);
            } else {
                later.push(message);
            }
        }
        self.waiting = later;
        due
    }

    /// Moves the clock on to the next message, if there is any.
    fn move_on(&mut self) -> bool {
        let next_s = self.waiting.iter().map(|message| message.due_s).min();
        self.now_s = self.now_s.max(next_s.unwrap_or_default());
        next_s.is_some()
    }

    /// What is not acknowledged comes again, or is a dead letter. A handler that failed, or died, has given everything back
    /// that it has not acknowledged.
    fn settle(&mut self, batch: &Batch, max_retries: u32) {
        let is_ok = batch.outcome.as_deref() == Some("ok");
        for message in &batch.messages {
            let delay_s = match batch.retried.get(&message.id) {
                Some(delay_s) => delay_s.unwrap_or_default(),
                None if batch.acked.contains(&message.id) || is_ok => continue,
                None => 0,
            };
            let mut message = message.clone();
            message.due_s = self.now_s + delay_s;
            if message.attempts > max_retries {
                self.dead.push(message);
            } else {
                self.waiting.push(message);
            }
        }
    }
}

impl Batch {
    fn new(result: Option<&Value>, messages: Vec<Message>) -> Self {
        let Some(result) = result else {
            return Self {
                messages,
                ..Self::default()
            };
        };
        let list = |name: &str| result[name].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert!(
            result["retryBatch"]["retry"] == false && result["ackAll"] == false,
            "every message has a verdict of its own: {result}"
        );
        Self {
            messages,
            outcome: Some(text(&result["outcome"])),
            acked: list("explicitAcks").iter().map(text).collect(),
            retried: list("retryMessages")
                .iter()
                .map(|retry| (text(&retry["msgId"]), retry["delaySeconds"].as_u64()))
                .collect(),
        }
    }

    /// The delays of what was given back, in the order of the batch.
    #[must_use]
    pub fn delays(&self) -> Vec<Option<u64>> {
        let delays = self.messages.iter();
        delays
            .filter_map(|message| self.retried.get(&message.id).copied())
            .collect()
    }

    /// Whether every message was acknowledged or given back: what the handler forgets, the platform acknowledges.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let settled = |message: &Message| {
            self.acked.contains(&message.id) != self.retried.contains_key(&message.id)
        };
        self.outcome.as_deref() == Some("ok") && self.messages.iter().all(settled)
    }
}

/// The message or messages of a request of the binding.
fn bodies(request: &Request) -> Vec<Value> {
    let body = |kind: &str, bytes: &[u8]| match kind {
        "text" => Value::from(String::from_utf8_lossy(bytes)),
        "json" => serde_json::from_slice(bytes).unwrap_or_default(),
        other => panic!("the queue is given {other:?}, which no dashboard can show"),
    };
    if request.path() == "/message" {
        let kind = request.headers.get("x-msg-fmt").unwrap_or_default();
        return vec![body(kind, &request.body())];
    }
    let batch = request.json();
    let messages = batch["messages"].as_array().cloned().unwrap_or_default();
    assert!(messages.len() <= 100, "more than a queue takes at once");
    messages
        .iter()
        .map(|message| {
            let bytes = STANDARD.decode(message["body"].as_str().unwrap_or_default());
            let kind = message["contentType"].as_str().unwrap_or_default();
            body(kind, &bytes.expect("not base64"))
        })
        .collect()
}

/// Gives a batch to the Worker; `None` when the runtime dies meanwhile.
fn hand_over(broker: SocketAddr, messages: &[Message]) -> Option<Value> {
    let messages: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({"id": message.id, "timestamp": 1_790_000_000_000_u64 + message.due_s * 1_000,
                "body": message.body, "attempts": message.attempts})
        })
        .collect();
    let body = json!({"queue": "xm-edge-events", "messages": messages}).to_string();
    let mut stream = TcpStream::connect(broker).ok()?;
    stream.set_read_timeout(Some(HANG_LIMIT)).ok()?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: broker\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).ok()?;
    let answer = Exchange::new(stream, false).finish_if_answered()?;
    if answer.end != End::Complete {
        return None;
    }
    assert_eq!(answer.status, 200, "the broker failed: {}", answer.text());
    serde_json::from_slice(&answer.body).ok()
}
