//! In: a path below `/-/media/`. Out: the file, with ETag, conditional and partial answers.

use std::sync::LazyLock;
use std::time::SystemTime;

use axum::extract::{Path, Request};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use headers::{ETag, HeaderMapExt, IfNoneMatch, IfRange, LastModified, Range};

use super::landscape;
use super::pages::media_file;
use super::respond::{etag, of_iis};

/// When the files were last published: the start of the process, to the second.
static PUBLISHED: LazyLock<SystemTime> = LazyLock::new(SystemTime::now);

/// `/-/media/{path}`: a file of `site/media`, or a picture that is drawn.
pub async fn serve(Path(path): Path<String>, request: Request) -> Response {
    let drawn = path
        .strip_prefix("Northmere/Images/Landscapes/")
        .and_then(|name| name.strip_suffix(".svg"))
        .and_then(landscape::svg);
    let bytes = match (drawn, media_file(&path)) {
        (Some(svg), _) => Bytes::from(svg),
        (None, Some(file)) => Bytes::from_static(file),
        (None, None) => {
            return (
                StatusCode::NOT_FOUND,
                [(CONTENT_TYPE, "text/html; charset=utf-8")],
                "<html><body><h1>404</h1><p>Media item not found.</p></body></html>",
            )
                .into_response();
        }
    };
    file(request.headers(), &path, "public, max-age=604800", bytes)
}

/// XM's script that tells people from robots.
pub async fn visitor_identification(request: Request) -> Response {
    let script = Bytes::from_static(b"/* stands where XM's visitor identification does */\n");
    file(
        request.headers(),
        "VisitorIdentification.js",
        "public, max-age=3600",
        script,
    )
}

fn file(request: &HeaderMap, path: &str, cache_control: &'static str, bytes: Bytes) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    of_iis(&mut headers);
    ranged(request, headers, bytes)
}

/// 200, 206, 304 or 416 for these bytes, as the request's conditions say.
pub fn ranged(request: &HeaderMap, mut headers: HeaderMap, bytes: Bytes) -> Response {
    let length = bytes.len() as u64;
    let tag: ETag = etag(&bytes)
        .parse()
        .unwrap_or_else(|_| unreachable!("the tag is quoted hexadecimal"));
    let modified = LastModified::from(*PUBLISHED);
    headers.typed_insert(tag.clone());
    headers.typed_insert(modified);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if request
        .typed_get::<IfNoneMatch>()
        .is_some_and(|known| !known.precondition_passes(&tag))
    {
        headers.remove(CONTENT_TYPE);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let still_the_same = request
        .typed_get::<IfRange>()
        .is_none_or(|known| !known.is_modified(Some(&tag), Some(&modified)));
    let Some(range) = request.typed_get::<Range>().filter(|_| still_the_same) else {
        return (StatusCode::OK, headers, bytes).into_response();
    };
    // The header type lets a first byte behind the end through.
    let mut ranges = range
        .satisfiable_ranges(length)
        .map(|range| bounds(range, length))
        .filter(|(first, last)| first <= last);
    match (ranges.next(), ranges.next()) {
        (Some((first, last)), None) => {
            let part = bytes.slice(first as usize..=last as usize);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(part.len()));
            headers.extend(
                HeaderValue::try_from(format!("bytes {first}-{last}/{length}"))
                    .ok()
                    .map(|value| (CONTENT_RANGE, value)),
            );
            (StatusCode::PARTIAL_CONTENT, headers, part).into_response()
        }
        (None, _) => {
            headers.extend(
                HeaderValue::try_from(format!("bytes */{length}"))
                    .ok()
                    .map(|value| (CONTENT_RANGE, value)),
            );
            headers.remove(ETAG);
            headers.remove(LAST_MODIFIED);
            (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response()
        }
        // Several parts: a server may answer with the whole.
        _ => (StatusCode::OK, headers, bytes).into_response(),
    }
}

/// First and last byte.
fn bounds(range: (std::ops::Bound<u64>, std::ops::Bound<u64>), length: u64) -> (u64, u64) {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let first = match range.0 {
        Included(first) => first,
        Excluded(before) => before + 1,
        Unbounded => 0,
    };
    let last = match range.1 {
        Included(last) => last.min(length.saturating_sub(1)),
        Excluded(end) => end.min(length).saturating_sub(1),
        Unbounded => length.saturating_sub(1),
    };
    (first, last)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css",
        Some("js") => "application/javascript",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
