//! The Workers, each in a workerd process of its own.
//!
//! In: which Worker, where XM is. Out: an address and a process. They end with their values.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};

use super::{case::Case, cpu};
use crate::project::Project;

/// The client key of the bench.
pub const CLIENT_KEY: &str = "benchKEY0123456789abcdefABCDEF00";

/// Which Worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `fetch` and return.
    PassThrough,
    /// The same job in JavaScript with the runtime's HTMLRewriter.
    BuiltIn,
    /// The product.
    XmEdge,
    /// The product, sending no event.
    Silent,
    /// The product, sending a VIEW and a goal for each page.
    Telling,
    /// The product with a short budget for decisions, sending no event.
    Impatient,
    /// The job of `BuiltIn` on pages from the Cache API.
    CachedBuiltIn,
    /// The calls of `CachedBuiltIn` and nothing else: its page is there, whole.
    Calls,
    /// The product on pages that it may keep.
    Keeping,
}

impl Kind {
    /// Those that are compared with each other, in the order of the tables.
    pub const STREAMING: [Self; 3] = [Self::PassThrough, Self::BuiltIn, Self::XmEdge];
    /// The same on pages that caches may keep.
    pub const HITS: [Self; 3] = [Self::PassThrough, Self::CachedBuiltIn, Self::Keeping];

    /// The heading in tables.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PassThrough => "pass-through",
            Self::BuiltIn => "built-in",
            Self::XmEdge => "xm-edge",
            Self::Silent => "no events",
            Self::Telling => "two events",
            Self::Impatient => "short budget",
            Self::CachedBuiltIn => "built-in, cached",
            Self::Calls => "the calls alone",
            Self::Keeping => "xm-edge, kept",
        }
    }

    /// Events per page.
    pub const fn events(self) -> u64 {
        match self {
            Self::PassThrough | Self::Silent | Self::Impatient => 0,
            Self::BuiltIn | Self::XmEdge | Self::CachedBuiltIn | Self::Calls | Self::Keeping => 1,
            Self::Telling => 2,
        }
    }

    /// Name in the bundle and file in the project.
    fn modules(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::PassThrough => &[("worker.js", "bench/pass-through.js")],
            Self::BuiltIn => &[("worker.js", "bench/built-in.js")],
            Self::CachedBuiltIn => &[
                ("worker.js", "bench/cached-built-in.js"),
                ("built-in.js", "bench/built-in.js"),
            ],
            Self::Calls => &[
                ("worker.js", "bench/calls.js"),
                ("built-in.js", "bench/built-in.js"),
            ],
            Self::XmEdge | Self::Silent | Self::Telling | Self::Impatient | Self::Keeping => &[
                ("index.js", "build/index.js"),
                ("index_bg.wasm", "build/index_bg.wasm"),
            ],
        }
    }
}

/// A running workerd.
pub struct Worker {
    /// What runs in it.
    pub kind: Kind,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

impl Worker {
    /// Starts one, with its configuration below `target/bench`: XM and the CDP are at `origin`, the Cache API at `cache`.
    ///
    /// # Errors
    /// When workerd is missing or does not start.
    pub fn start(
        project: &Project,
        kind: Kind,
        origin: &str,
        cache: SocketAddr,
        cases: &[Case],
    ) -> anyhow::Result<Self> {
        let folder = project.target().join("bench").join(kind.label());
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        for (name, file) in kind.modules() {
            fs::copy(project.path(file), folder.join(name))
                .with_context(|| format!("copying {file}"))?;
        }
        let bindings = bindings(kind, origin, cases);
        fs::write(
            folder.join("config.capnp"),
            config(project, kind, cache, &bindings)?,
        )?;
        let mut child = Command::new(binary(project)?)
            .args(["serve", "config.capnp", "--control-fd=1"])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("workerd could not be started")?;
        let port = child
            .stdout
            .take()
            .and_then(|stdout| read_port(BufReader::new(stdout)));
        let mut worker = Self {
            kind,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            child,
        };
        let Some(port) = port else {
            let status = worker.child.wait()?;
            anyhow::bail!("workerd with {} ended ({status})", folder.display());
        };
        worker.address.set_port(port);
        Ok(worker)
    }

    /// CPU time that its process has used.
    ///
    /// # Errors
    /// When it has ended, or on a system that does not tell.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu::time(self.child.id())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the port, then keeps the pipe empty: the product logs a line per page.
fn read_port(mut stdout: impl BufRead + Send + 'static) -> Option<u16> {
    let mut line = String::new();
    loop {
        line.clear();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        if message["event"] == "listen" {
            thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
            return u16::try_from(message["port"].as_u64()?).ok();
        }
    }
}

/// The settings of a site in production. Both Workers that rewrite get the same.
fn bindings(kind: Kind, origin: &str, cases: &[Case]) -> Map<String, Value> {
    let mut bindings = Map::new();
    let mut bind = |name: &str, value: Value| bindings.insert(name.to_owned(), value);
    bind("XM_ORIGIN", origin.into());
    if kind != Kind::PassThrough {
        bind("CDP_ENDPOINT", origin.into());
        bind("CDP_CLIENT_KEY", CLIENT_KEY.into());
        bind("POINT_OF_SALE", "shop/ie".into());
        let mut site = json!({
            "channel": "WEB", "currency": "EUR", "language": "EN", "decision_budget_ms": 10_000, "id_budget_ms": 10_000,
        });
        match kind {
            Kind::Silent => site["page_views"] = "browser".into(),
            Kind::Impatient => {
                site["page_views"] = "browser".into();
                site["decision_budget_ms"] = 100.into();
            }
            Kind::Telling => site["goals"] = json!([{ "path": "/bench/*", "event": "SEEN" }]),
            _ => {}
        }
        bind("SITE", site);
    }
    if matches!(kind, Kind::BuiltIn | Kind::CachedBuiltIn | Kind::Calls) {
        let flows: Map<String, Value> = cases
            .iter()
            .map(|case| (case.path(), case.friendly_ids().into()))
            .collect();
        bind("FLOWS", flows.into());
    }
    bindings
}

/// workerd's configuration in Cap'n Proto's text form, with the compatibility of the product as deployed.
fn config(
    project: &Project,
    kind: Kind,
    cache: SocketAddr,
    bindings: &Map<String, Value>,
) -> anyhow::Result<String> {
    let wrangler = fs::read_to_string(project.path("wrangler.toml"))?;
    let wrangler: toml::Table = wrangler.parse().context("wrangler.toml is not TOML")?;
    let date = wrangler
        .get("compatibility_date")
        .and_then(toml::Value::as_str)
        .context("wrangler.toml has no compatibility_date")?;
    let flags = wrangler
        .get("compatibility_flags")
        .and_then(toml::Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let flags: Vec<_> = flags.iter().filter_map(toml::Value::as_str).collect();
    let flags = json!(flags);
    let modules: Vec<String> = kind
        .modules()
        .iter()
        .map(|(name, _)| {
            let kind = if name.ends_with(".wasm") {
                "wasm"
            } else {
                "esModule"
            };
            format!("(name = \"{name}\", {kind} = embed \"{name}\")")
        })
        .collect();
    // JSON's quoting of printable text is also Cap'n Proto's.
    let bindings: Vec<String> = bindings
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(_) => format!("(name = \"{name}\", text = {value})"),
            None => format!(
                "(name = \"{name}\", json = {})",
                Value::from(value.to_string())
            ),
        })
        .collect();
    Ok(format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "outside", network = (allow = ["private"])),
    (name = "cache", external = (address = "{cache}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [{}],
  compatibilityDate = "{date}",
  compatibilityFlags = {flags},
  bindings = [{}],
  globalOutbound = "outside",
  cacheApiOutbound = "cache",
);
"#,
        modules.join(", "),
        bindings.join(", ")
    ))
}

/// The native program that npm installed for this platform.
fn binary(project: &Project) -> anyhow::Result<PathBuf> {
    let folder = project.path("node_modules/@cloudflare");
    let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let found = entries
        .flatten()
        .map(|entry| {
            entry
                .path()
                .join("bin/workerd")
                .with_extension(std::env::consts::EXE_EXTENSION)
        })
        .find(|path| path.is_file());
    ensure!(
        found.is_some(),
        "workerd is not installed below {}; run `cargo xtask setup`",
        folder.display()
    );
    found.context("workerd")
}
