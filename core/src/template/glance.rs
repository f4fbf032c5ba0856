//! What a glance at bytes tells without a parser: whether a component can begin in them, and where a tag is unfinished.
//!
//! In: bytes of a page that begin outside of any tag. Out: offsets. It never decides what is markup: in a comment or a
//! script it sees tags as well, so a parser has the last word on everything it finds.

use super::tag_end::tag_end;

/// What the names of all marks begin with.
const PREFIX: &[u8] = b"data-cdp-";
/// How they go on where a component begins: `experience`, `experiment`, `guest`.
const COMPONENTS: [&[u8]; 2] = [b"exp", b"gue"];
/// Length of both together.
pub(super) const MARK: usize = PREFIX.len() + 3;
/// A hyphen of [`PREFIX`] and the next one: they are the same in upper and lower case.
const HYPHENS: (usize, usize) = (4, 8);
/// Offset behind the first possible mark of a component that begins at `from` or later.
pub(super) fn mark(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memchr_iter(b'-', rest).find_map(|hyphen| {
        let second = hyphen + HYPHENS.1 - HYPHENS.0;
        if rest.get(second) != Some(&b'-') {
            return None;
        }
        let start = hyphen.checked_sub(HYPHENS.0)?;
        let end = start + MARK;
        let (prefix, name) = rest.get(start..end)?.split_at_checked(PREFIX.len())?;
        let found = prefix.eq_ignore_ascii_case(PREFIX)
            && COMPONENTS
                .iter()
                .any(|begin| name.eq_ignore_ascii_case(begin));
        found.then_some(from + end)
    })
}

/// Offset from which [`mark`] must look again when more bytes have come.
pub(super) fn looked_at(bytes: &[u8]) -> usize {
    bytes.len().saturating_sub(MARK - 1)
}

/// How many candidates [`all_ended`] looks at: nearly always the first or second will do, and the worst page stays cheap.
const CANDIDATES: usize = 8;

/// Offset of the first start tag that is unfinished at the end of `bytes`; their length when there is none. Before
/// `from` there is none.
pub(super) fn unfinished_tag(bytes: &[u8], from: usize) -> usize {
    let tail = bytes.get(from..).unwrap_or_default();
    let from = from + all_ended(tail);
    let tail = bytes.get(from..).unwrap_or_default();
    let unfinished = memchr::memchr_iter(b'<', tail).find(|start| {
        let tag = tail.get(start + 1..).unwrap_or_default();
        tag.first().is_none_or(u8::is_ascii_alphabetic) && tag_end(tag).is_none()
    });
    unfinished.map_or(bytes.len(), |start| from + start)
}

/// Offset behind a `>` that ends whatever tag is open there, found from the end of `bytes`; 0 when none is found. Only in a
/// quoted value it would not, and then the quote that opens the value is the last of its kind.
fn all_ended(bytes: &[u8]) -> usize {
    let mut bytes = bytes;
    for _ in 0..CANDIDATES {
        let Some(end) = memchr::memrchr(b'>', bytes) else {
            return 0;
        };
        let before = bytes.get(..end).unwrap_or_default();
        let opening = [b'"', b'\''].map(|quote| last_if_opening(before, quote));
        match opening.iter().flatten().min() {
            None => return end + 1,
            Some(quote) => bytes = before.get(..*quote).unwrap_or_default(),
        }
    }
    0
}

/// Offset of the last `quote`, if a value could begin with it.
fn last_if_opening(bytes: &[u8], quote: u8) -> Option<usize> {
    let at = memchr::memrchr(quote, bytes)?;
    let before = bytes.get(..at).unwrap_or_default();
    (before.trim_ascii_end().last() == Some(&b'=')).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn looking_from_the_end_finds_what_looking_from_the_beginning_finds(
            page in "(<a|<b |>|\"|'|=| |=\"|='| = \"|x|y=|</a>|<!--|\n){0,40}",
        ) {
            let bytes = page.as_bytes();
            let first = memchr::memchr_iter(b'<', bytes).find(|start| {
                let tag = &bytes[start + 1..];
                tag.first().is_none_or(u8::is_ascii_alphabetic) && tag_end(tag).is_none()
            });
            prop_assert_eq!(unfinished_tag(bytes, 0), first.unwrap_or(bytes.len()));
        }
    }

    #[test]
    fn marks_are_found_in_any_case_and_any_cut() {
        let page =
            b"<p data-cdp-text=x><div class=a-b DATA-Cdp-EXPeriment=y><i data-cdp-experience=z><b Data-cdp-Guest>";
        let first = mark(page, 0).unwrap();
        assert!(page[..first].ends_with(b"DATA-Cdp-EXP"));
        let second = mark(page, first).unwrap();
        assert!(page[..second].ends_with(b"data-cdp-exp"));
        let third = mark(page, second).unwrap();
        assert!(page[..third].ends_with(b"Data-cdp-Gue"));
        assert_eq!(mark(page, third), None);
        for cut in 0..page.len() {
            let found = mark(&page[..cut], 0).or_else(|| mark(page, looked_at(&page[..cut])));
            assert_eq!(found, Some(first), "cut at {cut}");
        }
    }

    #[test]
    fn nothing_but_an_unfinished_mark_is_looked_at_again() {
        assert_eq!(looked_at(&[b'x'; 100]), 100 - "data-cdp-ex".len());
        assert_eq!(looked_at(b"data-cdp-ex"), 0);
    }

    #[test]
    fn a_tags_end_is_found_from_the_end_and_not_in_a_value() {
        for (bytes, expected) in [
            ("<p>a</p>b", 8),
            ("no tag", 0),
            ("<a b=\">", 0),
            ("<p><a b=\">", 3),
            ("<p><a b = '>", 3),
            ("<a b='x'>y", 9),
            ("<a b=''>", 8),
            ("<p>it's<b>x", 10),
        ] {
            assert_eq!(all_ended(bytes.as_bytes()), expected, "{bytes}");
        }
    }

    #[test]
    fn every_unfinished_start_tag_is_seen_from_its_first_byte() {
        let tags = [
            "<a>",
            "<div class=\"x > y < z\" id='<b>\"</b>'>",
            "<a b=c/d>",
            "<a b = \"<i>\" c>",
            "<a =\" x='>' y>",
            "<img alt=it's src=\"a>b\"/>",
            "<a\"b='c>",
            "<a / b=\">\" >",
            "<a b=\"1\"c='>'>",
            "<a b=>",
        ];
        for tag in tags {
            for cut in 1..tag.len() {
                let bytes = format!("<p>text</p>{}", tag.get(..cut).unwrap());
                assert_eq!(unfinished_tag(bytes.as_bytes(), 0), 11, "{bytes}");
            }
            let whole = format!("<p>text</p>{tag}");
            assert_eq!(unfinished_tag(whole.as_bytes(), 0), whole.len(), "{whole}");
        }
    }

    #[test]
    fn what_is_no_start_tag_is_not_held() {
        for text in ["a < b", "</p", "<!-- x", "<?xml", "a <= b", "1 <2"] {
            assert_eq!(unfinished_tag(text.as_bytes(), 0), text.len(), "{text}");
        }
        assert_eq!(unfinished_tag(b"text<", 0), 4, "a tag may follow");
    }
}
