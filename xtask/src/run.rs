//! Runs a child process to its end.
//!
//! In: a command. Out: success, what it printed, or an error that names the program and what it said last.
//! It never hides output that explains a failure.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use anyhow::Context;

/// Runs `command` with this terminal as its own.
///
/// # Errors
/// When it cannot be started or exits with anything but 0.
pub fn shown(command: &mut Command) -> anyhow::Result<()> {
    let name = name(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| not_started(&name))?;
    anyhow::ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}

/// Runs `command` silently and returns what it wrote to stdout.
///
/// # Errors
/// When it cannot be started or exits with anything but 0; the error holds its stderr.
pub fn captured(command: &mut Command) -> anyhow::Result<String> {
    let name = name(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| not_started(&name))?;
    anyhow::ensure!(
        output.status.success(),
        "{name} failed ({}):\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `command` and hands each line of its stderr to `line`; its stdout is dropped.
///
/// # Errors
/// When it cannot be started or exits with anything but 0; the error holds the last lines.
pub fn followed(command: &mut Command, mut line: impl FnMut(&str)) -> anyhow::Result<()> {
    let name = name(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| not_started(&name))?;
    let mut tail = Tail::default();
    if let Some(stderr) = child.stderr.take() {
        for text in lines(stderr) {
            line(&text);
            tail.push(text);
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("waiting for {name}"))?;
    anyhow::ensure!(
        status.success(),
        "{name} failed ({status}):\n{}",
        tail.text()
    );
    Ok(())
}

/// The lines of a pipe, until it closes; bytes that are not UTF-8 are replaced.
pub fn lines(pipe: impl Read) -> impl Iterator<Item = String> {
    let mut reader = BufReader::new(pipe);
    std::iter::from_fn(move || {
        let mut bytes = Vec::new();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(
                String::from_utf8_lossy(&bytes)
                    .trim_end_matches(['\n', '\r'])
                    .to_owned(),
            ),
        }
    })
}

/// The last lines of a log.
#[derive(Default)]
pub struct Tail(VecDeque<String>);

impl Tail {
    /// Enough for a compiler error or a JavaScript stack.
    const LINES: usize = 40;

    /// Adds a line and forgets the oldest one beyond the limit.
    pub fn push(&mut self, line: String) {
        if self.0.len() == Self::LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// The kept lines, each indented.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .map(|line| format!("  {line}"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program
        .file_stem()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    let arguments = command
        .get_args()
        .take(3)
        .map(|argument| argument.to_string_lossy());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn not_started(name: &str) -> String {
    format!("`{name}` could not be started")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_keeps_its_end() {
        let mut tail = Tail::default();
        for number in 0..100 {
            tail.push(number.to_string());
        }
        let text = tail.text();
        assert!(text.starts_with("  60\n"), "{text}");
        assert!(text.ends_with("\n  99"), "{text}");
    }

    #[test]
    fn lines_survive_missing_newlines_carriage_returns_and_bad_utf8() {
        let got: Vec<_> = lines(&b"one\r\ntw\xffo\n\nlast"[..]).collect();
        assert_eq!(got, ["one", "tw\u{fffd}o", "", "last"]);
    }
}
