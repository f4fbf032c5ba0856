//! One process of libFuzzer.
//!
//! In: a target, where its inputs are, a limit. Out: how many inputs it ran, and the finding, if there is one: the file of the
//! input and the words of the panic. What goes wrong otherwise is an error.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context;

use crate::{project::Project, run};

/// Seconds after which an input counts as one that hangs.
const TIMEOUT_S: u64 = 10;
/// Most memory of a process, in MB; an isolate has 128.
const MEMORY_MB: u64 = 1_024;
/// Longest input, in bytes. Limits of the core that are larger are smaller in these builds.
const LONGEST: u64 = 4_096;

/// When a process ends.
#[derive(Clone, Copy)]
pub enum Limit {
    /// After so many inputs.
    Runs(u64),
    /// After so many seconds.
    Seconds(u64),
}

/// A process to start.
pub struct Run<'r> {
    /// The target's name.
    pub target: &'r str,
    /// Folder of the programs.
    pub programs: &'r Path,
    /// Where inputs with new coverage are kept; others of the target are read from there.
    pub corpus: &'r Path,
    /// When it ends.
    pub limit: Limit,
    /// Of its random numbers: the same seed, corpus and runs are the same inputs.
    pub seed: u64,
}

/// What came of it.
pub struct Ended {
    /// Inputs that were run.
    pub executions: u64,
    /// Which one broke a promise, and how.
    pub finding: Option<String>,
}

impl Run<'_> {
    /// Runs it; `on_line`: each line that libFuzzer writes.
    ///
    /// # Errors
    /// When it cannot be started, or ends without a word.
    pub fn to_its_end(
        &self,
        project: &Project,
        mut on_line: impl FnMut(&str),
    ) -> anyhow::Result<Ended> {
        fs::create_dir_all(self.corpus)
            .with_context(|| format!("creating {}", self.corpus.display()))?;
        let findings = project.target().join("fuzz/findings");
        fs::create_dir_all(&findings)
            .with_context(|| format!("creating {}", findings.display()))?;
        let mut command = command(project, self.programs, self.target);
        command
            .arg(format!("-seed={}", self.seed))
            .arg(match self.limit {
                Limit::Runs(runs) => format!("-runs={runs}"),
                Limit::Seconds(seconds) => format!("-max_total_time={seconds}"),
            })
            .arg(format!("-max_len={LONGEST}"))
            .arg(format!(
                "-artifact_prefix={}/{}-",
                findings.display(),
                self.target
            ))
            .arg("-print_final_stats=1");
        let dictionary = project
            .path("fuzz/dictionaries")
            .join(self.target)
            .with_extension("dict");
        if dictionary.is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        command.arg(self.corpus);
        for kind in ["seeds", "regressions"] {
            let folder = project.path("fuzz").join(kind).join(self.target);
            if folder.is_dir() {
                command.arg(folder);
            }
        }
        let (success, told) = told(command, &mut on_line)?;
        told.ended(success)
            .with_context(|| format!("{} ended without a word", self.target))
    }
}

/// Runs `input` alone. `None`: it breaks nothing; else what breaks.
///
/// # Errors
/// When the program cannot be started.
pub fn replayed(
    project: &Project,
    programs: &Path,
    target: &str,
    input: &Path,
) -> anyhow::Result<Option<String>> {
    let mut command = command(project, programs, target);
    let (success, told) = told(command.arg(input), &mut |_| {})?;
    Ok((!success).then_some(told.words))
}

fn command(project: &Project, programs: &Path, target: &str) -> Command {
    let mut command = project.command(programs.join(target));
    command
        .arg(format!("-timeout={TIMEOUT_S}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB}"))
        // Lines of the core are of no help where the words of the assertion are not.
        .env("RUST_BACKTRACE", "0");
    command
}

fn told(
    mut command: impl std::borrow::BorrowMut<Command>,
    on_line: &mut dyn FnMut(&str),
) -> anyhow::Result<(bool, Told)> {
    let mut child = command
        .borrow_mut()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("a fuzz target could not be started")?;
    let mut told = Told::default();
    if let Some(stderr) = child.stderr.take() {
        for line in run::lines(stderr) {
            on_line(&line);
            told.take(&line);
        }
    }
    let status = child.wait().context("waiting for a fuzz target")?;
    Ok((status.success(), told))
}

/// What libFuzzer has written.
#[derive(Default)]
struct Told {
    executions: Option<u64>,
    /// The words of a panic, a timeout, too much memory.
    words: String,
    speaks: bool,
    input: Option<String>,
}

impl Told {
    fn take(&mut self, line: &str) {
        if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
            self.executions = count.trim().parse().ok();
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            self.input = Some(path.to_owned());
        }
        // A panic's words end where libFuzzer's own begin.
        self.speaks |= line.contains("panicked at");
        self.speaks &= !line.starts_with("==") && !line.starts_with("note:");
        if self.speaks || line.contains("ERROR: ") {
            self.words.push_str(line);
            self.words.push('\n');
        }
    }

    fn ended(self, success: bool) -> Option<Ended> {
        let finding = match (success, self.input) {
            (true, _) => None,
            (false, Some(input)) => Some(format!("{}input: {input}", self.words)),
            (false, None) => return None,
        };
        Some(Ended {
            executions: self.executions?,
            finding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Told;

    fn told(lines: &[&str]) -> Told {
        let mut told = Told::default();
        lines.iter().for_each(|line| told.take(line));
        told
    }

    #[test]
    fn a_finding_is_the_words_of_the_panic_and_the_file_of_the_input() {
        let told = told(&[
            "#2\tINITED cov: 6 ft: 6",
            "thread '<unnamed>' (1) panicked at src/rewrite.rs:9:5:",
            "the page is another",
            "note: run with `RUST_BACKTRACE=1`",
            "==12== ERROR: libFuzzer: deadly signal",
            "    #0 0x1 in main",
            "artifact_prefix='x'; Test unit written to x/rewrite-crash-1",
            "stat::number_of_executed_units: 12",
        ]);
        let ended = told.ended(false).expect("an end");
        let finding = ended.finding.expect("a finding");
        assert_eq!(ended.executions, 12);
        let expected = [
            "thread '<unnamed>' (1) panicked at src/rewrite.rs:9:5:",
            "the page is another",
            "==12== ERROR: libFuzzer: deadly signal",
            "input: x/rewrite-crash-1",
        ];
        assert_eq!(finding, expected.join("\n"));
    }

    #[test]
    fn a_process_that_was_killed_is_not_one_that_found_nothing() {
        assert!(told(&["#2\tINITED cov: 6 ft: 6"]).ended(false).is_none());
        assert!(told(&[]).ended(true).is_none());
        assert!(
            told(&["stat::number_of_executed_units: 5"])
                .ended(true)
                .is_some_and(|ended| ended.finding.is_none())
        );
    }
}
