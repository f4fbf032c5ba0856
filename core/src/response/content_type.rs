//! Whether a `Content-Type` is HTML, and its charset.
//!
//! In: the header's value. Out: what it says of the page, or why the body must not be touched. The parser is that of the
//! WHATWG MIME Sniffing standard (crate `data-url`), so that we read the header as browsers do.

use data_url::mime::Mime;
use encoding_rs::Encoding;

use crate::reason::PassThrough;

/// What `Content-Type` says of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageType {
    /// The charset; `None` when it names none. Always ASCII-compatible.
    pub declared: Option<&'static Encoding>,
    /// It is XHTML, which browsers read as XML: HTML that is put in, or stands behind the end, would break the page.
    pub is_xml: bool,
}

/// Reads the header.
///
/// Two lines of the header, joined, are no valid type, or give a charset that nobody knows: both pass through.
pub(super) fn page_type(content_type: &str) -> Result<PageType, PassThrough> {
    let mime: Mime = content_type.parse().map_err(|_| PassThrough::NotHtml)?;
    let is_xml = match (mime.type_.as_str(), mime.subtype.as_str()) {
        ("text", "html") => false,
        ("application", "xhtml+xml") => true,
        _ => return Err(PassThrough::NotHtml),
    };
    let declared = charset(&mime)?;
    Ok(PageType { declared, is_xml })
}

fn charset(mime: &Mime) -> Result<Option<&'static Encoding>, PassThrough> {
    let Some(label) = mime
        .get_parameter("charset")
        .map(str::trim)
        .filter(|label| !label.is_empty())
    else {
        return Ok(None);
    };
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding.is_ascii_compatible() => Ok(Some(encoding)),
        _ => Err(PassThrough::Charset),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn html_is_recognised_as_browsers_do() {
        #[rustfmt::skip]
        let cases = [
            ("text/html", Ok(None)),
            ("text/html; charset=utf-8", Ok(Some("UTF-8"))),
            ("TEXT/HTML;CHARSET=\"UTF-8\"", Ok(Some("UTF-8"))),
            (" text/html ; charset = x", Ok(None)),
            ("text/html;charset=", Ok(None)),
            ("text/html; charset=\"\"", Ok(None)),
            ("text/html;", Ok(None)),
            ("text/html; boundary=x; charset=Windows-1252", Ok(Some("windows-1252"))),
            ("text/html; charset=iso-8859-1", Ok(Some("windows-1252"))),
            ("text/html; charset=shift_jis", Ok(Some("Shift_JIS"))),
            ("text/html; charset=gb18030", Ok(Some("gb18030"))),
            ("text/html; charset=koi8-r", Ok(Some("KOI8-R"))),
            ("text/html; charset=utf-8; charset=utf-16", Ok(Some("UTF-8"))),
            ("text/html; charset=\"utf\\-8\"", Ok(Some("UTF-8"))),
            ("application/xhtml+xml; charset=utf-8", Ok(Some("UTF-8"))),
            ("text/html; charset=utf-16", Err(PassThrough::Charset)),
            ("text/html; charset=utf-16be", Err(PassThrough::Charset)),
            ("text/html; charset=utf-7", Err(PassThrough::Charset)),
            ("text/html; charset=iso-2022-jp", Err(PassThrough::Charset)),
            ("text/html; charset=hz-gb-2312", Err(PassThrough::Charset)),
            ("text/html; charset=replacement", Err(PassThrough::Charset)),
            ("text/html; charset=no-such", Err(PassThrough::Charset)),
            ("text/html; charset=utf-8, text/html; charset=utf-8", Err(PassThrough::Charset)),
            ("text/html, text/html", Err(PassThrough::NotHtml)),
            ("application/json, text/html", Err(PassThrough::NotHtml)),
            ("text/plain", Err(PassThrough::NotHtml)),
            ("text/htmlx", Err(PassThrough::NotHtml)),
            ("application/xml", Err(PassThrough::NotHtml)),
            ("text", Err(PassThrough::NotHtml)),
            ("", Err(PassThrough::NotHtml)),
            ("\u{0}", Err(PassThrough::NotHtml)),
        ];
        for (value, expected) in cases {
            assert_eq!(
                page_type(value).map(|page| page.declared.map(Encoding::name)),
                expected,
                "{value:?}"
            );
        }
    }

    #[test]
    fn xhtml_is_known_as_what_it_is() {
        let is_xml = |value: &str| page_type(value).map(|page| page.is_xml);
        assert_eq!(is_xml("Application/XHTML+xml; charset=utf-8"), Ok(true));
        assert_eq!(is_xml("text/html"), Ok(false));
    }

    proptest! {
        #[test]
        fn no_value_panics(value in "\\PC*", parameter in "text/html;\\PC*") {
            let _ = (page_type(&value), page_type(&parameter));
        }
    }
}
