//! How the bytes of an input are cut into parts.
//!
//! In: bytes. Out: parts. They are separated by a line `====`, so that a person can read and write a seed; what mutations do to
//! that line is as good an input as any.

use std::array;

/// Stands between two parts, with a line break before and after.
const SEPARATOR: &[u8] = b"\n====\n";

/// The first `N` parts of `data`; a part that is missing is empty, and the last one takes all the rest.
pub fn parts<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut rest = Some(data);
    array::from_fn(|number| {
        let left = rest.take().unwrap_or_default();
        let cut = (number + 1 < N).then(|| find(left)).flatten();
        let Some(at) = cut else { return left };
        rest = left.get(at + SEPARATOR.len()..);
        left.get(..at).unwrap_or_default()
    })
}

fn find(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR)
}

/// `bytes` as text; what is no UTF-8 is replaced, as a Worker's runtime does it.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
