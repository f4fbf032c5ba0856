//! End tags that a browser ignores because of what is still open inside their element (HTML Standard
//! §13.2.6.4.7, "any other end tag" and the scopes).
//!
//! In: names of an end tag and of an element that is open inside the one it names. Out: whether a browser goes on
//! as if the end tag were not there. lol_html closes both elements at such a tag: from there on it would take
//! a later end tag, or an earlier one, for a component's own.

/// Whether the end tag `end` is ignored while `open` is open inside its element.
#[must_use]
pub(super) fn is_ignored(end: &str, open: &str) -> bool {
    match end {
        "template" | "html" | "body" => false,
        "table" | "tbody" | "tfoot" | "thead" | "tr" | "td" | "th" | "caption" | "colgroup" => {
            matches!(open, "table" | "template")
        }
        "li" => bounds_scope(open) || matches!(open, "ol" | "ul"),
        "p" => bounds_scope(open) || open == "button",
        // Any heading's end tag ends the innermost heading, whichever it is.
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => bounds_scope(open) || is_heading(open),
        _ if ENDS_BY_SCOPE.contains(&end) => bounds_scope(open),
        // Formatting and ordinary elements, and `form`: what is special inside stays open.
        _ => hides_until_closed(open) || hides_while_open(open),
    }
}

/// Whether an element of this name can hide end tags, and ends by nothing but an end tag.
#[must_use]
pub(super) fn hides_until_closed(open: &str) -> bool {
    let scope = ENDS_BY_SCOPE.contains(&open) && !hides_while_open(open);
    bounds_scope(open) || open == "form" || scope
}

/// Whether an element of this name can hide end tags, but may have ended by a start tag.
#[must_use]
pub(super) fn hides_while_open(open: &str) -> bool {
    matches!(open, "dd" | "dt" | "li" | "p")
}

/// Whether `hides_while_open` matters inside an element of this name.
#[must_use]
pub(super) fn ends_by_name(end: &str) -> bool {
    is_ignored(end, "p")
}

/// Whether a browser opens an element of this name again when an end tag of another element closed it.
#[must_use]
pub(super) fn is_reopened(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Elements that end tags do not reach through.
fn bounds_scope(open: &str) -> bool {
    matches!(
        open,
        "applet"
            | "marquee"
            | "object"
            | "select"
            | "table"
            | "template"
            // Of SVG and MathML.
            | "annotation-xml"
            | "desc"
            | "foreignobject"
            | "mi"
            | "mn"
            | "mo"
            | "ms"
            | "mtext"
            | "title"
    )
}

/// Elements that their end tag closes whatever is open inside, unless that bounds the scope. All are special.
const ENDS_BY_SCOPE: &[&str] = &[
    "address",
    "applet",
    "article",
    "aside",
    "blockquote",
    "button",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "listing",
    "main",
    "marquee",
    "menu",
    "nav",
    "object",
    "ol",
    "pre",
    "search",
    "section",
    "summary",
    "ul",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_end_tag_does_not_reach_through_a_block() {
        for inline in ["span", "b", "a", "x-hero", "form"] {
            assert!(is_ignored(inline, "div"), "{inline}");
            assert!(is_ignored(inline, "table"), "{inline}");
            assert!(!is_ignored(inline, "i"), "{inline}");
            assert!(is_ignored(inline, "p"), "{inline}");
            assert!(ends_by_name(inline), "{inline}");
        }
    }

    #[test]
    fn a_block_end_tag_reaches_through_blocks_but_not_through_a_table() {
        assert!(!is_ignored("div", "section"));
        assert!(!is_ignored("div", "span"));
        assert!(!is_ignored("div", "p"));
        assert!(!ends_by_name("div"));
        assert!(is_ignored("div", "table"));
        assert!(is_ignored("div", "template"));
        assert!(is_ignored("div", "select"));
    }

    #[test]
    fn scopes_differ_by_end_tag() {
        assert!(is_ignored("li", "ul"));
        assert!(!is_ignored("dd", "ul"));
        assert!(is_ignored("p", "button"));
        assert!(!is_ignored("div", "button"));
        assert!(is_ignored("td", "table"));
        assert!(
            !is_ignored("td", "object"),
            "tables close what is in their cells"
        );
        assert!(!is_ignored("template", "table"));
    }

    #[test]
    fn every_end_tag_is_held_up_by_its_own_scope_and_by_nothing_else() {
        #[rustfmt::skip]
        let held_up_by: &[(&str, &[&str], &[&str])] = &[
            ("li", &["ol", "ul", "object", "table"], &["div", "p", "dd", "b"]),
            ("p", &["button", "object", "title"], &["div", "form", "li", "b"]),
            ("h1", &["h1", "h2", "h6", "table", "mtext"], &["div", "p", "span"]),
            ("h6", &["h1"], &["section"]),
            ("tr", &["table", "template"], &["div", "marquee", "h1"]),
            ("section", &["select", "marquee"], &["div", "p", "form", "h2"]),
            ("html", &[], &["table", "template"]),
            ("b", &["div", "form", "li", "p", "object"], &["i", "span", "h-1"]),
            ("form", &["section", "dd"], &["b"]),
        ];
        for (end, by, not_by) in held_up_by {
            for open in *by {
                assert!(is_ignored(end, open), "</{end}> in <{open}>");
            }
            for open in *not_by {
                assert!(!is_ignored(end, open), "</{end}> through <{open}>");
            }
        }
    }

    #[test]
    fn only_formatting_elements_are_opened_again() {
        for (name, expected) in [
            ("b", true),
            ("a", true),
            ("nobr", true),
            ("span", false),
            ("div", false),
        ] {
            assert_eq!(is_reopened(name), expected, "{name}");
        }
    }
}
