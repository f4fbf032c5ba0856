//! How long a page could not go on.
//!
//! In: whether a component at the front waits, and the time. Out: milliseconds. It never knows what for.

/// The holds of one page.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holds {
    since_ms: Option<u32>,
    total_ms: u32,
}

impl Holds {
    /// At `now_ms` the page waits, or does not.
    pub(super) const fn note(&mut self, waits: bool, now_ms: u32) {
        match self.since_ms {
            None if waits => self.since_ms = Some(now_ms),
            Some(since) if !waits => {
                self.total_ms += now_ms.saturating_sub(since);
                self.since_ms = None;
            }
            _ => {}
        }
    }

    /// Milliseconds of all holds that are over.
    pub(super) const fn total_ms(&self) -> u32 {
        self.total_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_add_up_and_what_lies_between_does_not_count() {
        let mut holds = Holds::default();
        for (waits, now_ms) in [
            (false, 3),
            (true, 10),
            (true, 15),
            (false, 40),
            (false, 90),
            (true, 100),
            // A clock that is set back takes nothing away.
            (false, 99),
            (true, 120),
            (false, 121),
        ] {
            holds.note(waits, now_ms);
        }
        assert_eq!(holds.total_ms(), 31);
    }
}
