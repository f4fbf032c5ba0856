//! Counts instructions of a program.
//!
//! In: a program that does something once or not at all. Out: how many instructions make the difference. By valgrind, which counts the same on every run; where that is missing by the processor's own counter, through perf.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
};

use anyhow::Context;

/// Who counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// valgrind's cachegrind.
    Valgrind,
    /// `perf stat`.
    Perf,
}

impl Counter {
    /// The first that works here.
    pub fn find() -> Option<Self> {
        let works = |counter: &Self| counter.of(&mut counter.command(OsStr::new("true"))).is_ok();
        [Self::Valgrind, Self::Perf].into_iter().find(works)
    }

    /// Its name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valgrind => "valgrind",
            Self::Perf => "perf",
        }
    }

    /// Instructions that `program` takes to do its work once; `with` gives it its arguments, for once or not at all.
    ///
    /// # Errors
    /// When the program or the counter fails.
    pub fn once(self, program: &OsStr, with: impl Fn(&mut Command, u32)) -> anyhow::Result<u64> {
        let run = |times: u32| {
            let mut command = self.command(program);
            with(&mut command, times);
            self.of(&mut command)
        };
        Ok(run(1)?.saturating_sub(run(0)?))
    }

    fn command(self, program: &OsStr) -> Command {
        let mut command = match self {
            Self::Valgrind => Command::new("valgrind"),
            Self::Perf => Command::new("perf"),
        };
        match self {
            Self::Valgrind => command.args([
                "--tool=cachegrind",
                "--cache-sim=no",
                "--cachegrind-out-file=/dev/null",
            ]),
            Self::Perf => command.args(["stat", "--field-separator=,", "--event=instructions:u"]),
        };
        command.arg(program);
        command
    }

    /// Runs `command` to its end and reads what the counter says behind it.
    fn of(self, command: &mut Command) -> anyhow::Result<u64> {
        let output = command.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(
            output.status.success(),
            "{} failed ({}):\n{said}",
            self.name(),
            output.status
        );
        self.read(&said)
            .with_context(|| format!("{} counted nothing:\n{said}", self.name()))
    }

    fn read(self, said: &str) -> Option<u64> {
        match self {
            Self::Valgrind => {
                // `==PID== I   refs:      1,234,567`, more or fewer blanks by version.
                let mut pairs = said.lines().filter_map(|line| line.split_once("refs:"));
                let (_, number) = pairs.find(|(before, _)| before.trim_end().ends_with(" I"))?;
                number.trim().replace(',', "").parse().ok()
            }
            Self::Perf => {
                let line = said.lines().find(|line| line.contains("instructions"))?;
                line.split(',').next()?.parse().ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_counters_print_is_read() {
        let said = "==1== Cachegrind, a cache and branch-prediction profiler\n==1== \n==1== I   refs:        1,234,567\n";
        assert_eq!(Counter::Valgrind.read(said), Some(1_234_567));
        let said = "1234567,,instructions:u,1000,100.00,,\n";
        assert_eq!(Counter::Perf.read(said), Some(1_234_567));
        let said = "<not supported>,,instructions:u,0,100.00,,\n";
        assert_eq!(Counter::Perf.read(said), None);
        assert_eq!(Counter::Valgrind.read(""), None);
    }
}
