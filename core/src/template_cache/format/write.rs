//! Writes numbers and texts.
//!
//! In: values. Out: bytes behind a body. Numbers take seven bits a byte, the lowest first (LEB128).

/// Bytes that grow.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Behind `body`.
    pub(super) fn new(body: &[u8]) -> Self {
        // Parts are small beside the body.
        let mut bytes = Vec::with_capacity(body.len() + body.len() / 16 + 1024);
        bytes.extend_from_slice(body);
        Self(bytes)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while let Some(low) = u8::try_from(number & 0x7f).ok().filter(|_| number > 0x7f) {
            self.0.push(low | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or_default());
    }

    pub(super) fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A value that may be absent: its presence, then what `write` writes of it.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => {
                self.byte(1);
                write(self, value);
            }
            None => self.byte(0),
        }
    }

    /// A list: how many, then each.
    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.length(items.len());
        for item in items {
            write(self, item);
        }
    }
}
