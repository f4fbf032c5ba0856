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
        "td" | "th" | "caption" => {
            matches!(child, "td" | "th" | "tr") || TABLE_PARTS.contains(&child)
        }
        "tr" => child == "tr" || TABLE_PARTS.contains(&child),
        "tbody" | "thead" | "tfoot" => TABLE_PARTS.contains(&child),
        "colgroup" => !matches!(child, "col" | "template"),
        // A table right in a table, and a form in a form: browsers drop a tag of one of the two.
        "table" => child == "table",
        "form" => child == "form",
        "select" => matches!(child, "select" | "input" | "keygen" | "textarea"),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            matches!(child, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
        }
        "a" => child == "a",
        "button" => child == "button",
        "nobr" => child == "nobr",
        _ => false,
    }
}

/// Whether the element `between` keeps an open `open` from being ended by what is inside `between`.
#[must_use]
pub fn protects(open: &str, between: &str) -> bool {
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
            | "foreignobject"
            | "desc"
            | "annotation-xml"
    );
    match open {
        "p" => scope || between == "button",
        // A new <li> looks up the stack and stops at any special element but address, div and p.
        "li" => scope || matches!(between, "ul" | "ol" | "menu") || SPECIAL.contains(&between),
        "dd" | "dt" => scope || between == "dl" || SPECIAL.contains(&between),
        "td" | "th" | "tr" | "tbody" | "thead" | "tfoot" | "caption" | "colgroup" => {
            matches!(between, "table" | "template")
        }
        "table" => matches!(between, "caption" | "td" | "th" | "template"),
        "form" => between == "template",
        // Formatting elements are looked for up to the last marker; a link in SVG is another element.
        "a" | "nobr" => {
            matches!(
                between,
                "applet" | "caption" | "marquee" | "object" | "svg" | "td" | "template" | "th"
            )
        }
        // A heading ends a heading only right inside it.
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => true,
        _ => scope,
    }
}

const TABLE_PARTS: &[&str] = &["caption", "col", "colgroup", "tbody", "tfoot", "thead"];

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
        assert!(implies_end("h2", "h3"));
        assert!(protects("h2", "span"), "only right inside");
    }

    #[test]
    fn a_start_tag_ends_what_a_browser_ends_there_and_nothing_else() {
        #[rustfmt::skip]
        let ended_by: &[(&str, &[&str], &[&str])] = &[
            ("dd", &["dd", "dt"], &["dl", "li"]),
            ("dt", &["dd", "dt"], &["dl", "p"]),
            ("option", &["option", "optgroup"], &["b", "hr"]),
            ("optgroup", &["optgroup"], &["option"]),
            ("rb", &["rb", "rt", "rtc", "rp"], &["ruby"]),
            ("rt", &["rb", "rp"], &["b"]),
            ("td", &["td", "th", "tr", "tbody", "caption", "col"], &["table", "b"]),
            ("caption", &["td", "tr", "colgroup"], &["table", "p"]),
            ("tr", &["tr", "tbody", "tfoot", "caption"], &["td", "th"]),
            ("tbody", &["tbody", "thead", "colgroup"], &["tr", "td"]),
            ("colgroup", &["tr", "tbody", "b"], &["col", "template"]),
            ("table", &["table"], &["tr", "td"]),
            ("form", &["form"], &["input", "div"]),
            ("select", &["select", "input", "keygen", "textarea"], &["option", "hr"]),
            ("a", &["a"], &["b", "button"]),
            ("button", &["button"], &["a", "p"]),
            ("nobr", &["nobr"], &["a", "b"]),
            ("h1", &["h1", "h6"], &["p", "header"]),
            ("li", &["li"], &["ul", "dd"]),
            ("div", &[], &["div", "p", "li"]),
        ];
        for (open, ends, stays) in ended_by {
            for child in *ends {
                assert!(implies_end(open, child), "<{child}> ends <{open}>");
            }
            for child in *stays {
                assert!(!implies_end(open, child), "<{child}> stays in <{open}>");
            }
        }
    }

    #[test]
    fn an_element_is_kept_from_its_end_by_what_bounds_its_scope_and_nothing_else() {
        #[rustfmt::skip]
        let protected_by: &[(&str, &[&str], &[&str])] = &[
            ("p", &["button", "object", "table", "td", "desc"], &["div", "span", "ul"]),
            ("li", &["ul", "ol", "menu", "section", "object"], &["div", "p", "address", "b"]),
            ("dd", &["dl", "table", "article"], &["div", "p", "ul"]),
            ("dt", &["dl"], &["address"]),
            ("td", &["table", "template"], &["object", "button", "div"]),
            ("colgroup", &["table"], &["marquee"]),
            ("table", &["caption", "td", "th", "template"], &["tr", "object", "div"]),
            ("form", &["template"], &["table", "object", "div"]),
            ("a", &["object", "td", "svg", "marquee"], &["table", "button", "div"]),
            ("nobr", &["caption"], &["html", "desc"]),
            ("h2", &["span", "div"], &[]),
            ("option", &["table", "object"], &["button", "b"]),
        ];
        for (open, by, not_by) in protected_by {
            for between in *by {
                assert!(protects(open, between), "<{between}> protects <{open}>");
            }
            for between in *not_by {
                assert!(!protects(open, between), "<{open}> through <{between}>");
            }
        }
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
