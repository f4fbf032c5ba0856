//! The bytes of a page that are still needed, addressed by their offset in the page.
//!
//! In: chunks, or a template that other page views share. Out: slices by absolute range. It never hands out a byte that was
//! not received.

use std::rc::Rc;

use super::{Range, Template};

/// A window onto a page: bytes before [`Source::start`] have left and are forgotten.
#[derive(Debug, Default)]
pub struct Source {
    start: usize,
    bytes: Vec<u8>,
    /// How many of `bytes` are forgotten: they are removed when that is cheap, not piece by piece.
    gone: usize,
    /// Where the bytes are instead, all of them, when they are shared.
    shared: Option<Rc<Template>>,
}

impl Source {
    /// A source that holds a whole document from offset 0.
    #[must_use]
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            ..Self::default()
        }
    }

    /// A source that holds a whole document, in common with others.
    #[must_use]
    pub fn shared(template: Rc<Template>) -> Self {
        Self {
            shared: Some(template),
            ..Self::default()
        }
    }

    /// The bytes, and how many of them are forgotten.
    fn all(&self) -> (&[u8], usize) {
        match &self.shared {
            Some(template) => (&template.body, self.start),
            None => (&self.bytes, self.gone),
        }
    }

    /// Appends a chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        // The bytes move once per chunk at most.
        self.bytes.drain(..self.gone);
        self.gone = 0;
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
        self.start + self.held()
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        let (bytes, gone) = self.all();
        bytes.len().saturating_sub(gone)
    }

    /// The bytes of `range`; empty where they are no longer, or not yet, held.
    #[must_use]
    pub fn slice(&self, range: Range) -> &[u8] {
        if range.start < self.start {
            debug_assert!(false, "bytes asked for after they left");
            return &[];
        }
        let (bytes, gone) = self.all();
        let start = range.start - self.start + gone;
        let end = range.end.saturating_sub(self.start) + gone;
        bytes.get(start..end).unwrap_or_default()
    }

    /// Forgets everything before `offset`.
    pub fn forget_before(&mut self, offset: usize) {
        let count = offset.saturating_sub(self.start).min(self.held());
        self.start += count;
        if self.shared.is_some() {
            return;
        }
        self.gone += count;
        if self.gone == self.bytes.len() {
            self.bytes.clear();
            self.gone = 0;
        }
    }

    /// Moves everything before `offset` to `out`, without a copy where it is all there is.
    pub fn take_before(&mut self, offset: usize, out: &mut Vec<u8>) {
        let count = offset.saturating_sub(self.start).min(self.held());
        let own = self.shared.is_none();
        if own && out.is_empty() && self.gone == 0 && count * 2 > self.bytes.len() {
            let tail = self.bytes.split_off(count);
            *out = std::mem::replace(&mut self.bytes, tail);
            self.start += count;
        } else {
            let taken = Range::new(self.start, self.start + count);
            out.extend_from_slice(self.slice(taken));
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
    fn what_is_forgotten_is_never_taken() {
        for forgotten in 0..=6 {
            for taken in 0..=6 {
                let mut source = Source::whole(b"abcdef".to_vec());
                source.forget_before(forgotten);
                let mut out = Vec::new();
                source.take_before(taken, &mut out);
                let left = &b"abcdef"[forgotten..taken.max(forgotten)];
                assert_eq!(out, left, "{taken} without {forgotten}");
            }
        }
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
