//! What of a page shows nothing: white space, comments, scripts, styles, and the tags between head and body.
//!
//! In: bytes that begin outside of any tag. Out: how many of them show nothing. It guesses as a glance does; nothing about
//! the page depends on it but how long something may be waited for.

use memchr::memmem;

/// Elements whose content is no markup and shows nothing.
const SILENT: [&str; 4] = ["noscript", "script", "style", "title"];
/// Elements whose start tag shows nothing by itself.
const BARE: [&str; 6] = ["base", "body", "head", "html", "link", "meta"];

/// The beginning of some bytes that shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Its length.
    pub len: usize,
    /// What follows may be seen; otherwise it is not all there.
    pub ends: bool,
}

/// How much of `bytes` shows nothing.
#[must_use]
pub fn unseen(bytes: &[u8]) -> Unseen {
    let mut len = 0;
    loop {
        let rest = bytes.get(len..).unwrap_or_default();
        let ends = match next(rest) {
            Next::Unseen(more) => {
                len += more;
                continue;
            }
            Next::Seen => true,
            Next::Unfinished => false,
        };
        return Unseen { len, ends };
    }
}

enum Next {
    /// So many bytes show nothing.
    Unseen(usize),
    Seen,
    Unfinished,
}

fn next(bytes: &[u8]) -> Next {
    let space = bytes.iter().take_while(|byte| is_space(**byte)).count();
    if space > 0 {
        return Next::Unseen(space);
    }
    let end = match bytes {
        [] | [b'<'] => return Next::Unfinished,
        [b'<', b'!', rest @ ..] => declaration_end(rest).map(|end| 2 + end),
        [b'<', b'?', rest @ ..] => memchr::memchr(b'>', rest).map(|end| 3 + end),
        [b'<', b'/', rest @ ..] => tag_end(rest).map(|end| 2 + end),
        [b'<', rest @ ..] if rest.first().is_some_and(u8::is_ascii_alphabetic) => {
            return element(rest);
        }
        _ => return Next::Seen,
    };
    end.map_or(Next::Unfinished, Next::Unseen)
}

/// After `<!`: the end of the comment, or of what is none.
fn declaration_end(rest: &[u8]) -> Option<usize> {
    match rest {
        [] | [b'-'] => None,
        [b'-', b'-', ..] => memmem::find(rest, b"-->").map(|end| end + 3),
        _ => memchr::memchr(b'>', rest).map(|end| end + 1),
    }
}

/// After the `<` of a start tag.
fn element(rest: &[u8]) -> Next {
    let is_name = |byte: &u8| !is_space(*byte) && !matches!(byte, b'/' | b'>');
    let len = rest.iter().take_while(|byte| is_name(byte)).count();
    let name = rest.get(..len).unwrap_or_default();
    if len == rest.len() {
        return Next::Unfinished;
    }
    let among = |names: &[&str]| {
        names
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    };
    let is_silent = among(&SILENT);
    if !is_silent && !among(&BARE) {
        return Next::Seen;
    }
    let Some(tag) = tag_end(rest) else {
        return Next::Unfinished;
    };
    if !is_silent {
        return Next::Unseen(1 + tag);
    }
    let content = rest.get(tag..).unwrap_or_default();
    own_end_tag(content, name).map_or(Next::Unfinished, |end| Next::Unseen(1 + tag + end))
}

/// The end of the first `</name …>` in `content`.
fn own_end_tag(content: &[u8], name: &[u8]) -> Option<usize> {
    memmem::find_iter(content, b"</").find_map(|at| {
        let rest = content.get(at + 2..)?;
        let own = rest.get(..name.len())?.eq_ignore_ascii_case(name);
        let after = rest.get(name.len())?;
        if !own || !(is_space(*after) || matches!(after, b'/' | b'>')) {
            return None;
        }
        tag_end(rest).map(|end| at + 2 + end)
    })
}

/// Offset after the `>` of the tag whose name begins `bytes`, if it ends in them. One in a quoted value ends nothing.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let (mut quote, mut at_value) = (None, false);
    let end = bytes.iter().position(|byte| {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return true,
            (None, b'"' | b'\'') if at_value => quote = Some(byte),
            (None, _) => {}
        }
        at_value = *byte == b'=' || (at_value && is_space(*byte));
        false
    });
    end.map(|at| at + 1)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_that_may_be_seen_ends_it() {
        #[rustfmt::skip]
        let cases = [
            "</head>\r\n<body class='a > b'>\n|<h1>", "</head>|text", "</HEAD >|<img>", "<body>|<div>", "<BODY data-x = \">\" it's>|<p ",
            "<!-- a > b --><!--><!doctype html><?php > |x", "<script>if(a<b)'</scripts>'</SCRIPT >|<div>",
            "<noscript><iframe src=x></iframe></noscript>|<iframe>", "<style>a>b{}</style><link rel=x><meta a=b>|<b>",
            "</head></div></ a>|&amp;", " |<1", " |\u{a0}", "<title>a</title>|<x-title>", "|<scripty>", "|<main>",
        ];
        for case in cases {
            let (unseen_part, rest) = case.split_once('|').unwrap();
            let found = unseen(format!("{unseen_part}{rest}").as_bytes());
            let expected = Unseen {
                len: unseen_part.len(),
                ends: true,
            };
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn what_is_not_all_there_is_waited_for() {
        #[rustfmt::skip]
        let cases = [
            "", "</head> |<", "<body>|<!", "<body>|<!-- x --", "<body>|<di", "|<body class='>'", "|</head", "<!--x-->|<script>x</script",
            "|<noscript><iframe></iframe>", "<body>|<?x",
        ];
        for case in cases {
            let (unseen_part, rest) = case.split_once('|').unwrap_or((case, ""));
            let found = unseen(format!("{unseen_part}{rest}").as_bytes());
            let expected = Unseen {
                len: unseen_part.len(),
                ends: false,
            };
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn what_is_unseen_of_a_part_is_unseen_of_the_whole() {
        let page =
            b"</head><!--c--><body a='>'> <script>a</s</script><noscript>n</noscript><p>text";
        let whole = unseen(page);
        assert!(whole.ends && page[whole.len..].starts_with(b"<p>"));
        for cut in 0..page.len() {
            let part = unseen(&page[..cut]);
            assert!(part.len <= whole.len);
            assert_eq!(part.ends, cut > whole.len + 2, "cut at {cut}");
            if part.ends {
                assert_eq!(part, whole);
            }
        }
    }
}
