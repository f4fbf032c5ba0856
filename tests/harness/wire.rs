//! HTTP/1.1 as bytes. In: what a socket gave. Out: heads with order, duplicates and spelling kept, and bodies
//! without their chunk framing. It never judges what a test should.

use std::fmt::Write as _;

/// Header lines in the order and spelling of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The lines of a parsed head. Values are read as Latin-1, so that every byte survives.
    #[must_use]
    pub fn from_parsed(lines: &[httparse::Header<'_>]) -> Self {
        let text = |value: &[u8]| value.iter().map(|&byte| char::from(byte)).collect();
        Self(
            lines
                .iter()
                .map(|line| (line.name.to_owned(), text(line.value)))
                .collect(),
        )
    }

    /// The first value of a header, by case-insensitive name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in order.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Whether the header occurs.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The body's length by the head, if it says so.
    #[must_use]
    pub fn content_length(&self) -> Option<usize> {
        self.get("content-length")
            .and_then(|value| value.trim().parse().ok())
    }

    /// Whether the body is chunked.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.get("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }
}

/// The position of `needle` in `hay`.
#[must_use]
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(hay, needle)
}

/// Whether `needle` occurs in `hay`.
#[must_use]
pub fn contains(hay: &[u8], needle: impl AsRef<[u8]>) -> bool {
    find(hay, needle.as_ref()).is_some()
}

/// A chunked body so far: the decoded bytes, and the length of the encoded form once its end has come.
#[must_use]
pub fn dechunk(encoded: &[u8]) -> (Vec<u8>, Option<usize>) {
    let mut body = Vec::new();
    let (used, complete) = dechunk_into(encoded, &mut body, true);
    (body, complete.then_some(used))
}

/// Decodes whole chunks into `body`, and with `partial` the begin of an unfinished one; gives how much was used, and
/// whether that was the body's end.
pub(crate) fn dechunk_into(encoded: &[u8], body: &mut Vec<u8>, partial: bool) -> (usize, bool) {
    let mut used = 0;
    while let Some(line_end) = find(&encoded[used..], b"\r\n") {
        let line = &encoded[used..used + line_end];
        let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(digits)
            .ok()
            .and_then(|hex| usize::from_str_radix(hex.trim(), 16).ok());
        let Some(size) = size else { break };
        let data = used + line_end + 2;
        let rest = &encoded[data..];
        if size == 0 {
            // Trailers, if any, end with an empty line.
            let end = if rest.starts_with(b"\r\n") {
                Some(2)
            } else {
                find(rest, b"\r\n\r\n").map(|at| at + 4)
            };
            return end.map_or((used, false), |end| (data + end, true));
        }
        if rest.len() < size + 2 {
            if partial {
                body.extend_from_slice(&rest[..size.min(rest.len())]);
            }
            break;
        }
        body.extend_from_slice(&rest[..size]);
        used = data + size + 2;
    }
    (used, false)
}

/// Compares bytes and shows where they part, not two walls of text.
///
/// # Panics
/// When they differ.
#[track_caller]
pub fn assert_bytes(actual: &[u8], expected: &[u8], what: &str) {
    if actual == expected {
        return;
    }
    let at = actual
        .iter()
        .zip(expected)
        .position(|(a, b)| a != b)
        .unwrap_or(actual.len().min(expected.len()));
    let around = |bytes: &[u8]| {
        let window = &bytes[at.saturating_sub(60)..bytes.len().min(at + 120)];
        String::from_utf8_lossy(window).into_owned()
    };
    let mut text = format!(
        "{what}: bytes differ at {at} (got {}, expected {})",
        actual.len(),
        expected.len()
    );
    let _ = write!(
        text,
        "\n     got: …{}…\nexpected: …{}…",
        around(actual),
        around(expected)
    );
    panic!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_without_its_terminator_is_not_at_its_end() {
        assert_eq!(dechunk(b"3\r\nabc\r\n"), (b"abc".to_vec(), None));
        assert_eq!(dechunk(b"3\r\nabc\r\n5\r\nde"), (b"abcde".to_vec(), None));
    }

    #[test]
    fn a_chunked_body_ends_behind_its_terminator_and_trailers() {
        assert_eq!(
            dechunk(b"3\r\nabc\r\n0\r\n\r\nNEXT"),
            (b"abc".to_vec(), Some(13))
        );
        assert_eq!(dechunk(b"0\r\nA: b\r\n\r\n"), (Vec::new(), Some(11)));
    }
}
