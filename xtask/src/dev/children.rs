//! Programs that run until this one ends.
//!
//! In: commands. Out: their log on this terminal, line by line behind their name, and the first that ends. Each is a
//! process group (on Windows a job) of its own and is ended as a whole: wrangler has children, and those have
//! children. It never ends anything that it did not start.

use std::{
    collections::HashMap,
    io::Read,
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use process_wrap::std::{ChildWrapper, CommandWrap};

use crate::run::{Tail, lines};

/// How long a program may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// All that was started; dropped, it ends them.
#[derive(Default)]
pub struct Children {
    running: Vec<Running>,
    tails: Arc<Mutex<HashMap<&'static str, Tail>>>,
    shown: Arc<AtomicBool>,
}

struct Running {
    name: &'static str,
    child: Box<dyn ChildWrapper>,
    /// Kept open: the stand-in ends by itself when this pipe closes, however this process dies.
    _stdin: Option<ChildStdin>,
}

impl Children {
    /// Starts `command`; `on_line` sees each line of its stdout first and returns whether it belongs into the log.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        &mut self,
        name: &'static str,
        mut command: Command,
        on_line: impl Fn(&str) -> bool + Send + 'static,
    ) -> anyhow::Result<()> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = CommandWrap::from(command);
        #[cfg(unix)]
        group.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        group.wrap(process_wrap::std::JobObject);
        let mut child = group
            .spawn()
            .with_context(|| format!("{name} could not be started"))?;
        if let Some(stdout) = child.stdout().take() {
            self.follow(name, stdout, on_line);
        }
        if let Some(stderr) = child.stderr().take() {
            self.follow(name, stderr, |_| true);
        }
        let stdin = child.stdin().take();
        self.running.push(Running {
            name,
            child,
            _stdin: stdin,
        });
        Ok(())
    }

    /// From now on logs are shown as they come.
    pub fn show_logs(&self) {
        self.shown.store(true, Ordering::Relaxed);
    }

    /// The first program that has ended, if any.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> anyhow::Result<Option<(&'static str, ExitStatus)>> {
        for running in &mut self.running {
            if let Some(status) = running
                .child
                .try_wait()
                .with_context(|| format!("waiting for {}", running.name))?
            {
                return Ok(Some((running.name, status)));
            }
        }
        Ok(None)
    }

    /// The last lines that a program wrote.
    pub fn tail(&self, name: &str) -> String {
        // Its pipes close a moment after it ended.
        thread::sleep(Duration::from_millis(200));
        let tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        tails.get(name).map(Tail::text).unwrap_or_default()
    }

    fn follow(
        &self,
        name: &'static str,
        pipe: impl Read + Send + 'static,
        on_line: impl Fn(&str) -> bool + Send + 'static,
    ) {
        let (tails, shown) = (Arc::clone(&self.tails), Arc::clone(&self.shown));
        thread::spawn(move || {
            for line in lines(pipe).filter(|line| on_line(line)) {
                if shown.load(Ordering::Relaxed) {
                    println!("{name:>8} | {line}");
                }
                tails
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .entry(name)
                    .or_default()
                    .push(line);
            }
        });
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for running in &mut self.running {
            running.ask_to_end();
        }
        let deadline = Instant::now() + PATIENCE;
        for running in &mut self.running {
            while matches!(running.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(20));
            }
            // Even when its first process is gone: the others of its group may not be.
            let _ = running.child.start_kill();
            let _ = running.child.wait();
        }
    }
}

impl Running {
    fn ask_to_end(&mut self) {
        #[cfg(unix)]
        {
            const SIGTERM: i32 = 15;
            let _ = self.child.signal(SIGTERM);
        }
        self._stdin = None;
    }
}
