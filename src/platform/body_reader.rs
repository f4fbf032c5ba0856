//! Reads a body in pieces that are worth a crossing between JavaScript and wasm.
//!
//! In: a byte stream. Out: chunks. It never waits for more bytes than have arrived, unless the body is plainly
//! pouring in: see [`Pace`].

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    js::{self, ByobReader, ByteStream, ReadResult},
    promise::settled,
};

/// Bytes offered to the first read: what it brings is on its way to the visitor before more is looked at.
const FIRST_BUFFER: u32 = 16 * 1024;
/// Most bytes offered to one more read of a body whose length is known: the fewer reads the better …
const LARGEST_BUFFER: u32 = 256 * 1024;
/// … and to one read of any other.
const BUFFER_BYTES: u32 = 64 * 1024;
/// Least bytes of a read while the body pours in: one crossing costs about as much as parsing 16 KiB.
const POURING_MIN_BYTES: u32 = 16 * 1024;
/// A read this small wastes its crossing.
const SMALL_READ_BYTES: u32 = 16 * 1024;
/// A read that took so many milliseconds waited for the origin. One less says nothing: the clock may just have ticked.
const WAIT_MS: f64 = 2.0;
/// So many bytes in small reads, none of which waited, mean that the body pours in: in small HTTP chunks, which come as
/// they are and not joined (a chunk of 4096 bytes as 4072 and 24).
const POURING_AFTER_BYTES: u32 = 16 * 1024;

/// Whether the body pours in, in small pieces. Then, and only then, a read waits until [`POURING_MIN_BYTES`] are
/// there: should the origin pause at that very moment, less than that is held back until it goes on.
#[derive(Debug, Default)]
struct Pace {
    in_small_reads: u32,
}

impl Pace {
    fn min_bytes(&self) -> Option<u32> {
        (self.in_small_reads >= POURING_AFTER_BYTES).then_some(POURING_MIN_BYTES)
    }

    fn note(&mut self, bytes: u32, took_ms: f64) {
        if took_ms >= WAIT_MS {
            self.in_small_reads = 0;
        } else if bytes < SMALL_READ_BYTES {
            self.in_small_reads = self.in_small_reads.saturating_add(bytes);
        }
    }
}

/// A body being read.
pub struct BodyReader {
    reader: ByobReader,
    /// What the next read fills; `None`: a new one.
    buffer: Option<Uint8Array>,
    /// Bytes offered to each read after the first.
    offered: u32,
    pace: Pace,
}

impl BodyReader {
    /// Locks `body` for reading.
    ///
    /// # Errors
    /// The stream is locked already, or is none of bytes.
    pub fn new(body: &web_sys::ReadableStream) -> Result<Self, JsValue> {
        Self::with_buffer(body, BUFFER_BYTES)
    }

    /// Locks `body`, whose length in bytes is known, for reading.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_length(body: &web_sys::ReadableStream, length: u64) -> Result<Self, JsValue> {
        let buffer = u32::try_from(length).unwrap_or(u32::MAX);
        Self::with_buffer(body, buffer.clamp(1, LARGEST_BUFFER))
    }

    fn with_buffer(body: &web_sys::ReadableStream, bytes: u32) -> Result<Self, JsValue> {
        let options = web_sys::ReadableStreamGetReaderOptions::new();
        options.set_mode(web_sys::ReadableStreamReaderMode::Byob);
        let reader = body.unchecked_ref::<ByteStream>().get_reader(&options)?;
        Ok(Self {
            reader,
            buffer: Some(Uint8Array::new_with_length(bytes.min(FIRST_BUFFER))),
            offered: bytes,
            pace: Pace::default(),
        })
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// The body broke off.
    pub async fn read(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let before = js_sys::Date::now();
        let offered = self.offered;
        let new = || Uint8Array::new_with_length(offered);
        let buffer = self.buffer.take().unwrap_or_else(new);
        let promise = match self.pace.min_bytes() {
            Some(min) => self.reader.read_at_least(min.min(buffer.length()), &buffer),
            None => self.reader.read(&buffer),
        };
        let result: ReadResult = settled(&promise).await?.unchecked_into();
        let value = result.value().filter(|value| value.length() > 0);
        let Some(value) = value else {
            return Ok(None);
        };
        self.pace.note(value.length(), js_sys::Date::now() - before);
        let bytes = value.to_vec();
        // The buffer went to the runtime and came back inside the result.
        let buffer = value.buffer();
        self.buffer = (buffer.byte_length() >= offered).then(|| Uint8Array::new(&buffer));
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
        js::ignore(&self.0.cancel());
    }
}
