//! `fuzz`: libFuzzer looks for inputs that break a promise of the core. docs/fuzzing.md has the promises.
//!
//! In: targets, and for how long. Out: an exit code of 0 when nothing was found; else the file of the input, and what broke. What
//! was learnt stays in `target/fuzz/corpus`, and the next run begins there. It never changes a file of the project.
//!
//! ```text
//! build (the compiler's own instrumentation) ─► process (libFuzzer: seeds, regressions, corpus) ─► finding, or a count
//! ```

mod build;
mod process;
mod smoke;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;

use crate::project::Project;

use self::process::{Ended, Limit, Run};

pub use build::build;
pub use smoke::smoke;

/// What a developer reads where libFuzzer cannot be built.
pub const NO_COMPILER: &str = "skipped: fuzzing needs a C++ compiler (g++ or clang++, or one that CXX names), and Linux or macOS";

/// Options of `fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// One target; without it all of them, one after the other
    target: Option<String>,
    /// How long each target runs, in seconds
    #[arg(long, default_value_t = 60, conflicts_with = "runs")]
    seconds: u64,
    /// How many inputs each target gets
    #[arg(long)]
    runs: Option<u64>,
    /// How many processes look at once
    #[arg(long, default_value_t = 1)]
    jobs: u64,
    /// Look for bad memory accesses as well: slower, and only unsafe code of dependencies can have any
    #[arg(long)]
    address_sanitizer: bool,
    /// Only replay this input
    #[arg(long, value_name = "FILE", requires = "target")]
    replay: Option<PathBuf>,
}

/// Builds and runs.
///
/// # Errors
/// When a target does not build, or there is none of that name.
pub fn fuzz(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    let all = targets(project)?;
    let wanted: Vec<String> = match &args.target {
        None => all,
        Some(name) => {
            anyhow::ensure!(
                all.contains(name),
                "there is no target {name}; there are {}",
                all.join(", ")
            );
            vec![name.clone()]
        }
    };
    let Some(programs) = build(project, args.address_sanitizer)? else {
        println!("{NO_COMPILER}");
        return Ok(ExitCode::FAILURE);
    };
    let mut sound = true;
    for target in wanted {
        sound &= match &args.replay {
            Some(input) => replay(project, &programs, &target, input)?,
            None => run(project, &programs, &target, args)?,
        };
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The names of all targets: those of the files in `fuzz/fuzz_targets/`.
///
/// # Errors
/// When the folder cannot be read.
pub fn targets(project: &Project) -> anyhow::Result<Vec<String>> {
    let folder = project.path("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

fn run(project: &Project, programs: &Path, target: &str, args: &Args) -> anyhow::Result<bool> {
    let limit = args.runs.map_or(Limit::Seconds(args.seconds), |runs| {
        Limit::Runs(runs.div_ceil(args.jobs.max(1)))
    });
    let corpus = project.target().join("fuzz/corpus").join(target);
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs())
        & 0xffff_ffff;
    let began = Instant::now();
    let job = |number: u64| {
        let run = Run {
            target,
            programs,
            corpus: &corpus,
            limit,
            seed: seed + number,
        };
        run.to_its_end(project, |line| {
            if number == 0 && line.starts_with('#') && line.contains("pulse") {
                println!("{target} {line}");
            }
        })
    };
    let ended: Vec<anyhow::Result<Ended>> = thread::scope(|scope| {
        let job = &job;
        let jobs: Vec<_> = (0..args.jobs.max(1))
            .map(|number| scope.spawn(move || job(number)))
            .collect();
        let panicked = |_| Err(anyhow::anyhow!("the thread of a job has panicked"));
        jobs.into_iter()
            .map(|job| job.join().unwrap_or_else(panicked))
            .collect()
    });
    let mut executions = 0;
    let mut sound = true;
    for ended in ended {
        let ended = ended?;
        executions += ended.executions;
        if let Some(finding) = ended.finding {
            sound = false;
            println!("{finding}");
        }
    }
    let seconds = began.elapsed().as_secs();
    let verdict = if sound {
        "nothing found"
    } else {
        "FOUND, see above"
    };
    println!("{target}: {executions} executions in {seconds} s, {verdict}");
    Ok(sound)
}

/// One input again.
fn replay(project: &Project, programs: &Path, target: &str, input: &Path) -> anyhow::Result<bool> {
    let input = std::path::absolute(input)?;
    anyhow::ensure!(input.is_file(), "{} is no file", input.display());
    match process::replayed(project, programs, target, &input)? {
        None => println!("{target}: {} is sound", input.display()),
        Some(words) => {
            println!("{words}");
            return Ok(false);
        }
    }
    Ok(true)
}
