//! Writes a body that the runtime sends as it comes.
//!
//! In: bytes. Out: the readable side for a response. Writes resolve when the client takes the bytes: that is the
//! back pressure.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::{body_reader::ignore, js::IdentityTransformStream};

/// The writing side of a response body.
pub struct BodyWriter(web_sys::WritableStreamDefaultWriter);

impl BodyWriter {
    /// A writer, and the stream to answer with.
    ///
    /// # Errors
    /// Never on the platform: a new stream is not locked.
    pub fn new() -> Result<(Self, web_sys::ReadableStream), JsValue> {
        let stream = IdentityTransformStream::new();
        let writer = stream.writable().get_writer()?;
        Ok((Self(writer), stream.readable()))
    }

    /// Writes `bytes`, in one crossing.
    ///
    /// # Errors
    /// The client is gone.
    pub fn write(&self, bytes: &[u8]) -> impl Future<Output = Result<(), JsValue>> + use<> {
        let promise = self.0.write_with_chunk(&Uint8Array::from(bytes));
        async move { JsFuture::from(promise).await.map(|_| ()) }
    }

    /// The body is complete.
    pub async fn close(&self) {
        let _ = JsFuture::from(self.0.close()).await;
    }

    /// The body broke off: the client must not take it for complete.
    pub fn abort(&self) {
        ignore(
            self.0
                .abort_with_reason(&JsValue::from_str("the origin's body broke off")),
        );
    }
}
