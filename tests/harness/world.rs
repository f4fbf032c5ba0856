//! A whole site for one test: scripted XM, scripted CDP, and the Worker between them and the visitor. In: what
//! differs from a plain site. Out: the three ends to script and to look at.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};

use crate::{
    Batch, Cdp, Headers, Journal, Kv, Module, Queue, QueueSettings, Reply, Request, Server, Visit,
    Workerd,
};

/// The client key of every test site.
pub const CLIENT_KEY: &str = "pqsTESTKEY0123456789abcdefABCDEF";

/// The browser id of the returning visitor.
pub const RETURNING_ID: &str = "a38b230c-11eb-4cf9-8d5d-274e9f344925";

/// The id cookie of a visitor, as in a `Cookie` header.
#[must_use]
pub fn visitor_cookie(id: &str) -> String {
    format!("bid_{CLIENT_KEY}={id}")
}

/// Where the script for all other paths is: no request has this one.
const ANY_PATH: &str = "";

type Script = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// A running site.
pub struct World {
    /// The scripted CDP.
    pub cdp: Cdp,
    /// The runtime.
    pub workerd: Workerd,
    queue: Option<Queue>,
    kv: Option<Kv>,
    module: Module,
    heap_mib: Option<u32>,
    bindings: Vec<(String, Value)>,
    origin: Server,
    pages: Arc<Mutex<HashMap<String, Script>>>,
}

/// A site to be started.
pub struct WorldBuilder {
    site: Map<String, Value>,
    vars: Vec<(String, Value)>,
    module: Module,
    heap_mib: Option<u32>,
    queue: Option<QueueSettings>,
    kv: Option<Reply>,
}

impl World {
    /// A site whose budgets are so generous that a slow machine decides nothing; tests about time set their own.
    #[must_use]
    pub fn build() -> WorldBuilder {
        let site = json!({
            "channel": "WEB",
            "currency": "EUR",
            "language": "html",
            "decision_budget_ms": 10_000,
            "id_budget_ms": 10_000,
        });
        let Value::Object(site) = site else {
            unreachable!()
        };
        WorldBuilder {
            site,
            vars: Vec::new(),
            module: Module::Built,
            heap_mib: None,
            queue: None,
            kv: None,
        }
    }

    /// A plain site.
    #[must_use]
    pub fn start() -> Self {
        Self::build().start()
    }

    /// Scripts what XM answers to a path (without query).
    pub fn page(&self, path: &str, reply: Reply) {
        self.page_with(path, move |_| reply.clone());
    }

    /// Scripts what XM answers to a path, by request.
    pub fn page_with(
        &self,
        path: &str,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) {
        self.pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), Arc::new(script));
    }

    /// Scripts what XM answers to every path without a script of its own, by request.
    pub fn any_page(&self, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.pages
            .lock()
            .unwrap()
            .insert(ANY_PATH.to_owned(), Arc::new(script));
    }

    /// What XM was asked, in order.
    #[must_use]
    pub fn origin(&self) -> &Journal<Request> {
        self.origin.requests()
    }

    /// Where XM answers: the `Host` of a visitor on whose route XM is the origin.
    #[must_use]
    pub fn origin_address(&self) -> SocketAddr {
        self.origin.address()
    }

    /// The largest number of requests open at XM at once.
    #[must_use]
    pub fn most_in_flight_at_origin(&self) -> usize {
        self.origin.most_in_flight()
    }

    /// A visitor with nothing but a browser.
    #[must_use]
    pub fn visit(&self, target: &str) -> Visit<'_> {
        Visit::new(&self.workerd, target)
    }

    /// A visitor who was here before.
    #[must_use]
    pub fn revisit(&self, target: &str) -> Visit<'_> {
        self.visit(target).cookies(&visitor_cookie(RETURNING_ID))
    }

    /// The queue that is bound as `EVENTS`.
    ///
    /// # Panics
    /// In a world without one.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        self.queue.as_ref().expect("World::build().queue(…)")
    }

    /// The namespace that is bound as `CONFIG`.
    ///
    /// # Panics
    /// In a world without one.
    #[must_use]
    pub fn kv(&self) -> &Kv {
        self.kv.as_ref().expect("World::build().kv(…)")
    }

    /// Delivers what is due in the queue, at most one batch.
    pub fn deliver(&self) -> Batch {
        self.queue().deliver(self.workerd.broker())
    }

    /// Delivers everything in the queue, and moves its clock on to what is due later, until nothing is left in it.
    ///
    /// # Panics
    /// When messages keep coming back beyond their `max_retries`.
    pub fn deliver_all(&self) -> Vec<Batch> {
        self.queue().deliver_all(self.workerd.broker())
    }

    /// Ends the runtime, if it is still there, and starts another with the same bindings. XM, the CDP and the queue stay.
    pub fn restart(&mut self) {
        self.restart_with(|_| {});
    }

    /// As [`World::restart`], with other bindings: a new deployment.
    pub fn restart_with(&mut self, change: impl FnOnce(&mut Vec<(String, Value)>)) {
        change(&mut self.bindings);
        self.workerd.killer().kill();
        let binding = self.queue.as_ref().map(Queue::binding);
        let kv = self.kv.as_ref().map(Kv::address);
        self.workerd = Workerd::start(
            &self.module,
            &self.bindings,
            binding.as_ref(),
            kv,
            self.heap_mib,
        );
    }

    /// Waits for a log line that is a JSON object and matches.
    #[must_use]
    pub fn log_line(&self, what: &str, matches: impl Fn(&Value) -> bool) -> Value {
        self.workerd
            .lines()
            .wait_for(&format!("a log line: {what}"), |lines| {
                lines
                    .iter()
                    .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                    .find(|line| line.is_object() && matches(line))
            })
    }

    /// The headers with which XM was first asked for a path.
    #[must_use]
    pub fn origin_headers(&self, path: &str) -> Headers {
        self.origin()
            .first(&format!("a request for {path} at XM"), |request| {
                request.path() == path
            })
            .headers
    }
}

impl WorldBuilder {
    /// Sets keys of `[vars.SITE]`.
    ///
    /// # Panics
    /// When `keys` is not an object.
    #[must_use]
    pub fn site(mut self, keys: Value) -> Self {
        self.site
            .extend(keys.as_object().expect("an object").clone());
        self
    }

    /// Sets a flat variable, or a table beside `SITE`; replaces the default of that name.
    #[must_use]
    pub fn var(mut self, name: &str, value: Value) -> Self {
        self.vars.push((name.to_owned(), value));
        self
    }

    /// Leaves a default variable out.
    #[must_use]
    pub fn without_var(self, name: &str) -> Self {
        self.var(name, Value::Null)
    }

    /// Binds a queue as `EVENTS`, and consumes it.
    #[must_use]
    pub fn queue(mut self, settings: QueueSettings) -> Self {
        self.queue = Some(settings);
        self
    }

    /// Binds a KV namespace as `CONFIG` that answers so: [`Kv::text`], [`Kv::no_key`], or a fault.
    #[must_use]
    pub fn kv(mut self, reply: Reply) -> Self {
        self.kv = Some(reply);
        self
    }

    /// V8's heap takes no more than this: it collects what is dead instead of growing, and what is alive beyond that ends the process.
    #[must_use]
    pub const fn heap_mib(mut self, mib: u32) -> Self {
        self.heap_mib = Some(mib);
        self
    }

    /// Runs another module than the built Worker.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.module = module;
        self
    }

    /// Starts XM, the CDP and workerd.
    #[must_use]
    pub fn start(self) -> World {
        let pages: Arc<Mutex<HashMap<String, Script>>> = Arc::default();
        let scripts = Arc::clone(&pages);
        let origin = Server::start(move |request| {
            let script = {
                let scripts = scripts.lock().unwrap();
                let own = scripts.get(request.path());
                own.or_else(|| scripts.get(ANY_PATH)).cloned()
            };
            script.map_or_else(
                || {
                    Reply::status(404)
                        .header("Content-Type", "text/plain")
                        .part("no such page")
                },
                |script| script(request),
            )
        });
        let cdp = Cdp::start();
        let mut bindings = vec![
            ("XM_ORIGIN".to_owned(), Value::from(origin.url())),
            ("CDP_ENDPOINT".to_owned(), Value::from(cdp.url())),
            ("CDP_CLIENT_KEY".to_owned(), Value::from(CLIENT_KEY)),
            ("POINT_OF_SALE".to_owned(), Value::from("shop/ie")),
            ("SITE".to_owned(), Value::Object(self.site)),
        ];
        for (name, value) in self.vars {
            bindings.retain(|(old, _)| *old != name);
            if !value.is_null() {
                bindings.push((name, value));
            }
        }
        let queue = self.queue.map(Queue::start);
        let binding = queue.as_ref().map(Queue::binding);
        let kv = self.kv.map(Kv::start);
        World {
            cdp,
            workerd: Workerd::start(
                &self.module,
                &bindings,
                binding.as_ref(),
                kv.as_ref().map(Kv::address),
                self.heap_mib,
            ),
            heap_mib: self.heap_mib,
            queue,
            kv,
            module: self.module,
            bindings,
            origin,
            pages,
        }
    }
}
