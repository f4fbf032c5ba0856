//! What differs from one render of a page to the next: tokens, nonces, and the time that Sitecore writes into it.
//!
//! In: a body. Out: a reason not to keep it; a fingerprint that such a time does not change. One pass from `<` to `<` finds the
//! tags of interest; what stands in comments and scripts counts too, for a script may well write it into the page.

use memchr::{memchr, memchr_iter, memmem};
use xxhash_rust::xxh64::Xxh64;

use crate::reason::NotKept;

/// Tells bodies apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(super) u64);

/// Elements that carry tokens or nonces, in lower case.
const ELEMENTS: [&[u8]; 5] = [b"input", b"link", b"meta", b"script", b"style"];

/// Names of fields that hold what was made for one visitor or one render: ASP.NET's state of a form, and what frameworks call
/// their tokens without saying so.
const TOKENS: [&str; 6] = [
    "__eventvalidation",
    "__viewstate",
    "_token",
    "authenticity_token",
    "request-token",
    "request_token",
];

/// Parts of such names: ASP.NET's and everybody's token against forged requests, and the session of a Sitecore form.
const PARTS: [&str; 4] = ["csrf", "formsessionid", "verificationtoken", "xsrf"];

/// With this begins whatever ASP.NET Core has encrypted, tokens in scripts among it.
const ENCRYPTED: &[u8] = b"CfDJ8";

/// The `<meta>` with the time of the render, of Sitecore's `VisitorIdentification`.
const RENDERED_AT: &[u8] = b"VIcurrentDateTime";

/// Longest tag that is read to its end, in bytes; tokens are hundreds of bytes long, not more.
const LONGEST_TAG: usize = 16 * 1024;

/// Why `body` is no page for others, if so.
#[must_use]
pub fn per_render(body: &[u8]) -> Option<NotKept> {
    if memmem::find(body, ENCRYPTED).is_some() {
        return Some(NotKept::AntiForgery);
    }
    memchr_iter(b'<', body).find_map(|at| {
        let rest = body.get(at + 1..)?;
        let element = ELEMENTS.into_iter().find(|name| is_named(rest, name))?;
        let attributes = rest.get(element.len()..)?;
        told_by(element, attributes.get(..LONGEST_TAG).unwrap_or(attributes))
    })
}

/// The fingerprint of `body`.
#[must_use]
pub fn fingerprint(body: &[u8]) -> Fingerprint {
    let mut hash = Xxh64::new(0);
    let mut hashed = 0;
    for at in memmem::find_iter(body, RENDERED_AT) {
        if let Some(time) = time_behind(body, at).filter(|time| time.start >= hashed) {
            hash.update(body.get(hashed..time.start).unwrap_or_default());
            // That there was a time is part of the page.
            hash.update(&[0]);
            hashed = time.end;
        }
    }
    hash.update(body.get(hashed..).unwrap_or_default());
    Fingerprint(hash.digest())
}

/// Whether a tag's name, behind its `<`, is `name`.
fn is_named(rest: &[u8], name: &[u8]) -> bool {
    rest.get(..name.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(name))
        && !rest.get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
}

/// What the attributes of a tag, up to whatever is behind it, say.
fn told_by(element: &[u8], attributes: &[u8]) -> Option<NotKept> {
    Attributes(attributes).find_map(|(name, value)| {
        let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        if is(b"nonce") && !value.is_empty() {
            return Some(NotKept::Nonce);
        }
        match element {
            b"input" | b"meta" if is(b"name") || is(b"id") => {
                is_token(value).then_some(NotKept::AntiForgery)
            }
            // A policy in the page.
            b"meta" if is(b"content") => memmem::find(value, b"'nonce-").map(|_| NotKept::Nonce),
            _ => None,
        }
    })
}

fn is_token(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    TOKENS.contains(&name.as_str()) || PARTS.iter().any(|part| name.contains(part))
}

/// The digits of the time in the tag around `at`, where the tag is as Sitecore writes it.
fn time_behind(body: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    const VALUE: &[u8] = b"content=\"";
    let rest = body.get(at..)?;
    let tag = rest.get(..memchr(b'>', rest)?)?;
    let start = memmem::find(tag, VALUE)? + VALUE.len();
    let value = tag.get(start..)?;
    let digits = value.get(..memchr(b'"', value)?)?;
    let is_time = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_time.then(|| at + start..at + start + digits.len())
}

/// Names and values of attributes, read as the tokenizer of HTML does, as far as values go. It ends at the tag's end.
struct Attributes<'t>(&'t [u8]);

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t [u8], &'t [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        let name_start = self
            .0
            .iter()
            .position(|byte| !is_space(byte) && *byte != b'/')?;
        let rest = self.0.get(name_start..)?;
        if rest.first() == Some(&b'>') {
            return None;
        }
        // A `=` at the very start is part of the name.
        let is_end = |byte: &u8| is_space(byte) || matches!(byte, b'/' | b'>' | b'=');
        let name_end = 1 + rest.iter().skip(1).position(is_end)?;
        let (name, rest) = rest.split_at_checked(name_end)?;
        let after = rest.iter().position(|byte| !is_space(byte))?;
        if rest.get(after) != Some(&b'=') {
            self.0 = rest;
            return Some((name, &[]));
        }
        let rest = rest.get(after + 1..)?;
        let rest = rest.get(rest.iter().position(|byte| !is_space(byte))?..)?;
        let (value, rest) = match rest.first()? {
            quote @ (b'"' | b'\'') => {
                let rest = rest.get(1..)?;
                let end = memchr(*quote, rest)?;
                (rest.get(..end)?, rest.get(end + 1..)?)
            }
            _ => {
                let end = rest
                    .iter()
                    .position(|byte| is_space(byte) || *byte == b'>')?;
                rest.split_at_checked(end)?
            }
        };
        self.0 = rest;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_made_for_one_visitor_is_found() {
        #[rustfmt::skip]
        let tokens = [
            r#"<input name="__RequestVerificationToken" type="hidden" value="CfDJ8abc" />"#,
            r#"<input name="__RequestVerificationToken" type="hidden" value="x" />"#,
            "<INPUT type=hidden NAME=__requestverificationtoken>",
            r#"<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="/wEP" />"#,
            r#"<input type="hidden" id='__EVENTVALIDATION' value="/wEd" />"#,
            r#"<meta name="csrf-token" content="x">"#,
            "<meta content='a>b' name=csrf-token>",
            r#"<input value="1>2" data-x="<" name="_csrf">"#,
            "<input name = authenticity_token >", "<input name=csrfmiddlewaretoken>", "<input name='_token'>", "<input name=X-XSRF-TOKEN>",
            r#"<input id="fxb_a_FormSessionId" name="fxb.a.FormSessionId" type="hidden" value="9" />"#,
            r#"<script>var t = '<input name="__RequestVerificationToken" value="x">'</script>"#,
            r#"<!-- <input name="_csrf" --> > -->"#,
            r#"<script>window.token = "CfDJ8Nxy"</script>"#,
        ];
        for token in tokens {
            let body = format!("<html><p>{token}</p>");
            assert_eq!(
                per_render(body.as_bytes()),
                Some(NotKept::AntiForgery),
                "{token}"
            );
        }
        #[rustfmt::skip]
        let nonces = [
            r#"<script nonce="abc">"#, "<SCRIPT src=x NONCE=abc>", "<style nonce='a'>", r#"<link rel=stylesheet nonce="x" href=y>"#, "<script\nnonce=a>",
            r#"<script src="a"nonce="b">"#, "<script async/nonce=b>", "<input><script nonce=b>",
            r#"<meta http-equiv="Content-Security-Policy" content="script-src 'nonce-abc'">"#,
        ];
        for nonce in nonces {
            let body = format!("<html><p>{nonce}</p>");
            assert_eq!(per_render(body.as_bytes()), Some(NotKept::Nonce), "{nonce}");
        }
    }

    #[test]
    fn what_is_the_same_each_time_is_kept() {
        #[rustfmt::skip]
        let same = [
            "", "<", "<input", "<input ", "<input name", "<input name=", "<input name=\"", "<script nonce>", "<script nonce=\"\">",
            "<script data-nonce=x>", "<script>nonce=\"x\"</script>", "<p nonce=x>", "<inputs name=_csrf>", "<input class=_csrf>",
            "<input name=__VIEWSTATEGENERATOR value=CA0B0334>", "<input name=token>", "<meta name=description content=\"about csrf-token\">",
            "<script>$('[name=__RequestVerificationToken]').val()</script>", "<input title='name=_csrf'>", "<input =name=_csrf>",
            "<meta name=\"VIcurrentDateTime\" content=\"636606411694869466\" />", "a < b nonce=\"x\" >", "<metadata name=_csrf>",
        ];
        for body in same {
            assert_eq!(per_render(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn the_time_of_a_render_changes_no_fingerprint_and_everything_else_does() {
        let page = |at: &str| {
            format!("<head><meta name=\"VIcurrentDateTime\" content=\"{at}\" /></head><p>x</p>")
        };
        let of = |body: &str| fingerprint(body.as_bytes());
        assert_eq!(
            of(&page("636606411694869466")),
            of(&page("636606411694869999"))
        );
        let base = page("1");
        #[rustfmt::skip]
        let others = [page("x"), page(""), page("1").replace("<p>x", "<p>y"), page("1").replace("VIcurrent", "VICurrent"),
            page("1").replace("<head>", "<HEAD>"), page("1") + " ", page("1").replace("content", "contents"), page("1").replace('>', "")];
        for other in &others {
            assert_ne!(of(&base), of(other), "{other}");
        }
        assert_ne!(of(""), of(" "));
        // Two of them, as where a layout and a rendering both write it.
        assert_eq!(of(&(page("1") + &page("2"))), of(&(page("3") + &page("4"))));
        assert_ne!(
            of(&(page("1") + "a" + &page("2"))),
            of(&(page("1") + &page("2")))
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "(<(input|meta|script) |name=|nonce=|[\"'= />a]|VIcurrentDateTime|content=\"|1){0,30}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = (per_render(body.as_bytes()), fingerprint(body.as_bytes()));
            let _ = (per_render(&bytes), fingerprint(&bytes));
        }

        #[test]
        fn a_token_is_found_behind_whatever_stands_before_it(before in "[^<]{0,30}") {
            let body = format!("{before}<input name=_csrf>");
            prop_assert_eq!(per_render(body.as_bytes()), Some(NotKept::AntiForgery));
        }
    }
}
