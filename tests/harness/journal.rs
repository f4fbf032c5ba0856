//! Ordering without sleeping. In: things that happened, in any thread. Out: waits that end as soon as they
//! have happened. Nothing here polls, and no wait outlasts the hang limit.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Instant,
};

use crate::HANG_LIMIT;

/// A gate that opens once. A script waits at it; a test opens it (or the other way round).
#[derive(Clone, Default)]
pub struct Latch(Arc<Gate>);

#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Latch {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the gate for good.
    pub fn open(&self) {
        *self.0.open.lock().unwrap() = true;
        self.0.changed.notify_all();
    }

    /// Whether the gate is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self.0.open.lock().unwrap()
    }

    /// Waits for the gate; `false` at the hang limit (a script then gives its connection up).
    #[must_use]
    pub fn pass(&self) -> bool {
        let guard = self.0.open.lock().unwrap();
        let (open, _) = self
            .0
            .changed
            .wait_timeout_while(guard, HANG_LIMIT, |open| !*open)
            .unwrap();
        *open
    }

    /// Waits for the gate in a test.
    ///
    /// # Panics
    /// At the hang limit, naming `what` did not happen.
    pub fn wait(&self, what: &str) {
        assert!(self.pass(), "never happened: {what}");
    }
}

/// A list that grows, and on which one can wait.
#[derive(Clone)]
pub struct Journal<T>(Arc<Entries<T>>);

struct Entries<T> {
    list: Mutex<Vec<T>>,
    grown: Condvar,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self(Arc::new(Entries {
            list: Mutex::new(Vec::new()),
            grown: Condvar::new(),
        }))
    }
}

impl<T: Clone> Journal<T> {
    /// Appends and wakes every waiter.
    pub fn push(&self, entry: T) {
        self.0.list.lock().unwrap().push(entry);
        self.0.grown.notify_all();
    }

    /// Wakes every waiter: an entry that is shared changed.
    pub fn touch(&self) {
        let _list = self.0.list.lock().unwrap();
        self.0.grown.notify_all();
    }

    /// All entries so far.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        self.0
            .list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes all entries so far out: what runs for long must not keep them.
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until `enough` of the entries so far gives something.
    ///
    /// # Panics
    /// At the hang limit, naming `what` did not happen.
    pub fn wait_for<R>(&self, what: &str, mut enough: impl FnMut(&[T]) -> Option<R>) -> R {
        let end = Instant::now() + HANG_LIMIT;
        let mut list = self.0.list.lock().unwrap();
        loop {
            if let Some(found) = enough(&list) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            let count = list.len();
            assert!(
                !left.is_zero(),
                "never happened: {what} ({count} entries were seen)"
            );
            list = self.0.grown.wait_timeout(list, left).unwrap().0;
        }
    }

    /// Waits for the first entry that matches.
    ///
    /// # Panics
    /// At the hang limit, naming `what` did not happen.
    pub fn first(&self, what: &str, matches: impl Fn(&T) -> bool) -> T {
        self.wait_for(what, |all| all.iter().find(|entry| matches(entry)).cloned())
    }
}
