//! Waiting for what JavaScript promises.
//!
//! In: a promise. Out: a future of its value. Dropped before that, it leaves nothing behind: JavaScript holds a number, not a
//! closure. (The future of `wasm-bindgen-futures` keeps its closures, and with them whatever waits, until the promise is settled. The
//! runtime never settles those of a request that it has ended: every visitor who left would stay in memory for ever.)

use std::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll},
};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use xm_edge_core::waiting::{Look, Rest, Waiting};

use super::js;

/// What a promise gave: its value, or why it was rejected.
type Given = Result<JsValue, JsValue>;

thread_local! {
    /// All that is waited for in this isolate. A number says nothing of a request, and is never given twice.
    static WAITING: RefCell<Waiting<Given>> = const { RefCell::new(Waiting::new()) };
    /// What JavaScript calls with a number, whether all is well, and the value. One of an earlier instance is refused by the glue.
    static TELL: Closure<dyn Fn(f64, bool, JsValue)> = Closure::new(tell);
}

/// A value that has been promised.
#[must_use = "nobody waits for it"]
pub struct Settled(Option<u64>);

/// Waits for `promise`.
pub fn settled(promise: &Promise) -> Settled {
    begin(|tell, number| js::settle(promise, tell, number))
}

/// Waits for what `start` begins: it hands its two arguments to JavaScript, which calls the first with the second.
pub fn begin(start: impl FnOnce(&Function, f64)) -> Settled {
    let number = WAITING.with_borrow_mut(Waiting::open);
    if let Some(number) = number {
        #[expect(clippy::cast_precision_loss, reason = "numbers have 53 bits")]
        let as_js = number as f64;
        TELL.with(|tell| start(tell.as_ref().unchecked_ref(), as_js));
    }
    Settled(number)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is one of ours"
)]
fn tell(number: f64, is_well: bool, value: JsValue) {
    let value = if is_well { Ok(value) } else { Err(value) };
    if let Rest::Waker(waker) =
        WAITING.with_borrow_mut(|waiting| waiting.settle(number as u64, value))
    {
        waker.wake();
    }
}

impl Future for Settled {
    type Output = Given;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Given> {
        let Some(number) = self.0 else {
            // Two million are waited for already.
            return Poll::Ready(Err(JsValue::NULL));
        };
        match WAITING.with_borrow_mut(|waiting| waiting.look(number, context.waker())) {
            Look::Ready(given) => {
                self.0 = None;
                Poll::Ready(given)
            }
            Look::Pending(_) => Poll::Pending,
        }
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        if let Some(number) = self.0 {
            // Dropped when nobody holds the list any longer: a waker may end a task, and a task waits for others.
            let rest = WAITING.with_borrow_mut(|waiting| waiting.close(number));
            drop(rest);
        }
    }
}
