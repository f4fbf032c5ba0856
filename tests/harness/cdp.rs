//! A scripted CDP. In: a reply per friendly id, for `create.json`, for events and for guests. Out: what was asked, in
//! order, and how much at once. Without a script it behaves as the CDP does: 201s, no flow executed, no guest known.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{Journal, Reply, Request, Server};

/// The browser id that `create.json` hands out unless scripted.
pub const NEW_BROWSER_ID: &str = "0e8f1c5a-3d7b-4f6e-9a2c-5b4d3c2e1f00";

/// The scripted CDP.
pub struct Cdp {
    server: Server,
    scripts: Arc<Mutex<Scripts>>,
}

type Script = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

#[derive(Default)]
struct Scripts {
    create: Option<Script>,
    event: Option<Script>,
    flows: HashMap<String, Script>,
    any_flow: Option<Script>,
    rest: Option<Script>,
}

impl Cdp {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        let scripts = Arc::new(Mutex::new(Scripts::default()));
        let playing = Arc::clone(&scripts);
        Self {
            server: Server::start(move |request| choose(&playing, request)),
            scripts,
        }
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Scripts one friendly id.
    pub fn flow(&self, friendly_id: &str, reply: Reply) {
        self.flow_with(friendly_id, move |_| reply.clone());
    }

    /// Scripts one friendly id by request.
    pub fn flow_with(
        &self,
        friendly_id: &str,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) {
        self.scripts
            .lock()
            .unwrap()
            .flows
            .insert(friendly_id.to_owned(), Arc::new(script));
    }

    /// Scripts a decision: a 200 with this JSON.
    pub fn decide(&self, friendly_id: &str, decision: Value) {
        self.flow(friendly_id, Reply::json(decision));
    }

    /// Scripts every flow without a script of its own.
    pub fn any_flow(&self, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.scripts.lock().unwrap().any_flow = Some(Arc::new(script));
    }

    /// Scripts `browser/create.json`.
    pub fn create(&self, reply: Reply) {
        self.create_with(move |_| reply.clone());
    }

    /// Scripts `browser/create.json` by request.
    pub fn create_with(&self, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.scripts.lock().unwrap().create = Some(Arc::new(script));
    }

    /// Scripts the events endpoint.
    pub fn events_reply(&self, reply: Reply) {
        self.events_reply_with(move |_| reply.clone());
    }

    /// Scripts the events endpoint by request.
    pub fn events_reply_with(&self, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.scripts.lock().unwrap().event = Some(Arc::new(script));
    }

    /// Scripts the REST API of guests, and the guests behind browser ids, by request.
    pub fn rest_with(&self, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.scripts.lock().unwrap().rest = Some(Arc::new(script));
    }

    /// Every request so far.
    #[must_use]
    pub fn requests(&self) -> &Journal<Request> {
        self.server.requests()
    }

    /// Bodies of the `callFlows` requests so far.
    #[must_use]
    pub fn flows(&self) -> Vec<Value> {
        self.requests()
            .all()
            .iter()
            .filter(|request| is_flow(request))
            .map(Request::json)
            .collect()
    }

    /// The `create.json` requests so far.
    #[must_use]
    pub fn creates(&self) -> Vec<Request> {
        self.requests()
            .all()
            .into_iter()
            .filter(is_create)
            .collect()
    }

    /// The requests about guests so far.
    #[must_use]
    pub fn rest(&self) -> Vec<Request> {
        self.requests().all().into_iter().filter(is_rest).collect()
    }

    /// Events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.requests().all().iter().filter_map(event_of).collect()
    }

    /// Waits until `callFlows` was asked for this friendly id.
    pub fn wait_for_flow(&self, friendly_id: &str) -> Request {
        self.requests().first(
            &format!("a callFlows request for {friendly_id}"),
            |request| {
                is_flow(request)
                    && request.is_complete()
                    && request.json()["friendlyId"] == friendly_id
            },
        )
    }

    /// Waits until `create.json` was asked.
    pub fn wait_for_create(&self) -> Request {
        self.requests().first("a create.json request", is_create)
    }

    /// Waits for the first event of a type.
    pub fn wait_for_event(&self, kind: &str) -> Value {
        self.requests()
            .wait_for(&format!("an event {kind}"), |all| {
                all.iter()
                    .filter_map(event_of)
                    .find(|event| event["type"] == kind)
            })
    }

    /// The largest number of requests open at once.
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.server.most_in_flight()
    }
}

fn is_flow(request: &Request) -> bool {
    request.path() == "/v2/callFlows"
}

fn is_create(request: &Request) -> bool {
    request.path() == "/v1.2/browser/create.json"
}

fn is_rest(request: &Request) -> bool {
    let path = request.path();
    ["/v2/guest", "/v2.1/guest"]
        .iter()
        .any(|start| path.starts_with(start))
        || is_show(request)
}

fn is_show(request: &Request) -> bool {
    request.path().ends_with("/show.json")
}

fn event_of(request: &Request) -> Option<Value> {
    (request.path() == "/v1.2/events" && request.is_complete()).then(|| request.json())
}

fn choose(scripts: &Mutex<Scripts>, request: &Request) -> Reply {
    let script = {
        let scripts = scripts.lock().unwrap();
        if is_create(request) {
            scripts.create.clone()
        } else if is_flow(request) {
            let body = request.json();
            let friendly_id = body["friendlyId"].as_str().unwrap_or_default();
            scripts
                .flows
                .get(friendly_id)
                .or(scripts.any_flow.as_ref())
                .cloned()
        } else if is_rest(request) && (scripts.rest.is_some() || !is_show(request)) {
            scripts.rest.clone()
        } else {
            scripts.event.clone()
        }
    };
    match script {
        Some(script) => script(request),
        None if is_create(request) => created(NEW_BROWSER_ID),
        None if is_flow(request) => Reply::json(json!({"message": "No flow executed"})),
        None if is_rest(request) && !is_show(request) => not_found(),
        None => Reply::json(json!({"status": "OK", "version": "1.2", "ref": "5d2f7c6e-1111-4222-8333-944455556666"})).with_status(201),
    }
}

fn not_found() -> Reply {
    let body =
        json!({"status": 404, "code": 404, "message": "The specified resource does not exist."});
    Reply::json(body).with_status(404)
}

fn created(id: &str) -> Reply {
    let body = json!({"status": "OK", "version": "1.2", "client_key": crate::CLIENT_KEY, "ref": id, "customer_ref": "1b2c3d4e-aaaa-4bbb-8ccc-dddd00001111"});
    Reply::json(body).with_status(201)
}
