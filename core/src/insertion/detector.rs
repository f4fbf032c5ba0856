//! Whether texts stand in a page that streams past.
//!
//! In: texts, and the page's bytes in chunks of any size. Out: yes or no, the same however the page was cut.

use memchr::memmem::Finder;

/// Looks for texts while a page streams past.
#[derive(Clone, Debug)]
pub struct Detector {
    /// Each a way to tell; all texts of one must be there.
    ways: Vec<Vec<Sought>>,
    /// The end of what was looked at: a text may go on in the next chunk.
    tail: Vec<u8>,
    /// Length of the longest text.
    longest: usize,
}

#[derive(Clone, Debug)]
struct Sought {
    finder: Finder<'static>,
    found: bool,
}

impl Detector {
    /// A detector that has found when, of any of `ways`, all texts came past. Without ways it never has.
    #[must_use]
    pub fn new(ways: &[&[&str]]) -> Self {
        let texts = ways.iter().copied().flatten();
        Self {
            ways: ways
                .iter()
                .map(|texts| texts.iter().copied().map(Sought::new).collect())
                .collect(),
            tail: Vec::new(),
            longest: texts.map(|text| text.len()).max().unwrap_or(0),
        }
    }

    /// Looks at the next bytes of the page.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.longest == 0 || self.found() {
            return;
        }
        // Only what straddles the boundary is copied: fewer than `longest` bytes of either side.
        let reach = self.longest - 1;
        let beginning = bytes.get(..reach).unwrap_or(bytes);
        self.tail.extend_from_slice(beginning);
        for sought in self.ways.iter_mut().flatten() {
            sought.look(&self.tail);
            sought.look(bytes);
        }
        if bytes.len() >= reach {
            self.tail.clear();
            let end = bytes.len() - reach;
            self.tail
                .extend_from_slice(bytes.get(end..).unwrap_or_default());
        } else {
            let surplus = self.tail.len().saturating_sub(reach);
            self.tail.drain(..surplus);
        }
    }

    /// Whether they were there.
    #[must_use]
    pub fn found(&self) -> bool {
        self.ways
            .iter()
            .any(|texts| texts.iter().all(|sought| sought.found))
    }

    /// Looks at a whole page, or takes `known`, what came of it when somebody did before. Gives the verdict.
    pub fn look_at(&mut self, page: &[u8], known: Option<bool>) -> bool {
        match known {
            Some(true) => {
                for sought in self.ways.iter_mut().flatten() {
                    sought.found = true;
                }
            }
            Some(false) => {}
            None => self.push(page),
        }
        self.found()
    }
}

impl Sought {
    fn new(text: &str) -> Self {
        Self {
            finder: Finder::new(text.as_bytes()).into_owned(),
            found: false,
        }
    }

    fn look(&mut self, bytes: &[u8]) {
        self.found = self.found || self.finder.find(bytes).is_some();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WAYS: &[&[&str]] = &[&["one"], &["two", "three"]];

    fn found(page: &str, sizes: impl IntoIterator<Item = usize>) -> bool {
        let mut detector = Detector::new(WAYS);
        let mut rest = page.as_bytes();
        for size in sizes {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            detector.push(chunk);
            rest = after;
        }
        detector.push(rest);
        detector.found()
    }

    #[test]
    fn all_texts_of_one_way_tell_in_any_order_and_chunking() {
        #[rustfmt::skip]
        let cases = [("one", true), ("x one", true), ("o ne", false), ("two", false), ("three two", true), ("twothree", true), ("", false)];
        for (page, expected) in cases {
            for size in 1..=page.len().max(1) {
                let sizes = std::iter::repeat_n(size, page.len());
                assert_eq!(found(page, sizes), expected, "{page} by {size}");
            }
        }
    }

    #[test]
    fn without_ways_nothing_is_found() {
        let mut detector = Detector::new(&[]);
        detector.push(b"one");
        assert!(!detector.found());
    }

    proptest! {
        #[test]
        fn chunking_changes_no_verdict(page in "(on|one|e|two|t|wo|three|thr|ee){0,12}", sizes in prop::collection::vec(0..20_usize, 0..20)) {
            let expected = page.contains("one") || (page.contains("two") && page.contains("three"));
            prop_assert_eq!(found(&page, sizes), expected);
        }
    }
}
