use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Wake, Waker},
};

use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (Arc::clone(&bell), bell.into())
}

#[test]
fn a_value_wakes_whoever_looked_last_and_is_taken_once() {
    let mut waiting = Waiting::new();
    let (first, first_waker) = bell();
    let (second, second_waker) = bell();
    let number = waiting.open().unwrap();
    assert!(matches!(
        waiting.look(number, &first_waker),
        Look::Pending(None)
    ));
    assert!(matches!(
        waiting.look(number, &first_waker),
        Look::Pending(None)
    ));
    assert!(matches!(
        waiting.look(number, &second_waker),
        Look::Pending(Some(_))
    ));
    let Rest::Waker(waker) = waiting.settle(number, "value") else {
        panic!("nobody is woken");
    };
    waker.wake();
    assert_eq!(first.0.load(Ordering::SeqCst), 0);
    assert_eq!(second.0.load(Ordering::SeqCst), 1);
    assert!(matches!(
        waiting.look(number, &first_waker),
        Look::Ready("value")
    ));
    assert_eq!(waiting.len(), 0);
    assert!(matches!(
        waiting.look(number, &first_waker),
        Look::Pending(None)
    ));
}

#[test]
fn a_value_that_comes_too_late_is_not_given_to_whoever_has_the_place_now() {
    let mut waiting = Waiting::new();
    let (_, waker) = bell();
    let gone = waiting.open().unwrap();
    assert!(matches!(waiting.close(gone), Rest::Nothing));
    let now = waiting.open().unwrap();
    assert_ne!(gone, now);
    assert!(matches!(waiting.settle(gone, "late"), Rest::Value("late")));
    assert!(matches!(waiting.look(now, &waker), Look::Pending(None)));
    assert!(matches!(waiting.close(gone), Rest::Nothing));
    assert!(matches!(waiting.settle(now, "in time"), Rest::Waker(_)));
    assert!(matches!(waiting.look(now, &waker), Look::Ready("in time")));
}

#[test]
fn a_second_value_is_refused() {
    let mut waiting = Waiting::new();
    let (_, waker) = bell();
    let number = waiting.open().unwrap();
    assert!(matches!(waiting.settle(number, 1), Rest::Nothing));
    assert!(matches!(waiting.settle(number, 2), Rest::Value(2)));
    assert!(matches!(waiting.look(number, &waker), Look::Ready(1)));
}

#[test]
fn a_place_whose_rounds_are_used_up_is_not_given_again() {
    let mut waiting = Waiting::<()>::new();
    let first = waiting.open().unwrap();
    waiting.slots[0].round = u32::MAX;
    let last = u64::from(u32::MAX) << PLACE_BITS | first;
    assert_eq!(last as f64 as u64, last);
    assert!(matches!(waiting.close(last), Rest::Nothing));
    assert_eq!(waiting.open(), Some(1));
    assert!(matches!(waiting.settle(last, ()), Rest::Value(())));
}

proptest! {
    /// Whatever order they come in: each value meets the one who waits for it, or nobody, and nothing is left.
    #[test]
    fn no_value_meets_another(steps in prop::collection::vec((0..4_u8, 0..8_usize), 0..200)) {
        let mut waiting = Waiting::new();
        let mut open: Vec<u64> = Vec::new();
        let mut all: Vec<u64> = Vec::new();
        let (_, waker) = bell();
        for (what, which) in steps {
            match what {
                0 => {
                    let number = waiting.open().unwrap();
                    prop_assert!(!all.contains(&number));
                    open.push(number);
                    all.push(number);
                }
                1 if !all.is_empty() => {
                    let number = all[which % all.len()];
                    let _ = waiting.settle(number, number);
                }
                2 if !open.is_empty() => {
                    let number = open.remove(which % open.len());
                    let _ = waiting.close(number);
                }
                3 if !open.is_empty() => {
                    let at = which % open.len();
                    if let Look::Ready(value) = waiting.look(open[at], &waker) {
                        prop_assert_eq!(value, open.remove(at));
                    }
                }
                _ => {}
            }
            prop_assert_eq!(waiting.len(), open.len());
        }
    }
}
