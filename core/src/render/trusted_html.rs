//! Whether a piece of trusted HTML stays inside the element that it is put into.
//!
//! In: HTML from a decision, the name of the element that takes it, and names of elements around that. Out:
//! balanced or not. The grammar is narrower than a browser's on purpose: every tag is closed by name and in
//! order, nothing is implied, nothing is left open. It never repairs.

use crate::template::{implies_end, protects};

/// Whether `html` is balanced inside an element named `host`, which stands inside elements named `around`.
pub(super) fn is_balanced(around: &[&str], host: &str, html: &str) -> bool {
    if NO_MARKUP_HOSTS.contains(&host) {
        return false;
    }
    // In SVG and MathML the same tags mean something else, and most of HTML's end the whole picture.
    if around.contains(&"svg") {
        return !html.contains('<');
    }
    // An element that the host has ended itself is around it by name only: <p><div>.
    let around = around.iter().filter(|outer| !implies_end(outer, host));
    let mut open: Vec<String> = around.map(|name| (*name).to_owned()).collect();
    open.push(host.to_owned());
    let outside = open.len();
    let mut rest = html;
    while let Some((_, at_tag)) = rest.split_once('<') {
        let step = if let Some(comment) = at_tag.strip_prefix("!--") {
            skip_comment(comment)
        } else if let Some(end_tag) = at_tag.strip_prefix('/') {
            close(end_tag, outside, &mut open)
        } else if at_tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
            start(at_tag, &mut open)
        } else if at_tag.starts_with(['!', '?']) {
            None
        } else {
            // A lone `<` is text.
            Some(at_tag)
        };
        let Some(after) = step else {
            return false;
        };
        rest = after;
    }
    open.len() == outside
}

/// After `<!--`: a comment that every parser ends at the same `-->`.
fn skip_comment(comment: &str) -> Option<&str> {
    let (inside, after) = comment.split_once("-->")?;
    let ambiguous = inside.starts_with(['>', '-'])
        || inside.ends_with('-')
        || inside.contains("--!>")
        || inside.contains("<!--");
    (!ambiguous).then_some(after)
}

/// After `</`: exactly the innermost open element of the value, without attributes.
fn close<'h>(end_tag: &'h str, outside: usize, open: &mut Vec<String>) -> Option<&'h str> {
    let (name, after) = end_tag.split_once('>')?;
    let name = name.trim_end().to_ascii_lowercase();
    if open.len() <= outside || open.pop() != Some(name) {
        return None;
    }
    Some(after)
}

/// After `<`: a start tag, with the raw text that belongs to it.
fn start<'h>(tag: &'h str, open: &mut Vec<String>) -> Option<&'h str> {
    let name_len = tag
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        .count();
    let (name, attributes) = tag.split_at_checked(name_len)?;
    let name = name.to_ascii_lowercase();
    if FORBIDDEN.contains(&name.as_str()) || ends_another(&name, open) || is_astray(&name, open) {
        return None;
    }
    let (after, self_closing) = skip_attributes(attributes)?;
    if VOID.contains(&name.as_str()) {
        return Some(after);
    }
    // `/>` closes nothing in HTML: whoever wrote it thinks otherwise.
    if self_closing {
        return None;
    }
    if RAW_TEXT.contains(&name.as_str()) {
        return skip_raw_text(after, &name);
    }
    open.push(name);
    Some(after)
}

/// Whether the start tag `name` ends an open element.
fn ends_another(name: &str, open: &[String]) -> bool {
    open.iter().enumerate().any(|(index, outer)| {
        let mut between = open.iter().skip(index + 1);
        implies_end(outer, name) && !between.any(|between| protects(outer, between))
    })
}

/// Whether `name` belongs into an element that is not there: it would end one of its kind further out, or vanish.
fn is_astray(name: &str, open: &[String]) -> bool {
    let homes: &[&str] = match name {
        "li" => &["ul", "ol", "menu"],
        "dd" | "dt" => &["dl"],
        "tbody" | "tfoot" | "thead" | "tr" => &["table"],
        "td" | "th" => &["tr"],
        "optgroup" | "option" => &["datalist"],
        "rb" | "rp" | "rt" | "rtc" => &["ruby"],
        _ => return false,
    };
    !open.iter().any(|outer| homes.contains(&outer.as_str()))
}

/// The text after a start tag's `>`, and whether the tag ended in `/>`.
fn skip_attributes(attributes: &str) -> Option<(&str, bool)> {
    let mut rest = attributes;
    if !rest.starts_with([' ', '\t', '\n', '\r', '\u{c}', '/', '>']) {
        return None;
    }
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        if let Some(after) = rest.strip_prefix('>') {
            return Some((after, false));
        }
        if let Some(after) = rest.strip_prefix("/>") {
            return Some((after, true));
        }
        let name_end = rest.find([
            ' ', '\t', '\n', '\r', '\u{c}', '/', '>', '=', '"', '\'', '<',
        ])?;
        let (name, after_name) = rest.split_at_checked(name_end)?;
        if name.is_empty() {
            return None;
        }
        let after_space = after_name.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        rest = match after_space.strip_prefix('=') {
            None => after_space,
            Some(value) => skip_value(value.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']))?,
        };
    }
}

/// The text after an attribute's value; quotes must be followed by space or the tag's end.
fn skip_value(value: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (_, after) = quoted.split_once(quote)?;
            let separated = after.starts_with([' ', '\t', '\n', '\r', '\u{c}', '/', '>']);
            return separated.then_some(after);
        }
    }
    let end = value.find([
        ' ', '\t', '\n', '\r', '\u{c}', '>', '"', '\'', '<', '=', '`',
    ])?;
    let (unquoted, after) = value.split_at_checked(end)?;
    let plain = !unquoted.is_empty() && after.starts_with([' ', '\t', '\n', '\r', '\u{c}', '>']);
    plain.then_some(after)
}

/// The text after `</name>` of a raw text element.
fn skip_raw_text<'h>(text: &'h str, name: &str) -> Option<&'h str> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(&format!("</{name}"))?;
    // `<!--` in a script can hide its end tag.
    if lower.get(..at)?.contains("<!--") {
        return None;
    }
    let after = text.get(at + 2 + name.len()..)?;
    after
        .trim_start_matches([' ', '\t', '\n', '\r', '\u{c}'])
        .strip_prefix('>')
}

/// Elements in which markup is text, or in which a browser moves it elsewhere.
const NO_MARKUP_HOSTS: &[&str] = &[
    "colgroup",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "optgroup",
    "option",
    "plaintext",
    "script",
    "select",
    "style",
    "table",
    "tbody",
    "textarea",
    "tfoot",
    "thead",
    "title",
    "tr",
    "xmp",
    "head",
    "html",
];

/// Elements that act on the whole page, or never close.
const FORBIDDEN: &[&str] = &[
    "applet",
    "base",
    "body",
    "caption",
    "col",
    "colgroup",
    "form",
    "frame",
    "frameset",
    "head",
    "html",
    "isindex",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
    "template",
    "title",
    "xmp",
    "math",
    "svg",
    "link",
    "select",
    "image",
];

const RAW_TEXT: &[&str] = &["iframe", "script", "style", "textarea"];

const VOID: &[&str] = &[
    "area", "br", "embed", "hr", "img", "input", "param", "source", "track", "wbr",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_that_closes_itself_is_balanced() {
        for html in [
            "",
            "plain & simple",
            "a < b",
            "<b>x</b>",
            "<p>a<br>b</p><p>c</p>",
            "<ul><li>a</li><li>b</li></ul>",
            "<a href='/x' title=\"y\" hidden>z</a>",
            "<!-- note --><i>x</i>",
            "<script>if (a<b) f()</script>",
            "<style>a>b{}</style>",
            "<textarea><b></textarea>",
            "<img src=/a.png alt=\"\">",
            "<table><tbody><tr><td>x</td></tr></tbody></table>",
            "<div data-x=1><SPAN>x</Span></div >",
            "<ul><li>a<ul><li>b</li></ul></li></ul>",
            "<dl><dt>a</dt><dd>b<dl><dt>c</dt></dl></dd></dl>",
            "<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table>",
            "<h2>a<span><b>b</b></span></h2><h3>c</h3>",
            "<datalist><option>x</option></datalist>",
            "<ruby>a<rt>b</rt></ruby>",
        ] {
            assert!(is_balanced(&[], "div", html), "{html}");
        }
    }

    #[test]
    fn markup_that_would_reach_beyond_its_element_is_not() {
        for html in [
            "</div>",
            "</div></body>",
            "<div>",
            "<b><i></b></i>",
            "<plaintext>",
            "<!--",
            "<!-->",
            "<!--->x-->",
            "<!-- a --!> b -->",
            "<script>",
            "<script><!--</script>",
            "<style>",
            "<base href=/x>",
            "<meta http-equiv=refresh>",
            "<p>a<p>b</p></p>",
            "<p><div>x</div></p>",
            "<a><a></a></a>",
            "<br/",
            "<a",
            "<a href='x",
            "<a href=\"x\"y>z</a>",
            "<div/>",
            "<!doctype html>",
            "<?php",
            "<![CDATA[x]]>",
            "</b x>",
            "<b></b",
            "<title>x</title>",
            "<svg></svg>",
            "<b x=`>`></b>",
            "<b x=></b>",
            "<b x=a\"></b>",
            "<b x=a=c></b>",
            "<li>x</li>",
            "<dd>x</dd>",
            "<td>x</td>",
            "<tr><td>x</td></tr>",
            "<table><td>x</td></table>",
            "<option>x</option>",
            "<rt>x</rt>",
            "<h2><h3>x</h3></h2>",
            "<ul><li><li>x</li></li></ul>",
        ] {
            assert!(!is_balanced(&[], "div", html), "{html}");
        }
    }

    #[test]
    fn the_element_around_matters() {
        assert!(
            !is_balanced(&[], "p", "<div>x</div>"),
            "a block ends the paragraph around it"
        );
        assert!(!is_balanced(&[], "a", "<a href=/x>x</a>"));
        assert!(
            !is_balanced(&[], "tr", "<b>x</b>"),
            "a browser moves it out of the table"
        );
        assert!(!is_balanced(&[], "textarea", "x"));
        assert!(is_balanced(&[], "td", "<p>x</p>"));
        assert!(is_balanced(&[], "span", "<b>x</b>"));
    }

    #[test]
    fn a_picture_takes_text_alone() {
        assert!(is_balanced(&["svg"], "text", "a & b > c"));
        for html in [
            "<b>x</b>",
            "<img src=/a.png>",
            "<style><b></style>",
            "<g></g>",
            "a < b",
        ] {
            assert!(!is_balanced(&["svg"], "g", html), "{html}");
        }
    }

    #[test]
    fn elements_further_out_matter_unless_the_host_keeps_them_safe() {
        let block = "<div>x</div>";
        assert!(is_balanced(&[], "span", block));
        assert!(
            !is_balanced(&["p"], "span", block),
            "ends the paragraph around the span"
        );
        assert!(
            is_balanced(&["p"], "div", block),
            "the div has ended the paragraph"
        );
        assert!(
            is_balanced(&["p"], "button", block),
            "a button bounds the search"
        );
        assert!(!is_balanced(&["a"], "span", "<a href=/x>x</a>"));
        assert!(!is_balanced(&["a"], "div", "<a href=/x>x</a>"));
        assert!(is_balanced(&["a"], "td", "<a href=/x>x</a>"));
        assert!(!is_balanced(&["p"], "span", "</p>"));
    }
}
