//! Reads a body in pieces that are worth a crossing between JavaScript and wasm.
//!
//! In: a byte stream. Out: chunks. It never waits for more bytes than have arrived, unless the body is plainly
//! pouring in: see [`Pace`].

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::js::{ByobReader, ReadResult};

/// Bytes offered to one read. 64 KiB holds most XM pages in two or three reads.
const BUFFER_BYTES: u32 = 64 * 1024;
/// Least bytes of a read while the body pours in: one crossing costs about as much as parsing 16 KiB.
const POURING_MIN_BYTES: u32 = 16 * 1024;
/// A read this small wastes its crossing …
const SMALL_READ_BYTES: u32 = 16 * 1024;
/// … but one smaller than this says that the origin writes with care, and may pause after any byte.
const TRICKLE_BYTES: u32 = 1024;
/// So many small reads without a wait mean that the body pours in.
const POURING_AFTER: u8 = 4;

/// Whether the body pours in, in small HTTP chunks.
#[derive(Debug, Default)]
struct Pace {
    quick_small_reads: u8,
}

impl Pace {
    fn min_bytes(&self) -> Option<u32> {
        (self.quick_small_reads >= POURING_AFTER).then_some(POURING_MIN_BYTES)
    }

    fn note(&mut self, bytes: u32, waited: bool) {
        let pouring = !waited && bytes >= TRICKLE_BYTES;
        if !pouring {
            self.quick_small_reads = 0;
        } else if bytes < SMALL_READ_BYTES {
            self.quick_small_reads = self.quick_small_reads.saturating_add(1);
        }
    }
}

/// A body being read.
pub struct BodyReader {
    reader: ByobReader,
    buffer: Option<Uint8Array>,
    pace: Pace,
}

impl BodyReader {
    /// Locks `body` for reading.
    ///
    /// # Errors
    /// The stream is locked already, or is none of bytes.
    pub fn new(body: &web_sys::ReadableStream) -> Result<Self, JsValue> {
        let options = web_sys::ReadableStreamGetReaderOptions::new();
        options.set_mode(web_sys::ReadableStreamReaderMode::Byob);
        let get_reader: js_sys::Function =
            js_sys::Reflect::get(body, &JsValue::from_str("getReader"))?.dyn_into()?;
        let reader = get_reader.call1(body, &options)?;
        Ok(Self {
            reader: reader.unchecked_into(),
            buffer: None,
            pace: Pace::default(),
        })
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// The body broke off.
    pub async fn read(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let buffer = self
            .buffer
            .take()
            .unwrap_or_else(|| Uint8Array::new_with_length(BUFFER_BYTES));
        let before = js_sys::Date::now();
        let promise = match self.pace.min_bytes() {
            Some(min) => self.reader.read_at_least(min, &buffer),
            None => self.reader.read(&buffer),
        };
        let result: ReadResult = JsFuture::from(promise).await?.unchecked_into();
        let value = result.value().filter(|value| value.length() > 0);
        let Some(value) = value else {
            return Ok(None);
        };
        self.pace.note(value.length(), js_sys::Date::now() > before);
        let bytes = value.to_vec();
        // The buffer went to the runtime and came back inside the result.
        self.buffer = Some(Uint8Array::new(&value.buffer()));
        Ok(Some(bytes))
    }

    /// Reads everything, up to `limit` bytes; `None` when there is more.
    ///
    /// # Errors
    /// The body broke off.
    pub async fn read_to_end(&mut self, limit: usize) -> Result<Option<Vec<u8>>, JsValue> {
        let mut all = Vec::new();
        while let Some(chunk) = self.read().await? {
            if all.len() + chunk.len() > limit {
                self.canceller().cancel();
                return Ok(None);
            }
            if all.is_empty() {
                all = chunk;
            } else {
                all.extend_from_slice(&chunk);
            }
        }
        Ok(Some(all))
    }

    /// A handle that ends the body while a read is under way.
    pub fn canceller(&self) -> Canceller {
        Canceller(self.reader.clone())
    }
}

/// Ends a body that nobody wants any more.
pub struct Canceller(ByobReader);

impl Canceller {
    /// Tells the origin that nobody reads on.
    pub fn cancel(&self) {
        ignore(self.0.cancel());
    }
}

/// Lets a promise go, without an unhandled rejection.
pub fn ignore(promise: js_sys::Promise) {
    wasm_bindgen_futures::spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}
