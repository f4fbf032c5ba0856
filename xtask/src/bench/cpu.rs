//! CPU time that a process has used.
//!
//! In: a process. Out: a duration, all threads together, user and system. It never estimates.

use std::time::Duration;

/// CPU time of the process `pid` since its start.
///
/// From the process's own CPU clock (POSIX `clock_getcpuclockid`): the same time that `utime` + `stime` of
/// `/proc/PID/stat` count, in nanoseconds and not in ticks of 10 ms.
///
/// # Errors
/// When there is no such process.
#[cfg(target_os = "linux")]
pub fn time(pid: u32) -> anyhow::Result<Duration> {
    use nix::{
        time::{clock_getcpuclockid, clock_gettime},
        unistd::Pid,
    };
    let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(pid)?))?;
    Ok(clock_gettime(clock)?.into())
}

/// CPU time of the process `pid` since its start, in the hundredths of a second that `ps` knows.
///
/// # Errors
/// When there is no such process.
#[cfg(target_os = "macos")]
pub fn time(pid: u32) -> anyhow::Result<Duration> {
    use anyhow::Context;
    let mut ps = std::process::Command::new("ps");
    let text = crate::run::captured(ps.args(["-o", "time=", "-p", &pid.to_string()]))?;
    parse(text.trim()).with_context(|| format!("`ps` printed {text:?}"))
}

/// # Errors
/// Always.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn time(_: u32) -> anyhow::Result<Duration> {
    anyhow::bail!("CPU time of another process can be measured on Linux and macOS only")
}

/// `[[hours:]minutes:]seconds.hundredths`, as `ps` prints times.
#[cfg(any(target_os = "macos", test))]
fn parse(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    for part in text.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_ps_are_read() {
        assert_eq!(parse("0:01.23"), Some(Duration::from_millis(1230)));
        assert_eq!(parse("1:02:03.00"), Some(Duration::from_secs(3723)));
        assert_eq!(parse("none"), None);
    }

    #[test]
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    fn work_takes_cpu_time() {
        let own = std::process::id();
        let before = time(own).unwrap();
        let mut sum = 0_u64;
        while time(own).unwrap() <= before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }
}
