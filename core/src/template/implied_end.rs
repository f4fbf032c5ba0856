//! Start tags that end an open element without an end tag (HTML Standard §13.2.6.4.7 and "optional tags").
//!
//! In: names of an open element and of a start tag inside it. Out: whether a browser closes the first there.
//! lol_html keeps no such rule: its element would run on to some later end tag.

/// Whether the start tag `child` ends the open element `open` when nothing stands between that protects it.
#[must_use]
pub fn implies_end(open: &str, child: &str) -> bool {
    match open {
        "p" => CLOSES_P.contains(&child),
        "li" => child == "li",
        "dd" | "dt" => matches!(child, "dd" | "dt"),
        "option" => matches!(child, "option" | "optgroup"),
        "optgroup" => child == "optgroup",
        "rb" | "rt" | "rtc" | "rp" => matches!(child, "rb" | "rt" | "rtc" | "rp"),
        "td" | "th" => matches!(child, "td" | "th" | "tr" | "tbody" | "thead" | "tfoot"),
        "tr" => matches!(child, "tr" | "tbody" | "thead" | "tfoot"),
        "tbody" | "thead" | "tfoot" => matches!(child, "tbody" | "thead" | "tfoot"),
        "caption" | "colgroup" => {
            matches!(child, "tr" | "td" | "th" | "tbody" | "thead" | "tfoot")
        }
        "a" => child == "a",
        "button" => child == "button",
        "nobr" => child == "nobr",
        _ => false,
    }
}

/// Whether any start tag can end an open element of this name.
#[must_use]
pub(super) fn can_be_implied(name: &str) -> bool {
    matches!(
        name,
        "p" | "li"
            | "dd"
            | "dt"
            | "option"
            | "optgroup"
            | "rb"
            | "rt"
            | "rtc"
            | "rp"
            | "td"
            | "th"
            | "tr"
            | "tbody"
            | "thead"
            | "tfoot"
            | "caption"
            | "colgroup"
            | "a"
            | "button"
            | "nobr"
    )
}

/// Whether the element `between` keeps an open `open` from being ended by what is inside `between`.
#[must_use]
pub(super) fn protects(open: &str, between: &str) -> bool {
    let scope = matches!(
        between,
        "applet"
            | "caption"
            | "html"
            | "table"
            | "td"
            | "th"
            | "marquee"
            | "object"
            | "template"
            | "svg"
            | "math"
    );
    match open {
        "p" => scope || between == "button",
        // A new <li> looks up the stack and stops at any special element but address, div and p.
        "li" => scope || matches!(between, "ul" | "ol" | "menu") || SPECIAL.contains(&between),
        "dd" | "dt" => scope || between == "dl" || SPECIAL.contains(&between),
        "td" | "th" | "tr" | "tbody" | "thead" | "tfoot" | "caption" | "colgroup" => {
            matches!(between, "table" | "template")
        }
        _ => scope,
    }
}

const CLOSES_P: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
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
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "ul",
    "xmp",
];

/// Special elements that stop the search for an open `li`, `dd` or `dt` (without those that don't).
const SPECIAL: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "center",
    "details",
    "dir",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "iframe",
    "listing",
    "main",
    "nav",
    "pre",
    "search",
    "section",
    "select",
    "summary",
    "textarea",
    "xmp",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_a_paragraph_and_inline_does_not() {
        assert!(implies_end("p", "div"));
        assert!(implies_end("p", "table"));
        assert!(!implies_end("p", "span"));
        assert!(!implies_end("div", "div"));
    }

    #[test]
    fn a_nested_list_protects_the_outer_item() {
        assert!(implies_end("li", "li"));
        assert!(protects("li", "ul"));
        assert!(!protects("li", "div"), "a browser looks through div");
        assert!(protects("td", "table"));
        assert!(protects("p", "button"));
        assert!(!protects("p", "span"));
    }
}
