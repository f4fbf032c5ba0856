//! What an isolate remembers of decisions.
//!
//! In: names, bodies, times. Out: the bodies again. It is bounded by bytes: what was kept first goes first, and a decision that is
//! large is not kept at all.

use std::{collections::BTreeMap, rc::Rc};

use super::Name;

/// Most bytes of one decision that are kept.
pub const MAX_DECISION: usize = 64 * 1024;
/// Most bytes of all: a sixty-fourth of an isolate's 128 MB.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// What an entry takes besides its body.
const OVERHEAD: usize = 256;

/// The memory.
#[derive(Default)]
pub struct Memory {
    entries: BTreeMap<Name, Entry>,
    /// The names in the order in which they were kept.
    order: BTreeMap<u64, Name>,
    count: u64,
    bytes: usize,
}

struct Entry {
    taken_ms: u64,
    body: Rc<str>,
    number: u64,
}

impl Memory {
    /// Keeps a decision that was taken at `taken_ms`; whether it fits. What was kept under the name before is gone either way.
    pub fn keep(&mut self, name: &Name, taken_ms: u64, body: &str) -> bool {
        self.forget(name);
        if body.len() > MAX_DECISION {
            return false;
        }
        self.count += 1;
        self.bytes += body.len() + OVERHEAD;
        self.order.insert(self.count, name.clone());
        let entry = Entry {
            taken_ms,
            body: body.into(),
            number: self.count,
        };
        self.entries.insert(name.clone(), entry);
        while self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            self.forget(&oldest);
        }
        true
    }

    /// The decision under `name`, and when it was taken.
    #[must_use]
    pub fn recall(&self, name: &Name) -> Option<(u64, Rc<str>)> {
        let entry = self.entries.get(name)?;
        Some((entry.taken_ms, Rc::clone(&entry.body)))
    }

    fn forget(&mut self, name: &Name) {
        if let Some(entry) = self.entries.remove(name) {
            self.order.remove(&entry.number);
            self.bytes -= entry.body.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cdp::BrowserId,
        request::fixture,
        reuse::{Kept, Sealer},
        template::FriendlyId,
    };

    fn name(number: u32) -> Name {
        let id = format!("{number:08x}-11eb-4cf9-8d5d-274e9f344925");
        let (cdp, site) = (fixture::cdp(), fixture::site());
        Sealer::new("s".to_owned()).name(&Kept {
            browser_id: &BrowserId::parse(&id).unwrap(),
            friendly_id: &FriendlyId::parse("hero").unwrap(),
            cdp: &cdp,
            site: &site,
            language: "EN",
            utm: &[],
        })
    }

    fn recalled(memory: &Memory, number: u32) -> Option<String> {
        memory
            .recall(&name(number))
            .map(|(_, body)| body.to_string())
    }

    #[test]
    fn what_is_kept_again_replaces_what_was() {
        let mut memory = Memory::default();
        assert!(memory.keep(&name(1), 5, "a"));
        assert!(memory.keep(&name(1), 6, "b"));
        assert_eq!(memory.recall(&name(1)), Some((6, Rc::from("b"))));
        assert_eq!((memory.order.len(), memory.bytes), (1, 1 + OVERHEAD));
        // A decision that is too large is not the last one, but the one before it is none, either.
        assert!(!memory.keep(&name(1), 7, &"x".repeat(MAX_DECISION + 1)));
        assert_eq!(recalled(&memory, 1), None);
        assert_eq!(memory.bytes, 0);
    }

    #[test]
    fn the_oldest_goes_first_and_bytes_are_bounded() {
        let mut memory = Memory::default();
        let body = "x".repeat(MAX_DECISION);
        for number in 0..100 {
            assert!(memory.keep(&name(number), 0, &body));
            memory.keep(&name(0), 0, "renewed");
            assert!(memory.bytes <= MAX_BYTES);
        }
        assert_eq!(recalled(&memory, 0).as_deref(), Some("renewed"));
        assert_eq!(recalled(&memory, 1), None);
        assert_eq!(recalled(&memory, 99), Some(body));
        assert_eq!(memory.order.len(), memory.entries.len());
        for number in 0..20_000 {
            memory.keep(&name(number), 0, "");
        }
        assert!(memory.entries.len() <= MAX_BYTES / OVERHEAD);
    }
}
