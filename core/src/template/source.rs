//! The bytes of a page that are still needed, addressed by their offset in the page.
//!
//! In: chunks. Out: slices by absolute range. It never hands out a byte that was not received.

use super::Range;

/// A window onto a page: bytes before [`Source::start`] have left and are forgotten.
#[derive(Debug, Default)]
pub struct Source {
    start: usize,
    bytes: Vec<u8>,
}

impl Source {
    /// A source that holds a whole document from offset 0.
    #[must_use]
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self { start: 0, bytes }
    }

    /// Appends a chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    /// Offset of the first byte still held.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Offset after the last byte received.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of `range`; empty where they are no longer, or not yet, held.
    #[must_use]
    pub fn slice(&self, range: Range) -> &[u8] {
        let start = range.start.saturating_sub(self.start);
        let end = range.end.saturating_sub(self.start);
        if range.start < self.start {
            debug_assert!(false, "bytes asked for after they left");
            return &[];
        }
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Forgets everything before `offset`.
    pub fn forget_before(&mut self, offset: usize) {
        let gone = offset.saturating_sub(self.start).min(self.bytes.len());
        if gone == 0 {
            return;
        }
        if gone == self.bytes.len() {
            self.bytes.clear();
        } else {
            self.bytes.drain(..gone);
        }
        self.start += gone;
    }

    /// Moves everything before `offset` to `out`, without a copy where it is all there is.
    pub fn take_before(&mut self, offset: usize, out: &mut Vec<u8>) {
        let count = offset.saturating_sub(self.start).min(self.bytes.len());
        if out.is_empty() && count * 2 > self.bytes.len() {
            let tail = self.bytes.split_off(count);
            *out = std::mem::replace(&mut self.bytes, tail);
            self.start += count;
        } else {
            out.extend_from_slice(self.bytes.get(..count).unwrap_or_default());
            self.forget_before(offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_stay_absolute_while_bytes_leave() {
        let mut source = Source::default();
        source.push(b"abc");
        source.push(b"defg");
        assert_eq!(source.slice(Range::new(2, 5)), b"cde");
        source.forget_before(4);
        assert_eq!((source.start(), source.end(), source.held()), (4, 7, 3));
        assert_eq!(source.slice(Range::new(5, 7)), b"fg");
        assert_eq!(source.slice(Range::new(5, 9)), b"", "not yet received");
        source.forget_before(99);
        assert_eq!((source.start(), source.end()), (7, 7));
    }

    #[test]
    fn taking_keeps_the_rest_in_place() {
        for before in 0..=6 {
            let mut source = Source::whole(b"abcdef".to_vec());
            let mut out = Vec::new();
            source.take_before(before, &mut out);
            assert_eq!(out, &b"abcdef"[..before]);
            assert_eq!(source.slice(Range::new(before, 6)), &b"abcdef"[before..]);
            let mut more = b"x".to_vec();
            source.take_before(6, &mut more);
            assert_eq!(more.len(), 1 + 6 - before);
        }
    }
}
