//! `test`: everything that must hold before a change goes in.
//!
//! In: an optional filter. Out: each step's output as it comes, a table, and a last line with the sums. A failed lint
//! does not keep the tests from running; a Worker that does not build does, because most tests need it.
//!
//! ```text
//! Rust ─┬─► setup ─► build the Worker ────────────────┬─► native and end-to-end tests ─► Node scripts
//!       └─► rustfmt ─► clippy ─► compile the tests ───┘   ─► fuzzing
//! ```
//!
//! The two rows run at the same time: for long stretches the optimisation of the Worker and the compiler's last crate keep one
//! processor busy each.

mod browser;
mod report;
mod summary;

use std::{
    env,
    io::Write,
    num::NonZero,
    process::{Command, ExitCode, ExitStatus, Stdio},
    thread,
};

use anyhow::Context;

use crate::{build, fuzz, project::Project, run, setup};

use self::{
    report::{Outcome, Report},
    summary::{Counts, TestResult},
};

/// The tests of every package but the Worker's own, which is wasm.
const TESTS: [&str; 4] = ["test", "--workspace", "--exclude", "xm-edge"];
/// How many tests of one program run at once.
const THREADS: &str = "RUST_TEST_THREADS";

/// Options of `test`.
#[derive(clap::Args)]
pub struct Args {
    /// Only tests whose name contains this text
    filter: Option<String>,
    /// Without rustfmt and clippy
    #[arg(long)]
    fast: bool,
}

/// Runs all steps.
///
/// # Errors
/// When a tool is missing or the Worker does not build; a failed step is no error but a failed exit code.
pub fn test(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    // First, and alone: rustup changes the toolchain that both rows use.
    report.required("Rust", || setup::rust(project, !args.fast))?;
    let aside = thread::scope(|scope| {
        let aside = scope.spawn(|| aside(project, args.fast));
        let tools = report.required("setup", || setup::setup(project))?;
        report.required("build the Worker", || {
            build::build_with(project, &build::Args::default(), &tools)
        })?;
        let aside = aside.join();
        aside.map_err(|_| anyhow::anyhow!("the thread that lints has panicked"))
    })?;
    report.append(aside);
    report.step("size of the Worker", || {
        build::check_size(project)?;
        Ok((Outcome::Passed, Counts::default()))
    });
    report.step("native and end-to-end tests", || {
        cargo_test(project, args.filter.as_deref())
    });
    fuzzing(project, args.filter.as_deref(), &mut report)?;
    for script in browser::scripts(project, args.filter.as_deref())? {
        report.step(&script.name(), || browser::run(project, &script));
    }
    Ok(report.finish())
}

/// What needs no Worker. Its programs are silent, unless they fail: another one is on the terminal.
fn aside(project: &Project, fast: bool) -> Report {
    let mut report = Report::default();
    let mut step = |name: &str, cargo: &mut Command| {
        report.step(name, || {
            run::captured(cargo)?;
            Ok((Outcome::Passed, Counts::default()))
        });
    };
    if !fast {
        let mut lint = |name: &str, arguments: &str| {
            step(name, project.cargo().args(arguments.split(' ')));
        };
        lint("rustfmt", "fmt --all --check");
        lint(
            "rustfmt, fuzz",
            "fmt --manifest-path fuzz/Cargo.toml --check",
        );
        lint(
            "clippy, native",
            "clippy --workspace --exclude xm-edge --all-targets -- -D warnings",
        );
        lint(
            "clippy, wasm",
            "clippy --package xm-edge --target wasm32-unknown-unknown -- -D warnings",
        );
    }
    step(
        "compile the tests",
        project.cargo().args(TESTS).arg("--no-run"),
    );
    report.step("compile the fuzz targets", || {
        let built = fuzz::build(project, false)?;
        let outcome = built.map_or(Outcome::Skipped, |_| Outcome::Passed);
        Ok((outcome, Counts::default()))
    });
    report
}

/// A short run of every fuzz target whose name the filter allows.
fn fuzzing(project: &Project, filter: Option<&str>, report: &mut Report) -> anyhow::Result<()> {
    let mut targets = fuzz::targets(project)?;
    targets.retain(|target| filter.is_none_or(|text| target.contains(text)));
    if targets.is_empty() {
        return Ok(());
    }
    report.step("fuzzing", || {
        let Some(programs) = fuzz::build(project, false)? else {
            println!("{}", fuzz::NO_COMPILER);
            return Ok((Outcome::Skipped, Counts::default()));
        };
        let (passed, failed) = fuzz::smoke(project, &programs, &targets)?;
        Ok((Outcome::of(failed == 0), Counts { passed, failed }))
    });
    Ok(())
}

fn cargo_test(project: &Project, filter: Option<&str>) -> anyhow::Result<(Outcome, Counts)> {
    let mut cargo = project.cargo();
    cargo.args(TESTS).arg("--no-fail-fast");
    // Cargo shows what it compiles; the test programs name only what fails.
    cargo.args(filter).args(["--", "--quiet"]);
    if env::var_os(THREADS).is_none() {
        // Most tests wait for workerd most of the time.
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        cargo.env(THREADS, (2 * processors).to_string());
    }
    let mut counts = Counts::default();
    let status = tee(&mut cargo, |line| {
        if let Some(result) = TestResult::parse(line) {
            counts += result.counts;
        }
    })?;
    Ok((Outcome::of(status.success()), counts))
}

/// Runs `command`, shows its output, and hands each line of its stdout to `on_line`.
fn tee(command: &mut Command, mut on_line: impl FnMut(&str)) -> anyhow::Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("a test program could not be started")?;
    if let Some(stdout) = child.stdout.take() {
        for line in run::lines(stdout) {
            // Not println!: a reader that went away (`| head`) must not look like a failed test.
            let _ = writeln!(std::io::stdout(), "{line}");
            on_line(&line);
        }
    }
    child.wait().context("waiting for a test program")
}
