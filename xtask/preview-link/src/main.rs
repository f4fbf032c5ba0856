//! `preview-link`: a link that previews a page.
//!
//! In: the page, what its components show, how long; the key, from the environment or `.dev.vars`. Out: the link on stdout,
//! and on stderr until when it holds. It never prints the key and talks to nobody.

mod dev_vars;
mod lifetime;

use std::{
    env, fs,
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use clap::Parser;
use xm_edge_core::preview::{KEY, KeyFault, Link, PreviewKey, create, token};

/// Where endpoints are when nothing else is said.
const PREFIX: &str = "/_cdp";

/// Make a link that previews a page with the variants of your choice; nobody is counted who follows it.
#[derive(Parser)]
#[command(
    name = "cargo xtask preview-link",
    bin_name = "cargo xtask preview-link"
)]
struct Args {
    /// The page's whole address; with /* at the end, all pages below
    #[arg(long)]
    url: String,
    /// What a component shows: FRIENDLY_ID=VARIANT, or FRIENDLY_ID=control; where nothing is said, the CDP decides
    #[arg(long, value_name = "FRIENDLY_ID=VARIANT")]
    show: Vec<String>,
    /// How long the link holds: 30m, 2h, 7d
    #[arg(long, default_value = "2h", value_parser = lifetime::parse)]
    expires: u64,
    /// The environment of wrangler.toml whose endpoint_prefix counts
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// The project's folder
    #[arg(long, hide = true, default_value = ".")]
    project: PathBuf,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    let mut show = Vec::new();
    for pair in &args.show {
        let Some((id, variant)) = pair.split_once('=') else {
            bail!("--show {pair}: expected FRIENDLY_ID=VARIANT, such as home_hero=hero_summer");
        };
        show.push((id, variant));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_s = now
        .context("the clock of this machine is before 1970")?
        .as_secs();
    let made = Link::new(&args.url, show, now_s + args.expires);
    let (link, url) = made.map_err(|problems| {
        let lines = problems
            .iter()
            .map(|wrong| format!("{}: {}", option(&wrong.field), wrong.problem));
        anyhow::anyhow!("{}", lines.collect::<Vec<_>>().join("\n       "))
    })?;
    let key = key(args)?;
    let Some(signed) = token::sign(&link, &key) else {
        bail!("--show: is too much for one link, which must fit into a cookie");
    };
    println!("{}", create::address(&url, &prefix(args)?, &signed));
    eprintln!("It holds until {}.", create::date(link.expires_at));
    Ok(())
}

/// `url` and `show.hero` as the options that they come from.
fn option(field: &str) -> String {
    match field.split_once('.') {
        Some((name, of)) => format!("--{name} {of}"),
        None => format!("--{field}"),
    }
}

fn key(args: &Args) -> anyhow::Result<PreviewKey> {
    let from_file = || dev_vars::read(&args.project.join(".dev.vars"), KEY);
    let value = match env::var(KEY) {
        Ok(value) => Some(value),
        Err(_) => from_file()?,
    };
    PreviewKey::read(value.as_deref()).map_err(|fault| match fault {
        KeyFault::Missing => anyhow::anyhow!(
            "no {KEY}: it must be the secret of the Worker that shows the page. Set it in the environment, or for the local \
             Worker as a line {KEY}=... in .dev.vars"
        ),
        KeyFault::Short => anyhow::anyhow!(
            "{KEY} has fewer than 16 characters and could be guessed; the Worker does not take it either"
        ),
    })
}

/// `endpoint_prefix` of wrangler.toml.
fn prefix(args: &Args) -> anyhow::Result<String> {
    let file = args.project.join("wrangler.toml");
    let Ok(text) = fs::read_to_string(&file) else {
        return Ok(PREFIX.to_owned());
    };
    let wrangler: toml::Table = text.parse().context("wrangler.toml is not TOML")?;
    let environment = match &args.env {
        None => Some(&wrangler),
        Some(name) => {
            let all = wrangler.get("env").and_then(toml::Value::as_table);
            let found = all
                .and_then(|all| all.get(name))
                .and_then(toml::Value::as_table);
            Some(found.with_context(|| {
                format!("--env {name}: there is no such environment in wrangler.toml")
            })?)
        }
    };
    let prefix = environment.and_then(|environment| {
        environment
            .get("vars")?
            .get("SITE")?
            .get("endpoint_prefix")?
            .as_str()
    });
    Ok(prefix.unwrap_or(PREFIX).to_owned())
}
