//! Which components stand in a page that nobody decides for, read off its bytes without a parser.
//!
//! In: chunks of a page. Out: kind and friendly id of each mark, a hundred at most. It is a glance: a mark in a comment or a
//! script is listed as well. Nothing about the page depends on it.

use super::{ComponentKind, FriendlyId, glance};

/// Most components that are listed, as many as a page may have.
const MAX_LISTED: usize = 100;
/// Longest mark that is listed, from its name to the end of its value, in bytes. A friendly id has 128.
const LONGEST: usize = 256;
/// The names of the marks.
const NAMES: [(&[u8], ComponentKind); 3] = [
    (b"data-cdp-experience", ComponentKind::Experience),
    (b"data-cdp-experiment", ComponentKind::Experiment),
    (b"data-cdp-guest", ComponentKind::Guest),
];

/// A component that is in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Experience, experiment or guest.
    pub kind: ComponentKind,
    /// The friendly id, where it is one.
    pub friendly_id: Option<FriendlyId>,
}

/// The list of one page.
#[derive(Debug, Default)]
pub struct Listing {
    count: usize,
    /// The end of what came so far, where a mark may have begun.
    tail: Vec<u8>,
}

/// What stands at a possible mark.
enum At {
    Mark(Listed),
    /// It is not all there.
    Unfinished,
    Nothing,
}

impl Listing {
    /// The components whose marks end in `chunk`.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<Listed> {
        let mut found = Vec::new();
        let mut rest = chunk;
        if !self.tail.is_empty() {
            let before = self.tail.len();
            let (joined, behind) = chunk.split_at(chunk.len().min(LONGEST));
            let mut bytes = std::mem::take(&mut self.tail);
            bytes.extend_from_slice(joined);
            let resume = self.scan(&bytes, &mut found);
            if behind.is_empty() {
                bytes.drain(..resume);
                self.tail = bytes;
                return found;
            }
            rest = chunk
                .get(resume.saturating_sub(before)..)
                .unwrap_or_default();
        }
        let resume = self.scan(rest, &mut found);
        self.tail = rest.get(resume..).unwrap_or_default().to_vec();
        found
    }

    /// Finds the marks in `bytes`; gives the offset from which to look again when there are more of them.
    fn scan(&mut self, bytes: &[u8], found: &mut Vec<Listed>) -> usize {
        let mut from = 0;
        while self.count < MAX_LISTED
            && let Some(end) = glance::mark(bytes, from)
        {
            let start = end.saturating_sub(glance::MARK);
            let rest = bytes.get(start..).unwrap_or_default();
            // In a tag a name stands behind white space, a slash, or the end of a value.
            let begins = start
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_none_or(|byte| is_space(*byte) || matches!(byte, b'/' | b'"' | b'\''));
            match read(rest) {
                At::Mark(listed) if begins => {
                    self.count += 1;
                    found.push(listed);
                }
                At::Unfinished if rest.len() <= LONGEST => return start.saturating_sub(1),
                _ => {}
            }
            from = end;
        }
        from.max(bytes.len().saturating_sub(glance::MARK))
    }
}

/// What `bytes` begin with.
fn read(bytes: &[u8]) -> At {
    let name = NAMES.iter().find_map(|(name, kind)| {
        let part = bytes.get(..name.len().min(bytes.len()))?;
        let same = part.eq_ignore_ascii_case(name.get(..part.len())?);
        same.then_some((name.len(), *kind))
    });
    let Some((len, kind)) = name else {
        return At::Nothing;
    };
    let Some(rest) = bytes.get(len..).filter(|rest| !rest.is_empty()) else {
        return At::Unfinished;
    };
    let (listed, unfinished) = (
        |value: &[u8]| {
            let id = std::str::from_utf8(value).ok();
            let id = id.and_then(|id| FriendlyId::parse(id.trim()));
            At::Mark(Listed {
                kind,
                friendly_id: id.filter(|_| kind != ComponentKind::Guest),
            })
        },
        At::Unfinished,
    );
    let spaced = rest.trim_ascii_start();
    match spaced.split_first() {
        None => return unfinished,
        Some((b'=', _)) => {}
        // Another name that begins like it, or no value.
        Some(_) if spaced.len() == rest.len() && !matches!(rest.first(), Some(b'>' | b'/')) => {
            return At::Nothing;
        }
        Some(_) => return listed(b""),
    }
    let value = spaced.get(1..).unwrap_or_default().trim_ascii_start();
    let Some((first, inner)) = value.split_first() else {
        return unfinished;
    };
    let (value, end) = if matches!(first, b'"' | b'\'') {
        (inner, inner.iter().position(|byte| byte == first))
    } else {
        let end = value
            .iter()
            .position(|byte| is_space(*byte) || *byte == b'>');
        (value, end)
    };
    end.map_or(unfinished, |end| {
        listed(value.get(..end).unwrap_or_default())
    })
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<p data-cdp-text=x data-cdp-experience-x=no><div class=a-b data-cdp-experience=\"hero\">text data-cdp-ex\
        <i DATA-CDP-experiment = 'test-1'>&<b data-cdp-guest><section\ndata-cdp-experience=bare>x<div xdata-cdp-experience=no>\
        <a data-cdp-experience=\"not valid\"><br data-cdp-experience=x/><u data-cdp-experiences=no></u> <s data-cdp-guest/>end";

    fn names(listed: &[Listed]) -> Vec<String> {
        let name = |listed: &Listed| {
            let id = listed.friendly_id.as_ref().map_or("-", FriendlyId::as_str);
            format!("{} {id}", listed.kind.label())
        };
        listed.iter().map(name).collect()
    }

    #[test]
    fn every_mark_is_listed_in_any_cut() {
        let whole = Listing::default().push(PAGE.as_bytes());
        let expected = [
            "experience hero",
            "experiment test-1",
            "guest -",
            "experience bare",
            "experience -",
            "experience -",
            "guest -",
        ];
        assert_eq!(names(&whole), expected);
        let bytes = PAGE.as_bytes();
        for size in 1..bytes.len() {
            let mut listing = Listing::default();
            let found: Vec<Listed> = bytes
                .chunks(size)
                .flat_map(|chunk| listing.push(chunk))
                .collect();
            assert_eq!(found, whole, "chunks of {size}");
        }
        for cut in 0..bytes.len() {
            let mut listing = Listing::default();
            let mut found = listing.push(&bytes[..cut]);
            found.extend(listing.push(&bytes[cut..]));
            assert_eq!(found, whole, "cut at {cut}");
        }
    }

    #[test]
    fn large_pages_in_large_chunks_list_the_same() {
        let mut page = String::new();
        for number in 0..90 {
            page += &format!(
                "<p class=\"a-b-c\">{}</p><div data-cdp-experience=\"flow_{number}\">",
                "lorem-ipsum ".repeat(number)
            );
        }
        let whole = Listing::default().push(page.as_bytes());
        assert_eq!(whole.len(), 90);
        for size in [100, 255, 256, 257, 1_000, 4_096, 16_384] {
            let mut listing = Listing::default();
            let found: Vec<Listed> = page
                .as_bytes()
                .chunks(size)
                .flat_map(|chunk| listing.push(chunk))
                .collect();
            assert_eq!(found, whole, "chunks of {size}");
        }
    }

    #[test]
    fn what_never_ends_and_what_never_stops_is_bounded() {
        let mut listing = Listing::default();
        assert!(listing.push(b"<p data-cdp-experience=\"").is_empty());
        for size in [100, 1_000] {
            for _ in 0..100 {
                assert!(listing.push(&vec![b'x'; size]).is_empty());
                assert!(listing.tail.len() <= LONGEST + 1);
            }
        }
        assert!(listing.push(b"\">").is_empty());
        let many = "<p data-cdp-experience=a>".repeat(200);
        assert_eq!(listing.push(many.as_bytes()).len(), MAX_LISTED);
        assert!(listing.push(many.as_bytes()).is_empty());
    }
}
