//! One breaker: closed, or open with a probe now and then.
//!
//! In: outcomes of calls that it let through. Out: whether the next one may go. Times are a [`Steady`](crate::steady::Steady)'s
//! milliseconds.

use std::collections::VecDeque;

/// So many of the latest calls are remembered …
pub const RECENT: usize = 20;
/// … and when so many of them failed …
pub const FAILURES: usize = 10;
/// … within so many milliseconds, the breaker opens: at any traffic half of the calls, and never a few among thousands.
pub const WINDOW_MS: u64 = 10_000;
/// While it is open one call goes through in so many milliseconds.
pub const PROBE_EVERY_MS: u64 = 5_000;

/// That a call was let through, and in which state of the breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// A breaker.
#[derive(Clone, Debug, Default)]
pub(super) struct Circuit {
    recent: VecDeque<Outcome>,
    open: Option<Open>,
    /// Changes with every opening and closing: what began before says nothing about now.
    state: u64,
}

#[derive(Clone, Copy, Debug)]
struct Outcome {
    at_ms: u64,
    failed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since_ms: u64,
    /// When the last probe began; at first, when the breaker opened.
    probed_ms: u64,
}

impl Circuit {
    /// Whether a call may go now.
    pub(super) fn allows(&self, now_ms: u64) -> bool {
        self.open
            .is_none_or(|open| now_ms.saturating_sub(open.probed_ms) >= PROBE_EVERY_MS)
    }

    /// Lets a call go that is [allowed](Self::allows). While the breaker is open that is the probe. It holds nothing: whatever
    /// becomes of it, even nothing at all, the next one may go in its turn.
    pub(super) const fn take(&mut self, now_ms: u64) -> Ticket {
        if let Some(open) = &mut self.open {
            open.probed_ms = now_ms;
        }
        Ticket(self.state)
    }

    /// What came of a call; `next` numbers the states. Gives whether the breaker opened by it.
    pub(super) fn settle(
        &mut self,
        ticket: Ticket,
        failed: bool,
        now_ms: u64,
        next: &mut u64,
    ) -> bool {
        if ticket.0 != self.state {
            return false;
        }
        if self.open.is_some() {
            if !failed {
                self.open = None;
                self.recent.clear();
                self.change(next);
            }
            return false;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Outcome {
            at_ms: now_ms,
            failed,
        });
        let counts = |outcome: &&Outcome| {
            outcome.failed && now_ms.saturating_sub(outcome.at_ms) <= WINDOW_MS
        };
        let opens = failed && self.recent.iter().filter(counts).count() >= FAILURES;
        if opens {
            self.open = Some(Open {
                since_ms: now_ms,
                probed_ms: now_ms,
            });
            self.recent.clear();
            self.change(next);
        }
        opens
    }

    const fn change(&mut self, next: &mut u64) {
        *next += 1;
        self.state = *next;
    }

    /// Since when it is open.
    pub(super) fn open_since_ms(&self) -> Option<u64> {
        self.open.map(|open| open.since_ms)
    }

    /// How much it would be missed: an open one more than a closed one, then the one that was heard of last.
    pub(super) fn worth(&self) -> (bool, u64) {
        match (self.open, self.recent.back()) {
            (Some(open), _) => (true, open.probed_ms),
            (None, Some(latest)) => (false, latest.at_ms),
            (None, None) => (false, 0),
        }
    }
}
