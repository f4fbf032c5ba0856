//! Many small checks on all cores.
//!
//! In: items and a check. Out: nothing; a check that fails fails the test. It never changes what is checked.

use std::{num::NonZero, thread};

/// Runs `check` on every item.
pub fn each<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for first in 0..threads {
            let check = &check;
            scope.spawn(move || items.iter().skip(first).step_by(threads).for_each(check));
        }
    });
}
