//! Whether the visitor has gone away while the answer is under way.
//!
//! In: the request's signal (compatibility flag `enable_request_signal`). Out: a future, as often as it is wanted. Without the flag it
//! never resolves, and the next write tells instead.

use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared, pending},
};

use super::{js, promise};

/// Resolves when the visitor of a request has gone.
pub type Gone = Shared<LocalBoxFuture<'static, ()>>;

/// Listens to `request`.
pub fn of(request: &web_sys::Request) -> Gone {
    let left = promise::begin(|tell, number| js::watch(request, tell, number));
    left.map(drop).boxed_local().shared()
}

/// Nobody to go away, as long as nothing was sent.
pub fn never() -> Gone {
    pending().boxed_local().shared()
}
