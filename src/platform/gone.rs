//! Whether the visitor has gone away while the page is under way.
//!
//! In: the request's signal (compatibility flag `enable_request_signal`). Out: a future. Without the flag it never
//! resolves, and the next write tells instead.

use futures_util::future::{LocalBoxFuture, pending, ready};
use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Tells when the visitor of a request has gone.
pub struct Gone(Option<web_sys::AbortSignal>);

impl Gone {
    /// Listens to `request`.
    pub fn of(request: &web_sys::Request) -> Self {
        let signal = Reflect::get(request, &JsValue::from_str("signal")).ok();
        Self(signal.and_then(|signal| signal.dyn_into().ok()))
    }

    /// Nobody to go away, as long as nothing was sent.
    pub const fn never() -> Self {
        Self(None)
    }

    /// Resolves when the visitor has gone.
    pub fn wait(self) -> LocalBoxFuture<'static, ()> {
        let Some(signal) = self.0 else {
            return Box::pin(pending());
        };
        if signal.aborted() {
            return Box::pin(ready(()));
        }
        let promise = Promise::new(&mut |resolve, _| signal.set_onabort(Some(&resolve)));
        Box::pin(async move {
            let _ = JsFuture::from(promise).await;
        })
    }
}
