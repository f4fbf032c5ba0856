//! The oracle of resting: a parser that reads every byte, to be compared with the one that does not.
//!
//! In: something that compiles a page. Out: what comes of it where the parser never rests. It is part of tests and of fuzzing
//! alone.

use std::cell::Cell;

thread_local! {
    static RESTLESS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `compile` with a parser that never rests.
pub fn restless<T>(compile: impl FnOnce() -> T) -> T {
    RESTLESS.set(true);
    let compiled = compile();
    RESTLESS.set(false);
    compiled
}

/// Whether the parser must not rest.
pub(super) fn is_wanted() -> bool {
    RESTLESS.get()
}
