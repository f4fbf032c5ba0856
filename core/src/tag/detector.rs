//! Whether a page already carries the tag, so that none is put in twice.
//!
//! In: the site's tag and the page's bytes, in chunks of any size. Out: yes or no. A mention in a comment counts: a
//! missing tag is seen at once, a doubled one spoils numbers silently.

use memchr::memmem::Finder;

use crate::config::Tag;

/// Looks for a tag while a page streams past.
#[derive(Clone, Debug)]
pub struct Detector {
    /// Each a way to tell the tag; all texts of one must be there.
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
    /// A detector of `tag`.
    #[must_use]
    pub fn new(tag: &Tag) -> Self {
        let ways: Vec<Vec<&str>> = match tag {
            Tag::Boxever { library_url } => vec![
                vec!["_boxever_settings"],
                vec!["/boxever-1."],
                vec![library_url],
            ],
            Tag::Engage { library_url } => vec![
                vec!["Engage.init"],
                vec!["/sitecore-engage-v"],
                vec![library_url],
            ],
            Tag::Gtm { container_id } => vec![vec!["googletagmanager.com/gtm.js", container_id]],
            Tag::None | Tag::Own => Vec::new(),
        };
        let longest = ways.iter().flatten().map(|text| text.len()).max();
        Self {
            ways: ways
                .into_iter()
                .map(|texts| texts.into_iter().map(Sought::new).collect())
                .collect(),
            tail: Vec::new(),
            longest: longest.unwrap_or(0),
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

    /// Whether the tag was there.
    #[must_use]
    pub fn found(&self) -> bool {
        self.ways
            .iter()
            .any(|texts| texts.iter().all(|sought| sought.found))
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

    fn engage() -> Tag {
        Tag::Engage {
            library_url: "https://cdn.example/engage.js".to_owned(),
        }
    }

    fn gtm() -> Tag {
        Tag::Gtm {
            container_id: "GTM-ABC123".to_owned(),
        }
    }

    fn found(tag: &Tag, page: &str, size: usize) -> bool {
        let mut detector = Detector::new(tag);
        page.as_bytes().chunks(size).for_each(|c| detector.push(c));
        detector.found()
    }

    #[test]
    fn a_page_that_carries_the_tag_is_told_in_any_chunking() {
        let boxever = Tag::Boxever {
            library_url: "https://cdn.example/boxever-1.4.8.min.js".to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            (engage(), "<script>x = await window.Engage.init({})</script>", true),
            (engage(), "<script src='https://cdn.example/engage.js'></script>", true),
            (engage(), "<script src='//cdn.other.example/sitecore-engage-v.1.4.3.min.js'></script>", true),
            (engage(), "<script>_boxever_settings = {}</script>", false),
            (engage(), "<p>Engage. init</p>", false),
            (boxever.clone(), "<script>var _boxever_settings = {}</script>", true),
            (boxever.clone(), "<script src=//cdn.other.example/boxever-1.4.9.min.js>", true),
            (boxever, "<script src=https://cdn.example/boxever-1.4.8.min.js>", true),
            (gtm(), "<script>(w,d,'GTM-ABC123') 'https://www.googletagmanager.com/gtm.js?id='</script>", true),
            (gtm(), "<script>'https://www.googletagmanager.com/gtm.js?id='('GTM-OTHER')</script>", false),
            (gtm(), "<p>GTM-ABC123</p>", false),
            (gtm(), "", false),
            (Tag::None, "Engage.init _boxever_settings", false),
        ];
        for (tag, page, expected) in cases {
            for size in 1..=page.len().max(1) {
                assert_eq!(found(&tag, page, size), expected, "{page} by {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn chunking_changes_no_verdict(page in "(Engage|\\.init|Eng|https://cdn\\.example/engage|\\.js|x){0,12}", sizes in prop::collection::vec(0..20_usize, 0..20)) {
            let mut detector = Detector::new(&engage());
            let mut rest = page.as_bytes();
            for size in sizes {
                let (chunk, after) = rest.split_at(size.min(rest.len()));
                detector.push(chunk);
                rest = after;
            }
            detector.push(rest);
            let expected = page.contains("Engage.init") || page.contains("https://cdn.example/engage.js");
            prop_assert_eq!(detector.found(), expected);
        }
    }
}
