//! Time that never runs backwards, made of a wall clock that may.
//!
//! In: what the wall clock says. Out: milliseconds that only grow. A clock that is set back stands still until the next look;
//! one that is set forward moves on. It never reads a clock itself.

/// Milliseconds since nothing in particular.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steady {
    wall_ms: u64,
    now_ms: u64,
}

impl Steady {
    /// The time when the wall clock says `wall_ms`.
    pub const fn at(&mut self, wall_ms: u64) -> u64 {
        self.now_ms = self
            .now_ms
            .saturating_add(wall_ms.saturating_sub(self.wall_ms));
        self.wall_ms = wall_ms;
        self.now_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    #[test]
    fn a_wall_clock_that_is_set_back_stands_still_and_goes_on() {
        let mut steady = Steady::default();
        let start = steady.at(10 * HOUR);
        assert_eq!(steady.at(10 * HOUR + 5), start + 5);
        assert_eq!(steady.at(9 * HOUR), start + 5);
        assert_eq!(steady.at(9 * HOUR + 7), start + 12);
        assert_eq!(steady.at(10 * HOUR + 7), start + 12 + HOUR);
    }

    #[test]
    fn nothing_overflows() {
        let mut steady = Steady::default();
        steady.at(u64::MAX);
        steady.at(0);
        assert_eq!(steady.at(u64::MAX), u64::MAX);
    }
}
