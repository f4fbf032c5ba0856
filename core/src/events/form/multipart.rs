//! `multipart/form-data` (RFC 7578), as browsers write it, read from a whole body.
//!
//! In: the body and its boundary. Out: names and texts; files are left out. The libraries for it read asynchronous
//! streams and bring an HTTP stack along; this reads at most 64 KiB that are in memory already.

use data_url::mime::Mime;
use memchr::memmem;

use super::{FormFault, MAX_FIELDS};

/// Longest head of a part that is read, in bytes.
const MAX_HEAD: usize = 4096;

/// The boundary, when it is one (RFC 2046 §5.1.1: 1 to 70 characters, no space at the end).
pub(super) fn boundary(text: &str) -> Option<&str> {
    let fits = (1..=70).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !text.ends_with(' ');
    fits.then_some(text)
}

/// The texts of `body`.
///
/// # Errors
/// When a part does not end: a body that was cut says nothing reliable.
pub(super) fn fields(body: &[u8], boundary: &str) -> Result<Vec<(String, String)>, FormFault> {
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(&delimiter);
    // The first delimiter needs no line break before it.
    let opening = delimiter.trim_start().as_bytes();
    let mut rest = match body.strip_prefix(opening) {
        Some(rest) => rest,
        None => after(body, &finder, delimiter.len())?.1,
    };
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") && fields.len() < MAX_FIELDS {
        let line_end = memmem::find(rest, b"\r\n").ok_or(FormFault::NotAForm)?;
        // Spaces may pad a delimiter, nothing else.
        let (padding, part_start) = rest.split_at_checked(line_end).ok_or(FormFault::NotAForm)?;
        if !padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return Err(FormFault::NotAForm);
        }
        let (part, behind) = after(part_start, &finder, delimiter.len())?;
        fields.extend(field(part));
        rest = behind;
    }
    Ok(fields)
}

/// What is before the next delimiter, and what is behind it.
fn after<'b>(
    bytes: &'b [u8],
    finder: &memmem::Finder<'_>,
    length: usize,
) -> Result<(&'b [u8], &'b [u8]), FormFault> {
    let at = finder.find(bytes).ok_or(FormFault::NotAForm)?;
    bytes
        .split_at_checked(at)
        .and_then(|(before, found)| Some((before, found.get(length..)?)))
        .ok_or(FormFault::NotAForm)
}

/// `part` begins with the line break of its delimiter, so that a head may be empty.
fn field(part: &[u8]) -> Option<(String, String)> {
    let head_end = memmem::find(part, b"\r\n\r\n").filter(|end| *end <= MAX_HEAD)?;
    let head = std::str::from_utf8(part.get(..head_end)?).ok()?;
    let mut disposition = None;
    for line in head.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-disposition") {
            disposition = Some(value.trim());
        } else if name.eq_ignore_ascii_case("content-type") {
            let mime: Mime = value.parse().ok()?;
            if mime.type_ != "text" {
                return None;
            }
        }
    }
    let name = field_name(disposition?)?;
    let text = part.get(head_end..)?.strip_prefix(b"\r\n\r\n")?;
    Some((name, String::from_utf8_lossy(text).into_owned()))
}

/// The name in a `Content-Disposition`; `None` for files and for anything that is no `form-data`. Quotes and line breaks
/// in a name are percent-encoded (HTML standard, "multipart/form-data encoding algorithm").
fn field_name(disposition: &str) -> Option<String> {
    let (kind, mut rest) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let mut field = None;
    loop {
        let (name, value) = rest.split_once('=')?;
        let name = name.trim();
        let (value, behind) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at_checked(value.find(';').unwrap_or(value.len()))?,
        };
        if name.eq_ignore_ascii_case("name") {
            field = Some(value);
        } else if name.eq_ignore_ascii_case("filename") || name.eq_ignore_ascii_case("filename*") {
            return None;
        }
        match behind.split_once(';') {
            Some((_, more)) if !more.trim().is_empty() => rest = more,
            _ => break,
        }
    }
    let decoded = field?
        .replace("%22", "\"")
        .replace("%0D", "\r")
        .replace("%0A", "\n");
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> Result<Vec<(String, String)>, FormFault> {
        fields(body.replace('\n', "\r\n").as_bytes(), "XX")
    }

    fn part(disposition: &str, text: &str) -> String {
        format!("--XX\nContent-Disposition: {disposition}\n\n{text}\n")
    }

    #[test]
    fn texts_are_read_and_files_are_not() {
        let body = [
            part(r#"form-data; name="Email""#, "j@d.ie"),
            part(r#"form-data; name="Photo"; filename="a.png""#, "--X\n\n-\n--"),
            part(r#"form-data; name="Empty file"; filename="""#, ""),
            part(r#"form-data; name="Fields[0].%22Value%22""#, "two\nlines"),
            part("FORM-DATA; NAME=Bare", "é"),
            part(r#"form-data; name="""#, "nameless"),
            "--XX  \ncontent-type: text/plain; charset=UTF-8\ncontent-disposition: form-data; name=\"Typed\"\n\nt\n".to_owned(),
            "--XX\nContent-Type: application/json\nContent-Disposition: form-data; name=\"Json\"\n\n{}\n".to_owned(),
            "--XX\n\nno head\n".to_owned(),
            part("attachment; name=\"Other\"", "x"),
            part("form-data", "x"),
            part("form-data; name", "x"),
            part(r#"form-data; name="Last""#, ""),
            "--XX--\nepilogue".to_owned(),
        ]
        .concat();
        let fields = read(&body).unwrap();
        let found: Vec<_> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        #[rustfmt::skip]
        assert_eq!(found, [("Email", "j@d.ie"), ("Fields[0].\"Value\"", "two\r\nlines"), ("Bare", "é"), ("", "nameless"),
            ("Typed", "t"), ("Last", "")]);
    }

    #[test]
    fn a_body_that_is_cut_or_foreign_has_no_fields() {
        let whole = part(r#"form-data; name="Email""#, "j@d.ie") + "--XX--";
        assert_eq!(read(&format!("preamble\n{whole}")).unwrap().len(), 1);
        assert_eq!(read("--XX--").unwrap().len(), 0);
        #[rustfmt::skip]
        let broken = ["", "--", "--XX", "--XXY\n\na\n--XX--", "Email=j%40d.ie", "--YY\n\n--YY--", whole.strip_suffix("\n--XX--").unwrap(),
            "--XX\nContent-Disposition: form-data; name=\"Email\"\n\nj@d.ie"];
        for body in broken {
            assert_eq!(read(body).err(), Some(FormFault::NotAForm), "{body:?}");
        }
    }

    #[test]
    fn a_boundary_is_bounded() {
        let (longest, long) = ("a".repeat(70), "a".repeat(71));
        for (text, fits) in [
            ("----WebKit7MA4YWxkTrZu0gW", true),
            ("a b", true),
            (&longest, true),
            (&long, false),
            ("", false),
            ("a ", false),
            ("é", false),
            ("a\r\n", false),
        ] {
            assert_eq!(boundary(text).is_some(), fits, "{text:?}");
        }
    }

    #[test]
    fn fields_are_bounded() {
        let parts = part("form-data; name=a", "b").repeat(600);
        assert_eq!(read(&(parts + "--XX--")).unwrap().len(), MAX_FIELDS);
        let long = format!("form-data; name=\"{}\"", "a".repeat(5000));
        assert_eq!(read(&(part(&long, "b") + "--XX--")).unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "(--XX|\r\n|--|name=|;|\"|form-data|Content-Disposition: |[a-z =]){0,40}") {
            let _ = fields(body.as_bytes(), "XX");
        }

        #[test]
        fn what_a_browser_writes_is_read(texts in prop::collection::vec("[^\r\n\"%]{0,20}", 0..5)) {
            let mut body = String::new();
            for text in &texts {
                body += &part(&format!("form-data; name=\"{text}\""), text);
            }
            let pairs: Vec<_> = texts.iter().map(|t| (t.clone(), t.clone())).collect();
            prop_assert_eq!(read(&(body + "--XX--\n")).unwrap(), pairs);
        }
    }
}
