//! `doctor`: what would the Worker make of these pages?
//!
//! In: addresses, files, options. Out: a report on stdout and an exit code: 0 nothing is broken, 1 something is, 2 it could not
//! look.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, ValueEnum};
use doctor::{
    crawl::{self, Reach},
    http::Client,
    page::Lines,
    report::{human, json},
    rules::Rules,
};

/// Look at pages as the Worker would, and report by line and column what it could not do with them.
///
/// Exit code: 0 nothing is broken; 1 something is; 2 it could not look. docs/doctor.md lists every finding.
#[derive(Parser)]
#[command(name = "cargo xtask doctor", bin_name = "cargo xtask doctor")]
struct Args {
    /// Addresses of pages (of XM, or through the Worker), files, or `-` for the standard input
    #[arg(required = true, value_name = "URL|FILE|-")]
    pages: Vec<String>,
    /// Follow links to pages of the same host
    #[arg(long)]
    follow: bool,
    /// Look at the pages of the host's /sitemap.xml, too
    #[arg(long)]
    sitemap: bool,
    /// Look at this many pages at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_pages: usize,
    /// JSON with sample decisions: {"friendly id": decision, "another": [decision, …]}; repeatable
    #[arg(long, value_name = "FILE")]
    decisions: Vec<PathBuf>,
    /// Friendly ids that exist, one a line; repeatable
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// The wrangler.toml whose [vars.SITE] holds; without one, all defaults
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which environment of it
    #[arg(long, value_name = "NAME", default_value = "local")]
    env: String,
    /// A header for every request, as `Name: value` (XM's own host name, a password of a test site); repeatable
    #[arg(long, value_name = "LINE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Seconds after which a request is given up
    #[arg(long, value_name = "S", default_value_t = 30)]
    timeout: u64,
    /// Take any certificate: for test sites that sign their own
    #[arg(long)]
    insecure: bool,
    /// JSON instead of text
    #[arg(long)]
    json: bool,
    /// Only errors and warnings, without the list of components
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Count warnings as errors in the exit code
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Deny {
    Warnings,
}

fn header(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or("expected `Name: value`")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<u8> {
    let mut rules = match &args.config {
        Some(file) => Rules::from_wrangler(file, &args.env)?,
        None => Rules::defaults(),
    };
    rules.samples.read(&args.decisions, &args.known)?;
    let headers: Lines = args.header.clone();
    let client = Client::new(headers, Duration::from_secs(args.timeout), args.insecure);
    let reach = Reach {
        follow: args.follow,
        sitemap: args.sitemap,
        max_pages: args.max_pages.max(1),
    };
    let report = crawl::crawl(&args.pages, reach, &client, &rules);
    let text = if args.json {
        format!("{:#}\n", json::report(&report))
    } else {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let style = human::Style {
            colours,
            quiet: args.quiet,
        };
        human::report(&report, style)
    };
    // Not print!: a reader that went away (`| head`) is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(report.exit_code(args.deny.is_some()))
}
