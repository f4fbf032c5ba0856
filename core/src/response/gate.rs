//! Which responses are pages: HTML that was found whole, may be changed and can be read.
//!
//! In: status, headers, settings. Out: [`Opened`]; the first rule that does not hold gives the reason. What is no page
//! goes to the visitor unread, as the runtime's own response object: even a broken encoding then arrives as it was.

use crate::{
    config::Site,
    reason::PassThrough,
    request::{Headers, headers::list_items},
    response::content_type::{self, PageType},
};

/// What XM's response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// HTML to stream and, where it is marked, to personalise.
    Page(PageType),
    /// To be returned unread.
    PassThrough(PassThrough),
}

/// Decides on the response. In this order, the first match wins:
///
/// 1. a part of a body (206, `Content-Range`);
/// 2. any status but 200, and 404 where the site personalises it;
/// 3. a body that is announced as empty;
/// 4. no `Content-Type`, one that is not HTML, or a charset in which markup is not ASCII;
/// 5. `Cache-Control: no-transform` (RFC 9111 §5.2.2.6);
/// 6. `Content-Disposition` other than `inline` (RFC 6266 §4.2: unknown ones are attachments);
/// 7. a `Content-Encoding` that the runtime does not decode.
#[must_use]
pub fn gate(status: u16, headers: &impl Headers, site: &Site) -> Opened {
    match open(status, headers, site) {
        Ok(page) => Opened::Page(page),
        Err(reason) => Opened::PassThrough(reason),
    }
}

fn open(status: u16, headers: &impl Headers, site: &Site) -> Result<PageType, PassThrough> {
    let refuse = |refused: bool, reason| if refused { Err(reason) } else { Ok(()) };
    let is_part = status == 206 || headers.get("content-range").is_some();
    refuse(is_part, PassThrough::Range)?;
    let is_found = status == 200 || (status == 404 && site.personalise_not_found);
    refuse(!is_found, PassThrough::Status)?;
    let is_empty = headers
        .get("content-length")
        .is_some_and(|length| length.trim() == "0");
    refuse(is_empty, PassThrough::EmptyBody)?;
    let content_type = headers
        .get("content-type")
        .ok_or(PassThrough::NoContentType)?;
    let page = content_type::page_type(&content_type)?;
    let cache_control = headers.get("cache-control").unwrap_or_default();
    let is_fixed = list_items(&cache_control).any(|directive| directive == "no-transform");
    refuse(is_fixed, PassThrough::NoTransform)?;
    refuse(is_attachment(headers), PassThrough::Attachment)?;
    refuse(!is_readable(headers), PassThrough::Encoding)?;
    Ok(page)
}

fn is_attachment(headers: &impl Headers) -> bool {
    let disposition = headers.get("content-disposition").unwrap_or_default();
    let kind = disposition.split(';').next().unwrap_or_default().trim();
    !kind.is_empty() && !kind.eq_ignore_ascii_case("inline")
}

/// workerd decodes `gzip` and `br`, each alone and in exactly this spelling; of anything else it hands out the coded
/// bytes.
fn is_readable(headers: &impl Headers) -> bool {
    let codings = headers.get("content-encoding").unwrap_or_default();
    let codings = codings.trim();
    matches!(codings, "" | "br" | "gzip") || codings.eq_ignore_ascii_case("identity")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::fixture::{self, Lines};

    const HTML: (&str, &str) = ("Content-Type", "text/html; charset=utf-8");

    fn opened(status: u16, headers: &[(&str, &str)]) -> Option<PassThrough> {
        match gate(status, &headers.to_vec(), &fixture::site()) {
            Opened::Page(_) => None,
            Opened::PassThrough(reason) => Some(reason),
        }
    }

    #[test]
    fn every_rule_has_its_reason_and_plain_html_is_a_page() {
        use PassThrough::*;
        #[rustfmt::skip]
        let cases: &[(u16, Lines<'_>, Option<PassThrough>)] = &[
            (200, &[HTML], None),
            (200, &[HTML, ("cache-control", "public, max-age=60"), ("content-disposition", "inline; filename=a.html")], None),
            (200, &[HTML, ("content-encoding", "gzip")], None),
            (200, &[HTML, ("content-encoding", "br")], None),
            (200, &[HTML, ("content-encoding", "Identity")], None),
            (200, &[HTML, ("content-encoding", "")], None),
            (200, &[HTML, ("content-disposition", "")], None),
            (200, &[HTML, ("content-length", "1")], None),
            (200, &[HTML, ("cache-control", "x-no-transform, transform")], None),
            (206, &[HTML], Some(Range)),
            (200, &[HTML, ("content-range", "bytes 0-1/2")], Some(Range)),
            (204, &[], Some(Status)),
            (304, &[HTML], Some(Status)),
            (302, &[HTML], Some(Status)),
            (404, &[HTML], Some(Status)),
            (500, &[HTML], Some(Status)),
            (520, &[HTML], Some(Status)),
            (201, &[HTML], Some(Status)),
            (200, &[HTML, ("content-length", "0")], Some(EmptyBody)),
            (200, &[], Some(NoContentType)),
            (200, &[("content-type", "")], Some(NotHtml)),
            (200, &[("content-type", "application/json")], Some(NotHtml)),
            (200, &[HTML, HTML], Some(Charset)),
            (200, &[("content-type", "text/html; charset=utf-16")], Some(Charset)),
            (200, &[HTML, ("cache-control", "public, No-Transform")], Some(NoTransform)),
            (200, &[HTML, ("content-disposition", "Attachment; filename=a.html")], Some(Attachment)),
            (200, &[HTML, ("content-disposition", "unknown")], Some(Attachment)),
            (200, &[HTML, ("content-encoding", "deflate")], Some(Encoding)),
            (200, &[HTML, ("content-encoding", "zstd")], Some(Encoding)),
            (200, &[HTML, ("content-encoding", "x-gzip")], Some(Encoding)),
            (200, &[HTML, ("content-encoding", "GZIP")], Some(Encoding)),
            (200, &[HTML, ("content-encoding", "identity, gzip")], Some(Encoding)),
            (200, &[HTML, ("content-encoding", "gzip, br")], Some(Encoding)),
            (200, &[HTML, ("content-encoding", "gzip"), ("content-encoding", "gzip")], Some(Encoding)),
        ];
        for (status, headers, expected) in cases {
            assert_eq!(opened(*status, headers), *expected, "{status} {headers:?}");
        }
    }

    #[test]
    fn not_found_pages_are_pages_only_where_configured() {
        let mut site = fixture::site();
        site.personalise_not_found = true;
        let headers = vec![HTML];
        assert!(matches!(gate(404, &headers, &site), Opened::Page(_)));
        let gone = Opened::PassThrough(PassThrough::Status);
        assert_eq!(gate(410, &headers, &site), gone);
    }

    #[test]
    fn the_declared_charset_is_told() {
        let is_xml = false;
        let page = |declared| Opened::Page(PageType { declared, is_xml });
        let site = fixture::site();
        let utf_8 = gate(200, &vec![HTML], &site);
        assert_eq!(utf_8, page(Some(encoding_rs::UTF_8)));
        let none = gate(200, &vec![("content-type", "text/html")], &site);
        assert_eq!(none, page(None));
    }

    proptest! {
        #[test]
        fn no_response_panics(status in any::<u16>(), values in prop::collection::vec("\\PC{0,40}", 6)) {
            let names = ["cache-control", "content-disposition", "content-encoding", "content-length", "content-range",
                "content-type"];
            let headers: Vec<_> = names.into_iter().zip(values).collect();
            let _ = gate(status, &headers, &fixture::site());
            let _ = gate(200, &headers, &fixture::site());
        }
    }
}
