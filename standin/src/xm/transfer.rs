//! In: the bytes of a page. Out: how they travel: compressed for those who can read it, in several writes.

use std::convert::Infallible;
use std::io::Write;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;

/// The bytes gzipped, with the headers that say so, when the client accepts it.
pub fn compressed(request: &HeaderMap, response: &mut HeaderMap, bytes: Vec<u8>) -> Vec<u8> {
    response.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    let accepts = request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains("gzip")));
    if !accepts {
        return bytes;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(&bytes).and_then(|()| encoder.finish()) {
        Ok(packed) => {
            response.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            packed
        }
        Err(_) => bytes,
    }
}

/// Without a length, so chunked; at sizes that fall into tags, words and characters.
pub fn in_several_writes(bytes: Vec<u8>) -> Body {
    const SIZES: [usize; 7] = [1013, 4099, 611, 8191, 37, 2503, 5];
    let pieces = (Bytes::from(bytes), 0_usize);
    Body::from_stream(stream::unfold(pieces, |(mut rest, turn)| async move {
        if rest.is_empty() {
            return None;
        }
        // Gives hyper the chance to write what it has: pieces that are ready at once would leave as one.
        tokio::task::yield_now().await;
        // Large pages in larger pieces: a megabyte in 40 bytes each would measure the scheduler.
        let size = SIZES[turn % SIZES.len()] * if rest.len() > 100_000 { 8 } else { 1 };
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok::<_, Infallible>(piece), (rest, turn + 1)))
    }))
}
