//! The real runtime. In: a Worker module and its bindings. Out: an address and the lines it logs. Every instance
//! has its own process and port, and ends with its value.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

use crate::{
    Journal, Kv, kv,
    queue::{self, QueueBinding},
};

/// What runs in workerd.
pub enum Module {
    /// `build/index.js` and `build/index_bg.wasm` of this workspace.
    Built,
    /// The same, and its wasm traps in the n-th look at the clock of a request that says `X-Trap: n`.
    Trapping,
    /// A JavaScript module; for tests of the harness itself.
    Script(String),
}

/// In front of the built Worker: the platform's clock, which the Worker reads at its start and behind every wait, runs into an
/// `unreachable` of another module. What then goes through the Worker's own frames is what a panic of its own would be.
const TRAPPING: &str = r#"import trap from "./trap.wasm";
import Worker from "./worker.js";
const now = Date.now;
let left = 0;
Date.now = () => {
  if (left > 0 && --left === 0) new WebAssembly.Instance(trap).exports.trap();
  return now();
};
export default {
  fetch(request, env, context) {
    const trapped = request.headers.get("x-trap");
    if (trapped !== null) left = Number(trapped);
    return new Worker(context, env).fetch(request);
  },
};
"#;

/// `(module (func (export "trap") unreachable))`.
const TRAP: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x08\x01\x04trap\0\0\x0a\x05\x01\x03\0\0\x0b";

/// A running workerd.
pub struct Workerd {
    killer: Killer,
    address: SocketAddr,
    /// Where batches of a queue are handed in.
    broker: Option<SocketAddr>,
    lines: Journal<String>,
    _folder: tempfile::TempDir,
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Bytes that are in memory.
    pub memory: u64,
    /// Open files and sockets.
    pub descriptors: usize,
}

/// Ends a workerd at once, from any thread: as when a machine is switched off.
#[derive(Clone)]
pub struct Killer(Arc<Mutex<Child>>);

impl Killer {
    /// Ends it.
    pub fn kill(&self) {
        let mut child = self.0.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Workerd {
    /// Starts workerd with these bindings: texts as text, anything else as JSON, as wrangler does. `queue`: what is bound as
    /// `EVENTS`, and who may deliver. `kv`: where what is bound as `CONFIG` answers. `heap_mib`: most that V8's heap may take.
    ///
    /// # Panics
    /// With the command to run when something it needs is missing; with workerd's own words when it does not start.
    #[must_use]
    pub(crate) fn start(
        module: &Module,
        bindings: &[(String, Value)],
        queue: Option<&QueueBinding>,
        kv: Option<SocketAddr>,
        heap_mib: Option<u32>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("no temporary folder");
        let modules = install(module, folder.path());
        fs::write(
            folder.path().join("config.capnp"),
            config(
                &modules,
                &compatibility(module),
                bindings,
                queue,
                kv,
                heap_mib,
            ),
        )
        .unwrap();
        let mut child = Command::new(binary())
            .args(["serve", "config.capnp", "--control-fd=1"])
            // The broker beside the Worker calls its `queue` handler, which Cloudflare's own does by other means.
            .args(queue.map(|_| "--experimental"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("workerd does not start: run `npm ci`");
        let lines = Journal::default();
        follow(child.stdout.take().unwrap(), lines.clone());
        follow(child.stderr.take().unwrap(), lines.clone());
        let mut workerd = Self {
            killer: Killer(Arc::new(Mutex::new(child))),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            broker: None,
            lines,
            _folder: folder,
        };
        workerd.address = workerd.listening("http");
        workerd.broker = queue.map(|_| workerd.listening("broker"));
        workerd
    }

    fn listening(&self, socket: &str) -> SocketAddr {
        let what = format!("workerd listening at {socket} (its own words are above)");
        let port = self.lines.wait_for(&what, |all| {
            all.iter().find_map(|line| {
                let message: Value = serde_json::from_str(line).ok()?;
                (message["event"] == "listen" && message["socket"] == socket)
                    .then(|| message["port"].as_u64())?
            })
        });
        SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap()))
    }

    /// Ends it from any thread.
    #[must_use]
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// Where batches of the queue are handed in.
    ///
    /// # Panics
    /// In a world without a queue.
    #[must_use]
    pub fn broker(&self) -> SocketAddr {
        self.broker
            .expect("this world has no queue: World::build().queue(…)")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The most memory that its process has had at once, in bytes; `None` on systems that do not tell.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn most_memory(&self) -> Option<u64> {
        self.status_bytes("VmHWM:")
    }

    /// An amount of memory in the system's words on the process; `None` on systems that have none.
    fn status_bytes(&self, name: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.expect("workerd has ended").trim().strip_suffix(" kB");
        kib.and_then(|kib| Some(kib.parse::<u64>().ok()? * 1024))
    }

    fn pid(&self) -> u32 {
        self.killer.0.lock().unwrap().id()
    }

    /// What its process holds now; `None` on systems that do not tell.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.pid())).ok()?;
        Some(Usage {
            memory: self.status_bytes("VmRSS:")?,
            descriptors: descriptors.count(),
        })
    }

    /// Every line that was logged, standard output and error together.
    #[must_use]
    pub fn lines(&self) -> &Journal<String> {
        &self.lines
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        self.killer.kill();
        if thread::panicking() {
            eprintln!("--- what workerd logged:");
            for line in self.lines.all() {
                eprintln!("    {line}");
            }
        }
    }
}

fn follow(stream: impl Read + Send + 'static, lines: Journal<String>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    });
}

/// The project's root: the folder above this crate.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The native binary inside `node_modules`, as npm installed it for this platform. `WORKERD_BIN` overrides it.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("WORKERD_BIN") {
        return path.into();
    }
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "windows",
        other => other,
    };
    let processor = if std::env::consts::ARCH == "aarch64" {
        "arm64"
    } else {
        "64"
    };
    let file = if system == "windows" {
        "workerd.exe"
    } else {
        "workerd"
    };
    let packages = root().join("node_modules");
    // npm hoists the package; a nested copy sits below workerd or wrangler.
    let places = [
        "",
        "workerd/node_modules",
        "wrangler/node_modules",
        "miniflare/node_modules",
    ];
    let names = places.map(|place| {
        packages.join(place).join(format!(
            "@cloudflare/workerd-{system}-{processor}/bin/{file}"
        ))
    });
    let found = names.iter().find(|path| path.is_file());
    found
        .unwrap_or_else(|| {
            panic!(
                "workerd is not installed: run `npm ci` (looked for {})",
                names[0].display()
            )
        })
        .clone()
}

/// Puts the modules beside the configuration; gives their lines in it.
fn install(module: &Module, folder: &Path) -> String {
    let built = |name: &str, copied: &str| {
        let built = root().join("build").join(name);
        fs::copy(&built, folder.join(copied)).unwrap_or_else(|error| {
            panic!(
                "the Worker is not built: run `cargo xtask build` ({}: {error})",
                built.display()
            )
        });
    };
    match module {
        Module::Built => {
            built("index.js", "index.js");
            built("index_bg.wasm", "index_bg.wasm");
            "(name = \"index.js\", esModule = embed \"index.js\"), (name = \"index_bg.wasm\", wasm = embed \"index_bg.wasm\")".to_owned()
        }
        Module::Trapping => {
            built("index.js", "worker.js");
            built("index_bg.wasm", "index_bg.wasm");
            fs::write(folder.join("index.js"), TRAPPING).unwrap();
            fs::write(folder.join("trap.wasm"), TRAP).unwrap();
            "(name = \"index.js\", esModule = embed \"index.js\"), (name = \"worker.js\", esModule = embed \"worker.js\"), \
             (name = \"index_bg.wasm\", wasm = embed \"index_bg.wasm\"), (name = \"trap.wasm\", wasm = embed \"trap.wasm\")"
                .to_owned()
        }
        Module::Script(script) => {
            fs::write(folder.join("index.js"), script).unwrap();
            "(name = \"index.js\", esModule = embed \"index.js\")".to_owned()
        }
    }
}

/// The configuration in Cap'n Proto's text form.
fn config(
    modules: &str,
    (date, flags): &(String, Vec<String>),
    bindings: &[(String, Value)],
    queue: Option<&QueueBinding>,
    kv: Option<SocketAddr>,
    heap_mib: Option<u32>,
) -> String {
    // JSON's quoting of printable text is also Cap'n Proto's.
    let quoted = |text: &str| Value::from(text).to_string();
    let mut bindings: Vec<String> = bindings
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("(name = {}, text = {})", quoted(name), quoted(text)),
            None => format!(
                "(name = {}, json = {})",
                quoted(name),
                quoted(&value.to_string())
            ),
        })
        .collect();
    let flags: Vec<String> = flags.iter().map(|flag| quoted(flag)).collect();
    bindings.extend(
        queue
            .filter(|queue| queue.is_producer)
            .map(|_| queue::BINDING.to_owned()),
    );
    bindings.extend(kv.map(|_| kv::BINDING.to_owned()));
    let (mut services, sockets, workers) = queue.map(QueueBinding::config).unwrap_or_default();
    services.extend(kv.map(Kv::service));
    let v8_flags = heap_mib.map(|mib| quoted(&format!("--max-heap-size={mib}")));
    let v8_flags = v8_flags.unwrap_or_default();
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [{v8_flags}],
  services = [
    (name = "main", worker = .main),
    (name = "outside", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    {services}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main"), {sockets}],
);
{workers}
const main :Workerd.Worker = (
  modules = [{modules}],
  compatibilityDate = {date},
  compatibilityFlags = [{flags}],
  bindings = [{bindings}],
  globalOutbound = "outside",
);
"#,
        date = quoted(date),
        flags = flags.join(", "),
        bindings = bindings.join(", "),
    )
}

/// Compatibility date and flags: of the product as deployed, of a test's script any.
fn compatibility(module: &Module) -> (String, Vec<String>) {
    if matches!(module, Module::Script(_)) {
        return ("2026-04-01".to_owned(), Vec::new());
    }
    let path = root().join("wrangler.toml");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let settings: toml::Table = text.parse().expect("wrangler.toml is not TOML");
    let date = settings
        .get("compatibility_date")
        .and_then(toml::Value::as_str);
    let flags = settings
        .get("compatibility_flags")
        .and_then(toml::Value::as_array)
        .cloned()
        .unwrap_or_default();
    (
        date.expect("wrangler.toml has no compatibility_date")
            .to_owned(),
        flags
            .iter()
            .filter_map(toml::Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}
