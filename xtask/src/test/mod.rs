//! `test`: everything that must hold before a change goes in.
//!
//! In: an optional filter. Out: each step's output as it comes, a table, and a last line with the sums. A failed lint
//! does not keep the tests from running; a Worker that does not build does, because most tests need it.

mod browser;
mod report;
mod summary;

use std::{
    io::Write,
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use anyhow::Context;

use crate::{
    build,
    project::Project,
    run,
    setup::{self, Tools},
};

use self::{
    report::{Outcome, Report},
    summary::{Counts, TestResult},
};

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
    let tools = report.required("setup", || setup::setup(project))?;
    report.required("build the Worker", || {
        build::build_with(project, &build::Args::default(), &tools)
    })?;
    report.step("size of the Worker", || {
        build::check_size(project)?;
        Ok((Outcome::Passed, Counts::default()))
    });
    if !args.fast {
        lint(project, &tools, &mut report)?;
    }
    report.step("native and end-to-end tests", || {
        cargo_test(project, args.filter.as_deref())
    });
    for script in browser::scripts(project, args.filter.as_deref())? {
        report.step(&script.name(), || browser::run(project, &script));
    }
    Ok(report.finish())
}

fn lint(project: &Project, tools: &Tools, report: &mut Report) -> anyhow::Result<()> {
    tools.rust.add_lint_components(project)?;
    let mut cargo = |name: &str, arguments: &str| {
        report.step(name, || {
            run::shown(project.cargo().args(arguments.split(' ')))?;
            Ok((Outcome::Passed, Counts::default()))
        });
    };
    cargo("rustfmt", "fmt --all --check");
    cargo(
        "clippy, native",
        "clippy --workspace --exclude xm-edge --all-targets -- -D warnings",
    );
    cargo(
        "clippy, wasm",
        "clippy --package xm-edge --target wasm32-unknown-unknown -- -D warnings",
    );
    Ok(())
}

fn cargo_test(project: &Project, filter: Option<&str>) -> anyhow::Result<(Outcome, Counts)> {
    let mut cargo = project.cargo();
    cargo.args([
        "test",
        "--workspace",
        "--exclude",
        "xm-edge",
        "--no-fail-fast",
    ]);
    // Cargo shows what it compiles; the test programs name only what fails.
    cargo.args(filter).args(["--", "--quiet"]);
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
