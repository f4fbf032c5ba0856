//! Phase 3: XM and, for a visitor without one, the browser id are asked at once.
//!
//! In: a request that may be a page view. Out: XM's answer, unread. (Where a rule decides on the page as a whole, `whole` does
//! this.)

use futures_util::{FutureExt, future::FusedFuture};
use wasm_bindgen::JsValue;

use super::{
    PageRequest,
    identity::Identity,
    whole::Decided,
    xm::{Unwanted, XmAnswer},
};

/// What a page begins with.
pub(super) struct Begun {
    /// XM's answer.
    pub(super) fetched: Result<XmAnswer, JsValue>,
    /// When its headers were there.
    pub(super) origin_ms: u32,
    /// The visitor's id, if it was there before XM's answer or had to be waited for.
    pub(super) identity: Option<Identity>,
    /// What was decided on the page as a whole.
    pub(super) decided: Option<Decided>,
    /// What XM was asked for, where it was another page.
    pub(super) to_xm: Option<web_sys::Request>,
}

impl PageRequest<'_> {
    /// Asks XM, and goes on as soon as it answers.
    pub(super) async fn start(
        &self,
        mut creating: &mut (impl FusedFuture<Output = Identity> + Unpin),
    ) -> Begun {
        let mut fetching = Box::pin(self.ask_xm(&self.to_xm, Unwanted::ReadOn).fuse());
        let mut identity = None;
        let fetched = loop {
            futures_util::select_biased! {
                fetched = fetching => break fetched,
                created = creating => identity = Some(created),
            }
        };
        Begun {
            fetched,
            origin_ms: self.clock.now_ms(),
            identity,
            decided: None,
            to_xm: None,
        }
    }
}
