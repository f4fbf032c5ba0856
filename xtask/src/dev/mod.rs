//! `dev`: the product on this machine, between a stand-in XM and a stand-in CDP.
//!
//! In: a port. Out: a browsable site and its URLs. No account, no network. It ends everything it started, whether it is
//! interrupted or one of its programs ends.

mod children;
mod ports;
mod probe;
mod programs;

use std::{
    process::ExitCode,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{build, project::Project, run, setup};

use self::{children::Children, probe::Health, programs::Addresses};

/// Options of `dev`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the site is served through the Worker; the next free port when it is taken
    #[arg(long, default_value_t = 8787)]
    port: u16,
}

/// The first start of workerd on a cold disk takes a few seconds; this is for the slowest of machines.
const START_LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

const STANDIN: &str = "standin";
const WORKER: &str = "worker";

/// Runs until it is interrupted.
///
/// # Errors
/// When something does not build or start, or ends by itself.
pub fn dev(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    let tools = setup::setup(project)?;
    let args_of_build = build::Args {
        dev: false,
        no_opt: true,
    };
    build::build_with(project, &args_of_build, &tools)?;
    let programs = ["build", "--package", "standin", "--package", "preview-link"];
    run::shown(project.cargo().args(programs)).context("the stand-in was not built")?;

    let interrupted = interruptions()?;
    let addresses = Addresses::choose(args.port)?;
    let mut children = Children::default();
    let health = start(project, &addresses, &mut children, &interrupted);
    let Some(health) = health? else {
        return Ok(ExitCode::SUCCESS);
    };
    print_welcome(&addresses, &health);
    print_preview(project, &addresses);
    children.show_logs();
    loop {
        if wait(&interrupted, POLL) {
            println!("Ending");
            return Ok(ExitCode::SUCCESS);
        }
        fail_if_ended(&mut children)?;
    }
}

/// Starts everything and returns the Worker's health, or `None` when interrupted.
fn start(
    project: &Project,
    addresses: &Addresses,
    children: &mut Children,
    interrupted: &Receiver<()>,
) -> anyhow::Result<Option<Health>> {
    let (announce, announced) = channel();
    println!("Starting the stand-in XM and CDP");
    children.start(
        STANDIN,
        programs::standin(project, addresses),
        move |line| {
            let announcement = line.starts_with('{');
            if announcement {
                let _ = announce.send(());
            }
            !announcement
        },
    )?;
    let ready = until(children, interrupted, STANDIN, || announced.try_recv().ok())?;
    if ready.is_none() {
        return Ok(None);
    }
    println!("Starting the Worker in workerd");
    children.start(WORKER, programs::wrangler(project, addresses), |_| true)?;
    until(children, interrupted, WORKER, || {
        probe::health(&addresses.worker)
    })
}

/// Polls `ready` until it has a value (`Some`), or the user interrupts (`None`).
fn until<T>(
    children: &mut Children,
    interrupted: &Receiver<()>,
    name: &str,
    ready: impl Fn() -> Option<T>,
) -> anyhow::Result<Option<T>> {
    let began = Instant::now();
    loop {
        if let Some(value) = ready() {
            return Ok(Some(value));
        }
        fail_if_ended(children)?;
        if began.elapsed() > START_LIMIT {
            bail!(
                "{name} did not answer within {} s; it said:\n{}",
                START_LIMIT.as_secs(),
                children.tail(name)
            );
        }
        if wait(interrupted, POLL) {
            return Ok(None);
        }
    }
}

fn fail_if_ended(children: &mut Children) -> anyhow::Result<()> {
    if let Some((name, status)) = children.ended()? {
        bail!(
            "{name} has ended ({status}), so everything ends; its last lines:\n{}",
            children.tail(name)
        );
    }
    Ok(())
}

fn print_welcome(addresses: &Addresses, health: &Health) {
    let Addresses {
        worker, xm, cdp, ..
    } = addresses;
    println!();
    println!("  the site through the Worker     http://{worker}/");
    println!("  the same site from XM alone     http://{xm}/");
    println!("  events, decisions and faults    http://{cdp}/");
    println!("  health of the Worker            http://{worker}/_cdp/health   {health}");
    println!();
    println!("  The Worker is built again when src/ or core/src/ changes. Ctrl-C ends everything.");
    println!();
}

/// A link to try previews with. Without it everything else works all the same.
fn print_preview(project: &Project, addresses: &Addresses) {
    let made = programs::preview_link(project, addresses).output();
    let made = made.ok().filter(|made| made.status.success());
    if let Some(made) = made {
        println!("  A preview of the home page, with another hero:");
        println!("  {}", String::from_utf8_lossy(&made.stdout).trim_end());
        println!();
    }
}

/// Ctrl-C, and on Unix SIGTERM and SIGHUP, as messages.
fn interruptions() -> anyhow::Result<Receiver<()>> {
    let (sender, receiver) = channel();
    ctrlc::set_handler(move || {
        let _ = sender.send(());
    })
    .context("watching for Ctrl-C")?;
    Ok(receiver)
}

fn wait(interrupted: &Receiver<()>, limit: Duration) -> bool {
    !matches!(
        interrupted.recv_timeout(limit),
        Err(RecvTimeoutError::Timeout)
    )
}
