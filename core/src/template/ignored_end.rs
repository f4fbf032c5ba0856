//! End tags that a browser ignores because of what is still open inside their element (HTML Standard
//! §13.2.6.4.7, "any other end tag" and the scopes).
//!
//! In: names of an end tag and of an element that is open inside the one it names. Out: whether a browser goes on
//! as if the end tag were not there. lol_html closes both elements at such a tag: from there on it would take
//! a later end tag, or an earlier one, for a component's own.

/// Whether the end tag `end` is ignored while `open` is open inside its element.
///
/// Elements whose end tags are optional (`p`, `li`, `td`, …) are never a reason: whether one of them is still
/// open cannot be told from tags alone.
#[must_use]
pub(super) fn is_ignored(end: &str, open: &str) -> bool {
    match end {
        "template" | "html" | "body" => false,
        "table" | "tbody" | "tfoot" | "thead" | "tr" | "td" | "th" | "caption" | "colgroup" => {
            matches!(open, "table" | "template")
        }
        "li" => bounds_scope(open) || matches!(open, "ol" | "ul"),
        "p" => bounds_scope(open) || open == "button",
        _ if ENDS_BY_SCOPE.contains(&end) => bounds_scope(open),
        // Formatting and ordinary elements, and `form`: what is special inside stays open.
        _ => can_hide_end_tags(open),
    }
}

/// Whether an element of this name can be a reason.
#[must_use]
pub(super) fn can_hide_end_tags(open: &str) -> bool {
    let optional_end = matches!(open, "dd" | "dt");
    bounds_scope(open) || open == "form" || (ENDS_BY_SCOPE.contains(&open) && !optional_end)
}

/// Elements that end tags do not reach through.
fn bounds_scope(open: &str) -> bool {
    matches!(
        open,
        "applet" | "marquee" | "object" | "select" | "table" | "template"
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
            assert!(
                !is_ignored(inline, "p"),
                "{inline}: it may have ended long ago"
            );
        }
    }

    #[test]
    fn a_block_end_tag_reaches_through_blocks_but_not_through_a_table() {
        assert!(!is_ignored("div", "section"));
        assert!(!is_ignored("div", "span"));
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
}
