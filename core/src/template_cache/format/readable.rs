//! Where in the body reading has come to.
//!
//! In: lengths. Out: ranges, each behind the one before, none beyond the body; and the components that were met.

use crate::template::{ComponentId, Range};

/// Most components on a page, and deepest nesting of marked elements: what the compiler allows.
const MAX_COMPONENTS: u32 = 100;
pub(super) const MAX_DEPTH: usize = 32;

pub(super) struct Place<'b> {
    body: &'b [u8],
    at: usize,
    /// The ids of components, one bit each.
    met: u128,
}

impl<'b> Place<'b> {
    pub(super) const fn new(body: &'b [u8]) -> Self {
        Self {
            body,
            at: 0,
            met: 0,
        }
    }

    /// The offset after the last range.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Whether all of the body is in ranges.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at == self.body.len()
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Option<Range> {
        let end = self.at.checked_add(length)?;
        (end <= self.body.len()).then_some(())?;
        let range = Range::new(self.at, end);
        self.at = end;
        Some(range)
    }

    pub(super) fn byte(&self, offset: usize) -> Option<u8> {
        self.body.get(offset).copied()
    }

    /// An offset in the body, its end included.
    pub(super) const fn offset(&self, offset: usize) -> Option<usize> {
        if offset <= self.body.len() {
            Some(offset)
        } else {
            None
        }
    }

    /// A component's number, which no other may have.
    pub(super) fn meet(&mut self, number: u64) -> Option<ComponentId> {
        let id = u32::try_from(number)
            .ok()
            .filter(|id| *id < MAX_COMPONENTS)?;
        let bit = 1_u128.checked_shl(id)?;
        (self.met & bit == 0).then_some(())?;
        self.met |= bit;
        Some(ComponentId(id))
    }
}
