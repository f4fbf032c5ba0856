//! What somebody waits for, by number. A number is never given twice, so an answer that comes when nobody waits any longer
//! meets nobody else.
//!
//! In: numbers, wakers, values. Out: values. It never calls a waker, and never drops one or a value: either may run code that
//! comes back here.

use std::task::Waker;

/// Bits of a number that are its place; the others count how often the place was given before. All of it is exact as `f64`.
const PLACE_BITS: u32 = 21;

/// The values that are waited for.
#[derive(Debug)]
pub struct Waiting<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<T> {
    /// How often this place was given before.
    round: u32,
    state: State<T>,
}

#[derive(Debug)]
enum State<T> {
    Free,
    Pending(Option<Waker>),
    Ready(T),
}

/// What a look at a number finds.
#[derive(Debug)]
pub enum Look<T> {
    /// The value. The number is spent.
    Ready(T),
    /// Not yet. What was to be woken before, if it is another one: to be dropped.
    Pending(Option<Waker>),
}

/// What is to be dropped by whoever ends a number.
#[derive(Debug)]
pub enum Rest<T> {
    /// Nothing.
    Nothing,
    /// Who would have been woken.
    Waker(Waker),
    /// What would have been taken.
    Value(T),
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Waiting<T> {
    /// Nothing is waited for.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    /// A new number; `None` when two million are waited for.
    pub fn open(&mut self) -> Option<u64> {
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                let place = u32::try_from(self.slots.len()).ok()?;
                if place >> PLACE_BITS > 0 {
                    return None;
                }
                self.slots.push(Slot {
                    round: 0,
                    state: State::Free,
                });
                place
            }
        };
        let slot = self.slots.get_mut(place as usize)?;
        slot.state = State::Pending(None);
        Some(u64::from(slot.round) << PLACE_BITS | u64::from(place))
    }

    /// The value of `number` has come. Who is to be woken now, or the value, where nobody waits.
    pub fn settle(&mut self, number: u64, value: T) -> Rest<T> {
        match self.slot(number) {
            Some(slot) if matches!(slot.state, State::Pending(_)) => {
                match std::mem::replace(&mut slot.state, State::Ready(value)) {
                    State::Pending(Some(waker)) => Rest::Waker(waker),
                    _ => Rest::Nothing,
                }
            }
            _ => Rest::Value(value),
        }
    }

    /// Takes the value of `number`, or notes whom to wake. A number that is spent is pending for ever.
    pub fn look(&mut self, number: u64, waker: &Waker) -> Look<T> {
        let Some(slot) = self.slot(number) else {
            return Look::Pending(None);
        };
        match &mut slot.state {
            State::Pending(Some(noted)) if noted.will_wake(waker) => Look::Pending(None),
            State::Pending(noted) => Look::Pending(noted.replace(waker.clone())),
            State::Ready(_) => match self.close(number) {
                Rest::Value(value) => Look::Ready(value),
                _ => Look::Pending(None),
            },
            State::Free => Look::Pending(None),
        }
    }

    /// Nobody waits for `number` any longer. Again is as good as once.
    pub fn close(&mut self, number: u64) -> Rest<T> {
        let Some(slot) = self.slot(number) else {
            return Rest::Nothing;
        };
        let state = std::mem::replace(&mut slot.state, State::Free);
        if matches!(state, State::Free) {
            return Rest::Nothing;
        }
        // A place whose rounds are used up is never given again.
        if let Some(round) = slot.round.checked_add(1) {
            slot.round = round;
            self.free.push(place(number));
        }
        match state {
            State::Pending(Some(waker)) => Rest::Waker(waker),
            State::Ready(value) => Rest::Value(value),
            State::Pending(None) | State::Free => Rest::Nothing,
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let is_free = |slot: &&Slot<T>| matches!(slot.state, State::Free);
        self.slots.len() - self.slots.iter().filter(is_free).count()
    }

    fn slot(&mut self, number: u64) -> Option<&mut Slot<T>> {
        let slot = self.slots.get_mut(place(number) as usize)?;
        (u64::from(slot.round) == number >> PLACE_BITS).then_some(slot)
    }
}

const fn place(number: u64) -> u32 {
    (number & ((1 << PLACE_BITS) - 1)) as u32
}

#[cfg(test)]
mod tests;
