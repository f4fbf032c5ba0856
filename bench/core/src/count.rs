//! Counts the instructions of page views.
//!
//! In: pages. Out: the instructions of one view of each. By valgrind's callgrind, which counts the same on every run and tells the
//! views of one process apart; where it is missing by the processor's own counter through perf, a process for each view.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context;

use crate::view::Decisions;

/// Who counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// valgrind's callgrind.
    Valgrind,
    /// `perf stat`.
    Perf,
}

/// What is viewed.
pub struct Views<'a> {
    /// The program `core-cost`.
    pub program: &'a OsStr,
    /// A folder for files that are of no further use.
    pub folder: &'a Path,
    /// What the CDP answers.
    pub decisions: &'a Decisions,
    /// Bytes that arrive at a time.
    pub chunk: usize,
    /// 1: a page is streamed; 2: and compiled; 3: and spliced from what was compiled.
    pub steps: u8,
}

impl Counter {
    /// The first that works here.
    pub fn find() -> Option<Self> {
        let works = |counter: &Self| {
            let (program, arguments) = match counter {
                Self::Valgrind => ("valgrind", &["--version"][..]),
                Self::Perf => ("perf", &["stat", "--event=instructions:u", "true"][..]),
            };
            let output = Command::new(program).args(arguments).output();
            output.is_ok_and(|output| {
                let said = String::from_utf8_lossy(&output.stderr);
                output.status.success() && !said.contains("not supported")
            })
        };
        [Self::Valgrind, Self::Perf].into_iter().find(works)
    }

    /// Instructions of each step with each page.
    ///
    /// # Errors
    /// When the program or the counter fails.
    pub fn count(self, views: &Views<'_>, pages: &[PathBuf]) -> anyhow::Result<Vec<Vec<u64>>> {
        match self {
            Self::Valgrind => by_valgrind(views, pages),
            Self::Perf => pages.iter().map(|page| by_perf(views, page)).collect(),
        }
    }
}

impl Views<'_> {
    /// `core-cost view`, behind a counter.
    fn run(&self, counter: &mut Command, steps: u8, pages: &[PathBuf]) -> anyhow::Result<String> {
        let decisions = self.folder.join("decisions.json");
        fs::write(&decisions, serde_json::to_vec(self.decisions)?)?;
        counter.arg(self.program).arg("view").arg(&decisions);
        let output = counter
            .args([self.chunk.to_string(), steps.to_string()])
            .args(pages)
            .stdin(Stdio::null())
            .output()
            .context("the counter could not be started")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        anyhow::ensure!(output.status.success(), "{}:\n{said}", output.status);
        Ok(said)
    }
}

/// One process; callgrind writes a file behind each step and begins anew.
fn by_valgrind(views: &Views<'_>, pages: &[PathBuf]) -> anyhow::Result<Vec<Vec<u64>>> {
    let file = views.folder.join("callgrind.out");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--demangle=no"]);
    // One pattern for all: of several, valgrind 3.19 heeds one.
    valgrind.arg("--dump-after=*core_cost*view*step_*");
    valgrind.arg(format!("--callgrind-out-file={}", file.display()));
    views.run(&mut valgrind, views.steps, pages)?;
    let steps = usize::from(views.steps);
    let summary = |number: usize| {
        let path = file.with_extension(format!("out.{number}"));
        let text =
            fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let count = summary_of(&text);
        count.with_context(|| format!("{} has no summary", path.display()))
    };
    // Files are counted from one, and the first page is that of `core-cost` itself, which sets up what is set up once.
    let of_page = |page: usize| {
        (1..=steps)
            .map(|step| summary((page + 1) * steps + step))
            .collect()
    };
    (0..pages.len()).map(of_page).collect()
}

fn summary_of(callgrind: &str) -> Option<u64> {
    let line = callgrind
        .lines()
        .find_map(|line| line.strip_prefix("summary:"));
    line?.trim().parse().ok()
}

/// A process for each step, and what it takes more than the one without it.
fn by_perf(views: &Views<'_>, page: &Path) -> anyhow::Result<Vec<u64>> {
    let whole = |steps: u8, pages: &[PathBuf]| {
        let mut perf = Command::new("perf");
        perf.args(["stat", "--field-separator=,", "--event=instructions:u"]);
        let said = views.run(&mut perf, steps, pages)?;
        instructions_of(&said).with_context(|| format!("perf counted nothing:\n{said}"))
    };
    let mut before = 0;
    let mut counts = Vec::new();
    for steps in 1..=views.steps {
        // Without the first page, which is the program's own.
        let all = whole(steps, &[page.to_owned()])?.saturating_sub(whole(steps, &[])?);
        counts.push(all.saturating_sub(before));
        before = all;
    }
    Ok(counts)
}

fn instructions_of(perf: &str) -> Option<u64> {
    let line = perf.lines().find(|line| line.contains("instructions"))?;
    line.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_counters_write_is_read() {
        let file = "# callgrind format\nevents: Ir\n\nfn=(1) main\n1 5\n\nsummary: 1234567\n";
        assert_eq!(summary_of(file), Some(1_234_567));
        assert_eq!(summary_of("events: Ir\n"), None);
        let said = "1234567,,instructions:u,1000,100.00,,\n";
        assert_eq!(instructions_of(said), Some(1_234_567));
        let said = "<not supported>,,instructions:u,0,100.00,,\n";
        assert_eq!(instructions_of(said), None);
    }
}
