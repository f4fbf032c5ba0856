//! Writes a body that the runtime sends as it comes.
//!
//! In: bytes. Out: the readable side for a response. Writes resolve when the client takes the bytes: that is the
//! back pressure.

use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, ready},
};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::{
    js::{self, IdentityTransformStream},
    promise::settled,
};

/// Where a rendered page goes.
pub enum Output {
    /// Into memory, as long as it fits: its ETag must be known before its first byte leaves.
    Memory {
        /// What came so far.
        bytes: Vec<u8>,
        /// Most that may come.
        limit: usize,
    },
    /// Nowhere: only what would be rendered is of interest. The same body goes to the visitor at the visitor's own pace, and
    /// what this one leaves unread would pile up; so it is read on, up to `limit` bytes.
    Nowhere {
        /// Most that may be read.
        limit: u64,
    },
    /// To the visitor.
    Visitor(BodyWriter),
}

impl Output {
    /// Takes `bytes`; the future resolves when more may come.
    ///
    /// # Errors
    /// The visitor is gone, or the memory full.
    pub fn write(&mut self, bytes: &[u8]) -> LocalBoxFuture<'static, Result<(), JsValue>> {
        match self {
            Self::Memory { bytes: kept, limit } => {
                let fits = kept.len() + bytes.len() <= *limit;
                if fits {
                    kept.extend_from_slice(bytes);
                }
                ready(fits.then_some(()).ok_or(JsValue::NULL)).boxed_local()
            }
            Self::Nowhere { .. } => ready(Ok(())).boxed_local(),
            Self::Visitor(writer) => writer.write(bytes).boxed_local(),
        }
    }

    /// Most bytes of XM's body that are looked at; `None`: all, at the pace at which they are taken.
    pub const fn limit(&self) -> Option<u64> {
        match self {
            Self::Nowhere { limit } => Some(*limit),
            Self::Memory { .. } | Self::Visitor(_) => None,
        }
    }

    /// Takes the last `bytes`; the future resolves when all have been taken.
    ///
    /// # Errors
    /// The visitor is gone, or the memory full.
    pub async fn finish(&mut self, bytes: Vec<u8>) -> Result<(), JsValue> {
        match self {
            // All there is: it is kept as it is.
            Self::Memory { bytes: kept, limit } if kept.is_empty() && bytes.len() <= *limit => {
                *kept = bytes;
                Ok(())
            }
            Self::Memory { .. } | Self::Nowhere { .. } => self.write(&bytes).await,
            Self::Visitor(writer) => writer.finish(&bytes).await,
        }
    }

    /// The page broke off.
    pub fn abort(&self) {
        match self {
            Self::Memory { .. } | Self::Nowhere { .. } => {}
            Self::Visitor(writer) => writer.abort(),
        }
    }
}

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
        settled(&self.0.write_with_chunk(&Uint8Array::from(bytes))).map(|taken| taken.map(|_| ()))
    }

    /// Writes the last `bytes`. The end follows them at once, and one wait is for both.
    async fn finish(&self, bytes: &[u8]) -> Result<(), JsValue> {
        if !bytes.is_empty() {
            // When this fails, so does the end behind it.
            js::ignore(&self.0.write_with_chunk(&Uint8Array::from(bytes)));
        }
        settled(&self.0.close()).await.map(|_| ())
    }

    /// The body broke off: the client must not take it for complete.
    pub fn abort(&self) {
        let why = JsValue::from_str("the origin's body broke off");
        js::ignore(&self.0.abort_with_reason(&why));
    }
}

/// Moves `body` to a stream whose length nobody knows, in the runtime, without a byte passing through here.
///
/// # Errors
/// Never on the platform: a new stream is not locked.
pub fn without_length(body: &web_sys::ReadableStream) -> Result<web_sys::ReadableStream, JsValue> {
    let stream = IdentityTransformStream::new();
    js::ignore(&body.pipe_to(&stream.writable()));
    Ok(stream.readable())
}
