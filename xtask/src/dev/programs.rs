//! What `dev` starts, and where it listens.
//!
//! In: the port that the user wants. Out: free addresses, and commands that use them. It starts nothing.

use std::{env::consts::EXE_EXTENSION, process::Command};

use crate::{build, preview_link, project::Project};

use super::ports::Ports;

/// What signs the previews of the local Worker, and of no other.
const PREVIEW_KEY: &str = "standin_preview_key";

/// Hosts with ports.
pub struct Addresses {
    /// The site through the Worker.
    pub worker: String,
    inspector: u16,
    /// The stand-in's XM.
    pub xm: String,
    /// The stand-in's CDP and its page.
    pub cdp: String,
}

impl Addresses {
    /// The usual ports, or the next free ones.
    ///
    /// # Errors
    /// When too many are taken.
    pub fn choose(port: u16) -> anyhow::Result<Self> {
        let mut ports = Ports::default();
        let mut address = |wanted| {
            ports
                .next_free(wanted)
                .map(|free| format!("127.0.0.1:{free}"))
        };
        let (worker, xm, cdp) = (address(port)?, address(8081)?, address(8082)?);
        Ok(Self {
            worker,
            xm,
            cdp,
            inspector: ports.next_free(9229)?,
        })
    }
}

/// The stand-in, which ends with this process.
pub fn standin(project: &Project, addresses: &Addresses) -> Command {
    let program = project
        .target()
        .join("debug/standin")
        .with_extension(EXE_EXTENSION);
    let mut command = project.command(program);
    command.args([
        "--xm",
        &addresses.xm,
        "--cdp",
        &addresses.cdp,
        "--exit-with-stdin",
    ]);
    command.args(["--worker-url", &format!("http://{}", addresses.worker)]);
    command
}

/// wrangler, which starts workerd and builds again after every change.
pub fn wrangler(project: &Project, addresses: &Addresses) -> Command {
    let (ip, port) = addresses
        .worker
        .split_once(':')
        .unwrap_or(("127.0.0.1", "8787"));
    let mut command = project.wrangler();
    command.args([
        "dev",
        "--local",
        "--ip",
        ip,
        "--port",
        port,
        "--show-interactive-dev-session=false",
    ]);
    command.args(["--inspector-port", &addresses.inspector.to_string()]);
    // wrangler.toml names the usual ports; these are the ones that were free.
    command.args(["--var", &format!("XM_ORIGIN:http://{}", addresses.xm)]);
    command.args(["--var", &format!("CDP_ENDPOINT:http://{}", addresses.cdp)]);
    // The stand-in's own token, and keys to try the guest API and previews with.
    command.args(["--var", "CDP_API_TOKEN:standin_api_token"]);
    command.args(["--var", "XM_API_KEY:standin_xm_key"]);
    command.args(["--var", &format!("PREVIEW_KEY:{PREVIEW_KEY}")]);
    command.env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    command.env(build::NO_OPT, "1");
    command
}

/// The program that makes a preview link of the stand-in's home page.
pub fn preview_link(project: &Project, addresses: &Addresses) -> Command {
    let url = format!("--url=http://{}/", addresses.worker);
    let options = [url.as_str(), "--show=home_hero=hero_summer", "--expires=7d"];
    let mut command = preview_link::command(project, &options.map(str::to_owned));
    command.env("PREVIEW_KEY", PREVIEW_KEY);
    command
}
