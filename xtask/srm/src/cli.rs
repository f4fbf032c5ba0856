//! The command: which sources are read, which experiments are checked, against which shares.
//!
//! In: arguments. Out: an [`Outcome`]; what is skipped is told on the standard error.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
};

use crate::{
    check::{self, Verdict},
    expect::{Allocation, Expected, Shares, weighed},
    read::Read,
    report::{self, Tested},
    standin::StandIn,
    tally::Tally,
};
use anyhow::{Context, bail};
use clap::Parser;

/// Check whether experiments' visitors were split as their allocation says (sample ratio mismatch).
///
/// Reads VIEW events (a stand-in's, or an export: JSON or JSON lines), or the Worker's log lines as `wrangler tail --format json`
/// prints them. Exit code: 0 as expected; 1 a mismatch; 2 it could not say.
#[derive(Parser)]
#[command(name = "cargo xtask srm", bin_name = "cargo xtask srm")]
pub struct Args {
    /// Exports; `-` is the standard input
    #[arg(value_name = "FILE|-")]
    files: Vec<String>,
    /// A running stand-in, by the address of its CDP: http://127.0.0.1:8082
    #[arg(long, value_name = "URL")]
    standin: Option<String>,
    /// Check this experiment; repeatable. Without one: those that log lines or the stand-in call experiments
    #[arg(long, value_name = "FRIENDLY_ID")]
    experiment: Vec<String>,
    /// Expected shares: hero=50:50 (control first, then by name) or hero=control=50,b=30,c=20; default: all equal
    #[arg(long, value_name = "FRIENDLY_ID=SHARES")]
    expect: Vec<Expected>,
    /// Percentage of visitors that take part: hero=80; the others see the control and are expected there
    #[arg(long, value_name = "FRIENDLY_ID=PERCENT")]
    allocation: Vec<Allocation>,
    /// Below this p-value a split counts as a mismatch
    #[arg(long, value_name = "P", default_value_t = 0.001, value_parser = threshold)]
    alpha: f64,
    /// JSON instead of text
    #[arg(long)]
    json: bool,
}

fn threshold(text: &str) -> Result<f64, String> {
    let alpha = text
        .parse::<f64>()
        .ok()
        .filter(|alpha| *alpha > 0.0 && *alpha < 1.0);
    alpha.ok_or_else(|| "expected a number between 0 and 1".to_owned())
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub text: String,
    /// Every experiment that was checked.
    pub tested: Vec<Tested>,
}

impl Outcome {
    /// Whether nothing speaks against any allocation.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.tested
            .iter()
            .all(|one| one.test.verdict != Verdict::Mismatch)
    }
}

/// Reads, counts and tests.
///
/// # Errors
/// When there is nothing to read, or it is not said what to check.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let (read, mut shares) = gather(args)?;
    if read.strange > 0 {
        eprintln!("{} lines are no JSON and were skipped", read.strange);
    }
    let tally = Tally::of(&read.records);
    let experiments: BTreeSet<String> = shares.keys().cloned().collect();
    for expected in &args.expect {
        shares.insert(expected.friendly_id.clone(), expected.shares.clone());
    }
    let mut tested = Vec::new();
    for friendly_id in chosen(args, &tally, &experiments)? {
        let experiment = tally
            .experiments
            .get(&friendly_id)
            .cloned()
            .unwrap_or_default();
        let percent = args
            .allocation
            .iter()
            .find(|allocation| allocation.friendly_id == friendly_id);
        let percent = percent.map_or(100.0, |allocation| allocation.percent);
        let counts = weighed(&experiment, shares.get(&friendly_id), percent)
            .map_err(|problem| anyhow::anyhow!("{friendly_id}: {problem}"))?;
        let test = check::check(&counts, args.alpha);
        tested.push(Tested {
            friendly_id,
            experiment,
            test,
        });
    }
    let text = if args.json {
        format!("{:#}\n", report::json(&tally, &tested, args.alpha))
    } else {
        report::text(&tally, &tested, args.alpha)
    };
    Ok(Outcome { text, tested })
}

/// The records of all sources, and the shares that a stand-in states.
fn gather(args: &Args) -> anyhow::Result<(Read, BTreeMap<String, Shares>)> {
    if args.files.is_empty() && args.standin.is_none() {
        bail!("name an export, or a running stand-in with --standin http://127.0.0.1:8082");
    }
    let (mut read, shares) = match &args.standin {
        Some(url) => {
            let standin = StandIn::ask(url)?;
            (standin.read, standin.experiments)
        }
        None => Default::default(),
    };
    for file in &args.files {
        let mut bytes = Vec::new();
        if file == "-" {
            std::io::stdin()
                .read_to_end(&mut bytes)
                .context("reading the standard input")?;
        } else {
            bytes = fs::read(file).with_context(|| format!("reading {file}"))?;
        }
        read.add(&bytes);
    }
    if read.records.is_empty() {
        bail!("nothing in there is a VIEW event or a log line of a page");
    }
    Ok((read, shares))
}

/// The experiments to check. Events do not say which of their attributes are experiments, and what rules decide is split by
/// rules: that is never guessed.
fn chosen(
    args: &Args,
    tally: &Tally,
    standin: &BTreeSet<String>,
) -> anyhow::Result<BTreeSet<String>> {
    let mut chosen: BTreeSet<String> = args
        .experiment
        .iter()
        .map(|id| id.trim_end_matches('*').to_owned())
        .collect();
    chosen.extend(
        args.expect
            .iter()
            .map(|expected| expected.friendly_id.clone()),
    );
    chosen.extend(
        args.allocation
            .iter()
            .map(|allocation| allocation.friendly_id.clone()),
    );
    if chosen.is_empty() {
        let marked = tally
            .experiments
            .iter()
            .filter(|(_, experiment)| experiment.marked);
        chosen.extend(marked.map(|(friendly_id, _)| friendly_id.clone()));
        let of_standin = standin
            .iter()
            .filter(|friendly_id| tally.experiments.contains_key(*friendly_id));
        chosen.extend(of_standin.cloned());
    }
    let seen: Vec<&str> = tally.experiments.keys().map(String::as_str).collect();
    if let Some(unseen) = chosen
        .iter()
        .find(|id| !tally.experiments.contains_key(*id))
    {
        bail!("nobody saw {unseen}; seen were: {}", seen.join(", "));
    }
    if chosen.is_empty() {
        bail!(
            "events do not say what is an experiment: name it with --experiment; seen were: {}",
            seen.join(", ")
        );
    }
    Ok(chosen)
}
