//! What was asked and what was answered: one entry per key, so that nothing is ever asked twice.
//!
//! In: wishes, answers and the end of the budget. Out: what to ask next, and the state of each key. It serves
//! flows (by friendly id) and fragments (by path) alike, and never reads a clock: times are arguments.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    rc::Rc,
};

use crate::reason::Failure;

/// State of one key.
#[derive(Debug)]
pub enum Answer<T> {
    /// Answered in time.
    Done(Rc<T>),
    /// Will not be answered.
    Failed(Failure),
    /// Asked, or about to be.
    Pending,
    /// Nobody wished for it yet.
    Unknown,
}

#[derive(Debug)]
struct Entry<T> {
    answer: Result<Rc<T>, Failure>,
    settled: bool,
    asked_at_ms: Option<u32>,
    took_ms: u32,
}

/// The book of one page view.
#[derive(Debug)]
pub struct DecisionBook<K, T> {
    entries: HashMap<K, Entry<T>>,
    wishes: VecDeque<K>,
    expired: bool,
}

impl<K, T> Default for DecisionBook<K, T> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            wishes: VecDeque::new(),
            expired: false,
        }
    }
}

impl<K: Clone + Eq + Hash, T> DecisionBook<K, T> {
    /// Wishes for `key`, once; after the budget's end the answer is a timeout at once, and nobody is asked.
    pub fn wish(&mut self, key: &K) {
        if self.entries.contains_key(key) {
            return;
        }
        let entry = Entry {
            answer: Err(Failure::Timeout),
            settled: self.expired,
            asked_at_ms: None,
            took_ms: 0,
        };
        self.entries.insert(key.clone(), entry);
        if !self.expired {
            self.wishes.push_back(key.clone());
        }
    }

    /// Notes what is known of `key` already, after `took_ms` milliseconds: nobody is asked for it any more.
    pub fn know(&mut self, key: K, answer: Result<T, Failure>, took_ms: u32) {
        self.entries.entry(key).or_insert_with(|| Entry {
            answer: answer.map(Rc::new),
            settled: true,
            asked_at_ms: None,
            took_ms,
        });
    }

    /// The next key to ask for, marked as asked at `now_ms`.
    pub fn next_wish(&mut self, now_ms: u32) -> Option<K> {
        let key = self.wishes.pop_front()?;
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.asked_at_ms = Some(now_ms);
        }
        Some(key)
    }

    /// Whether somebody is still to be asked.
    #[must_use]
    pub fn has_wishes(&self) -> bool {
        !self.wishes.is_empty()
    }

    /// Notes the answer for `key`; late and unasked answers are dropped.
    pub fn settle(&mut self, key: &K, answer: Result<T, Failure>, now_ms: u32) {
        if let Some(entry) = self.entries.get_mut(key).filter(|entry| !entry.settled) {
            entry.answer = answer.map(Rc::new);
            entry.settled = true;
            entry.took_ms = elapsed(entry.asked_at_ms, now_ms);
        }
    }

    /// Ends the budget: everything open is a timeout.
    pub fn expire(&mut self, now_ms: u32) {
        self.expired = true;
        self.wishes.clear();
        for entry in self.entries.values_mut().filter(|entry| !entry.settled) {
            entry.settled = true;
            entry.took_ms = elapsed(entry.asked_at_ms, now_ms);
        }
    }

    /// State of `key`.
    #[must_use]
    pub fn answer(&self, key: &K) -> Answer<T> {
        match self.entries.get(key) {
            None => Answer::Unknown,
            Some(entry) if !entry.settled => Answer::Pending,
            Some(entry) => match &entry.answer {
                Ok(answer) => Answer::Done(Rc::clone(answer)),
                Err(failure) => Answer::Failed(*failure),
            },
        }
    }

    /// Milliseconds from asking to the answer (or to the budget's end); 0 when nobody was asked.
    #[must_use]
    pub fn took_ms(&self, key: &K) -> u32 {
        self.entries.get(key).map_or(0, |entry| entry.took_ms)
    }
}

/// Never negative, whatever the clock did in between.
fn elapsed(since_ms: Option<u32>, now_ms: u32) -> u32 {
    since_ms.map_or(0, |since| now_ms.saturating_sub(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> DecisionBook<&'static str, u8> {
        DecisionBook::default()
    }

    #[test]
    fn a_key_is_asked_once_however_often_it_is_wished_for() {
        let mut book = book();
        book.wish(&"a");
        book.wish(&"a");
        assert_eq!(book.next_wish(0), Some("a"));
        book.wish(&"a");
        assert_eq!(book.next_wish(0), None);
    }

    #[test]
    fn an_answer_after_the_budget_is_dropped() {
        let mut book = book();
        book.wish(&"a");
        book.next_wish(5);
        book.expire(400);
        book.settle(&"a", Ok(1), 401);
        assert!(matches!(
            book.answer(&"a"),
            Answer::Failed(Failure::Timeout)
        ));
        assert_eq!(book.took_ms(&"a"), 395);
    }

    #[test]
    fn after_the_budget_nobody_is_asked() {
        let mut book = book();
        book.expire(400);
        book.wish(&"a");
        assert_eq!(book.next_wish(401), None);
        assert!(matches!(
            book.answer(&"a"),
            Answer::Failed(Failure::Timeout)
        ));
    }

    #[test]
    fn what_is_known_is_never_asked_for() {
        let mut book = book();
        book.know("a", Ok(1), 7);
        book.know("a", Ok(2), 8);
        book.wish(&"a");
        assert_eq!(book.next_wish(0), None);
        book.settle(&"a", Ok(3), 10);
        book.expire(400);
        assert!(matches!(book.answer(&"a"), Answer::Done(one) if *one == 1));
        assert_eq!(book.took_ms(&"a"), 7);
    }

    #[test]
    fn the_first_answer_stands() {
        let mut book = book();
        book.settle(&"never", Ok(9), 0);
        assert!(
            matches!(book.answer(&"never"), Answer::Unknown),
            "nobody asked"
        );
        book.wish(&"a");
        book.settle(&"a", Ok(1), 1);
        book.settle(&"a", Err(Failure::CdpError), 2);
        assert!(matches!(book.answer(&"a"), Answer::Done(one) if *one == 1));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_no_negative_time() {
        let mut book = book();
        book.wish(&"a");
        book.next_wish(1_000);
        book.settle(&"a", Ok(1), 10);
        assert_eq!(book.took_ms(&"a"), 0);
    }
}
